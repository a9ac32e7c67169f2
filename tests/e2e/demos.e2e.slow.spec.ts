import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';

const root = join(__dirname, '../..');
let folder: string;
beforeAll(() => execFileSync('npm', ['run', '--silent', 'build:demo'], { cwd: root }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-'));
  // PostgreSQL is not run by root, and has to get in.
  chmodSync(folder, 0o711);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs one with nothing but its own in the folder for temporary files. */
const demonstration = (name: string) => {
  const child = spawn(process.execPath, [join(root, `build/demo/${name}.js`)], {
    env: { PATH: process.env['PATH'], TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, said: () => said };
};

/** Nothing of it runs any more, nothing of it lies about, and nobody answers where it said so. */
const expectNothingLeft = async (said: string): Promise<void> => {
  expect(readdirSync(folder)).toEqual([]);
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  expect(processes.split('\n').filter((line) => line.includes(folder))).toEqual([]);
  const [, ports = ''] = /at ports? (\d+(?:, \d+)*)/.exec(said) ?? [];
  expect(ports).not.toBe('');
  for (const port of ports.split(', '))
    await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow('fetch failed');
};

const demos = [
  { name: 'crash', middle: 'killed it', end: 'nothing lost, nothing twice, every rocket exact' },
  { name: 'subscriptions', middle: 'killed the service', end: '20,000 events kept, each once and as it was' },
  {
    name: 'cluster',
    middle: 'instance 2 does not answer',
    end: 'nothing lost, nothing twice, every rocket exact at every instance',
  },
];

/** What holds for each of them. */
const proofs = (name: string, middle: string, end: string) => (): void => {
  it('ends exact, and leaves nothing behind', async () => {
    const { ended, said } = demonstration(name);
    const code = await ended;
    expect([code, said()]).toEqual([0, expect.stringContaining(end)]);
    expect(said()).toContain(middle);
    await expectNothingLeft(said());
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const { child, ended, said } = demonstration(name);
    while (!said().includes(middle)) {
      if (child.exitCode !== null) throw new Error(`it ended before: ${said()}`);
      await delay(20);
    }
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    await expectNothingLeft(said());
  });
};

for (const { name, middle, end } of demos) describe(`make demo-${name}`, proofs(name, middle, end));

describeWithKafka(
  'make demo-kafka',
  proofs('kafka', 'killed the broker', 'nothing lost, every rocket exact, every record accounted for'),
);
