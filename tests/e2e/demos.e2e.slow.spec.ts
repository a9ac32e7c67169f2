import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describeWithPrometheus } from '../support/describe-with-prometheus.js';
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
const demonstration = (name: string, path = process.env['PATH']) => {
  const child = spawn(process.execPath, [join(root, `build/demo/${name}.js`)], {
    env: { PATH: path, TMPDIR: folder },
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

const endsExact = async (name: string, middle: string, end: string): Promise<string> => {
  const { ended, said } = demonstration(name);
  const code = await ended;
  expect([code, said()]).toEqual([0, expect.stringContaining(end)]);
  expect(said()).toContain(middle);
  await expectNothingLeft(said());
  return said();
};

const endsWhenInterrupted = async (name: string, middle: string, path?: string): Promise<string> => {
  const { child, ended, said } = demonstration(name, path);
  while (!said().includes(middle)) {
    if (child.exitCode !== null) throw new Error(`it ended before: ${said()}`);
    await delay(20);
  }
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  await expectNothingLeft(said());
  return said();
};

/** What holds for each of them. */
const proofs = (name: string, middle: string, end: string) => (): void => {
  it('ends exact, and leaves nothing behind', () => endsExact(name, middle, end));

  it('leaves nothing behind when it is interrupted', () => endsWhenInterrupted(name, middle));
};

for (const { name, middle, end } of demos) describe(`make demo-${name}`, proofs(name, middle, end));

describeWithKafka(
  'make demo-kafka',
  proofs('kafka', 'killed the broker', 'nothing lost, every rocket exact, every record accounted for'),
);

/** A search path on which these programs are, and no other. */
const pathOf = (...programs: readonly string[]): string => {
  const bin = mkdtempSync(join(tmpdir(), 'rockets-path-'));
  paths.push(bin);
  for (const program of programs) {
    const found = execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    symlinkSync(found, join(bin, program));
  }
  return bin;
};
const paths: string[] = [];
afterEach(() => {
  for (const path of paths.splice(0)) rmSync(path, { recursive: true });
});

describeWithPrometheus('make demo-ops', () => {
  it('tells of three alerts that they fired and resolved, ends exact, and leaves nothing behind', async () => {
    const said = await endsExact('ops', 'killed instance 2', 'nothing lost, every rocket exact');
    for (const alert of ['RocketsInstanceDown instance-2', 'RocketsSubscriptionFailing', 'RocketsOldestGap'])
      expect(said).toMatch(
        new RegExp(`${alert} +pending at +[\\d.]+ s, firing at +[\\d.]+ s, resolved at +[\\d.]+ s`),
      );
  }, 600_000);

  it('goes on where no Kafka can run, and leaves nothing behind when it is interrupted', async () => {
    const said = await endsWhenInterrupted(
      'ops',
      'RocketsInstanceDown instance-2 FIRES',
      pathOf('prometheus'),
    );
    expect(said).toContain('goes on without Kafka: no Kafka broker: `java` is not on PATH');
  });

  it('says where Prometheus comes from when there is none', async () => {
    const { ended, said } = demonstration('ops', pathOf());
    expect([await ended, said()]).toEqual([
      1,
      'demo: FAILED: no Prometheus: `prometheus` can’t be run. On Debian: apt-get install prometheus\n',
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
