import type { EventStore, Head, StoredEvent } from '../../../../src/application/ports/event-store.js';
import { walkFeed } from '../../../contracts/open-store.js';
import { changeOn, faster } from '../../../support/builders.js';
import { runIn } from '../../../support/postgres-server.js';
import { openBoth, postgresForAll } from '../../../support/postgres-stores.js';
import { seededRandom } from '../../../support/seeded-random.js';
import { thorough } from '../../../support/thorough.js';

const WRITERS = 16;
const CHANNELS = 24;
const WRITES_FOR_MS = thorough ? 20_000 : 6000;

const postgres = postgresForAll();

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Commits take as long as they like to become visible; and each event gets a number from a plain sequence, too. */
const experiment = `
  ALTER TABLE events ADD COLUMN serial bigserial;
  CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF new.position = 1 THEN PERFORM pg_sleep(random() * 0.03); END IF;
      RETURN null;
    END $$;
  CREATE CONSTRAINT TRIGGER dawdling AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION dawdle();
`;

/** One instance that writes to rockets of all, decides again when one has moved, and goes on when something fails. */
const writeOn = async (store: EventStore, seed: number, isOver: () => boolean): Promise<number> => {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  let failed = 0;
  while (!isOver()) {
    const channels = new Set(Array.from({ length: below(3) + 1 }, () => `r${below(CHANNELS)}`));
    try {
      let heads: readonly Head[] = await store.load(
        [...channels].map((channel) => ({ channel, numbers: [] })),
      );
      while (heads.length > 0 && !isOver()) {
        heads = await store.commit(
          heads.map((head) => changeOn(head, { events: Array(below(3) + 1).fill(faster(1)) })),
        );
      }
    } catch {
      failed++;
    }
  }
  return failed;
};

/** Asks for what stands behind the last number of the sequence it has seen, as one would without knowing better. */
const readBySequence = async (url: string, isOver: () => boolean): Promise<number> => {
  let last = 0;
  let seen = 0;
  for (let over = false; !over;) {
    over = isOver();
    const rows = await runIn(url, `SELECT serial FROM events WHERE serial > ${last} ORDER BY serial`);
    seen += rows.length;
    last = Math.max(last, ...rows.map(({ serial }) => Number(serial)));
  }
  return seen;
};

const isInOrder = (events: readonly StoredEvent[]): boolean => {
  const last = new Map<string, number>();
  return events.every(({ channel, number }) => {
    const isNext = number === (last.get(channel) ?? 0) + 1;
    last.set(channel, number);
    return isNext;
  });
};

it('a reader of the feed misses nothing and sees nothing out of order, where a sequence alone misses', async () => {
  const url = await postgres.newSchema();
  const reader: EventStore = (await openBoth(url, 2)).store;
  const writers: EventStore[] = [];
  for (let i = 0; i < WRITERS; i++) writers.push((await openBoth(url, 2)).store);
  await runIn(url, experiment);

  const told: StoredEvent[] = [];
  await reader.follow(({ events }) => told.push(...events));
  let over = false;
  let written = false;
  const isOver = (): boolean => over;
  const writing = Promise.all(writers.map((store, i) => writeOn(store, i + 1, isOver)));
  const control = readBySequence(url, () => written);
  const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'rockets' AND state = 'active' ORDER BY random() LIMIT 1`;
  let killed = 0;
  for (const began = Date.now(); Date.now() - began < WRITES_FOR_MS;) {
    killed += (await runIn(url, kill)).length;
    if (killed % 8 === 3)
      await runIn(url, 'BEGIN; SELECT pg_current_xact_id(); SELECT pg_sleep(0.7); COMMIT');
    await sleep(100);
  }
  over = true;
  const failed = (await writing).reduce((sum, one) => sum + one, 0);
  written = true;
  const bySequence = await control;

  const all = await walkFeed(reader, { limit: 1000 });
  for (let left = 100; told.length < all.length && left > 0; left--) await sleep(50);
  const [{ events }] = (await runIn(url, 'SELECT count(*)::int AS events FROM events')) as [
    { events: number },
  ];
  for (const store of [reader, ...writers]) await store.close();

  expect(killed).toBeGreaterThan(10);
  expect(failed).toBeGreaterThan(0);
  expect(all).toHaveLength(events);
  expect(told.length).toBe(events);
  expect(told).toEqual(all);
  expect(isInOrder(told)).toBe(true);
  // The control: if it missed nothing, too, nothing would be proven.
  expect(bySequence).toBeLessThan(events);
});
