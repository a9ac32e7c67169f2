import type { Change } from '../../src/application/ports/event-store.js';
import { PostgresEventStore } from '../../src/infrastructure/stores/postgres/postgres-event-store.js';
import { runIn } from '../support/postgres-server.js';
import { Changes } from './changes.js';
import { withDatabase, type Database } from './database.js';
import { appendAll, installEmmett } from './emmett.js';
import { inDirectory, interleaved, median, quick, ratio, scaled, type Row } from './measure.js';
import { hasPgbench, pgbenchRate } from './pgbench.js';
import { postLines } from './post-lines.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const LINES = scaled(100_000);
const REQUESTS = scaled(40_000);
const CLIENTS = 64;
const ROUNDS = quick ? 1 : 5;
const BATCH = 1000;

export const serviceOn = (url: string): Promise<ServerUnderTest> =>
  ServerUnderTest.start('rockets', { EVENT_STORE: 'postgres', DATABASE_URL: url });

/** Many messages in one request, beside COPY; one a request, beside pgbench. */
export const postgresBench = (): Promise<Row[]> =>
  withDatabase(async (database) => [
    ...(await copyRows(database, 20)),
    ...(await copyRows(database, 1000)),
    ...(await postRows(database)),
  ]);

/** Sends the messages of rockets that go on reporting. */
class Traffic {
  private sent = 0;

  constructor(
    private readonly server: ServerUnderTest,
    private readonly rockets: number,
  ) {}

  /** Messages a second. */
  async bulk(count: number): Promise<number> {
    const body = this.next(count).join('\n');
    const began = performance.now();
    await postLines(this.server.port, body);
    return rateOf(count, began);
  }

  async posts(count: number): Promise<number> {
    const bodies = this.next(count);
    const began = performance.now();
    await postAll(this.server.port, bodies, CLIENTS);
    return rateOf(count, began);
  }

  private next(count: number): string[] {
    const lines = stream(count, this.rockets, this.sent).map(wireOf);
    this.sent += count;
    return lines;
  }
}

const rateOf = (count: number, began: number): number => (1000 * count) / (performance.now() - began);

const copied = ['rockets', 'events', 'snapshots', 'total_parts'];

/** What the service has stored, written by COPY FROM into empty tables with the same indexes, in one transaction. */
const copyRows = async (database: Database, rockets: number): Promise<Row[]> => {
  const url = await database.newSchema();
  const server = await serviceOn(url);
  const traffic = new Traffic(server, rockets);
  await traffic.bulk(LINES);
  const file = (table: string): string => database.file(`${table}-${rockets}`);
  await runIn(url, copied.map((table) => `COPY ${table} TO '${file(table)}';`).join(' '));
  const empty = await database.newSchema();
  await (await PostgresEventStore.open({ url: empty, connections: 2 })).close();
  const copy = async (): Promise<number> => {
    await runIn(empty, `TRUNCATE ${copied.join(', ')}`);
    const began = performance.now();
    await runIn(
      empty,
      `BEGIN; ${copied.map((table) => `COPY ${table} FROM '${file(table)}';`).join(' ')} COMMIT`,
    );
    return rateOf(LINES, began);
  };
  const costs: Cost[] = [];
  const rates = await interleaved(
    {
      ndjson: () => costing(database, server, LINES, costs, () => traffic.bulk(LINES)),
      copy,
    },
    ROUNDS,
  );
  await server.stop();
  return [
    {
      goal: '19',
      what: `NDJSON into PostgreSQL, whole way ÷ COPY of the same rows, ${rockets} rockets, messages a second`,
      measured: ratio(rates.ndjson, rates.copy),
      good: 0.4,
      target: 0.6,
    },
    { goal: '', what: 'the same NDJSON', measured: median(rates.ndjson), unit: ' messages/s' },
    ...costRows(costs),
  ];
};

const postRows = async (database: Database): Promise<Row[]> => {
  if (!hasPgbench()) console.error('… no row about pgbench: it is not there (Debian: postgresql-15)');
  const url = await database.newSchema();
  const server = await serviceOn(url);
  const traffic = new Traffic(server, 1000);
  await traffic.posts(REQUESTS);
  const costs: Cost[] = [];
  const rates = await interleaved(
    {
      post: () => costing(database, server, REQUESTS, costs, () => traffic.posts(REQUESTS)),
      pgbench: () => (hasPgbench() ? pgbenchRate(database, url, CLIENTS, quick ? 1 : 5) : NaN),
    },
    ROUNDS,
  );
  await server.stop();
  return [
    {
      goal: '19',
      what: `durable POST into PostgreSQL at ${CLIENTS} connections ÷ pgbench with one INSERT a transaction at ${CLIENTS} clients`,
      measured: ratio(rates.post, rates.pgbench),
      good: 1.5,
      target: 2.5,
    },
    { goal: '', what: 'the same POST', measured: median(rates.post), unit: ' messages/s' },
    ...costRows(costs),
  ];
};

/** Processor time of a message. */
interface Cost {
  readonly service: number;
  readonly database: number;
}

export const costing = async (
  database: Database,
  server: ServerUnderTest,
  count: number,
  costs: Cost[],
  run: () => Promise<number>,
): Promise<number> => {
  const before = [await server.cpuMicros(), database.cpuMicros()] as const;
  const rate = await run();
  costs.push({
    service: ((await server.cpuMicros()) - before[0]) / count,
    database: (database.cpuMicros() - before[1]) / count,
  });
  return rate;
};

export const costRows = (costs: readonly Cost[]): Row[] =>
  (['service', 'database'] as const).map((part) => ({
    goal: '',
    what: `processor time of a message: ${part}`,
    measured: median(costs.map((cost) => cost[part])),
    unit: ' µs',
  }));

/** The store alone: what it is worth to keep heads, and beside another store of events. */
export const postgresStoreBench = (): Promise<Row[]> =>
  withDatabase(async (database) => [
    ...(await headRows(database)),
    ...(await inDirectory((folder) => emmettRows(database, folder))),
  ]);

/** Two workers, each of which commits the changes of rockets of its own that go on reporting. */
class Committing {
  private readonly workers = [new Changes(), new Changes()];
  private from = 0;

  constructor(
    readonly store: PostgresEventStore,
    private readonly rockets: number,
  ) {}

  /** What each worker commits, one batch after the other. */
  batches(messages: number): Change[][][] {
    const each = messages / BATCH / this.workers.length;
    return this.workers.map((changes, worker) =>
      Array.from({ length: each }, () => {
        const batch = changes.batch(this.rockets, BATCH, this.from, worker * this.rockets);
        this.from += batch.length;
        return batch;
      }),
    );
  }

  async run(messages: number): Promise<number> {
    const work = this.batches(messages);
    const began = performance.now();
    await Promise.all(work.map((batches) => this.commit(batches)));
    return rateOf(messages, began);
  }

  private async commit(batches: readonly Change[][]): Promise<void> {
    for (const batch of batches) {
      await this.store.load(batch.map(({ channel }) => ({ channel, numbers: [] })));
      await this.store.commit(batch);
    }
  }
}

const storeOn = async (database: Database, heads?: number): Promise<PostgresEventStore> =>
  PostgresEventStore.open({
    url: await database.newSchema(),
    connections: 4,
    ...(heads === undefined ? {} : { heads }),
  });

const headRows = async (database: Database): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const rockets of [20, 100_000]) {
    const kept = new Committing(await storeOn(database), rockets);
    const read = new Committing(await storeOn(database, 0), rockets);
    const messages = scaled(100_000);
    for (const warmUp of [kept, read]) await warmUp.run(messages);
    const rates = await interleaved(
      { kept: () => kept.run(messages), read: () => read.run(messages) },
      ROUNDS,
    );
    for (const { store } of [kept, read]) await store.close();
    rows.push({
      goal: '',
      what: `PostgreSQL store alone without the cache of heads ÷ with it, ${rockets} rockets`,
      measured: ratio(rates.read, rates.kept),
    });
  }
  return rows;
};

const emmettRows = async (database: Database, folder: string): Promise<Row[]> => {
  const emmettOn = installEmmett(folder);
  if (emmettOn === undefined) return [];
  const url = await database.newSchema();
  const emmett = emmettOn(url);
  await emmett.schema.migrate();
  const ours = new Committing(await storeOn(database), 20);
  const theirs = new Committing(ours.store, 20);
  const messages = scaled(80_000);
  const rates = await interleaved(
    {
      ours: () => ours.run(messages),
      emmett: async () => {
        const work = theirs.batches(messages);
        const began = performance.now();
        await Promise.all(
          work.map(async (batches) => {
            for (const batch of batches) await appendAll(emmett, batch);
          }),
        );
        return rateOf(messages, began);
      },
    },
    ROUNDS,
  );
  await Promise.all([ours.store.close(), emmett.close()]);
  return [
    {
      goal: '19',
      what: `PostgreSQL store alone ÷ emmett's PostgreSQL store, the same batches of ${BATCH} messages of 20 rockets`,
      measured: ratio(rates.ours, rates.emmett),
      good: 3,
      target: 5,
    },
  ];
};
