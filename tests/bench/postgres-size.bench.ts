import { PostgresEventStore } from '../../src/infrastructure/stores/postgres/postgres-event-store.js';
import { runIn } from '../support/postgres-server.js';
import { Changes } from './changes.js';
import { bytesOfTables, withDatabase, type Database } from './database.js';
import { median, quick, type Row } from './measure.js';
import { channelOf } from './traffic.js';

const EVENTS = quick ? 100_000 : 10_000_000;
const ROCKETS = 10_000;
const BATCH = 1000;
/** The rate at the beginning and at the end is that of so many. */
const PART = EVENTS / 10;

/** A table of ten million events: what it takes, and what is asked of it. */
export const postgresSizeBench = (): Promise<Row[]> => withDatabase(sizeRows);

const sizeRows = async (database: Database): Promise<Row[]> => {
  const url = await database.newSchema();
  const store = await PostgresEventStore.open({ url, connections: 8 });
  const changes = new Changes();
  const rates: number[] = [];
  let from = 0;
  for (let written = 0; written < EVENTS; written += PART) {
    const began = performance.now();
    for (let part = 0; part < PART; part += 2 * BATCH) {
      // Two at a time, of different rockets, as the workers do.
      const batches = [0, 1].map(() => {
        const batch = changes.batch(ROCKETS, BATCH, from);
        from += batch.length;
        return batch;
      });
      await Promise.all(batches.map((batch) => store.commit(batch)));
    }
    rates.push((1000 * PART) / (performance.now() - began));
  }
  const bytes = await bytesOfTables(url);
  const indexes = await bytesOfTables(url, 'pg_indexes_size');
  const feedEnd = await timed(() => store.readAll({ limit: 1000, order: 'desc' }));
  const middle = (await store.readAll({ limit: 1 })).next;
  const feed = await timed(() => store.readAll({ after: middle, limit: 1000 }));
  const history = await timed((i) => store.read(channelOf((i * 37) % ROCKETS), { limit: 100 }));
  await store.close();
  const vacuum = await seconds(() => runIn(url, 'VACUUM ANALYZE events, rockets'));
  const again = await seconds(() => runIn(url, 'VACUUM events'));
  const million = `${EVENTS / 1e6} million events`;
  return [
    {
      goal: '',
      what: `bytes on disk for each event, ${million}, indexes included`,
      measured: bytes / EVENTS,
    },
    { goal: '', what: 'of these indexes', measured: indexes / EVENTS },
    { goal: '', what: 'PostgreSQL store alone: the first tenth', measured: rates[0]!, unit: ' messages/s' },
    {
      goal: '',
      what: 'the last tenth ÷ the first',
      measured: rates.at(-1)! / rates[0]!,
      good: 0.8,
      target: 0.95,
    },
    { goal: '', what: 'a feed page of 1,000, at the end', measured: feedEnd, unit: ' ms' },
    { goal: '', what: 'the same at the beginning', measured: feed, unit: ' ms' },
    { goal: '', what: 'a history page of 100', measured: history, unit: ' ms' },
    { goal: '', what: 'the first VACUUM ANALYZE of events and rockets', measured: vacuum, unit: ' s' },
    { goal: '', what: 'the next VACUUM of events', measured: again, unit: ' s' },
  ];
};

const seconds = async (run: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await run();
  return (performance.now() - began) / 1000;
};

const timed = async (run: (i: number) => Promise<unknown>): Promise<number> => {
  const times: number[] = [];
  for (let i = 0; i < 50; i++) times.push(1000 * (await seconds(() => run(i))));
  return median(times);
};
