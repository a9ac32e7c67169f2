import { EventFeed } from '../../../src/application/feed/event-feed.js';
import type { FeedMessage } from '../../../src/application/feed/feed-message.js';
import type { FeedRequest, StoredEvent } from '../../../src/application/ports/event-store.js';
import type { RocketMessage } from '../../../src/domain/rocket-message.js';
import { InMemoryEventStore } from '../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { walkFeed } from '../../contracts/open-store.js';
import { faster as fasterEvent, launched as launchedEvent, write } from '../../support/builders.js';
import { connect } from '../../support/feed-reader.js';
import { ManualClock, turns } from '../../support/manual-clock.js';
import { faster, launched, messages } from '../../support/messages.js';
import { pipelineOver } from '../../support/pipeline.js';
import { seededRandom } from '../../support/seeded-random.js';
import { silentLogger } from '../../support/silent-logger.js';
import { runs } from '../../support/thorough.js';

/** What all readers together may take of one turn, and what one message may take more. */
const SLICE_MS = 5;
/** What is committed together is told together, so that is how old news may be, beside a few turns. */
const LATEST_MS = 25;

class CountedStore extends InMemoryEventStore {
  pages = 0;
  reading = 0;
  mostReading = 0;
  onPage: () => void = () => undefined;

  override async readAll(request: FeedRequest) {
    this.pages++;
    this.mostReading = Math.max(this.mostReading, ++this.reading);
    this.onPage();
    try {
      return await super.readAll(request);
    } finally {
      this.reading--;
    }
  }
}

const stage = async () => {
  const clock = new ManualClock();
  const directory = new InMemoryRocketDirectory(clock);
  const store = new CountedStore(directory);
  const feed = new EventFeed(store, clock, silentLogger);
  const { pool, ingest, send } = pipelineOver(store, { clock });
  let committed = 0;
  pool.onCommit((change, before) => {
    committed += change.events.length;
    feed.committed(change, before);
  });
  await pool.start();
  return { clock, store, feed, ingest, send, committed: () => committed };
};

/** `count` messages of so many rockets, one of each after the other; shuffled within windows when a size is given. */
const traffic = (rockets: number, count: number, window: number): RocketMessage[] => {
  const each = Math.ceil(count / rockets);
  const histories = Array.from({ length: rockets }, (_, i) =>
    messages([launched(), ...Array.from({ length: each - 1 }, () => faster(1))], `rocket-${i}`),
  );
  const sent = Array.from({ length: each }, (_, i) => histories.map((history) => history[i]!)).flat();
  const random = seededRandom(12);
  for (let i = 0; window > 1 && i < sent.length; i++) {
    const j = Math.min(sent.length - 1, i + Math.floor(random() * window));
    [sent[i], sent[j]] = [sent[j]!, sent[i]!];
  }
  return sent;
};

/** Compared as one text, for there are very many. */
const positionsOf = (events: readonly StoredEvent[]): string => events.map(({ position }) => position).join();

describe('while messages come in without a pause', () => {
  it.each([
    ['2,000 rockets, in order', 2000, 1],
    ['2,000 rockets, shuffled', 2000, 5000],
    ['20 rockets, in order', 20, 1],
    ['20 rockets, shuffled', 20, 5000],
    ['6,000 rockets, in order', 6000, 1],
  ])('a reader is told of everything within a moment: %s', async (_what, rockets, window) => {
    const { clock, store, feed, ingest, committed } = await stage();
    const counts = { told: 0 };
    const reader = connect(feed, {}, (message: FeedMessage) => {
      if (message.kind === 'news') counts.told += message.events.length;
    });
    await clock.until(() => reader.isLive);
    const sent = traffic(rockets, Math.max(rockets, runs(4000, 20_000)), window);
    /** How much had been committed at each millisecond. */
    const history: number[] = [];
    for (let at = 0; at < sent.length; at += 40) {
      for (const message of sent.slice(at, at + 40)) ingest.submit(message, 100, () => undefined);
      await clock.pass(1);
      history.push(committed());
      expect(counts.told).toBeGreaterThanOrEqual(history.at(-1 - LATEST_MS) ?? 0);
    }
    expect(history.at(-1)).toBeGreaterThan(sent.length / 8);
    await ingest.stop();
    await clock.pass(LATEST_MS);
    expect(positionsOf(reader.events)).toBe(positionsOf(await walkFeed(store, { limit: 30_000 })));
    expect(store.pages).toBeLessThan(5);
    feed.close();
  });

  it('readers who take long to be told leave most of the time to them', async () => {
    const { clock, feed, send, committed } = await stage();
    /** What readers took of each turn of the event loop. */
    const took = [0];
    const cost = (): void => {
      clock.move(1);
      took.push(took.pop()! + 1);
    };
    const readers = Array.from({ length: 300 }, () => connect(feed, { after: 'latest' }, cost));
    await clock.until(() => readers.every(({ isLive }) => isLive));
    const sent = messages([launched(), ...Array.from({ length: 400 }, () => faster(1))]);
    took.splice(0, took.length, 0);
    for (const message of sent) {
      await send(message);
      await clock.pass(1);
      took.push(0);
    }
    expect(committed()).toBe(sent.length);
    expect(Math.max(...took)).toBeGreaterThan(0);
    expect(Math.max(...took)).toBeLessThanOrEqual(SLICE_MS + 1);
    // Behind each slice that was used up there is twice as long for everything else.
    const used = took.flatMap((ms, turn) => (ms >= SLICE_MS ? [turn] : []));
    expect(used.length).toBeGreaterThan(5);
    for (let i = 1; i < used.length; i++) expect(used[i]! - used[i - 1]!).toBeGreaterThan(SLICE_MS);
    await clock.until(() => readers.every(({ eventCount }) => eventCount === sent.length));
    feed.close();
  });
});

describe('very many readers that catch up', () => {
  const EVENTS = runs(1500, 4500);
  const filled = async () => {
    const parts = await stage();
    for (let i = 0; i < 3; i++) {
      const events = [launchedEvent(), ...Array.from({ length: EVENTS / 3 - 1 }, () => fasterEvent())];
      await write(parts.store, `rocket-${i}`, { events });
    }
    return parts;
  };

  it.each([
    ['from the beginning', 1000, () => 0],
    ['each from elsewhere', runs(300, 1000), (i: number) => (i * 7919) % EVENTS],
  ])('leave everybody else a turn after a moment, %s', async (_where, count, placeOf) => {
    const { clock, store, feed } = await filled();
    const all = await walkFeed(store, { limit: EVENTS });
    store.pages = store.mostReading = 0;
    let took = 0;
    let most = 0;
    let left = count;
    const cost = (message?: FeedMessage): void => {
      clock.move(1);
      took++;
      if (message?.kind === 'caught-up') left--;
    };
    store.onPage = cost;
    const readers = Array.from({ length: count }, (_, i) => {
      const place = placeOf(i);
      return { place, reader: connect(feed, { after: all[place - 1]?.position }, cost) };
    });
    for (let turn = 0; left > 0; turn++) {
      expect(turn).toBeLessThan(100_000);
      took = 0;
      await turns(1);
      most = Math.max(most, took);
    }
    expect(most).toBeLessThanOrEqual(2 * (SLICE_MS + 1));
    expect(store.mostReading).toBeLessThanOrEqual(2);
    for (const { place, reader } of readers) expect(reader.eventCount).toBe(EVENTS - place);
    for (const { place, reader } of readers.slice(0, 20)) {
      expect(positionsOf(reader.events)).toBe(positionsOf(all.slice(place)));
    }
    feed.close();
  });

  it('on the same way read each page once, together', async () => {
    const { clock, store, feed } = await filled();
    store.pages = 0;
    const readers = Array.from({ length: 1000 }, () => connect(feed));
    await clock.until(() => readers.every(({ isLive }) => isLive));
    expect(store.pages).toBeLessThan(2 * Math.ceil(EVENTS / 256));
    feed.close();
  });
});
