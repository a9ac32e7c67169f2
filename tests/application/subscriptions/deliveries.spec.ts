import { EventFeed } from '../../../src/application/feed/event-feed.js';
import type { Delivered } from '../../../src/application/ports/sink.js';
import type { StoredEvent } from '../../../src/application/ports/event-store.js';
import type { SinkSettings } from '../../../src/application/ports/subscription-store.js';
import { StoreUnavailable } from '../../../src/application/ports/event-store.js';
import { Deliveries } from '../../../src/application/subscriptions/deliveries.js';
import {
  Subscriptions,
  type NewSubscription,
  type SubscriptionReport,
} from '../../../src/application/subscriptions/subscriptions.js';
import { InMemoryEventStore } from '../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { InMemorySubscriptionStore } from '../../../src/infrastructure/stores/memory/in-memory-subscription-store.js';
import { faster, launched } from '../../support/builders.js';
import { breakable } from '../../support/breakable.js';
import { again, FakeReceiver, no, yes } from '../../support/fake-receiver.js';
import { commit } from '../../support/feed-reader.js';
import { ManualClock } from '../../support/manual-clock.js';
import { LogBook } from '../../support/pipeline.js';

const PATIENCE_MS = 60_000;
const secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3';

class WatchedStore extends InMemorySubscriptionStore {
  saves = 0;
  failure: Error | undefined;
  /** What is asked fails, too. */
  isDumb = false;
  /** The next save is done, and said to have failed. */
  liesOnce = false;
  beforeParked: (name: string) => Promise<void> = async () => undefined;
  onHeld: () => Promise<void> = async () => undefined;

  /** What was held is held when it was asked, however late the answer comes. */
  override async hold(...args: Parameters<InMemorySubscriptionStore['hold']>) {
    const leases = await super.hold(...args);
    await this.onHeld();
    return leases;
  }

  override async save(...args: Parameters<InMemorySubscriptionStore['save']>) {
    this.saves++;
    if (this.failure !== undefined) throw this.failure;
    const saved = await super.save(...args);
    const isLie = this.liesOnce;
    this.liesOnce = false;
    if (isLie) throw new StoreUnavailable('nobody knows');
    return saved;
  }

  override async parked(...args: Parameters<InMemorySubscriptionStore['parked']>) {
    if (this.isDumb) throw new StoreUnavailable('away');
    await this.beforeParked(args[0]);
    return super.parked(...args);
  }
}

/** A service with one receiver, on a clock that stands still. */
const stage = (parts: { receiver?: FakeReceiver; feedFailure?: () => Error | undefined } = {}) => {
  const clock = new ManualClock();
  const log = new LogBook();
  const store = new InMemoryEventStore(new InMemoryRocketDirectory(clock));
  const feed = new EventFeed(breakable(store, parts.feedFailure ?? (() => undefined)), clock, log);
  const kept = new WatchedStore(store, 'test');
  const receiver = parts.receiver ?? new FakeReceiver();
  let deliveries: Deliveries | undefined;
  const subscriptions = new Subscriptions(kept, store, receiver, clock, log, (name) =>
    deliveries?.changed(name),
  );
  const start = (): void => {
    deliveries = new Deliveries(
      {
        store: kept,
        events: store,
        feed,
        sinks: receiver,
        signingSecrets: (name) => subscriptions.signingSecrets(name),
        clock,
        random: () => 0.5,
        logger: log,
        patienceMs: PATIENCE_MS,
      },
      'here',
    );
    deliveries.start();
  };
  const stop = async (): Promise<void> => {
    const stopped = deliveries!.stop();
    let isOver = false;
    void stopped.then(() => (isOver = true));
    await clock.until(() => isOver, 'deliveries have ended');
  };
  const subscribe = (wish: Partial<NewSubscription> = {}): Promise<SubscriptionReport> =>
    subscriptions.create(
      { name: 'all', from: 'start', sink: { type: 'webhook', url: 'https://example.org' }, secret, ...wish },
      undefined,
    );
  return {
    clock,
    log,
    store,
    feed,
    kept,
    receiver,
    subscriptions,
    start,
    stop,
    subscribe,
    until: (condition: () => boolean, what?: string) => clock.until(condition, what),
    /** A rocket's next events. */
    record: (channel: string, count = 1) =>
      commit(store, feed, channel, { events: Array.from({ length: count }, () => faster()) }),
    launch: (channel: string, count = 1) =>
      commit(store, feed, channel, {
        events: [launched(), ...Array.from({ length: count - 1 }, () => faster())],
      }),
  };
};

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const refusing =
  (isBad: (event: StoredEvent) => boolean, told: Delivered = no) =>
  (batch: readonly StoredEvent[]): Delivered =>
    batch.some(isBad) ? told : yes;

describe('a receiver that takes everything', () => {
  it('is told all there is and all that comes, in its order, in batches', async () => {
    const { launch, start, subscribe, receiver, until, stop, record, subscriptions } = stage();
    await launch('a', 150);
    await launch('b', 30);
    start();
    await subscribe();
    await until(() => receiver.taken.length === 180);
    expect(receiver.numbersOf('a')).toEqual(numbers(150));
    expect(receiver.attempts.map(({ batch }) => batch.length)).toEqual([100, 80]);
    await record('b', 3);
    await until(() => receiver.taken.length === 183);
    await stop();
    const { subscription, lag } = await subscriptions.find('all');
    expect(subscription).toMatchObject({ delivered: 183, retried: 0 });
    expect(lag).toEqual({ events: 0, isMore: false, ms: 0 });
    expect(receiver.firsts).toEqual(receiver.taken);
  });

  it('makes each batch ready while the one before it is under way', async () => {
    const receiver = new FakeReceiver();
    const { launch, start, subscribe, until, stop } = stage({ receiver });
    const ready: number[] = [];
    const open = receiver.open.bind(receiver);
    receiver.open = (...asked) => ({ ...open(...asked), prepare: (next) => ready.push(next.length) });
    await launch('a', 250);
    start();
    await subscribe();
    await until(() => receiver.taken.length === 250);
    await stop();
    expect(receiver.attempts.map(({ batch }) => batch.length)).toEqual([100, 100, 50]);
    expect(ready).toEqual([100, 50]);
  });

  it('goes on behind what it was told, after a restart', async () => {
    const { launch, start, subscribe, receiver, until, stop, record } = stage();
    start();
    await subscribe();
    await launch('a', 10);
    await until(() => receiver.taken.length === 10);
    await stop();
    await record('a', 10);
    start();
    await until(() => receiver.taken.length === 20);
    expect(receiver.taken).toEqual(receiver.firsts);
    await stop();
  });

  it('is told only what it asked for; what it did not ask for is passed', async () => {
    const { launch, start, subscribe, receiver, until, stop, subscriptions, clock } = stage();
    start();
    await subscribe({ types: ['RocketLaunched'], channels: ['a', 'b'] });
    for (const channel of ['a', 'b', 'c']) await launch(channel, 5);
    await until(() => receiver.taken.length === 2);
    await clock.pass(20);
    await stop();
    expect(receiver.taken).toEqual(['a/1', 'b/1']);
    expect((await subscriptions.find('all')).lag.events).toBe(0);
  });

  it('from now on is told nothing of before', async () => {
    const { launch, start, subscribe, receiver, until, stop, record } = stage();
    await launch('a', 5);
    start();
    await subscribe({ from: 'now' });
    await record('a', 2);
    await until(() => receiver.taken.length === 2);
    expect(receiver.numbersOf('a')).toEqual([6, 7]);
    await stop();
  });

  it('has its checkpoint written now and then only', async () => {
    const { start, subscribe, receiver, until, stop, launch, record, kept, clock } = stage();
    start();
    await subscribe();
    await launch('a');
    for (let i = 0; i < 50; i++) {
      await record('a');
      await clock.pass(20);
    }
    await until(() => receiver.taken.length === 51);
    expect(kept.saves).toBeLessThan(8);
    await stop();
  });
});

describe('many subscriptions', () => {
  it('are all told, and go on, though it takes longer to open them than a lease lasts', async () => {
    const { receiver, launch, record, start, subscribe, stop, kept, until, clock } = stage();
    const count = 80;
    await launch('a');
    for (let i = 0; i < count; i++) await subscribe({ name: `s${i}` });
    let opened = 0;
    receiver.onOpen = () => void opened++;
    kept.beforeParked = () => clock.sleep(50);
    start();
    await until(() => receiver.taken.length === count, 'all are told');
    await clock.pass(5000);
    expect(opened).toBe(count);
    await record('a');
    await until(() => receiver.taken.length === 2 * count, 'all are told what comes');
    await stop();
  });

  it('are told though one of them cannot be read', async () => {
    const { receiver, launch, start, subscribe, stop, kept, until, clock, log } = stage();
    await launch('a');
    await subscribe({ name: 'a-damaged-one' });
    await subscribe({ name: 'behind-it' });
    kept.beforeParked = async (name) => {
      if (name === 'a-damaged-one') throw new Error('damaged: the subscription a-damaged-one');
    };
    start();
    await until(() => receiver.taken.length === 1);
    await clock.pass(5000);
    const said = log.lines.filter(({ fields }) => String(fields['error']).includes('damaged'));
    expect(said).toHaveLength(1);
    await stop();
  });
});

describe('a receiver that refuses one event', () => {
  const setUp = async (told: Delivered) => {
    const all = stage();
    all.receiver.answer = refusing(({ channel, number }) => channel === 'b' && number === 3, told);
    for (const channel of ['a', 'b', 'c']) await all.launch(channel, 20);
    all.start();
    await all.subscribe();
    return all;
  };

  it.each([no, again])(
    'gets everything of all other rockets, and what comes before it ($kind)',
    async (told) => {
      const { receiver, until, stop, subscriptions } = await setUp(told);
      await until(() => receiver.numbersOf('a').length + receiver.numbersOf('c').length === 40);
      await until(() => receiver.numbersOf('b').length === 2);
      await stop();
      const { subscription, parked, lag } = await subscriptions.find('all');
      expect(parked).toEqual({ parked: 1, givenUp: 0 });
      expect(lag.events).toBe(0);
      expect(subscription).toMatchObject({
        delivered: 42,
        lastError: { what: (told as { what: string }).what },
      });
      expect(await subscriptions.parked('all', { limit: 10 })).toMatchObject([{ channel: 'b', number: 3 }]);
    },
  );

  it.each([no, again])(
    'does not keep others waiting long, though it is the first of many ($kind)',
    async (told) => {
      const { receiver, launch, start, subscribe, until, stop, clock } = stage();
      receiver.answer = refusing(({ channel }) => channel === 'first', told);
      await launch('first', 300);
      for (let i = 0; i < 8; i++) await launch(`r${i}`, 100);
      start();
      await subscribe();
      const began = clock.elapsed();
      await until(() => receiver.firsts.length === 800);
      expect(clock.elapsed() - began).toBeLessThan(5000);
      await stop();
    },
  );

  it('is told all of it, in order, once it takes it', async () => {
    const { receiver, until, stop, record, subscriptions } = await setUp(no);
    await until(() => receiver.numbersOf('c').length === 20);
    await record('b', 5);
    receiver.answer = () => yes;
    await until(() => receiver.numbersOf('b').length === 25);
    expect(receiver.numbersOf('b')).toEqual(numbers(25));
    await stop();
    expect((await subscriptions.find('all')).parked.parked).toBe(0);
    expect(receiver.taken).toEqual(receiver.firsts);
  });

  it('is not asked for ever: then an operator says what becomes of it', async () => {
    const { receiver, until, stop, record, subscriptions, clock } = await setUp(no);
    const givenUp = async (): Promise<boolean> => (await subscriptions.find('all')).parked.givenUp === 1;
    let isOver = false;
    for (let i = 0; i < 200 && !isOver; i++) {
      // Others are taken meanwhile: it is not the receiver that fails.
      await record('a');
      await clock.pass(1000);
      isOver = await givenUp();
    }
    expect(isOver).toBe(true);
    const before = receiver.attempts.length;
    await clock.pass(60_000);
    expect(receiver.attempts).toHaveLength(before);

    receiver.answer = () => yes;
    await subscriptions.retry('all', 'b', { key: 'an operator' });
    await until(() => receiver.numbersOf('b').length === 20);
    expect(receiver.numbersOf('b')).toEqual(numbers(20));
    await stop();
  });

  it('is told nothing twice when an operator has it tried again in the middle of it', async () => {
    const { receiver, until, stop, subscriptions } = await setUp(no);
    await until(() => receiver.numbersOf('c').length === 20);
    let isAsked = false;
    receiver.answer = async (batch) => {
      if (!isAsked && batch.some(({ channel, number }) => channel === 'b' && number === 5)) {
        isAsked = true;
        await subscriptions.retry('all', 'b', undefined);
      }
      return yes;
    };
    await until(() => receiver.numbersOf('b').length === 20);
    expect(isAsked).toBe(true);
    expect(receiver.taken).toEqual(receiver.firsts);
    await stop();
  });

  it('is spared the events that an operator drops, and told what follows', async () => {
    const { receiver, until, stop, record, subscriptions, clock } = await setUp(no);
    await until(() => receiver.numbersOf('c').length === 20);
    await clock.pass(500);
    expect(await subscriptions.drop('all', 'b', 3, undefined)).toEqual({ from: 3, to: 3 });
    await until(() => receiver.numbersOf('b').length === 19);
    expect(receiver.numbersOf('b')).toEqual(numbers(20).filter((number) => number !== 3));
    await record('b');
    await until(() => receiver.numbersOf('b').length === 20);
    await stop();
  });

  it('is told what was dropped when an operator says so from before it', async () => {
    const { receiver, until, stop, subscriptions, clock, store } = await setUp(no);
    receiver.answer = refusing(({ channel, number }) => channel === 'b' && number >= 3);
    await until(() => receiver.numbersOf('c').length === 20);
    await clock.pass(500);
    await subscriptions.drop('all', 'b', 10, undefined);
    await clock.pass(500);
    receiver.answer = () => yes;
    const [fifth] = await store.read('b', { after: 4, limit: 1 });
    await subscriptions.replay('all', fifth!.position, undefined);
    await until(() => receiver.numbersOf('b').length === 17, 'all behind the fifth is told');
    expect(receiver.numbersOf('b')).toEqual([1, 2, ...numbers(20).slice(5)]);
    await stop();
  });

  it('is told only what comes when all that waits is dropped', async () => {
    const { receiver, until, stop, record, subscriptions, clock } = await setUp(no);
    await until(() => receiver.numbersOf('c').length === 20);
    await clock.pass(500);
    expect(await subscriptions.drop('all', 'b', undefined, undefined)).toEqual({ from: 3, to: 20 });
    await record('b', 2);
    await until(() => receiver.numbersOf('b').length === 4);
    expect(receiver.numbersOf('b')).toEqual([1, 2, 21, 22]);
    await stop();
  });
});

describe('a receiver that takes nothing', () => {
  it.each([no, again])('is asked less and less, and nobody is parked ($kind)', async (told) => {
    const { receiver, launch, start, subscribe, stop, subscriptions, clock, until } = stage();
    receiver.answer = () => told;
    for (let i = 0; i < 30; i++) await launch(`r${i}`, 5);
    start();
    await subscribe();
    await until(() => receiver.attempts.length > 3);
    await clock.pass(60_000);
    const { subscription, parked, lag } = await subscriptions.find('all');
    expect(parked).toEqual({ parked: 0, givenUp: 0 });
    expect(subscription.failing).toBeDefined();
    expect(lag.events).toBe(150);
    const before = receiver.attempts.length;
    await clock.pass(60_000);
    expect(receiver.attempts.length - before).toBeLessThanOrEqual(4);

    receiver.answer = () => yes;
    await until(() => receiver.firsts.length === 150);
    for (let i = 0; i < 30; i++) expect(receiver.numbersOf(`r${i}`)).toEqual(numbers(5));
    await stop();
    const after = await subscriptions.find('all');
    expect(after.parked.parked).toBe(0);
    expect(after.subscription.failing).toBeUndefined();
    expect(after.lag.events).toBe(0);
  });

  it('of a single rocket goes on with it when it takes things again, however long that was', async () => {
    const { receiver, launch, start, subscribe, stop, subscriptions, clock, until } = stage();
    receiver.answer = () => again;
    await launch('lonely', 5);
    start();
    await subscribe();
    await clock.pass(PATIENCE_MS * 2);
    expect((await subscriptions.find('all')).parked.parked).toBe(0);
    receiver.answer = () => yes;
    await until(() => receiver.taken.length === 5);
    expect(receiver.numbersOf('lonely')).toEqual(numbers(5));
    await stop();
  });

  it('is not asked before it said', async () => {
    const { receiver, launch, start, subscribe, stop, clock, until } = stage();
    receiver.answer = () => ({ kind: 'again', what: '429', afterMs: 120_000 });
    await launch('a');
    start();
    await subscribe();
    await until(() => receiver.attempts.length === 1);
    await clock.pass(119_000);
    expect(receiver.attempts).toHaveLength(1);
    receiver.answer = () => yes;
    await clock.pass(2000);
    expect(receiver.taken).toEqual(['a/1']);
    await stop();
  });

  it('and is gone: the subscription is paused, says why, and goes on when an operator says so', async () => {
    const { receiver, launch, start, subscribe, stop, subscriptions, until, clock } = stage();
    receiver.answer = () => ({ kind: 'gone', what: '410 Gone' });
    await launch('a', 3);
    start();
    await subscribe();
    await until(() => receiver.attempts.length === 1);
    await clock.pass(2000);
    expect((await subscriptions.find('all')).subscription).toMatchObject({
      isPaused: true,
      pausedAs: '410 Gone',
    });
    expect(receiver.attempts).toHaveLength(1);
    receiver.answer = () => yes;
    await subscriptions.change('all', { state: 'running' }, undefined);
    await until(() => receiver.taken.length === 3);
    expect((await subscriptions.find('all')).subscription.pausedAs).toBeUndefined();
    await stop();
  });
});

describe('an operator', () => {
  it('pauses and resumes', async () => {
    const { receiver, launch, start, subscribe, stop, subscriptions, until, record, clock } = stage();
    await launch('a', 3);
    start();
    await subscribe();
    await until(() => receiver.taken.length === 3);
    await subscriptions.change('all', { state: 'paused' }, undefined);
    await clock.pass(50);
    await record('a', 3);
    await clock.pass(3000);
    expect(receiver.taken).toHaveLength(3);
    await subscriptions.change('all', { state: 'running' }, undefined);
    await until(() => receiver.taken.length === 6);
    expect(receiver.taken).toEqual(receiver.firsts);
    await stop();
  });

  it('has all told again, also what is parked', async () => {
    const { receiver, launch, start, subscribe, stop, subscriptions, until, record } = stage();
    receiver.answer = refusing(({ channel }) => channel === 'b');
    await launch('a', 5);
    await launch('b', 5);
    start();
    await subscribe();
    await until(() => receiver.taken.length === 5);
    receiver.answer = () => yes;
    await subscriptions.replay('all', 'start', undefined);
    await until(() => receiver.firsts.length === 10);
    await record('a', 2);
    await until(() => receiver.firsts.length === 12);
    expect(receiver.taken.filter((id) => id === 'a/1')).toHaveLength(2);
    expect(receiver.numbersOf('b')).toEqual(numbers(5));
    await stop();
    expect((await subscriptions.find('all')).lag.events).toBe(0);
  });

  it('changes the filter while it runs: nothing of what both want is lost or told twice', async () => {
    const { receiver, launch, start, subscribe, stop, subscriptions, until, record, clock } = stage();
    start();
    await subscribe({ channels: ['a'] });
    for (const channel of ['a', 'b', 'c']) await launch(channel);
    for (let i = 0; i < 20; i++) {
      if (i === 10) await subscriptions.change('all', { channels: ['a', 'b'] }, undefined);
      for (const channel of ['a', 'b', 'c']) await record(channel);
      await clock.pass(10);
    }
    await until(() => receiver.numbersOf('a').length === 21);
    await stop();
    expect(receiver.numbersOf('a')).toEqual(numbers(21));
    const ofB = receiver.numbersOf('b');
    expect(ofB).toEqual(numbers(21).slice(-ofB.length));
    expect(ofB.length).toBeGreaterThanOrEqual(9);
    expect(receiver.numbersOf('c')).toEqual([]);
    expect(receiver.taken).toEqual(receiver.firsts);
  });

  it('removes it while it is being told', async () => {
    const { receiver, launch, start, subscribe, stop, subscriptions, clock, record } = stage();
    await launch('a', 3);
    start();
    await subscribe();
    await clock.pass(50);
    await subscriptions.remove('all', undefined);
    await clock.pass(50);
    const before = receiver.taken.length;
    await record('a', 3);
    await clock.pass(3000);
    expect(receiver.taken).toHaveLength(before);
    await stop();
    await expect(subscriptions.find('all')).rejects.toMatchObject({ code: 'subscription-not-found' });
  });

  it('removes it elsewhere, and makes it anew under the same name before anything was told', async () => {
    const { receiver, launch, start, subscribe, stop, kept, until, clock } = stage();
    await launch('a', 3);
    start();
    const { subscription } = await subscribe({ from: 'now' });
    await clock.pass(1000);
    const { position } = await subscribe({ name: 'other' }).then((made) => made.subscription);
    await until(() => receiver.taken.length === 3);
    // Of what another instance does, nothing is heard here.
    await kept.remove('all');
    await kept.create({ ...subscription, position, createdAt: clock.now() }, [{ text: secret }]);
    await until(() => receiver.taken.length === 6, 'it is told from its start');
    await stop();
  });
});

it('what was answered late is a right for no longer: nothing is told behind its end', async () => {
  const { receiver, launch, start, subscribe, stop, kept, until, clock } = stage();
  await subscribe();
  let asked = 0;
  let isAway = true;
  kept.onHeld = async () => {
    asked++;
    if (asked === 2) await clock.sleep(1500);
    else if (asked > 2 && isAway) await clock.sleep(20_000);
  };
  start();
  await launch('early');
  await until(() => receiver.taken.length === 1);
  await clock.pass(3500);
  await launch('late');
  await clock.pass(1000);
  expect(asked).toBe(3);
  expect(receiver.taken).toEqual(['early/1']);
  isAway = false;
  await until(() => receiver.taken.length === 2, 'it is its own again');
  await stop();
});

it('a webhook without a secret is paused, and says so', async () => {
  const { receiver, launch, start, subscribe, stop, subscriptions, clock } = stage();
  await launch('a');
  start();
  await subscribe({ secret: undefined });
  await clock.pass(2000);
  expect((await subscriptions.find('all')).subscription).toMatchObject({
    isPaused: true,
    pausedAs: 'it has no secret to sign with',
  });
  expect(receiver.attempts).toHaveLength(0);
  await stop();
});

it('a feed that cannot be read is not asked for again and again, and goes on where it was', async () => {
  let failure: Error | undefined = new StoreUnavailable('away');
  let asked = 0;
  const { receiver, launch, start, subscribe, stop, until, record, clock } = stage({
    feedFailure: () => (failure === undefined ? undefined : (asked++, failure)),
  });
  start();
  await subscribe();
  await clock.pass(5000);
  expect(asked).toBeGreaterThan(3);
  expect(asked).toBeLessThan(30);
  failure = undefined;
  await launch('a', 3);
  await until(() => receiver.taken.length === 3);
  await record('a');
  await until(() => receiver.taken.length === 4);
  expect(receiver.numbersOf('a')).toEqual(numbers(4));
  await stop();
});

it('a store that is away stops deliveries without an end, and loses nothing', async () => {
  const { receiver, launch, start, subscribe, stop, until, kept, record, clock } = stage();
  await launch('a', 3);
  start();
  await subscribe();
  await until(() => receiver.taken.length === 3);
  kept.failure = new StoreUnavailable('away');
  await record('a', 3);
  await clock.pass(5000);
  const repeats = receiver.taken.length;
  kept.failure = undefined;
  await record('a');
  await until(() => receiver.firsts.length === 7);
  expect(repeats).toBeLessThanOrEqual(6);
  expect(receiver.numbersOf('a')).toEqual(numbers(7));
  await stop();
});

it('what is under way when the service stops has some time, and is told again after it', async () => {
  const { receiver, launch, start, subscribe, stop, until } = stage();
  let begun = 0;
  receiver.answer = () => {
    begun++;
    return new Promise<Delivered>(() => undefined);
  };
  await launch('a', 3);
  start();
  await subscribe();
  await until(() => begun === 1);
  await stop();
  receiver.answer = () => yes;
  start();
  await until(() => receiver.taken.length === 3);
  expect(receiver.numbersOf('a')).toEqual(numbers(3));
  await stop();
});

it('one that is removed and made anew while it is told is told from its own beginning', async () => {
  const { receiver, launch, start, subscribe, stop, until, subscriptions, clock, record } = stage();
  await launch('a', 3);
  start();
  await subscribe();
  await until(() => receiver.taken.length === 3);
  let isAsked = false;
  receiver.answer = async () => {
    if (isAsked) return yes;
    isAsked = true;
    await subscriptions.remove('all', undefined);
    clock.move(1);
    await subscribe();
    return yes;
  };
  await record('a');
  await until(() => receiver.taken.length === 8);
  expect(receiver.taken.slice(4)).toEqual(['a/1', 'a/2', 'a/3', 'a/4']);
  await clock.pass(2000);
  expect((await subscriptions.find('all')).lag.events).toBe(0);
  await stop();
});

it('tells another receiver from where on an operator says, both heeded at once', async () => {
  const { receiver, launch, start, subscribe, stop, until, kept, store, clock } = stage();
  const opened: SinkSettings[] = [];
  receiver.onOpen = (settings) => opened.push(settings);
  await launch('a', 3);
  start();
  await subscribe();
  await until(() => receiver.taken.length === 3);
  await clock.pass(500);
  const before = (await kept.find('all'))!;
  const sink = { type: 'webhook', url: 'https://other.example.org' } as const;
  await kept.save({ ...before, sink, position: store.beginning, replays: before.replays + 1 });
  await until(() => receiver.taken.length === 6);
  expect(opened).toEqual([before.sink, sink]);
  await stop();
});

it('tells nothing by what was known before as long as the store does not say what is', async () => {
  const { receiver, launch, start, subscribe, stop, until, kept, record, clock } = stage();
  await launch('a', 3);
  start();
  await subscribe();
  await until(() => receiver.taken.length === 3);
  await clock.pass(500);
  kept.isDumb = true;
  await kept.save({ ...(await kept.find('all'))!, channels: ['b'] });
  await clock.pass(1000);
  await record('a');
  await clock.pass(1000);
  kept.isDumb = false;
  await launch('b');
  await until(() => receiver.taken.length === 4);
  expect(receiver.taken.at(-1)).toBe('b/1');
  await stop();
});

it('gives nobody up while nobody else is taken, also when a save was said to have failed', async () => {
  const { receiver, launch, start, subscribe, stop, until, subscriptions, kept, clock } = stage();
  receiver.answer = refusing(({ channel }) => channel === 'b');
  await launch('b', 2);
  await launch('a', 2);
  start();
  await subscribe();
  await until(() => receiver.taken.length === 2);
  await clock.pass(500);
  expect((await subscriptions.find('all')).parked.parked).toBe(1);
  const passMostOf = async (span: number): Promise<void> => {
    for (let ms = 0; ms < span; ms += 500) {
      clock.move(500);
      await clock.pass(5);
    }
  };
  await passMostOf(0.8 * PATIENCE_MS);
  kept.liesOnce = true;
  await passMostOf(PATIENCE_MS);
  expect(kept.liesOnce).toBe(false);
  expect((await subscriptions.find('all')).parked).toEqual({ parked: 1, givenUp: 0 });
  await stop();
});

it('a parked rocket is told in batches no larger than its receiver said since', async () => {
  const { receiver, launch, start, subscribe, stop, until, subscriptions, clock } = stage();
  receiver.answer = refusing(({ channel }) => channel === 'b');
  await launch('b', 60);
  await launch('a', 2);
  start();
  await subscribe();
  await until(() => receiver.taken.length === 2);
  let isMany = false;
  let isChanged = false;
  receiver.answer = async (batch) => {
    isMany ||= batch.length >= 4;
    while (isMany && !isChanged) await clock.sleep(0);
    return yes;
  };
  await until(() => isMany);
  const sink = { type: 'webhook', url: 'https://example.org', batch: { events: 2, ms: 0 } } as const;
  await subscriptions.change('all', { sink }, undefined);
  isChanged = true;
  const before = receiver.attempts.length;
  await until(() => receiver.taken.length === 62);
  // The first of them was under way.
  const after = receiver.attempts.slice(before + 1).map(({ batch }) => batch.length);
  expect(Math.max(...after)).toBe(2);
  expect(receiver.numbersOf('b')).toEqual(numbers(60));
  await stop();
});
