import fc from 'fast-check';
import { EventFeed } from '../../src/application/event-feed.js';
import type { FeedFilter } from '../../src/application/feed-burst.js';
import type { EventStore, Position, StoredEvent } from '../../src/application/ports/event-store.js';
import type { RocketDirectory } from '../../src/application/ports/rocket-directory.js';
import { earlyMessage, faster, launched, noonMillis, slower } from '../support/builders.js';
import { commit, connect, lastIdOf } from '../support/feed-reader.js';
import { ManualClock, turns, until } from '../support/manual-clock.js';
import { silentLogger } from '../support/silent-logger.js';
import type { OpenStore } from './event-store-contract.js';

const rockets = ['r0', 'r1', 'r2', 'r3', 'r4'];

/** What the feed promises over every store. `open` makes an empty one each time; `runs` of the random histories. */
export const eventFeedContract = (
  name: string,
  open: () => Promise<Pick<OpenStore, 'store' | 'directory' | 'close'>>,
  runs: number,
): void => {
  describe(`the feed over ${name}`, () => {
    let opened: Pick<OpenStore, 'store' | 'directory' | 'close'>;
    let store: EventStore;
    let feed: EventFeed;

    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
      feed = feedOver(store, opened.directory);
    });

    afterEach(async () => {
      feed.close();
      await opened.close();
    });

    it('tells what is stored, that this was all, and then what happens', async () => {
      await commit(store, feed, 'a', { events: [launched(), faster()] });
      const reader = connect(feed);
      await until(() => reader.isLive);
      await commit(store, feed, 'b', { events: [launched()] });
      await until(() => reader.events.length === 3);
      expect(reader.events).toEqual(await everything(store));
      expect(reader.kinds).toEqual(['news', 'caught-up', 'news']);
      expect(reader.of('caught-up')).toEqual([{ kind: 'caught-up', position: reader.events[1]?.position }]);
    });

    it('goes on behind a position', async () => {
      await commit(store, feed, 'a', { events: [launched(), faster(), slower()] });
      const [first, ...rest] = await everything(store);
      const reader = connect(feed, { after: first?.position });
      await until(() => reader.isLive);
      expect(reader.events).toEqual(rest);
    });

    it('starts at the end when asked to', async () => {
      await commit(store, feed, 'a', { events: [launched(), faster()] });
      const reader = connect(feed, { after: 'latest' });
      await until(() => reader.isLive);
      await commit(store, feed, 'a', { events: [slower()] });
      await until(() => reader.events.length > 0);
      expect(reader.events).toEqual((await everything(store)).slice(2));
      expect(reader.kinds).toEqual(['caught-up', 'news']);
    });

    it('says that there is nothing yet, and tells the first event when it comes', async () => {
      const readers = [connect(feed), connect(feed, { after: 'latest' })];
      await until(() => readers.every(({ isLive }) => isLive));
      await commit(store, feed, 'a', { events: [launched()] });
      await until(() => readers.every(({ events }) => events.length === 1));
      for (const reader of readers) {
        expect(reader.messages[0]).toEqual({ kind: 'caught-up', position: undefined });
      }
    });

    it('begins anew when the position is not of this store', async () => {
      await commit(store, feed, 'a', { events: [launched()] });
      const reader = connect(feed, { after: 'elsewhere-7' });
      await until(() => reader.isLive);
      expect(reader.kinds).toEqual(['reset', 'news', 'caught-up']);
      expect(reader.events).toEqual(await everything(store));
    });

    it('narrows to a channel, a type, or both, stored or live', async () => {
      const filters: FeedFilter[] = [
        { channel: 'a' },
        { type: 'RocketLaunched' },
        { channel: 'a', type: 'RocketSpeedIncreased' },
        { channel: 'nobody' },
      ];
      const write = async (): Promise<void> => {
        for (const channel of ['b', 'a', 'c']) {
          await commit(store, feed, channel, { events: [launched(), faster(), slower()] });
        }
      };
      await write();
      const readers = filters.map((filter) => connect(feed, filter));
      await until(() => readers.every(({ isLive }) => isLive));
      await write();
      const last = connect(feed);
      await until(() => last.isLive && readers[1]?.events.length === 6 && readers[2]?.events.length === 2);
      const all = await everything(store);
      filters.forEach((filter, i) => expect(readers[i]?.events).toEqual(all.filter(passes(filter))));
    });

    it('tells more than it reads at once', async () => {
      const reader = connect(feed);
      await until(() => reader.isLive);
      await commit(store, feed, 'a', { events: Array.from({ length: 5000 }, () => faster()) });
      await until(() => reader.events.length === 5000);
      expect(reader.events).toEqual(await everything(store));
    });

    it('hands every follower of one filter the same news', async () => {
      const readers = [{}, {}, { channel: 'a' }, { channel: 'a' }].map((filter) => connect(feed, filter));
      await until(() => readers.every(({ isLive }) => isLive));
      await commit(store, feed, 'a', { events: [launched()] });
      await until(() => readers.every(({ events }) => events.length === 1));
      const [all, again, one, same] = readers.map((reader) => reader.of('news')[0]);
      expect(again).toBe(all);
      expect(same).toBe(one);
    });

    it('tells of gaps that open, shrink and close, to those whom they concern', async () => {
      const reader = connect(feed);
      const concerned = connect(feed, { channel: 'a' });
      const others = [connect(feed, { channel: 'b' }), connect(feed, { type: 'MessagesSkipped' })];
      await until(() => [reader, concerned, ...others].every(({ isLive }) => isLive));

      await commit(store, feed, 'a', { added: [earlyMessage('a', 4, faster(), noonMillis + 5)] });
      await until(() => reader.of('news').length === 1);
      await commit(store, feed, 'a', { events: [launched()] });
      await until(() => reader.of('news').length === 2);
      await commit(store, feed, 'a', { events: [faster(), slower(), faster()], released: [4] });
      await until(() => reader.of('news').length === 3);

      const opened = { channel: 'a', from: 1, to: 3, since: noonMillis + 5, waiting: 1 };
      const told = reader.of('news').map((news) => ({ opened: news.opened, closed: news.closed }));
      expect(told).toEqual([
        { opened: [opened], closed: [] },
        { opened: [{ ...opened, from: 2 }], closed: [{ channel: 'a', from: 1, to: 3 }] },
        { opened: [], closed: [{ channel: 'a', from: 2, to: 3 }] },
      ]);
      expect(concerned.of('news')).toEqual(reader.of('news'));
      for (const other of others) expect(other.of('news')).toEqual([]);
    });

    it('tells of very many gaps in portions, what closed before what opened', async () => {
      const reader = connect(feed);
      await until(() => reader.isLive);
      const odd = Array.from({ length: 2500 }, (_, i) => earlyMessage('a', 2 * i + 2, faster(), noonMillis));
      await commit(store, feed, 'a', { added: odd });
      const openedAfter = (count: number) => () =>
        reader.of('news').flatMap((news) => news.opened).length === count;
      await until(openedAfter(2500));
      const waiting = reader.of('news').flatMap((news) => news.opened.map((gap) => gap.waiting));
      expect(waiting).toEqual(odd.map((_, i) => 2500 - i));

      const history = [launched(), ...odd.slice(0, 2400).flatMap(() => [faster(), faster()])];
      const released = odd.slice(0, 2400).map(({ message }) => message.number);
      await commit(store, feed, 'a', { events: history.slice(0, -1), released });
      await until(() => reader.of('news').flatMap((news) => news.closed).length === 2400);
      expect(reader.of('news').flatMap((news) => news.opened)).toHaveLength(2500);
      for (const { opened, closed } of reader.of('news')) {
        expect(opened.length + closed.length).toBeLessThanOrEqual(2000);
      }
    });

    it('lets a reader with a filter know how far it has come', async () => {
      const clock = new ManualClock();
      const own = feedOver(store, opened.directory, clock);
      const reader = connect(own, { channel: 'a' });
      await until(() => reader.isLive);
      await commit(store, own, 'b', { events: [launched(), faster()] });
      const witness = connect(own);
      await until(() => witness.isLive);
      await turns(20);
      clock.move(15_000);
      await until(() => reader.messages.length > 1);
      const [, last] = await everything(store);
      expect(reader.messages.at(-1)).toEqual({ kind: 'progress', position: last?.position });
      clock.move(15_000);
      await until(() => reader.messages.length > 2);
      expect(reader.messages.at(-1)).toEqual({ kind: 'ping' });
      own.close();
    });

    it('loses and repeats nothing, whatever comes together', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyStep, { minLength: 5, maxLength: 60 }),
          fc.infiniteStream(fc.nat(3)),
          play,
        ),
        { numRuns: runs },
      );
    });

    const play = async (steps: readonly Step[], delays: Stream): Promise<void> => {
      const fresh = await open();
      const slow = feedOver(reluctant(fresh.store, delays), fresh.directory);
      const visitors = filters.map((filter) => new Visitor(slow, filter));
      for (const step of steps) {
        if (step.kind === 'commit') await commitNext(fresh.store, slow, step.rocket, step.events);
        else if (step.kind === 'wait') await turns(step.turns);
        else visitors[step.visitor]?.act(step);
      }
      for (const visitor of visitors) visitor.settle();
      const all = await everything(fresh.store);
      await until(
        () => visitors.every((visitor) => visitor.comeBack() >= all.filter(passes(visitor.filter)).length),
        'every visitor has everything',
      );
      await turns(30);
      for (const { seen, filter } of visitors) {
        expect(seen().map(({ position }) => position)).toEqual(
          all.filter(passes(filter)).map(({ position }) => position),
        );
      }
      slow.close();
      expect(slow.readers).toBe(0);
      await fresh.close();
    };
  });
};

const feedOver = (store: EventStore, directory: RocketDirectory, clock = new ManualClock()): EventFeed =>
  new EventFeed(store, directory, clock, silentLogger);

const everything = async (store: EventStore): Promise<StoredEvent[]> => {
  const events: StoredEvent[] = [];
  for (let after: Position | undefined; ;) {
    const page = await store.readAll({ after, limit: 1000 });
    events.push(...page.events);
    after = page.next;
    if (page.end) return events;
  }
};

const passes =
  ({ channel, type }: FeedFilter) =>
  (event: StoredEvent): boolean =>
    (channel ?? event.channel) === event.channel && (type ?? event.event.type) === event.event.type;

type Stream = Iterator<number>;

type VisitorStep = { readonly visitor: number } & (
  | { readonly kind: 'clog' | 'flow' | 'leave' }
  /** The connection breaks; `lost` messages of the end never arrived. */
  | { readonly kind: 'break'; readonly lost: number }
);

type Step =
  | { readonly kind: 'commit'; readonly rocket: number; readonly events: number }
  | { readonly kind: 'wait'; readonly turns: number }
  | VisitorStep;

const filters: readonly FeedFilter[] = [
  {},
  {},
  { channel: 'r1' },
  { type: 'RocketSpeedDecreased' },
  { channel: 'r2', type: 'RocketSpeedIncreased' },
];

const visitor = fc.nat(filters.length - 1);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      rocket: fc.nat(rockets.length - 1),
      events: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 4 }) },
        fc.integer({ min: 200, max: 700 }),
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), turns: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('break' as const), visitor, lost: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('clog' as const, 'flow' as const, 'leave' as const),
      visitor,
    }),
  },
);

/** One who keeps coming back with the last id it knows. */
class Visitor {
  private past: StoredEvent[] = [];
  private lastId: Position | undefined;
  private reader: ReturnType<typeof connect>;

  constructor(
    private readonly feed: EventFeed,
    readonly filter: FeedFilter,
  ) {
    this.reader = connect(feed, filter);
  }

  act(step: VisitorStep): void {
    if (step.kind === 'clog') this.reader.block(2 * 1024 * 1024);
    if (step.kind === 'flow') this.reader.flow();
    if (step.kind === 'leave') this.reconnect(0);
    if (step.kind === 'break') this.reconnect(step.lost);
  }

  settle(): void {
    this.reader.flow();
  }

  /** Comes back when it was dropped; answers how much it has seen. */
  comeBack(): number {
    if (this.reader.hungUp) this.reconnect(0);
    return this.seen().length;
  }

  seen = (): StoredEvent[] => [...this.past, ...this.reader.events];

  private reconnect(lost: number): void {
    this.reader.leave();
    const { messages } = this.reader;
    messages.splice(messages.length - Math.min(lost, messages.length));
    this.past.push(...this.reader.events);
    this.lastId = lastIdOf(messages, this.lastId);
    this.reader = connect(this.feed, { ...this.filter, after: this.lastId });
  }
}

/** The store as a busy database: every page takes a while to be read, and again to arrive. */
const reluctant = (store: EventStore, delays: Stream): EventStore =>
  new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'readAll') return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return async (...args: unknown[]): Promise<unknown> => {
        await turns(Number(delays.next().value));
        const page: unknown = await Reflect.apply(value, target, args);
        await turns(Number(delays.next().value));
        return page;
      };
    },
  });

const commitNext = async (
  store: EventStore,
  feed: EventFeed,
  rocket: number,
  count: number,
): Promise<void> => {
  const events = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? faster(2) : slower(1)));
  await commit(store, feed, rockets[rocket]!, { events });
};
