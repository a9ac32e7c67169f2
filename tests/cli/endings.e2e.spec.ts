import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launched, write } from '../support/builders.js';
import { SqliteStores } from '../support/sqlite-stores.js';

const programs = join(__dirname, '../../dist/cli');

/** Runs the built program; how it ended and what it said on stderr. */
const running = (
  program: string,
  args: readonly string[],
  { stdout = 'pipe', env = {} }: { stdout?: 'pipe' | number; env?: Readonly<Record<string, string>> },
) => {
  const child = spawn(process.execPath, [join(programs, `${program}.js`), ...args], {
    stdio: ['ignore', stdout, 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, errors }));
  return { child, ended };
};

describe('an export', () => {
  const stores = new SqliteStores();
  let file: string;
  beforeAll(async () => {
    file = stores.newFile();
    const store = await stores.open(file);
    await write(store, 'a', { events: [launched()] });
    await stores.closeAll();
  });
  afterAll(() => stores.remove());

  it('ends quietly when its reader has seen enough', async () => {
    const { child, ended } = running('rockets', ['export', '--file', file], {});
    child.stdout?.destroy();
    expect(await ended).toEqual({ code: 141, errors: '' });
  });

  it('says in a sentence that the disk is full', async () => {
    const full = openSync('/dev/full', 'w');
    const { ended } = running('rockets', ['export', '--file', file], { stdout: full });
    expect(await ended).toEqual({
      code: 1,
      errors: "The output can't be written: the disk is full (ENOSPC).\n",
    });
    closeSync(full);
  });
});

describe('the demonstration', () => {
  it('leaves nothing behind when it is interrupted', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rockets-'));
    const { child, ended } = running('demo-crash', [], { env: { TMPDIR: directory } });
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    while (!said.includes('rockets launch')) await once(child.stdout!, 'data');
    expect(readdirSync(directory)).toHaveLength(1);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(readdirSync(directory)).toEqual([]);
    const [, url = ''] = /on (http:\S+)/.exec(said) ?? [];
    await expect(fetch(`${url}/livez`)).rejects.toThrow('fetch failed');
    rmSync(directory, { recursive: true });
  });
});
