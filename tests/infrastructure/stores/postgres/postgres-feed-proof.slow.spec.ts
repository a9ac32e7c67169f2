import { EventFeed } from '../../../../src/application/feed/event-feed.js';
import type { FeedFilter } from '../../../../src/application/ports/event-store.js';
import { SystemClock } from '../../../../src/infrastructure/system-clock.js';
import {
  dawdling,
  followLive,
  holdBack,
  readBySequence,
  sleep,
  walkOn,
  writeOn,
  type Told,
} from '../../../support/feed-experiment.js';
import { OwnServer, runIn } from '../../../support/postgres-server.js';
import { openBoth } from '../../../support/postgres-stores.js';
import { silentLogger } from '../../../support/silent-logger.js';
import { thorough } from '../../../support/thorough.js';

const WRITERS = 16;
const EVENTS_OF_EACH = thorough ? 10_000 : 1500;
const CHANNELS = Array.from({ length: 24 }, (_, i) => `r${i}`);
/** Of the whole server. */
const CRASHES = 5;
const CRASH_EVERY_MS = thorough ? 4000 : 1000;
const KILL_EVERY_MS = 100;
const HELD_FOR_MS = 1500;
const PATIENCE_MS = 60_000;

let server: OwnServer;
beforeAll(async () => {
  server = await OwnServer.start();
});
afterAll(() => server.remove());

/** Every event, as it stands in the database. */
const stored = async (): Promise<string[]> => {
  const rows = await runIn(
    server.url,
    `SELECT channel || ' ' || number || ' ' || xid || '.' || position AS event
      FROM events JOIN rockets ON rockets.id = rocket ORDER BY xid, position`,
  );
  return rows.map(({ event }) => String(event));
};

const isOf = ({ channel }: FeedFilter, event: string): boolean =>
  channel === undefined || event.startsWith(`${channel} `);

const asTold = ({ events }: Told): string[] =>
  events.map(
    ({ channel, number, position }) => `${channel} ${number} ${position.slice(position.indexOf('-') + 1)}`,
  );

const transactionOf = ({ events }: Told): number => {
  const position = events.at(-1)?.position ?? '-0.0';
  return Number(position.slice(position.indexOf('-') + 1).split('.')[0]);
};

const isInOrder = (events: readonly string[]): boolean => {
  const last = new Map<string, number>();
  return events.every((event) => {
    const [channel, number] = event.split(' ') as [string, string];
    const isNext = Number(number) === (last.get(channel) ?? 0) + 1;
    last.set(channel, Number(number));
    return isNext;
  });
};

it('readers of the feed miss nothing, see nothing twice or out of order, whoever dies; a sequence alone misses', async () => {
  const instances = [await openBoth(server.url, 8), await openBoth(server.url, 8)];
  const stores = instances.map(({ store }) => store);
  const feeds = stores.map((store) => new EventFeed(store, new SystemClock(), silentLogger));
  const writers = await Promise.all(
    Array.from({ length: WRITERS }, async () => (await openBoth(server.url, 2)).store),
  );
  await runIn(server.url, dawdling);

  let written = false;
  let gaveUp = false;
  const readers: { readonly filter: FeedFilter; readonly told: Told; wanted: number }[] = [];
  const reading: Promise<void>[] = [];
  const begin = (how: typeof walkOn | typeof followLive, filter: FeedFilter): void => {
    const told: Told = { events: [], resumed: 0 };
    const reader = { filter, told, wanted: Infinity };
    const isDone = (): boolean => gaveUp || told.events.length >= reader.wanted;
    readers.push(reader);
    const seed = readers.length;
    reading.push(
      how === walkOn
        ? walkOn(stores, filter, told, isDone, seed)
        : followLive(feeds, filter, told, isDone, seed),
    );
  };
  begin(followLive, {});
  begin(followLive, {});
  begin(followLive, { channel: 'r7' });
  begin(walkOn, {});
  begin(walkOn, { channel: 'r7' });

  const writing = Promise.all(writers.map((store, i) => writeOn(store, CHANNELS, EVENTS_OF_EACH, i + 1)));
  void writing.then(() => (written = true));
  const control = readBySequence(server.url, () => written);
  let killed = 0;
  let crashes = 0;
  let held = 0;
  let overtaken = 0;
  const isOver = (): boolean => written && crashes >= CRASHES;
  /** One connection in the middle of something after the other. */
  const killing = (async () => {
    while (!isOver()) {
      await sleep(KILL_EVERY_MS);
      const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'rockets' AND state = 'active' ORDER BY random() LIMIT 1`;
      killed += (await runIn(server.url, kill).catch(() => [])).length;
    }
  })();
  const crashing = (async () => {
    for (; crashes < CRASHES; crashes++) {
      await sleep(CRASH_EVERY_MS);
      await server.kill();
      await server.begin();
    }
  })();
  /** Nobody is told what was written behind the beginning of a transaction that is still open. */
  const holding = (async () => {
    while (!isOver()) {
      await sleep(300);
      await holdBack(
        server.url.replace(/postgres$/, 'template1'),
        HELD_FOR_MS,
        () => Math.max(...readers.map(({ told }) => transactionOf(told))),
        (id, last) => {
          held++;
          if (last >= id) overtaken++;
        },
      ).catch(() => undefined);
    }
  })();
  const failed = (await writing).reduce((sum, one) => sum + one.failed, 0);
  const bySequence = await control;
  await Promise.all([killing, crashing, holding]);
  const events = await stored();
  const wantedOf = (filter: FeedFilter): string[] => events.filter((event) => isOf(filter, event));
  for (const reader of readers) reader.wanted = wantedOf(reader.filter).length;
  const left = Promise.all(reading).then(() => 0);
  for (const began = Date.now(); Date.now() - began < PATIENCE_MS;) {
    if ((await Promise.race([left, sleep(50)])) === 0) break;
  }
  gaveUp = true;
  await Promise.all(reading);
  for (const feed of feeds) feed.close();
  await Promise.all([...stores, ...writers].map((store) => store.close()));

  expect(events.length).toBeGreaterThanOrEqual(WRITERS * EVENTS_OF_EACH);
  expect(isInOrder(events)).toBe(true);
  readers.forEach(({ filter, told }, i) => {
    const wanted = wantedOf(filter);
    expect([i, firstDifference(asTold(told), wanted)]).toEqual([i, undefined]);
    expect([i, told.events.length]).toEqual([i, wanted.length]);
  });
  const followers = readers.slice(0, 3).map(({ told }) => told.resumed);
  expect(followers.reduce((sum, resumed) => sum + resumed, 0)).toBeGreaterThanOrEqual(20);
  expect(killed).toBeGreaterThan(10);
  expect(failed).toBeGreaterThan(CRASHES);
  expect(held).toBeGreaterThan(10);
  expect(overtaken).toBe(0);
  // The control: if it missed nothing, too, nothing would be proven.
  expect(bySequence).toBeLessThan(events.length);
});

const firstDifference = (told: readonly string[], wanted: readonly string[]): unknown => {
  const at = told.findIndex((event, i) => event !== wanted[i]);
  return at === -1 ? undefined : { at, told: told[at], wanted: wanted[at] };
};
