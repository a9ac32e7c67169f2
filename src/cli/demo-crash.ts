import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * `make demo-crash`: rockets report to a service on SQLite; half-way it is killed as by a power cut, started again,
 * and at the end every rocket is compared with what was sent.
 */
const MESSAGES = 20_000;
const programs = join(__dirname, '..');

const main = async (): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), 'rockets-demo-'));
  const file = join(directory, 'rockets.db');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  process.once('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }));
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  let service = await startService(file, port);
  say(`started the service on ${url} with EVENT_STORE=sqlite`);
  const launch = run('rockets', ['launch', `${url}/messages`, ...launchOptions]);
  const before = await untilHalf(url);
  service.kill('SIGKILL');
  await once(service, 'exit');
  say(`killed it with SIGKILL when ${before} messages were recorded; the rockets go on reporting`);
  await delay(500);
  const began = performance.now();
  service = await startService(file, port);
  const seconds = ((performance.now() - began) / 1000).toFixed(2);
  say(`started it again: it answers after ${seconds} s and holds ${await recorded(url)} messages`);
  if ((await launch) !== 0) throw new Error('the rockets are not as they were sent');
  service.kill('SIGTERM');
  await once(service, 'exit');
  if ((await run('rockets', ['verify', '--file', file])) !== 0) throw new Error('the file is damaged');
  say('nothing lost, nothing twice, every rocket exact');
};

const launchOptions = [
  ['--max-messages', String(MESSAGES)],
  ['--concurrency-level', '16'],
  ['--rockets', '50'],
  ['--shuffle', '100'],
  ['--duplicates', '0.1'],
  ['--verify'],
].flat();

const startService = async (file: string, port: number): Promise<ChildProcess> => {
  const service = start(['main.js'], {
    env: { ...process.env, EVENT_STORE: 'sqlite', SQLITE_FILE: file, PORT: String(port), LOG_LEVEL: 'error' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  while (!(await isUp(port))) {
    if (service.exitCode !== null) throw new Error('the service did not start');
    await delay(20);
  }
  return service;
};

/** However the demo ends, what it started ends with it, and before the files are removed. */
const start = ([program = '', ...args]: readonly string[], options: SpawnOptions): ChildProcess => {
  const child = spawn(process.execPath, [join(programs, program), ...args], options);
  process.prependOnceListener('exit', () => child.kill('SIGKILL'));
  return child;
};

const isUp = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/livez`).then(
    ({ ok }) => ok,
    () => false,
  );

const recorded = async (url: string): Promise<number> => {
  const health = (await (await fetch(`${url}/health`)).json()) as { events: number; waiting: number };
  return health.events + health.waiting;
};

const untilHalf = async (url: string): Promise<number> => {
  for (;;) {
    const count = await recorded(url);
    if (count >= MESSAGES / 2) return count;
    await delay(20);
  }
};

const run = async (program: string, args: readonly string[]): Promise<number> => {
  say(`$ ${program} ${args.join(' ')}`);
  const child = start([`cli/${program}.js`, ...args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
};

const say = (line: string): void => console.log(`demo: ${line}`);

main().catch((error: unknown) => {
  console.error(`demo: FAILED: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
