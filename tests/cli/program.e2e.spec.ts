import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startProcess, type RealProcess } from '../support/real-process.js';

const run = promisify(execFile);
const root = join(__dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program, in a folder that has nothing to do with it. */
const node = (program: string, ...args: readonly string[]): Promise<Ended> => nodeWith({}, program, ...args);

const nodeWith = (
  settings: Readonly<Record<string, string>>,
  program: string,
  ...args: readonly string[]
): Promise<Ended> =>
  run(process.execPath, [join(root, 'dist', program), ...args], {
    cwd: '/',
    env: { ...process.env, ...settings },
  }).then(
    (ended) => ({ code: 0, ...ended }),
    (error: unknown) => error as Ended,
  );

describe('the built programs', () => {
  it.each([
    ['cli/rockets.js', '--version'],
    ['main.js', '--version'],
  ])('%s %s says which version it is', async (program, option) => {
    expect(await node(program, option)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('say what is wrong with their arguments, and where there is help', async () => {
    const rockets = await node('cli/rockets.js', 'health', '--loud');
    expect(rockets).toMatchObject({ code: 1, stdout: '' });
    expect(rockets.stderr).toBe("error: unknown option '--loud'\n(--help says more)\n");
    const main = await node('main.js', '--loud');
    expect(main).toMatchObject({ code: 1, stdout: '' });
    expect(main.stderr).toMatch(/'--loud'[^]*Usage: node dist\/main\.js/);
  });

  it('end with 2 and one line when the database they are given is none', async () => {
    const given = { EVENT_STORE: 'postgres', DATABASE_URL: 'mysql://me:s3cret@db' };
    for (const [program, ...args] of [['main.js'], ['cli/rockets.js', 'verify']]) {
      const { code, stdout, stderr } = await nodeWith(given, program!, ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^DATABASE_URL=\(hidden\) makes no sense: [^\n]*postgres:[^\n]*\n$/);
    }
  });

  it('say in one sentence that there is no service', async () => {
    const { code, stdout, stderr } = await node('cli/rockets.js', 'fleet', '--url', 'http://127.0.0.1:1');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Cannot reach http:\/\/127\.0\.0\.1:1: .* --url or ROCKETS_URL\.\n$/);
  });
});

describe('with a service', () => {
  let service: RealProcess;
  beforeAll(async () => {
    service = await startProcess();
  });
  afterAll(() => service.end());

  it('a demonstration run shows something of everything, and is exact', async () => {
    const options = [
      '--max-messages=3000',
      '--rule-breaking=0.02',
      '--duplicates=0.1',
      '--loss=0.01',
      '--verify',
    ];
    const launch = await node('cli/rockets.js', 'launch', '--url', service.url, ...options);
    expect(launch).toMatchObject({ code: 0 });
    expect(launch.stdout).toMatch(/20 of 20 rockets exact\n$/);
    const health = await node('cli/rockets.js', 'health', '--url', service.url);
    expect(health).toMatchObject({ code: 0, stderr: '' });
    const { stdout } = await node('cli/rockets.js', 'fleet', '--url', service.url, '--json');
    expect((JSON.parse(stdout) as { rulesBroken: number }).rulesBroken).toBeGreaterThan(30);
  });
});
