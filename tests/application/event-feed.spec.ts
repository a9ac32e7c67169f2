import { EventFeed } from '../../src/application/event-feed.js';
import { ShuttingDown } from '../../src/application/ingest-messages.js';
import { StoreUnavailable } from '../../src/application/ports/event-store.js';
import { InMemoryEventStore } from '../../src/infrastructure/event-store/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../src/infrastructure/event-store/in-memory-rocket-directory.js';
import { eventFeedContract } from '../contracts/event-feed-contract.js';
import { breakable } from '../support/breakable.js';
import { changeOn, earlyMessage, faster, headOf, launched } from '../support/builders.js';
import { commit, connect } from '../support/feed-reader.js';
import { ManualClock, turns, until } from '../support/manual-clock.js';
import { silentLogger } from '../support/silent-logger.js';

const open = () => {
  const directory = new InMemoryRocketDirectory(new ManualClock());
  const store = new InMemoryEventStore(directory);
  return { store, directory, close: () => store.close() };
};

eventFeedContract('InMemoryEventStore', async () => open(), 60);

const stage = () => {
  const { store, directory } = open();
  const clock = new ManualClock();
  let failure: Error | undefined;
  const feed = new EventFeed(
    breakable(store, () => failure),
    directory,
    clock,
    silentLogger,
  );
  return {
    clock,
    store,
    feed,
    fail: (error: Error | undefined) => (failure = error),
    commit: (channel: string, events = 1) =>
      commit(store, feed, channel, {
        events: [launched(), ...Array.from({ length: events - 1 }, () => faster())],
      }),
  };
};

describe('a reader that is too slow', () => {
  it('is dropped with its position when too much waits to be sent', async () => {
    const { feed, commit: write } = stage();
    const reader = connect(feed);
    const other = connect(feed);
    await until(() => reader.isLive && other.isLive);
    reader.block(2 * 1024 * 1024);
    await write('a');
    await until(() => reader.hungUp);
    await write('b');
    await until(() => other.events.length === 2);
    expect(reader.messages.at(-1)).toEqual({
      kind: 'dropped',
      position: other.events[0]?.position,
      reason: 'too-slow',
    });
    expect(feed.readers).toBe(1);
  });

  it('is waited for while it catches up, one page at a time', async () => {
    const { feed, commit: write } = stage();
    await write('a', 1000);
    const reader = connect(feed);
    reader.block(1);
    await turns(50);
    expect(reader.of('news')).toHaveLength(1);
    reader.flow();
    await until(() => reader.isLive);
    expect(reader.events).toHaveLength(1000);
  });

  it('is dropped when nothing at all leaves from one beat to the next', async () => {
    const { feed, clock, commit: write } = stage();
    await write('a', 1000);
    const reader = connect(feed);
    reader.block(1);
    await turns(10);
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

describe('a gap that closes before anybody was told', () => {
  it('is not told of', async () => {
    const { feed, store } = stage();
    const reader = connect(feed);
    await until(() => reader.isLive);
    await commit(store, feed, 'a', { added: [earlyMessage('a', 2)] });
    await commit(store, feed, 'a', { events: [launched(), faster()], released: [2] });
    await until(() => reader.events.length === 2);
    expect(reader.of('news')).toEqual([{ kind: 'news', events: reader.events, closed: [], opened: [] }]);
    feed.close();
  });
});

describe('a quiet feed', () => {
  it('pings every reader each 15 seconds', async () => {
    const { feed, clock } = stage();
    const readers = [connect(feed), connect(feed)];
    await until(() => readers.every(({ isLive }) => isLive));
    for (let beat = 1; beat <= 3; beat++) {
      clock.move(15_000);
      await until(() => readers.every((reader) => reader.of('ping').length === beat));
    }
    feed.close();
  });

  it('finds within a beat what nobody told it of: another instance wrote it, or only the answer was lost', async () => {
    const { feed, clock, store } = stage();
    const reader = connect(feed);
    await until(() => reader.isLive);
    await store.commit([changeOn(await headOf(store, 'a'), { events: [launched()] })]);
    await turns(10);
    expect(reader.events).toHaveLength(0);
    clock.move(15_000);
    await until(() => reader.events.length === 1);
    feed.close();
  });

  it('forgets who has left', async () => {
    const { feed, commit: write } = stage();
    const reader = connect(feed);
    await until(() => reader.isLive);
    reader.leave();
    expect(feed.readers).toBe(0);
    await write('a');
    await turns(10);
    expect(reader.events).toEqual([]);
  });
});

describe('a feed whose store fails', () => {
  it('drops whoever reads, each with its position', async () => {
    const { feed, fail, commit: write } = stage();
    const live = connect(feed);
    await until(() => live.isLive);
    await write('a');
    await until(() => live.events.length === 1);
    fail(new StoreUnavailable('gone'));
    const late = connect(feed);
    await write('b');
    await until(() => live.hungUp && late.hungUp);
    const { position } = live.events[0]!;
    expect(live.messages.at(-1)).toEqual({ kind: 'dropped', position, reason: 'store-unavailable' });
    expect(late.messages).toEqual([{ kind: 'dropped', position: undefined, reason: 'store-unavailable' }]);
  });

  it('goes on for those who come back', async () => {
    const { feed, fail, commit: write } = stage();
    const first = connect(feed);
    await until(() => first.isLive);
    fail(new StoreUnavailable('gone'));
    await write('a');
    await until(() => first.hungUp);
    fail(undefined);
    const second = connect(feed);
    await until(() => second.isLive);
    await write('b');
    await until(() => second.events.length === 2);
    feed.close();
  });
});

describe('a feed that is closed', () => {
  it('hangs up on everybody, with the position to come back with', async () => {
    const { feed, commit: write } = stage();
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
