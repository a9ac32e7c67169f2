import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Producer, wireForm } from './producers.js';
import { startProcess } from './real-process.js';
import { seededRandom } from './seeded-random.js';

const cli = join(__dirname, '../../dist/cli/rockets.js');

const unchanged = { ended: 0, said: expect.stringContaining('every one is what it was before') };

export interface Amount {
  readonly rockets: number;
  readonly messages: number;
}

/** No rocket says this number, so that what follows waits. */
const lostOf = (messages: number): number => messages - 100;

/** A rebuild that is killed half-way so many times leaves the file whole, and a finished one changes no byte. */
export const killRebuilds = async (file: string, amount: Amount, kills: number): Promise<void> => {
  await fill(file, amount);
  const filled = await portrait(file, amount);

  const began = Date.now();
  expect(await rockets('rebuild', file)).toEqual(unchanged);
  let took = Date.now() - began;

  const random = seededRandom(9);
  for (let killed = 0; killed < kills;) {
    const { ended } = await rockets('rebuild', file, took * (0.4 + random() * 0.6));
    if (ended === 'SIGKILL') killed++;
    // The machine is quicker than it was: what is to be killed must still run.
    else took *= 0.9;
    expect(await rockets('verify', file)).toEqual(filled.verified);
  }
  expect(await portrait(file, amount)).toEqual(filled);

  expect(await rockets('rebuild', file)).toEqual(unchanged);
  expect(await portrait(file, amount)).toEqual(filled);
};

/** A service on the file for as long as the work lasts. */
const withService = async <T>(file: string, work: (url: string) => Promise<T>): Promise<T> => {
  const env = { EVENT_STORE: 'sqlite', SQLITE_FILE: file, LOG_LEVEL: 'silent' };
  const { url, end } = await startProcess(env);
  try {
    const result = await work(url);
    expect(await end('SIGTERM')).toBe(0);
    return result;
  } finally {
    await end('SIGKILL');
  }
};

/** Round robin, so that every rocket's history lies all over the file. */
const fill = (file: string, { rockets: count, messages }: Amount): Promise<void> =>
  withService(file, async (url) => {
    const producers = Array.from({ length: count }, (_, i) => new Producer(`rocket-${i}`, i, 0));
    for (const producer of producers) while (producer.sent.length < messages) sayMore(producer);
    const lines: string[] = [];
    const lost = lostOf(messages);
    for (let number = 1; number <= messages; number++) {
      if (number === lost) continue;
      for (const { channel, sent } of producers) lines.push(wireForm(channel, sent[number - 1]!));
    }
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const answer = await fetch(`${url}/messages`, { method: 'POST', headers, body: lines.join('\n') });
    expect(await answer.json()).toMatchObject({
      received: count * (messages - 1),
      buffered: count * (messages - lost),
      invalid: 0,
    });
    const skip = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
    const body = JSON.stringify({ from: lost, to: lost, why: 'lost' });
    expect((await fetch(`${url}/rockets/rocket-0/gaps/skip`, { ...skip, body })).status).toBe(200);
    const late = { method: 'POST', body: wireForm('rocket-0', producers[0]!.sent[lost - 1]!) };
    expect((await fetch(`${url}/messages`, late)).status).toBe(202);
  });

const sayMore = (producer: Producer): void => {
  for (const { number } of [producer.pick(), ...producer.unanswered()]) producer.acknowledge(number);
};

interface Ended {
  readonly ended: number | string;
  /** How long it is, and its SHA-256, where it is too much to be shown. */
  readonly said: string;
}

/** One run of the command, killed after so many milliseconds. */
const rockets = async (command: string, file: string, killAfter?: number): Promise<Ended> => {
  const child = spawn(process.execPath, [cli, command, '--file', file]);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  if (killAfter !== undefined) void delay(killAfter).then(() => child.kill('SIGKILL'));
  const [code, signal] = await closed;
  return { ended: code ?? signal ?? '', said: brief(Buffer.concat([...out, ...err])) };
};

const brief = (said: Buffer): string =>
  said.length < 1000
    ? said.toString()
    : `${said.length} bytes, ${createHash('sha256').update(said).digest('hex')}`;

/** Everything that can be learned about a file from outside. */
const portrait = async (file: string, { rockets: count, messages }: Amount) => {
  const verified = await rockets('verify', file);
  expect(verified.ended).toBe(0);
  const exported = await rockets('export', file);
  expect(exported.ended).toBe(0);
  const told = await withService(file, async (url) => {
    const answers = new Map<string, string>();
    const paths = ['/gaps', '/events?limit=1000', ...lists];
    for (let i = 0; i < count; i += 5) paths.push(...pathsOf(`/rockets/rocket-${i}`, messages));
    for (const path of paths) await readPages(url, path, answers);
    const health = (await (await fetch(`${url}/health`)).json()) as Readonly<Record<string, unknown>>;
    const counted = ['rockets', 'events', 'gaps', 'waiting', 'late'].map((name) => health[name]);
    return { answers, counted };
  });
  return { verified, exported, ...told };
};

const lists = ['channel', '-speed', '-updatedAt', 'mission', 'launchedAt'].map(
  (key) => `/rockets?limit=15&sort=${key}`,
);

const pathsOf = (rocket: string, messages: number): string[] => [
  rocket,
  `${rocket}/events?limit=1000`,
  `${rocket}/gaps`,
  `${rocket}/waiting?limit=30`,
  `${rocket}/late`,
  ...[1, 255, 256, 257, 1000, lostOf(messages) - 1].map((version) => `${rocket}?version=${version}`),
  `${rocket}?at=2026-10-01T00:25:00Z`,
  ...[1, lostOf(messages), messages].map((number) => `${rocket}/messages/${number}`),
];

/** A page and all that come behind it, byte by byte. */
const readPages = async (url: string, path: string, answers: Map<string, string>): Promise<void> => {
  for (let next: string | undefined = path; next !== undefined;) {
    const answer: Response = await fetch(url + next);
    // The one thing that is of the request and not of the file.
    const said = (await answer.text()).replace(/"requestId":"[^"]*"/, '');
    answers.set(next, `${answer.status} ${brief(Buffer.from(said))}`);
    next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1];
  }
};
