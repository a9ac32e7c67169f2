import { EventFeed } from '../../../src/application/feed/event-feed.js';
import type { FeedMessage } from '../../../src/application/feed/feed-message.js';
import { ShuttingDown } from '../../../src/application/ingest/intake.js';
import { StoreUnavailable, type FeedRequest } from '../../../src/application/ports/event-store.js';
import { InMemoryEventStore } from '../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { eventFeedContract } from '../../contracts/event-feed-contract.js';
import { walkFeed } from '../../contracts/open-store.js';
import { breakable } from '../../support/breakable.js';
import { changeOn, faster, headOf, launched, received, write } from '../../support/builders.js';
import { commit, connect } from '../../support/feed-reader.js';
import { ManualClock, turns } from '../../support/manual-clock.js';
import { silentLogger } from '../../support/silent-logger.js';
import { runs } from '../../support/thorough.js';

const open = (clock = new ManualClock()) => {
  const directory = new InMemoryRocketDirectory(clock);
  const store = new WatchedStore(directory);
  return { store, directory, close: () => store.close() };
};

/** Counts the pages that are asked for. */
class WatchedStore extends InMemoryEventStore {
  pages = 0;
  beforePage: () => void = () => undefined;

  override readAll(request: FeedRequest) {
    this.pages++;
    this.beforePage();
    return super.readAll(request);
  }
}

eventFeedContract('InMemoryEventStore', async () => open(), runs(25, 600));

const stage = () => {
  const clock = new ManualClock();
  const { store } = open(clock);
  let failure: Error | undefined;
  const feed = new EventFeed(
    breakable(store, () => failure),
    clock,
    silentLogger,
  );
  return {
    clock,
    store,
    feed,
    until: (condition: () => boolean) => clock.until(condition),
    fail: (error: Error | undefined) => (failure = error),
    commit: (channel: string, events = 1) =>
      commit(store, feed, channel, {
        events: [launched(), ...Array.from({ length: events - 1 }, () => faster())],
      }),
  };
};

it('a reader that came while the store was away leaves nobody listening', async () => {
  const clock = new ManualClock();
  const { store } = open(clock);
  let [listening, began] = [0, 0];
  const notices = {
    tell: () => undefined,
    listen: () => {
      [listening, began] = [listening + 1, began + 1];
      return () => void listening--;
    },
  };
  const away = Object.assign(Object.create(store) as WatchedStore, {
    notices,
    follow: () => Promise.reject(new StoreUnavailable('away')),
  });
  const feed = new EventFeed(away, clock, silentLogger);
  const reader = connect(feed, { after: 'latest' });
  await clock.until(() => reader.hungUp);
  expect([listening, began]).toEqual([0, 1]);
});

describe('a reader that is slow', () => {
  it('is not dropped for being behind: it gets the rest when there is room, and costs nothing until then', async () => {
    const { feed, store, clock, until, commit: write } = stage();
    const reader = connect(feed);
    const other = connect(feed);
    await until(() => reader.isLive && other.isLive);
    reader.block(2 * 1024 * 1024);
    for (let i = 0; i < 20; i++) {
      await write(`r${i}`, 100);
      await clock.pass(20);
    }
    await until(() => other.events.length === 2000);
    expect(reader.hungUp).toBe(false);
    expect(reader.events).toEqual([]);
    const { pages } = store;
    reader.flow();
    await until(() => reader.events.length === 2000);
    expect(reader.events).toEqual(other.events);
    expect(store.pages).toBe(pages);
    feed.close();
  });

  it('reads pages again when it has fallen behind what is at hand, and loses nothing', async () => {
    const { feed, store, until, commit: write } = stage();
    const reader = connect(feed);
    const other = connect(feed);
    await until(() => reader.isLive && other.isLive);
    reader.block(1);
    for (let i = 0; i < 30; i++) {
      await write(`r${i}`, 1000);
      await until(() => other.eventCount === 1000 * (i + 1));
    }
    const { pages } = store;
    reader.flow();
    await until(() => reader.eventCount === 30_000);
    expect(reader.events).toEqual(other.events);
    expect(store.pages).toBeGreaterThan(pages);
    feed.close();
  });

  it('is told that gaps may have changed when it has missed what was said of them', async () => {
    const { feed, store, until, commit: write } = stage();
    const reader = connect(feed);
    const other = connect(feed);
    await until(() => reader.isLive && other.isLive);
    reader.block(1);
    await commit(store, feed, 'g', { added: [received('g', 5)] });
    await until(() => other.of('gaps-changed').length === 1);
    for (let i = 0; i < 20; i++) {
      await write(`r${i}`, 1000);
      await until(() => other.eventCount === 1000 * (i + 1));
    }
    reader.flow();
    await until(() => reader.eventCount === 20_000);
    expect(reader.of('gaps-changed')).toContainEqual({ kind: 'gaps-changed', channels: undefined });
    feed.close();
  });

  /** It takes one page, and then nothing more leaves. */
  const connectStuck = (feed: EventFeed) => {
    const reader = connect(feed, {}, ({ kind }) => {
      if (kind === 'news' && reader.events.length === 0) reader.block(1);
    });
    return reader;
  };

  it('is waited for while it catches up, one page at a time', async () => {
    const { feed, clock, until, commit: write } = stage();
    await write('a', 1000);
    const reader = connectStuck(feed);
    await clock.pass(50);
    expect(reader.of('news')).toHaveLength(1);
    expect(reader.events.length).toBeLessThan(1000);
    reader.flow();
    await until(() => reader.isLive);
    expect(reader.events).toHaveLength(1000);
    feed.close();
  });

  it('is dropped with its position when nothing at all leaves from one beat to the next', async () => {
    const { feed, clock, until, commit: write } = stage();
    await write('a', 1000);
    const reader = connectStuck(feed);
    await until(() => reader.events.length > 0);
    clock.move(15_000);
    await turns(5);
    expect(reader.hungUp).toBe(false);
    clock.move(15_000);
    await until(() => reader.hungUp);
    expect(reader.messages.at(-1)).toEqual({
      kind: 'dropped',
      position: reader.events.at(-1)?.position,
      reason: 'too-slow',
    });
    expect(feed.readers).toBe(0);
  });

  it('stays while something leaves', async () => {
    const { feed, clock, commit: write } = stage();
    await write('a', 1000);
    const reader = connect(feed);
    reader.block(1);
    for (let beat = 0; beat < 5; beat++) {
      reader.sent++;
      clock.move(15_000);
      await turns(5);
    }
    expect(reader.hungUp).toBe(false);
    feed.close();
  });
});

describe('a reader that is caught up', () => {
  it('is told of what was committed without asking the store for it', async () => {
    const { feed, store, until, commit: write } = stage();
    const readers = [connect(feed), connect(feed, { channel: 'a' }), connect(feed, { after: 'latest' })];
    await until(() => readers.every(({ isLive }) => isLive));
    const { pages } = store;
    for (let i = 0; i < 5; i++) await write(`${i}`, 500);
    await until(() => readers[0]!.events.length === 2500 && readers[2]!.events.length === 2500);
    expect(store.pages).toBe(pages);
    feed.close();
  });

  it('is told by the store itself, also of what nobody told the feed', async () => {
    const { feed, store, until } = stage();
    const reader = connect(feed);
    await until(() => reader.isLive);
    await store.commit([changeOn(await headOf(store, 'a'), { events: [launched()] })]);
    await until(() => reader.events.length === 1);
    feed.close();
  });

  it('is told of gaps also when it came while the events before them were on their way', async () => {
    const { feed, store, clock, until, commit: write } = stage();
    const first = connect(feed);
    await until(() => first.isLive);
    await write('a');
    await until(() => first.events.length === 1);
    // What is told next is gathered for a moment; meanwhile somebody reads it from the store.
    await write('b');
    const second = connect(feed, { after: first.events[0]?.position });
    await turns(10);
    expect(second.kinds).toEqual(['news', 'caught-up']);
    await commit(store, feed, 'c', { events: [launched()], added: [received('c', 9)] });
    await clock.pass(1000);
    expect(second.of('gaps-changed')).toEqual([{ kind: 'gaps-changed', channels: ['c'] }]);
    expect(second.events.map(({ channel }) => channel)).toEqual(['b', 'c']);
    feed.close();
  });

  it('lags by nothing, and by how long it has not been told when it is not', async () => {
    const { feed, clock, until, commit: write } = stage();
    const busy = connect(feed, {}, ({ kind }) => {
      // To tell it takes a while.
      if (kind === 'news') clock.move(3);
    });
    await until(() => busy.isLive);
    await clock.pass(500);
    expect(feed.lagMs).toBe(0);
    let most = 0;
    for (let i = 0; i < 20; i++) {
      await write(`r${i}`, 10);
      await clock.pass(1);
      most = Math.max(most, feed.lagMs);
    }
    expect(most).toBeLessThan(100);
    await clock.pass(100);
    expect(feed.lagMs).toBe(0);
    busy.block(1);
    await write('z');
    await clock.pass(5000);
    // Whoever does not take what it is told is not what this is about.
    expect(feed.lagMs).toBe(0);
    feed.close();
  });
});

describe('very many late messages at once', () => {
  it('are not all named: whoever wants to know asks', async () => {
    const { feed, store, clock, until } = stage();
    await write(store, 'a', { events: [launched()] });
    const reader = connect(feed);
    await until(() => reader.isLive);
    const late = Array.from({ length: 5000 }, (_, i) => received('a', i + 1));
    await commit(store, feed, 'a', { late });
    await clock.pass(1000);
    const named = reader.of('message-late').flatMap(({ messages }) => messages);
    expect(named).toEqual(
      late.slice(0, 1000).map(({ message }) => ({ channel: 'a', number: message.number })),
    );
    feed.close();
  });
});

describe('a quiet feed', () => {
  it('pings every reader each 15 seconds', async () => {
    const { feed, clock, until } = stage();
    const readers = [connect(feed), connect(feed)];
    await until(() => readers.every(({ isLive }) => isLive));
    for (let beat = 1; beat <= 3; beat++) {
      clock.move(15_000);
      await until(() => readers.every((reader) => reader.of('ping').length === beat));
    }
    feed.close();
  });

  it('forgets who has left, and the store is not followed for nobody', async () => {
    const { feed, store, clock, until, commit: write } = stage();
    const reader = connect(feed);
    await until(() => reader.isLive);
    reader.leave();
    expect(feed.readers).toBe(0);
    await write('a');
    await clock.pass(50);
    expect(reader.events).toEqual([]);
    const told: unknown[] = [];
    await store.follow((batch) => told.push(batch));
    await write('b');
    expect(told).toHaveLength(1);
  });

  it('says nothing to who left while others were greeted', async () => {
    const { feed, clock, until } = stage();
    let leave: (message: FeedMessage) => void = () => undefined;
    const first = connect(feed, {}, (message) => leave(message));
    const second = connect(feed);
    await until(() => first.isLive && second.isLive);
    leave = ({ kind }) => {
      if (kind === 'ping') second.leave();
    };
    clock.move(15_000);
    await until(() => first.of('ping').length === 1);
    await turns(5);
    expect(second.kinds).toEqual(['caught-up']);
    feed.close();
  });

  it('begins anew for those who come when everybody had left, with nothing of what was before', async () => {
    const { feed, until, commit: write } = stage();
    for (let i = 0; i < 5; i++) {
      const reader = connect(feed, { after: 'latest' });
      await until(() => reader.isLive);
      const writing = write(`a${i}`);
      reader.leave();
      const next = connect(feed, { after: 'latest' });
      await writing;
      await until(() => next.isLive);
      await write(`b${i}`);
      await until(() => next.events.some(({ channel }) => channel === `b${i}`));
      expect(new Set(next.events.map(({ position }) => position)).size).toBe(next.events.length);
      next.leave();
    }
  });
});

describe('a feed whose store fails', () => {
  it('drops who needs it, with the position to come back with', async () => {
    const { feed, fail, until, commit: write } = stage();
    const live = connect(feed);
    await until(() => live.isLive);
    await write('a');
    await until(() => live.events.length === 1);
    const { position } = live.events[0]!;
    await write('b');
    await until(() => live.events.length === 2);
    fail(new StoreUnavailable('gone'));
    const late = connect(feed, { after: position });
    await until(() => late.hungUp);
    expect(late.messages).toEqual([{ kind: 'dropped', position, reason: 'store-unavailable' }]);
    // Whoever is told what was committed does not need it.
    expect(live.hungUp).toBe(false);
    feed.close();
  });

  it('drops who comes when it can not be followed, and goes on for those who come back', async () => {
    const { feed, store, fail, until, commit: write } = stage();
    await write('a');
    fail(new StoreUnavailable('gone'));
    const first = connect(feed);
    await until(() => first.hungUp);
    expect(first.messages).toEqual([
      { kind: 'dropped', position: store.beginning, reason: 'store-unavailable' },
    ]);
    fail(undefined);
    const second = connect(feed);
    await until(() => second.isLive);
    await write('b');
    await until(() => second.events.length === 2);
    expect(second.events).toEqual(await walkFeed(store, { limit: 10 }));
    feed.close();
  });
});

describe('a feed that is closed', () => {
  it('hangs up on everybody, with the position to come back with', async () => {
    const { feed, until, commit: write } = stage();
    await write('a');
    const readers = [connect(feed), connect(feed, { channel: 'b' })];
    await until(() => readers.every(({ isLive }) => isLive));
    feed.close();
    const position = readers[0]?.events[0]?.position;
    for (const reader of readers) {
      expect(reader.messages.at(-1)).toEqual({ kind: 'dropped', position, reason: 'shutting-down' });
      expect(reader.hungUp).toBe(true);
    }
    expect(feed.readers).toBe(0);
  });

  it('takes nobody', () => {
    const { feed } = stage();
    feed.close();
    expect(() => connect(feed)).toThrow(ShuttingDown);
  });
});
