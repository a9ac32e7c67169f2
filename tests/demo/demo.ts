import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const programs = join(__dirname, '../../dist');

const cleanings: (() => unknown)[] = [];
let ending: Promise<never> | undefined;

/** What is told last is done first, however the demonstration ends. */
export const atEnd = (clean: () => unknown): void => void cleanings.unshift(clean);

const end = (code: number): Promise<never> => (ending ??= cleanUp(code));

const cleanUp = async (code: number): Promise<never> => {
  process.exitCode = code;
  for (const clean of cleanings) await clean();
  process.exit(code);
};

/** Runs a demonstration in a folder of its own, and leaves nothing behind, also on Ctrl-C. */
export const demonstrate = (demo: (folder: string) => Promise<void>): void => {
  const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
  for (const [signal, code] of Object.entries(signals)) process.once(signal, () => void end(code));
  const folder = mkdtempSync(join(tmpdir(), 'rockets-demo-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  const fail = (error: unknown): void => {
    // Whoever interrupts a demonstration makes it fail, too.
    if (ending !== undefined) return;
    console.error(`demo: FAILED: ${error instanceof Error ? error.message : String(error)}`);
    void end(1);
  };
  process.on('unhandledRejection', fail);
  demo(folder).then(() => end(0), fail);
};

export const say = (line: string): void => console.log(`demo: ${line}`);

/** One of our programs; it ends with us. */
export const start = (
  program: string,
  args: readonly string[],
  options: SpawnOptions,
  node = process.execPath,
): ChildProcess => {
  if (ending !== undefined) throw new Error('interrupted');
  const child = spawn(node, [join(programs, program), ...args], options);
  const ended = once(child, 'exit');
  atEnd(() => child.kill('SIGKILL') && ended);
  return child;
};

export const startService = async (
  port: number,
  settings: Readonly<Record<string, string>>,
  node?: string,
): Promise<ChildProcess> => {
  const env = { ...process.env, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'error', ...settings };
  const service = start('main.js', [], { env, stdio: ['ignore', 'inherit', 'inherit'] }, node);
  while (!(await isReady(port))) {
    if (service.exitCode !== null) throw new Error('the service did not start');
    await delay(20);
  }
  return service;
};

const isReady = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

export const stop = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (!child.kill(signal)) throw new Error('the service ended by itself');
  const [code] = (await once(child, 'exit')) as [number | null];
  if (signal === 'SIGTERM' && code !== 0) throw new Error(`the service ended with ${code}`);
};

/** A command that is to succeed, as anybody would run it. */
export const run = async (args: readonly string[]): Promise<void> => {
  say(`$ rockets ${args.join(' ')}`);
  const [code] = (await once(start('cli/rockets.js', args, { stdio: 'inherit' }), 'exit')) as [number | null];
  if (code !== 0) throw new Error(`rockets ${args[0]} ended with ${code}`);
};

/** What a service says of itself. */
export const healthAt = async <T>(port: number): Promise<T> =>
  (await (await fetch(`http://127.0.0.1:${port}/health`)).json()) as T;

/** How many messages a service has, as events or waiting. */
export const recorded = async (port: number): Promise<number> => {
  const { events, waiting } = await healthAt<{ events: number; waiting: number }>(port);
  return events + waiting;
};

export const untilRecorded = async (port: number, least: number): Promise<string> => {
  for (;;) {
    const count = await recorded(port);
    if (count >= least) return inThousands(count);
    await delay(20);
  }
};

export const inThousands = (number: number): string => number.toLocaleString('en-US');
