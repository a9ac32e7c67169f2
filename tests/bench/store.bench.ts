import { InMemoryEventStore } from '../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { SystemClock } from '../../src/infrastructure/system-clock.js';
import { collectGarbage, median, ROUNDS, scaled, type Row } from './measure.js';
import { Changes } from './changes.js';
import { messageOf } from './traffic.js';

const EVENTS = scaled(10_000_000);
const ROCKETS = 1000;
const BATCH = 1000;
const HEARD_ONCE = scaled(1_000_000);

/** What the in-memory store costs in bytes, and how fast a history is folded. */
export const storeBench = async (): Promise<Row[]> => [...(await eventRows()), await rocketRow()];

const eventRows = async (): Promise<Row[]> => {
  const store = new InMemoryEventStore(new InMemoryRocketDirectory(new SystemClock()), {
    snapshotEvery: Infinity,
  });
  collectGarbage();
  const before = bytesInUse();
  for (let rocket = 0; rocket < ROCKETS; rocket++) await fill(store, rocket, EVENTS / ROCKETS);
  collectGarbage();
  const bytes = (bytesInUse() - before) / EVENTS;
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await replayRate(store));
  return [
    {
      goal: '10',
      what: 'bytes in memory for each stored event, at 10⁷',
      measured: bytes,
      good: 60,
      target: 33,
      better: 'lower',
    },
    {
      goal: '11',
      what: 'in-memory replay, million events a second',
      measured: median(rates),
      good: 10,
      target: 40,
    },
  ];
};

/** What a rocket takes that has launched and said nothing more. */
const rocketRow = async (): Promise<Row> => {
  collectGarbage();
  const before = bytesInUse();
  const store = new InMemoryEventStore(new InMemoryRocketDirectory(new SystemClock()));
  await launchAll(store);
  collectGarbage();
  const measured = (bytesInUse() - before) / HEARD_ONCE;
  await store.close();
  return { goal: '', what: 'bytes in memory for each rocket with one event, at 10⁶', measured };
};

const launchAll = async (store: InMemoryEventStore): Promise<void> => {
  for (let from = 0; from < HEARD_ONCE; from += BATCH) {
    // Whatever has made a batch goes with it, so that only the store's own is counted.
    await store.commit(new Changes().batch(BATCH, BATCH, 0, from));
  }
};

const bytesInUse = (): number => {
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return heapUsed + Math.max(arrayBuffers, external);
};

const fill = async (store: InMemoryEventStore, rocket: number, count: number): Promise<void> => {
  const changes = new Changes();
  for (let number = 0; number < count; number += BATCH) {
    await store.commit([changes.next(rocket, Math.min(BATCH, count - number), 1_790_000_000_000 + number)]);
  }
};

/** Folds what `?version=` folds when no state is kept on the way: every event but the last of each history. */
const replayRate = async (store: InMemoryEventStore): Promise<number> => {
  const began = performance.now();
  let events = 0;
  for (let i = 0; i < Math.min(ROCKETS, 100); i++) {
    const { channel } = messageOf(i, 1);
    const past = await store.snapshot(channel, { version: EVENTS / ROCKETS - 1 });
    events += past?.version ?? 0;
  }
  return events / (performance.now() - began) / 1000;
};
