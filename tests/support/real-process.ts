import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const main = join(__dirname, '../../dist/main.js');

export interface RealProcess {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** Everything it logged so far. */
  readonly log: () => string;
  /** Sends the signal and resolves with the exit code, or the signal's name when that ended it. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | string>;
}

/** The built service as users run it, in a process of its own, `under` another program or not; resolves once it answers. */
export const startProcess = async (
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
  under: readonly string[] = [],
): Promise<RealProcess> => {
  if (!existsSync(main)) throw new Error('dist/main.js is missing: run `make build` first.');
  const port = env['PORT'] === undefined ? await freePort() : Number(env['PORT']);
  const [program, ...words] = [...under, process.execPath, main, ...args];
  const child = spawn(program ?? process.execPath, words, {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/livez`, child, () => log);
  return {
    url,
    port,
    child,
    log: () => log,
    end: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
};

export const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

const answers = async (url: string, child: ChildProcess, log: () => string): Promise<void> => {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode}:\n${log()}`);
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await delay(50);
  }
  child.kill('SIGKILL');
  throw new Error(`no answer at ${url}:\n${log()}`);
};
