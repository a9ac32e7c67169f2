import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Producer, wireForm } from '../support/producers.js';
import { startProcess, type RealProcess } from '../support/real-process.js';
import { seededRandom } from '../support/seeded-random.js';

const KILLS = Number(process.env['KILLS'] ?? 20);
const ROCKETS = 40;
const MESSAGES = 2000;
/** No rocket says this number, so that what follows waits. */
const LOST = 1900;
const cli = join(__dirname, '../../dist/cli/rockets.js');

const unchanged = { ended: 0, said: expect.stringContaining('every one is what it was before') };

let directory: string;
let service: RealProcess | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rockets-rebuild-'));
});
afterEach(async () => {
  await service?.end('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

it(`a rebuild killed half-way ${KILLS} times leaves the file whole, and a finished one changes no byte`, async () => {
  const file = join(directory, 'rockets.db');
  await fill(file);
  const filled = await portrait(file);

  const began = Date.now();
  expect(await rockets('rebuild', file)).toEqual(unchanged);
  let took = Date.now() - began;

  const random = seededRandom(9);
  for (let kills = 0; kills < KILLS;) {
    const { ended } = await rockets('rebuild', file, took * (0.4 + random() * 0.6));
    if (ended === 'SIGKILL') kills++;
    // The machine is quicker than it was: what is to be killed must still run.
    else took *= 0.9;
    expect(await rockets('verify', file)).toEqual(filled.verified);
  }
  expect(await portrait(file)).toEqual(filled);

  expect(await rockets('rebuild', file)).toEqual(unchanged);
  expect(await portrait(file)).toEqual(filled);
}, 180_000);

const start = async (file: string): Promise<RealProcess> => {
  service = await startProcess({ EVENT_STORE: 'sqlite', SQLITE_FILE: file, LOG_LEVEL: 'silent' });
  return service;
};

/** Round robin, so that every rocket's history lies all over the file. */
const fill = async (file: string): Promise<void> => {
  const { url, end } = await start(file);
  const producers = Array.from({ length: ROCKETS }, (_, i) => new Producer(`rocket-${i}`, i, 0));
  for (const producer of producers) while (producer.sent.length < MESSAGES) sayMore(producer);
  const lines: string[] = [];
  for (let number = 1; number <= MESSAGES; number++) {
    if (number === LOST) continue;
    for (const { channel, sent } of producers) lines.push(wireForm(channel, sent[number - 1]!));
  }
  const headers = { 'Content-Type': 'application/x-ndjson' };
  const answer = await fetch(`${url}/messages`, { method: 'POST', headers, body: lines.join('\n') });
  expect(await answer.json()).toMatchObject({
    received: ROCKETS * (MESSAGES - 1),
    buffered: ROCKETS * (MESSAGES - LOST),
    invalid: 0,
  });
  expect((await fetch(`${url}/rockets/rocket-0/gaps/skip`, { method: 'POST' })).status).toBe(200);
  expect(await end('SIGTERM')).toBe(0);
};

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
const portrait = async (file: string) => {
  const verified = await rockets('verify', file);
  expect(verified.ended).toBe(0);
  const exported = await rockets('export', file);
  expect(exported.ended).toBe(0);
  const { url, end } = await start(file);
  const answers = new Map<string, string>();
  const paths = ['/gaps', '/events?limit=1000', ...lists];
  for (let i = 0; i < ROCKETS; i += 5) paths.push(...pathsOf(`/rockets/rocket-${i}`));
  for (const path of paths) await readPages(url, path, answers);
  const { rockets: counted, events, early } = (await (await fetch(`${url}/health`)).json()) as Counted;
  expect(await end('SIGTERM')).toBe(0);
  return { verified, exported, answers, counted, events, early };
};

interface Counted {
  readonly rockets: unknown;
  readonly events: unknown;
  readonly early: unknown;
}

const lists = ['channel', '-speed', '-updatedAt', 'mission', 'launchedAt'].map(
  (key) => `/rockets?limit=15&sort=${key}`,
);

const pathsOf = (rocket: string): string[] => [
  rocket,
  `${rocket}/events?limit=1000`,
  `${rocket}/gaps`,
  ...[1, 255, 256, 257, 1000, LOST - 1].map((version) => `${rocket}?version=${version}`),
  `${rocket}?at=2026-10-01T00:25:00Z`,
  ...[1, LOST, MESSAGES].map((number) => `${rocket}/messages/${number}`),
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
