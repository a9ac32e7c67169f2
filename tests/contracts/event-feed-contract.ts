import fc from 'fast-check';
import { EventFeed } from '../../src/application/feed/event-feed.js';
import type { FeedMessage } from '../../src/application/feed/feed-message.js';
import type {
  EventStore,
  FeedFilter,
  Position,
  StoredEvent,
} from '../../src/application/ports/event-store.js';
import { faster, launched, received, skipped, slower } from '../support/builders.js';
import { commit, connect, lastIdOf } from '../support/feed-reader.js';
import { ManualClock } from '../support/manual-clock.js';
import { silentLogger } from '../support/silent-logger.js';
import { storeForEach, walkFeed, type OpenStore } from './open-store.js';

const rockets = ['r0', 'r1', 'r2', 'r3', 'r4'];

/** What the feed promises over every store. `open` makes an empty one each time; `runs` of the random histories. */
export const eventFeedContract = (name: string, open: () => Promise<OpenStore>, runs: number): void => {
  describe(`the feed over ${name}`, () => {
    describe('of events', () => eventsContract(open));
    describe('of what is no event', () => noticesContract(open));
    it('loses and repeats nothing, whatever comes together', () => randomFeedContract(open, runs));
  });
};

/** A feed over the store of the test, which ends with it, and time that passes while somebody waits. */
const feedForEach = (open: () => Promise<OpenStore>) => {
  const opened = storeForEach(open);
  let feed: EventFeed;
  let clock: ManualClock;

  beforeEach(() => {
    clock = new ManualClock();
    feed = new EventFeed(opened.now.store, clock, silentLogger);
  });
  afterEach(() => feed.close());

  return {
    get store(): EventStore {
      return opened.now.store;
    },
    get feed(): EventFeed {
      return feed;
    },
    until: (condition: () => boolean, what?: string) => clock.untilAnswered(condition, what),
    pass: (ms: number) => clock.pass(ms),
    write: (channel: string, parts: Parameters<typeof commit>[3]) =>
      commit(opened.now.store, feed, channel, parts),
    everything: () => walkFeed(opened.now.store, { limit: 1000 }),
  };
};

const eventsContract = (open: () => Promise<OpenStore>): void => {
  const on = feedForEach(open);

  it('tells what is stored, that this was all, and then what happens', async () => {
    await on.write('a', { events: [launched(), faster()] });
    const reader = connect(on.feed);
    await on.until(() => reader.isLive);
    await on.write('b', { events: [launched()] });
    await on.until(() => reader.events.length === 3);
    expect(reader.events).toEqual(await on.everything());
    expect(reader.kinds).toEqual(['news', 'caught-up', 'news']);
    expect(reader.of('caught-up')).toEqual([{ kind: 'caught-up', position: reader.events[1]?.position }]);
  });

  it('goes on behind a position', async () => {
    await on.write('a', { events: [launched(), faster(), slower()] });
    const [first, ...rest] = await on.everything();
    const reader = connect(on.feed, { after: first?.position });
    await on.until(() => reader.isLive);
    expect(reader.events).toEqual(rest);
    const last = connect(on.feed, { after: rest.at(-1)?.position });
    await on.until(() => last.isLive);
    expect(last.messages).toEqual([{ kind: 'caught-up', position: rest.at(-1)?.position }]);
  });

  it('goes on behind the beginning, which is where everything follows', async () => {
    await on.write('a', { events: [launched(), faster()] });
    const reader = connect(on.feed, { after: on.store.beginning });
    await on.until(() => reader.isLive);
    expect(reader.kinds).toEqual(['news', 'caught-up']);
    expect(reader.events).toEqual(await on.everything());
  });

  it('starts at the end when asked to', async () => {
    await on.write('a', { events: [launched(), faster()] });
    const reader = connect(on.feed, { after: 'latest' });
    await on.until(() => reader.isLive);
    await on.write('a', { events: [slower()] });
    await on.until(() => reader.events.length > 0);
    expect(reader.events).toEqual((await on.everything()).slice(2));
    expect(reader.kinds).toEqual(['caught-up', 'news']);
  });

  it('says that there is nothing yet, and tells the first event when it comes', async () => {
    const readers = [connect(on.feed), connect(on.feed, { after: 'latest' })];
    await on.until(() => readers.every(({ isLive }) => isLive));
    await on.write('a', { events: [launched()] });
    await on.until(() => readers.every(({ events }) => events.length === 1));
    for (const reader of readers) {
      expect(reader.messages[0]).toEqual({ kind: 'caught-up', position: on.store.beginning });
    }
  });

  it('begins anew when the position is not of this history, and says where that is', async () => {
    await on.write('a', { events: [launched()] });
    const other = await open();
    await commit(other.store, on.feed, 'a', { events: [launched(), faster(), slower()] });
    const strange = ['elsewhere-7', 'nonsense', '', await other.store.lastPosition(), other.store.beginning];
    await other.close();
    for (const after of [...strange, `${await on.store.lastPosition()}0`]) {
      const reader = connect(on.feed, { after });
      await on.until(() => reader.isLive);
      expect(reader.kinds).toEqual(['reset', 'news', 'caught-up']);
      expect(reader.messages[0]).toEqual({
        kind: 'reset',
        reason: 'unknown-position',
        position: on.store.beginning,
      });
      expect(reader.events).toEqual(await on.everything());
    }
  });

  it('narrows to a channel, a type, or both, stored or live', async () => {
    const filters: FeedFilter[] = [
      { channel: 'a' },
      { type: 'RocketLaunched' },
      { channel: 'a', type: 'RocketSpeedIncreased' },
      { channel: 'nobody' },
    ];
    const writeAll = async (): Promise<void> => {
      for (const channel of ['b', 'a', 'c']) {
        await on.write(channel, { events: [launched(), faster(), slower()] });
      }
    };
    await writeAll();
    const readers = filters.map((filter) => connect(on.feed, filter));
    await on.until(() => readers.every(({ isLive }) => isLive));
    await writeAll();
    const last = connect(on.feed);
    await on.until(() => last.isLive && readers[1]?.events.length === 6 && readers[2]?.events.length === 2);
    const all = await on.everything();
    filters.forEach((filter, i) => expect(readers[i]?.events).toEqual(all.filter(passes(filter))));
  });

  it('tells more than it reads at once, stored or live', async () => {
    await on.write('a', { events: Array.from({ length: 3000 }, () => faster()) });
    const reader = connect(on.feed);
    await on.until(() => reader.isLive);
    await on.write('a', { events: Array.from({ length: 5000 }, () => slower()) });
    await on.until(() => reader.events.length === 8000);
    expect(reader.events).toEqual(await walkFeed(on.store, { limit: 10_000 }));
  });

  it('hands every follower of one filter the same news, and all who catch up on one way the same pages', async () => {
    const readers = [{}, {}, { channel: 'a' }, { channel: 'a' }].map((filter) => connect(on.feed, filter));
    await on.until(() => readers.every(({ isLive }) => isLive));
    await on.write('a', { events: [launched()] });
    await on.until(() => readers.every(({ events }) => events.length === 1));
    const [all, again, one, same] = readers.map((reader) => reader.of('news')[0]);
    expect(again).toBe(all);
    expect(same).toBe(one);
    const behind = [connect(on.feed), connect(on.feed)];
    await on.until(() => behind.every(({ isLive }) => isLive));
    expect(behind[0]?.of('news')[0]).toBe(behind[1]?.of('news')[0]);
  });

  it('lets a reader with a filter know how far it has come', async () => {
    const reader = connect(on.feed, { channel: 'a' });
    await on.until(() => reader.isLive);
    await on.write('b', { events: [launched(), faster()] });
    await on.pass(20);
    expect(reader.kinds).toEqual(['caught-up']);
    await on.pass(15_000);
    await on.until(() => reader.messages.length > 1);
    const [, last] = await on.everything();
    expect(reader.messages.at(-1)).toEqual({ kind: 'progress', position: last?.position });
    await on.pass(15_000);
    await on.until(() => reader.messages.length > 2);
    expect(reader.messages.at(-1)).toEqual({ kind: 'ping' });
  });

  it('tells a reader with a filter where its page ended, when nothing in it was for it', async () => {
    await on.write('b', { events: Array.from({ length: 1000 }, () => faster()) });
    const reader = connect(on.feed, { channel: 'a' });
    await on.until(() => reader.isLive);
    expect(reader.events).toEqual([]);
    expect(lastIdOf(reader.messages, undefined)).toBe(await on.store.lastPosition());
  });
};

const noticesContract = (open: () => Promise<OpenStore>): void => {
  const on = feedForEach(open);
  const changedFor = ({ messages }: { readonly messages: readonly FeedMessage[] }) =>
    messages.flatMap((message) => (message.kind === 'gaps-changed' ? [message.channels] : []));

  it('says of which rocket the gaps have changed, to those whom it concerns', async () => {
    const reader = connect(on.feed);
    const concerned = connect(on.feed, { channel: 'a' });
    const others = [connect(on.feed, { channel: 'b' }), connect(on.feed, { type: 'RocketLaunched' })];
    const all = [reader, concerned, ...others];
    await on.until(() => all.every(({ isLive }) => isLive));
    const steps = [
      { added: [received('a', 4)] },
      { events: [launched()] },
      { added: [received('a', 9)] },
      { events: [faster(), slower(), faster()], released: [4] },
      { events: [skipped(5, 6)] },
      { events: [skipped(7, 8), faster()], released: [9] },
    ];
    for (const [i, step] of steps.entries()) {
      await on.write('a', step);
      await on.until(() => changedFor(reader).length === i + 1);
    }
    await on.write('a', { events: [faster()] });
    await on.pass(1000);
    expect(changedFor(reader)).toEqual(steps.map(() => ['a']));
    expect(changedFor(concerned)).toEqual(steps.map(() => ['a']));
    for (const other of others) expect(changedFor(other)).toEqual([]);
    const events = await on.everything();
    await on.until(() => reader.events.length === events.length);
    expect(reader.events).toEqual(events);
  });

  it('says it once, however often they have changed in a moment', async () => {
    const reader = connect(on.feed);
    await on.until(() => reader.isLive);
    await on.write('a', { added: [received('a', 4)] });
    await on.until(() => changedFor(reader).length === 1);
    for (let i = 0; i < 20; i++) {
      await on.write('a', { added: [received('a', 100 + 2 * i)] });
      await on.write('b', { added: [received('b', 100 + 2 * i)] });
      await on.pass(1);
    }
    await on.pass(1000);
    expect(changedFor(reader)).toEqual([['a'], ['a', 'b']]);
  });

  it('names no rocket when very many have changed', async () => {
    const reader = connect(on.feed);
    const concerned = connect(on.feed, { channel: 'r777' });
    await on.until(() => reader.isLive && concerned.isLive);
    const channels = Array.from({ length: 1000 }, (_, i) => `r${i}`);
    // A store may refuse to be asked a thousand things at once.
    for (let i = 0; i < channels.length; i += 250) {
      const some = channels.slice(i, i + 250);
      await Promise.all(some.map((channel) => on.write(channel, { added: [received(channel, 2)] })));
    }
    await on.until(() => changedFor(reader).length > 0 && changedFor(concerned).length > 0);
    await on.pass(1000);
    const named = new Set(changedFor(reader).flatMap((some) => some ?? channels));
    expect(named.size).toBe(1000);
    expect(changedFor(reader).filter((some) => some !== undefined && some.length > 500)).toEqual([]);
    expect(new Set(changedFor(concerned).flat())).toEqual(new Set(['r777']));
  });

  it('names late messages, to those whom they concern', async () => {
    await on.write('a', { events: [skipped(1, 5)] });
    await on.write('b', { events: [skipped(1, 5)] });
    const [reader, concerned, other] = [
      connect(on.feed),
      connect(on.feed, { channel: 'a' }),
      connect(on.feed, { type: 'MessagesSkipped' }),
    ];
    await on.until(() => [reader, concerned, other].every(({ isLive }) => isLive));
    await on.write('a', { late: [received('a', 2), received('a', 4)] });
    await on.write('b', { late: [received('b', 3)] });
    await on.until(() => reader.of('message-late').flatMap(({ messages }) => messages).length === 3);
    const ofA = [
      { channel: 'a', number: 2 },
      { channel: 'a', number: 4 },
    ];
    expect(reader.of('message-late').flatMap(({ messages }) => messages)).toEqual([
      ...ofA,
      { channel: 'b', number: 3 },
    ]);
    expect(concerned.of('message-late').flatMap(({ messages }) => messages)).toEqual(ofA);
    expect(other.of('message-late')).toEqual([]);
    expect(reader.of('gaps-changed')).toEqual([]);
  });

  it('has no position: whoever comes back is not told again', async () => {
    const reader = connect(on.feed);
    await on.until(() => reader.isLive);
    await on.write('a', { events: [launched()], added: [received('a', 5)] });
    await on.until(() => changedFor(reader).length === 1 && reader.events.length === 1);
    const id = lastIdOf(reader.messages, undefined);
    expect(id).toBe(await on.store.lastPosition());
    reader.leave();
    const again = connect(on.feed, { after: id });
    await on.until(() => again.isLive);
    await on.pass(1000);
    expect(again.kinds).toEqual(['caught-up']);
  });
};

const randomFeedContract = (open: () => Promise<OpenStore>, runs: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(
      fc.array(anyStep, { minLength: 5, maxLength: 60 }),
      fc.infiniteStream(fc.nat(3)),
      async (steps, delays) => {
        const opened = await open();
        try {
          await play(opened.store, steps, delays);
        } finally {
          await opened.close();
        }
      },
    ),
    { numRuns: runs },
  );

const play = async (store: EventStore, steps: readonly Step[], delays: Stream): Promise<void> => {
  const clock = new ManualClock();
  const feed = new EventFeed(reluctant(store, clock, delays), clock, silentLogger);
  const visitors = filters.map((filter) => new Visitor(feed, filter));
  for (const step of steps) {
    if (step.kind === 'commit') await commitNext(store, feed, step.rocket, step.events);
    else if (step.kind === 'wait') await clock.pass(step.ms);
    else visitors[step.visitor]?.act(step);
  }
  for (const visitor of visitors) visitor.settle();
  const all = await walkFeed(store, { limit: 1000 });
  await clock.until(
    () => visitors.every((visitor) => visitor.comeBack() >= all.filter(passes(visitor.filter)).length),
    'every visitor has everything',
  );
  await clock.pass(30);
  for (const { seen, filter } of visitors) {
    expect(seen().map(({ position }) => position)).toEqual(
      all.filter(passes(filter)).map(({ position }) => position),
    );
  }
  feed.close();
  expect(feed.readers).toBe(0);
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
  | { readonly kind: 'wait'; readonly ms: number }
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
        { weight: 12, arbitrary: fc.integer({ min: 1, max: 4 }) },
        { weight: 2, arbitrary: fc.integer({ min: 200, max: 700 }) },
        { weight: 1, arbitrary: fc.integer({ min: 2000, max: 6000 }) },
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 25 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('break' as const), visitor, lost: fc.nat(3) }) },
  {
    weight: 3,
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
    return this.past.length + this.reader.eventCount;
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

/** The store as a busy database: what is asked takes a while to be read, and again to arrive. */
const reluctant = (store: EventStore, clock: ManualClock, delays: Stream): EventStore =>
  new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'readAll' && name !== 'follow')
        return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return async (...args: unknown[]): Promise<unknown> => {
        await clock.sleep(Number(delays.next().value));
        const answer: unknown = await Reflect.apply(value, target, args);
        await clock.sleep(Number(delays.next().value));
        return answer;
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
