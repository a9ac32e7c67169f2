import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { EventStore } from '../../src/application/ports/event-store.js';
import { openForWriting } from '../../src/infrastructure/stores/sqlite/database.js';
import { schema } from '../../src/infrastructure/stores/sqlite/schema.js';
import { SqliteEventStore } from '../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import type { SqliteOptions } from '../../src/infrastructure/stores/sqlite/sqlite-parts.js';
import { writeFileSync } from 'node:fs';
import { BareRows } from './bare-rows.js';
import { Changes } from './changes.js';
import { inDirectory, interleaved, median, quick, ratio, scaled, type Row } from './measure.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { channelOf, stream, wireOf } from './traffic.js';

const REQUESTS = scaled(30_000);
const BATCH = 1000;

/** What durability costs a POST. */
export const sqliteBench = (): Promise<Row[]> => inDirectory(postRows);

/** The store without anything around it, beside the same rows written by bare statements. */
export const sqliteStoreBench = (): Promise<Row[]> => inDirectory(storeRows);

/** What it is worth to keep the heads of rockets. */
export const headsBench = (): Promise<Row[]> => inDirectory(headsRows);

/** How soon a file with very many rockets is ready. */
export const sqliteStartBench = (): Promise<Row[]> => inDirectory(startRows);

const postRows = async (directory: string): Promise<Row[]> => {
  const servers = {
    memory: await ServerUnderTest.start('rockets', { EVENT_STORE: 'memory' }),
    sqlite: await ServerUnderTest.start('rockets', {
      EVENT_STORE: 'sqlite',
      SQLITE_FILE: join(directory, 'post.db'),
    }),
  };
  const sent = { memory: 0, sqlite: 0 };
  const cost = (name: keyof typeof servers, connections: number) => async (): Promise<number> => {
    const server = servers[name];
    const bodies = stream(REQUESTS, 1000, sent[name]).map(wireOf);
    sent[name] += REQUESTS;
    const before = await server.cpuMicros();
    await postAll(server.port, bodies, connections);
    return ((await server.cpuMicros()) - before) / REQUESTS;
  };
  const rows: Row[] = [];
  for (const [connections, good, target] of [
    [64, 0.65, 0.8],
    [256, 0.75, 0.9],
  ] as const) {
    const candidates = { memory: cost('memory', connections), sqlite: cost('sqlite', connections) };
    for (const warmUp of Object.values(candidates)) await warmUp();
    const micros = await interleaved(candidates);
    rows.push({
      goal: '13',
      what: `SQLite durable POST ÷ in-memory POST, ${connections} connections, messages per CPU second`,
      measured: ratio(micros.memory, micros.sqlite),
      good,
      target,
    });
    rows.push({
      goal: '',
      what: `SQLite durable POST, ${connections} connections, processor time`,
      measured: median(micros.sqlite),
      unit: ' µs',
    });
  }
  for (const server of Object.values(servers)) await server.stop();
  return rows;
};

const storeRows = async (directory: string): Promise<Row[]> => {
  const rows: Row[] = [];
  const rates = new Map<number, number>();
  let bytes = NaN;
  for (const rockets of [20, 1000, 100_000]) {
    const messages = scaled(rockets === 100_000 ? 1_000_000 : 400_000);
    const file = (name: string) => join(directory, `${name}-${rockets}-${Math.random()}.db`);
    const { store, bare } = await interleaved(
      {
        store: async () => {
          const path = file('store');
          const seconds = await fill(path, rockets, messages);
          if (rockets === 1000) bytes = statSync(path).size / messages;
          return messages / seconds;
        },
        bare: async () => messages / (await fillBare(directory, file('bare'), rockets, messages)),
      },
      quick ? 1 : 3,
    );
    rates.set(rockets, median(store));
    rows.push({
      goal: '14',
      what: `SQLite store alone ÷ the same rows by bare statements, ${rockets} rockets, batches of ${BATCH}`,
      measured: ratio(store, bare),
      good: 0.7,
      target: 0.85,
    });
    rows.push({
      goal: '',
      what: `SQLite store alone, ${rockets} rockets`,
      measured: median(store),
      unit: ' messages/s',
    });
  }
  rows.push({
    goal: '15',
    what: 'SQLite store alone, 100,000 rockets ÷ 20, messages a second',
    measured: rates.get(100_000)! / rates.get(20)!,
    good: 0.5,
    target: 0.8,
  });
  rows.push({
    goal: '17',
    what: 'bytes on disk for each event, 1,000 rockets',
    measured: bytes,
    good: 120,
    target: 100,
    better: 'lower',
  });
  return rows;
};

const headsRows = async (directory: string): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const rockets of [20, 100_000]) {
    const messages = scaled(200_000);
    const rate = (heads: number | undefined) => async (): Promise<number> =>
      messages / (await fill(join(directory, `heads-${Math.random()}.db`), rockets, messages, { heads }));
    const { kept, read } = await interleaved({ kept: rate(undefined), read: rate(0) }, quick ? 1 : 3);
    rows.push({
      goal: '',
      what: `SQLite store alone without its cache of heads ÷ with it, ${rockets} rockets`,
      measured: ratio(read, kept),
    });
  }
  return rows;
};

const startRows = async (directory: string): Promise<Row[]> => {
  const file = join(directory, 'start.db');
  const rockets = scaled(1_000_000);
  await fill(file, rockets, rockets);
  const began = performance.now();
  const store = await SqliteEventStore.open({ file, synchronous: 'full' });
  await store.load([{ channel: channelOf(1), numbers: [] }]);
  const ready = (performance.now() - began) / 1000;
  await store.close();
  return [
    {
      goal: '17',
      what: `SQLite, ready after a start with ${rockets} rockets`,
      measured: ready,
      good: 3,
      target: 0.5,
      better: 'lower',
      unit: ' s',
    },
  ];
};

/** Seconds that loading and committing took, the making of changes left out. */
const fill = async (
  file: string,
  rockets: number,
  messages: number,
  options: Partial<SqliteOptions> = {},
): Promise<number> => {
  const store = await SqliteEventStore.open({ file, synchronous: 'full', ...options });
  const changes = new Changes();
  let seconds = 0;
  for (let sent = 0; sent < messages; sent += BATCH) seconds += await commit(store, changes, rockets, sent);
  await store.close();
  return seconds;
};

const commit = async (
  store: EventStore,
  changes: Changes,
  rockets: number,
  sent: number,
): Promise<number> => {
  const batch = changes.batch(rockets, BATCH, sent);
  const began = performance.now();
  await store.load(batch.map(({ channel }) => ({ channel, numbers: [] })));
  const moved = await store.commit(batch);
  if (moved.length > 0) throw new Error('a head had moved');
  return (performance.now() - began) / 1000;
};

/** The rows that the store writes, recorded while it writes them, then written again by nothing but their statements. */
const fillBare = async (
  directory: string,
  file: string,
  rockets: number,
  messages: number,
): Promise<number> => {
  const store = await SqliteEventStore.open({
    file: join(directory, `recorded-${Math.random()}.db`),
    synchronous: 'normal',
    place: 'here',
  });
  writeFileSync(file, '');
  const database = openForWriting({ file, synchronous: 'full' });
  database.exec(schema);
  const bare = new BareRows(database);
  const changes = new Changes();
  let seconds = 0;
  bare.record(store);
  for (let sent = 0; sent < messages; sent += BATCH) {
    await commit(store, changes, rockets, sent);
    seconds += bare.write();
  }
  await store.close();
  database.close();
  return seconds;
};
