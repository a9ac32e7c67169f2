import { RocketQueries } from '../../src/application/rocket-queries.js';
import { InMemoryEventStore } from '../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { SystemClock } from '../../src/infrastructure/system-clock.js';
import { interleaved, longestStall, ratio, scaled, type Row } from './measure.js';
import { Changes } from './changes.js';
import { channelOf } from './traffic.js';

const PAGES = 500;
/** Events of one commit, as messages that come one by one under load share them. */
const BATCH = 10;

/** A page of the list however many rockets, and a past state however long the history. */
export const queriesBench = async (): Promise<Row[]> => {
  const few = await fleet(10_000);
  const many = await fleet(scaled(1_000_000));
  await few.pages();
  const stall = await longestStall(many.pages);
  const list = await interleaved({ few: few.pages, many: many.pages });
  const short = await longRocket(1000);
  const long = await longRocket(100_000);
  const past = await interleaved({ short, long });
  return [
    {
      goal: '12',
      what: 'list page at 10⁶ rockets ÷ at 10⁴',
      measured: ratio(list.many, list.few),
      good: 2,
      target: 1.1,
      better: 'lower',
    },
    {
      goal: '',
      what: 'longest stall while 10⁶ rockets are sorted for the first time',
      measured: stall,
      good: 20,
      target: 10,
      better: 'lower',
      unit: ' ms',
    },
    {
      goal: '12',
      what: 'past state of a 100,000-event rocket ÷ 1,000',
      measured: ratio(past.long, past.short),
      good: 1.6,
      target: 1.1,
      better: 'lower',
    },
  ];
};

const open = () => {
  const directory = new InMemoryRocketDirectory(new SystemClock());
  const store = new InMemoryEventStore(directory);
  return { store, queries: new RocketQueries(store, directory, new SystemClock()) };
};

const fleet = async (rockets: number) => {
  const { store, queries } = open();
  const changes = new Changes();
  for (let rocket = 0; rocket < rockets; rocket++) await store.commit([changes.next(rocket, 1, rocket)]);
  return {
    /** Milliseconds for a walk of pages, sorted by speed. */
    pages: async (): Promise<number> => {
      const began = performance.now();
      let after: { key: string | number | null; channel: string } | undefined;
      for (let i = 0; i < PAGES; i++) {
        const page = await queries.list({ sort: 'speed', order: 'desc', limit: 20, after });
        after = page.next;
      }
      return performance.now() - began;
    },
  };
};

const longRocket = async (events: number) => {
  const { store, queries } = open();
  const channel = channelOf(1);
  const changes = new Changes();
  for (let number = 0; number < events; number += BATCH) await store.commit([changes.next(1, BATCH, number)]);
  return async (): Promise<number> => {
    const began = performance.now();
    // Steps of a prime: versions all over the history, not those at which a state happens to be kept.
    for (let i = 0; i < 200; i++) await queries.asOf(channel, { version: 1 + ((i * 7919) % events) });
    return performance.now() - began;
  };
};
