import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request } from 'node:https';
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

/**
 * The built service as users run it, in a process of its own, `under` another program or not, on this Node or another;
 * resolves once it answers.
 */
export const startProcess = async (
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
  under: readonly string[] = [],
  program = main,
  node = process.execPath,
): Promise<RealProcess> => {
  if (!existsSync(program)) throw new Error(`${program} is missing: run \`make build\` first.`);
  const port = env['PORT'] === undefined ? await freePort() : Number(env['PORT']);
  const [command, ...words] = [...under, node, program, ...args];
  const child = spawn(command ?? node, words, {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const url = `${env['TLS_CERT'] === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
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

/** Runs the built service with arguments or settings with which it ends by itself. */
export const runToEnd = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  node = process.execPath,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> => {
  const child = spawn(node, [main, ...args], { env: { PATH: process.env['PATH'], ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
};

/** A launch, and what follows it. */
export const messageText = (number: number, channel = '193270a9-c9cf-404a-8f83-838e71d9ae67'): string =>
  JSON.stringify({
    metadata: {
      channel,
      messageNumber: number,
      messageTime: '2022-02-02T19:39:05.86337+01:00',
      messageType: number === 1 ? 'RocketLaunched' : 'RocketSpeedIncreased',
    },
    message: number === 1 ? { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' } : { by: 10 },
  });

export const postMessage = (url: string, body: string): Promise<Response> =>
  fetch(`${url}/messages`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });

/** So many answers are told before the end: how long they take is the machine's affair. */
const ANSWERS_BEFORE_END = 200;

/** Many rockets report until the service is told to end; how many reports were answered, each with success or 503. */
export const endUnderLoad = async (service: RealProcess, signal: NodeJS.Signals) => {
  let answered = 0;
  const statuses = new Set<number>();
  const client = async (channel: string): Promise<void> => {
    for (let number = 1; ; number++) {
      // Refused or closed before a request was taken: allowed. An answer cut in two is not.
      const response = await postMessage(service.url, messageText(number, channel)).catch(() => undefined);
      if (response === undefined) return;
      await response.text();
      statuses.add(response.status);
      if (response.status === 503) return;
      answered++;
    }
  };
  const clients = Array.from({ length: 16 }, (_, i) => client(`rocket-${i}`));
  while (answered < ANSWERS_BEFORE_END && service.child.exitCode === null) await delay(10);
  const code = await service.end(signal);
  await Promise.all(clients);
  statuses.delete(503);
  return { code, answered, statuses: [...statuses] };
};

/**
 * Below the ports that the system hands out by itself: any connection of this machine could get one of those before the
 * service has it, or while the service starts anew.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

const answers = async (url: string, child: ChildProcess, log: () => string): Promise<void> => {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode}:\n${log()}`);
    if (await isAlive(url)) return;
    await delay(50);
  }
  child.kill('SIGKILL');
  throw new Error(`no answer at ${url}:\n${log()}`);
};

/** Whoever made its certificate. */
const isAlive = async (url: string): Promise<boolean> => {
  if (url.startsWith('http:')) {
    return fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
  }
  return new Promise((resolve) => {
    request(url, { rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    })
      .on('error', () => resolve(false))
      .end();
  });
};
