import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launched, received, write } from '../support/builders.js';
import { SqliteStores } from '../support/sqlite-stores.js';

const programs = join(__dirname, '../../dist/cli');

/** Runs the built program; how it ended and what it said on stderr. */
const running = (
  program: string,
  args: readonly string[],
  {
    stdin = 'ignore',
    stdout = 'pipe',
    env = {},
    under = [],
  }: {
    under?: readonly string[];
    stdin?: 'pipe' | 'ignore';
    stdout?: 'pipe' | number;
    env?: Readonly<Record<string, string>>;
  },
) => {
  const [command = process.execPath, ...words] = [
    ...under,
    process.execPath,
    join(programs, `${program}.js`),
    ...args,
  ];
  const child = spawn(command, words, {
    stdio: [stdin, stdout, 'pipe'],
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

describe('an import', () => {
  const stores = new SqliteStores();
  afterAll(() => stores.remove());

  it('takes an export as it comes', async () => {
    const file = stores.newFile();
    const store = await stores.open(file);
    await write(store, 'a', { events: [launched()], added: [received('a', 3)] });
    await stores.closeAll();
    const target = stores.newFile();
    const importing = running('rockets', ['import', '--file', target], { stdin: 'pipe' });
    const exporting = running('rockets', ['export', '--file', file], {});
    exporting.child.stdout!.pipe(importing.child.stdin!);
    expect(await exporting.ended).toEqual({ code: 0, errors: '' });
    expect(await importing.ended).toEqual({ code: 0, errors: '' });
    expect(await running('rockets', ['verify', '--file', target], {}).ended).toEqual({ code: 0, errors: '' });
  });

  it('that is killed leaves no file, and is made again', async () => {
    const target = stores.newFile();
    const begun = (): string[] =>
      readdirSync(dirname(target)).filter((name) => name.startsWith(`${basename(target)}.part-`));
    const first = running('rockets', ['import', '--file', target], { stdin: 'pipe' });
    const rocket = (i: number): string => `{"kind":"rocket","channel":"rocket-${i}","heardAt":1}\n`;
    const lines = Array.from({ length: 5000 }, (_, i) => rocket(i)).join('');
    // What it has not read by then can't be written.
    first.child.stdin!.on('error', () => undefined);
    first.child.stdin!.write(`{"kind":"rockets-export","version":1}\n${lines}`);
    const isFilling = (): boolean =>
      begun().some((name) => {
        const log = join(dirname(target), name, 'new-wal');
        return existsSync(log) && statSync(log).size > 500_000;
      });
    while (!isFilling()) await delay(20);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(target)).toBe(false);
    expect(begun()).toHaveLength(1);
    const again = running('rockets', ['import', '--file', target], { stdin: 'pipe' });
    again.child.stdin!.end(
      `{"kind":"rockets-export","version":1}\n${lines}{"kind":"end","rockets":5000,"events":0,"waiting":0,"late":0}`,
    );
    expect(await again.ended).toEqual({ code: 0, errors: '' });
    expect(begun()).toHaveLength(1);
    expect(await running('rockets', ['verify', '--file', target], {}).ended).toEqual({ code: 0, errors: '' });
  });
});

describe('a backup', () => {
  const stores = new SqliteStores();
  afterAll(() => stores.remove());

  it('is complete, and takes the place of nothing, on a disk without links', async () => {
    const file = stores.newFile();
    await write(await stores.open(file), 'a', { events: [launched()] });
    await stores.closeAll();
    const target = stores.newFile();
    const trace = stores.newFile();
    const calls = ['-f', '-o', trace, '-e', 'trace=link,linkat', '-e', 'inject=link,linkat:error=EPERM'];
    const backup = ['backup', target, '--file', file];
    expect(await running('rockets', backup, { under: ['strace', ...calls] }).ended).toEqual({
      code: 0,
      errors: '',
    });
    expect(readFileSync(trace, 'utf8')).toContain('INJECTED');
    expect(await running('rockets', ['verify', '--file', target], {}).ended).toEqual({ code: 0, errors: '' });
    const again = await running('rockets', backup, { under: ['strace', ...calls] }).ended;
    expect(again).toEqual({ code: 1, errors: expect.stringContaining(`${target} exists`) as string });
  });
});
