import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { initialState, record } from '../../src/application/rocket-state.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import { exportMessages } from '../../src/infrastructure/event-store/sqlite/log/export.js';
import { SqliteEventStore } from '../../src/infrastructure/event-store/sqlite/sqlite-event-store.js';
import { inDirectory, interleaved, median, ratio, scaled, type Row } from './measure.js';
import { peakRss } from './peak-rss.js';
import { postLines } from './post-lines.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { messageOf, stream, wireOf } from './traffic.js';

const ROCKETS = 1000;
const REQUESTS = scaled(30_000);
const LINES = scaled(200_000);
const EVENTS = scaled(10_000_000);
const PER_ROCKET = Math.ceil(EVENTS / ROCKETS);
const BATCH = 1000;

/** What durability costs a POST. */
export const sqliteBench = (): Promise<Row[]> => inDirectory(postRows);

/** How soon a large file is ready again, and how much memory it needs. */
export const sqliteLargeBench = (): Promise<Row[]> => inDirectory(largeFileRows);

const postRows = async (directory: string): Promise<Row[]> => {
  const servers = {
    memory: await ServerUnderTest.start('rockets', { EVENT_STORE: 'memory' }),
    sqlite: await ServerUnderTest.start('rockets', {
      EVENT_STORE: 'sqlite',
      SQLITE_FILE: join(directory, 'post.db'),
    }),
    appending: await ServerUnderTest.start('appending', { APPEND_FILE: join(directory, 'post.log') }),
  };
  const sent = { memory: 0, sqlite: 0, appending: 0 };
  const cost = (name: keyof typeof servers, connections: number) => async (): Promise<number> => {
    const server = servers[name];
    const bodies = stream(REQUESTS, ROCKETS, sent[name]).map(wireOf);
    sent[name] += REQUESTS;
    const before = await server.cpuMicros();
    await postAll(server.port, bodies, connections);
    return ((await server.cpuMicros()) - before) / REQUESTS;
  };
  const microsWith = async (connections: number) => {
    const candidates = {
      memory: cost('memory', connections),
      sqlite: cost('sqlite', connections),
      appending: cost('appending', connections),
    };
    for (const warmUp of Object.values(candidates)) await warmUp();
    return interleaved(candidates);
  };
  const micros = await microsWith(64);
  const many = await microsWith(256);
  for (const server of Object.values(servers)) await server.stop();
  return [
    {
      goal: '13',
      what: 'SQLite durable POST ÷ in-memory POST',
      measured: ratio(micros.memory, micros.sqlite),
      good: 0.75,
      target: 0.85,
    },
    {
      goal: '13',
      what: 'SQLite durable POST ÷ POST with append + fdatasync of the same batches',
      measured: ratio(micros.appending, micros.sqlite),
      good: 0.85,
      target: 0.95,
    },
    {
      goal: 'control',
      what: 'POST with append + fdatasync of the same batches ÷ in-memory POST: what a bare file leaves',
      measured: ratio(micros.memory, micros.appending),
    },
    { goal: '13', what: 'SQLite durable POST, processor µs', measured: median(micros.sqlite) },
    {
      goal: '',
      what: 'SQLite durable POST ÷ in-memory POST, 256 connections in place of 64',
      measured: ratio(many.memory, many.sqlite),
    },
    {
      goal: '',
      what: 'SQLite durable POST ÷ POST with append + fdatasync, 256 connections',
      measured: ratio(many.appending, many.sqlite),
    },
  ];
};

const largeFileRows = async (directory: string): Promise<Row[]> => {
  const file = join(directory, 'large.db');
  const began = performance.now();
  await fill(file);
  const perEvent = ((performance.now() - began) * 1000) / EVENTS;
  const opened = performance.now();
  const store = await SqliteEventStore.open({ file, synchronous: 'full' });
  await store.load([{ channel: messageOf(0, 1).channel, numbers: [] }]);
  const ready = performance.now() - opened;
  await store.close();
  const lines = join(directory, 'large.ndjson');
  await writeLines(file, lines);
  const reading = performance.now();
  await readLines(lines);
  const asNdjson = performance.now() - reading;
  const service = await peakUnderLoad(file);
  return [
    { goal: '', what: `SQLite, µs per event in batches of ${BATCH}`, measured: perEvent, better: 'lower' },
    {
      goal: '14',
      what: `SQLite restart with ${EVENTS} events ÷ reading them as NDJSON (speed)`,
      measured: asNdjson / ready,
      good: 0.75,
      target: 1,
    },
    { goal: '14', what: 'SQLite restart until ready, ms', measured: ready, better: 'lower' },
    {
      goal: '',
      what: `largest RSS of the whole service under load, ${EVENTS} events on disk, MiB`,
      measured: service / 2 ** 20,
      good: 512,
      better: 'lower',
    },
  ];
};

/** The largest RSS of a server on this file that takes POSTs, then NDJSON, and is asked all the while. */
const peakUnderLoad = async (file: string): Promise<number> => {
  const server = await ServerUnderTest.start('rockets', { EVENT_STORE: 'sqlite', SQLITE_FILE: file });
  const stored = PER_ROCKET * ROCKETS;
  const peak = await peakRss(server, { rockets: ROCKETS, messages: PER_ROCKET }, async () => {
    await postAll(server.port, stream(REQUESTS, ROCKETS, stored).map(wireOf), 64);
    const lines = stream(LINES, ROCKETS, stored + REQUESTS).map(wireOf);
    await postLines(server.port, lines.join('\n'));
  });
  await server.stop();
  return peak;
};

const fill = async (file: string): Promise<void> => {
  const store = await SqliteEventStore.open({ file, synchronous: 'full' });
  for (let rocket = 0; rocket < ROCKETS; rocket++) {
    let state = initialState;
    let revision = 0;
    while (state.version < PER_ROCKET) {
      const events: { number: number; event: RocketEvent }[] = [];
      while (events.length < BATCH && state.version < PER_ROCKET) {
        const number = state.version + 1;
        const { report, time } = messageOf(rocket, number);
        const event = { ...report, time };
        events.push({ number, event });
        state = record(state, number, event);
      }
      const { channel } = messageOf(rocket, 1);
      const early = { added: [], released: [], numbers: [] };
      await store.commit([
        { channel, revision: revision++, state, events, recordedAt: 1_790_000_000_000, ...early },
      ]);
    }
  }
  await store.close();
};

const writeLines = async (file: string, target: string): Promise<void> => {
  const stream = createWriteStream(target);
  for (const exported of exportMessages(file)) {
    if (exported.kind === 'message' && !stream.write(`${exported.line}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
};

const readLines = async (file: string): Promise<void> => {
  for await (const line of createInterface({ input: createReadStream(file) })) JSON.parse(line);
};
