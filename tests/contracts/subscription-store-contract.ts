import type { EventStore } from '../../src/application/ports/event-store.js';
import type {
  NamePage,
  ParkedSequence,
  Subscription,
  SubscriptionStore,
} from '../../src/application/ports/subscription-store.js';
import { faster, launched, noonMillis, write } from '../support/builders.js';
import { parkedOf, subscriptionOf } from '../support/subscriptions.js';
import { storeForEach } from './open-store.js';

export interface OpenSubscriptions {
  readonly subscriptions: SubscriptionStore;
  /** Of the events they are about. */
  readonly store: EventStore;
  /** Only of a store that outlives its process: closes it and opens the same data again. */
  readonly reopen?: () => Promise<Pick<OpenSubscriptions, 'subscriptions' | 'store'>>;
  readonly close: () => Promise<void>;
}

type Open = () => Promise<OpenSubscriptions>;

/** What every subscription store promises. `open` makes an empty one each time. */
export const subscriptionStoreContract = (name: string, open: Open): void => {
  describe(`${name} as a SubscriptionStore`, () => {
    describe('subscriptions', () => subscriptionContract(open));
    describe('save', () => saveContract(open));
    describe('parked sequences', () => parkedContract(open));
    describe('secrets', () => secretContract(open));
    describe('leases', () => leaseContract(open));
    describe('its place in the feed', () => placeContract(open));
  });
};

const SECRET = { text: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
const OTHER = { text: 'whsec_0123456789abcdef0123456789abcdef', until: noonMillis + 1000 };

/** As full as it can be; texts of others may hold anything. */
const full = (name: string, { beginning: position }: EventStore): Subscription =>
  subscriptionOf(name, {
    types: ['RocketExploded', 'MessagesSkipped'],
    channels: ['a', 'b-é-\u{1F680}'],
    sink: { type: 'webhook', url: 'https://example.com/?a="b"', batch: { events: 100, ms: 50 } },
    isPaused: true,
    pausedAs: 'it answered 410 "gone"',
    position,
    replays: 3,
    delivered: 2 ** 40,
    retried: 7,
    lastError: { at: noonMillis, what: 'a \\ "quoted"\n answer' },
    failing: { since: noonMillis, nextTryAt: noonMillis + 30_000 },
  });

const subscriptionContract = (open: Open): void => {
  const opened = storeForEach(open);

  it('are found as they were made', async () => {
    const { subscriptions, store } = opened.now;
    const all = [
      full('full', store),
      subscriptionOf('minimal', { position: store.beginning }),
      subscriptionOf('to-kafka', { position: store.beginning, sink: { type: 'kafka', topic: 'out' } }),
      subscriptionOf('wants-nothing', { position: store.beginning, types: [], channels: [] }),
    ];
    for (const one of all) expect(await subscriptions.create(one, [])).toBe(true);
    for (const one of all) expect(await subscriptions.find(one.name)).toEqual(one);
    expect(await subscriptions.find('nobody')).toBeUndefined();
  });

  it('are kept whatever a receiver has answered', async () => {
    const { subscriptions, store } = opened.now;
    const position = store.beginning;
    const what = 'a NUL \0, half a sign \ud83d, and nothing';
    await subscriptions.create(subscriptionOf('one', { position }), []);
    for (const said of [what, '']) {
      const before = (await subscriptions.find('one'))!;
      const after = { ...before, pausedAs: said, lastError: { at: noonMillis, what: said } };
      await subscriptions.save(after, { put: [parkedOf('a', { position, what: said })] });
      const { pausedAs, lastError } = (await subscriptions.find('one'))!;
      const parked = (await subscriptions.findParked('one', 'a'))!;
      for (const kept of [pausedAs, lastError?.what, parked.what]) {
        expect(kept?.replace(/[\0\ufffd\ud83d]/g, '')).toBe(said.replace(/[\0\ud83d]/g, ''));
      }
    }
  });

  it('keep what they are when another is made of their name', async () => {
    const { subscriptions, store } = opened.now;
    const one = subscriptionOf('taken', { position: store.beginning });
    expect(await subscriptions.create(one, [SECRET])).toBe(true);
    expect(await subscriptions.create(full('taken', store), [OTHER])).toBe(false);
    expect(await subscriptions.create(full('taken', store), [])).toBe(false);
    expect(await subscriptions.find('taken')).toEqual(one);
    expect(await subscriptions.secrets('taken')).toEqual([SECRET]);
  });

  it('are made once by whoever makes them at the same time', async () => {
    const { subscriptions, store } = opened.now;
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        subscriptions.create(subscriptionOf('one', { position: store.beginning, retried: i }), [
          { text: `whsec_${i}` },
        ]),
      ),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    const { retried } = (await subscriptions.find('one'))!;
    expect(made[retried]).toBe(true);
    expect(await subscriptions.secrets('one')).toEqual([{ text: `whsec_${retried}` }]);
  });

  it('are listed by name, page by page', async () => {
    const { subscriptions, store } = opened.now;
    const names = ['b', 'a-10', 'a', 'a-9', 'z', '0', 'B'];
    for (const name of names)
      await subscriptions.create(subscriptionOf(name, { position: store.beginning }), []);
    const list = async (page: NamePage) => (await subscriptions.list(page)).map(({ name }) => name);
    expect(await list({ limit: 100 })).toEqual(['0', 'B', 'a', 'a-10', 'a-9', 'b', 'z']);
    expect(await list({ limit: 2 })).toEqual(['0', 'B']);
    expect(await list({ after: 'a', limit: 2 })).toEqual(['a-10', 'a-9']);
    expect(await list({ after: 'between', limit: 2 })).toEqual(['z']);
    expect(await list({ after: 'z', limit: 2 })).toEqual([]);
  });

  it('are counted', async () => {
    const { subscriptions, store } = opened.now;
    expect(await subscriptions.count()).toEqual({ running: 0, paused: 0, failing: 0 });
    const position = store.beginning;
    const failing = { since: noonMillis, nextTryAt: noonMillis };
    await subscriptions.create(subscriptionOf('a', { position }), []);
    await subscriptions.create(subscriptionOf('b', { position, failing }), []);
    await subscriptions.create(subscriptionOf('c', { position, isPaused: true }), []);
    await subscriptions.create(subscriptionOf('d', { position, isPaused: true, failing }), []);
    await subscriptions.create(subscriptionOf('e', { position, isPaused: true }), []);
    expect(await subscriptions.count()).toEqual({ running: 2, paused: 3, failing: 1 });
  });

  it('are gone when they are removed, with all that belongs to them', async () => {
    const { subscriptions, store } = opened.now;
    const position = store.beginning;
    const one = subscriptionOf('one', { position });
    for (const name of ['one', 'other']) {
      await subscriptions.create(subscriptionOf(name, { position }), [SECRET]);
      await subscriptions.save((await subscriptions.find(name))!, { put: [parkedOf('a', { position })] });
    }
    expect(await subscriptions.remove('nobody')).toBe(false);
    expect(await subscriptions.remove('one')).toBe(true);
    expect(await subscriptions.remove('one')).toBe(false);
    expect(await subscriptions.find('one')).toBeUndefined();
    expect(await subscriptions.countParked('other')).toEqual({ parked: 1, givenUp: 0 });
    expect(await subscriptions.secrets('other')).toEqual([SECRET]);

    expect(await subscriptions.create(one, [])).toBe(true);
    expect(await subscriptions.find('one')).toEqual(one);
    expect(await subscriptions.countParked('one')).toEqual({ parked: 0, givenUp: 0 });
    expect(await subscriptions.secrets('one')).toEqual([]);
  });

  it('outlive their store, if it outlives its process', async () => {
    const { subscriptions, store, reopen } = opened.now;
    expect(subscriptions.isKept).toBe(reopen !== undefined);
    if (reopen === undefined) return;
    const one = full('full', store);
    await subscriptions.create(one, [SECRET, OTHER]);
    const put = [parkedOf('a', { position: store.beginning })];
    const saved = await subscriptions.save(one, { put });
    const { source } = subscriptions;

    const again = await reopen();
    expect(await again.subscriptions.find('full')).toEqual(saved);
    expect(await again.subscriptions.secrets('full')).toEqual([SECRET, OTHER]);
    expect(await again.subscriptions.parked('full', { limit: 10 })).toEqual(put);
    expect(again.subscriptions.source).toBe(source);
    expect(source).toMatch(/^urn:rockets:\w+:\w+$/);
  });
};

const saveContract = (open: Open): void => {
  const opened = storeForEach(open);
  const make = async (name = 'one', parts: Partial<Subscription> = {}): Promise<Subscription> => {
    const { subscriptions, store } = opened.now;
    const made = subscriptionOf(name, { position: store.beginning, ...parts });
    await subscriptions.create(made, []);
    return made;
  };

  it('writes all of it, and answers it with another revision', async () => {
    const { subscriptions, store } = opened.now;
    const made = await make();
    await make('other');
    const changed = { ...full('one', store), createdAt: made.createdAt };
    const saved = await subscriptions.save(changed);
    expect(saved).toEqual({ ...changed, revision: saved!.revision });
    expect(saved!.revision).toBeGreaterThan(made.revision);
    expect(await subscriptions.find('one')).toEqual(saved);

    const back = await subscriptions.save({ ...made, revision: saved!.revision });
    expect(back).toEqual({ ...made, revision: back!.revision });
    expect(await subscriptions.find('one')).toEqual(back);
    expect(await subscriptions.find('other')).toEqual({ ...made, name: 'other' });
  });

  it('writes nothing when somebody else has written between', async () => {
    const { subscriptions, store } = opened.now;
    const position = store.beginning;
    const made = await make();
    const saved = await subscriptions.save({ ...made, delivered: 5 }, { put: [parkedOf('a', { position })] });
    const late = { ...made, delivered: 7, isPaused: true };
    expect(
      await subscriptions.save(late, { put: [parkedOf('b', { position })], drop: ['a'] }),
    ).toBeUndefined();
    expect(await subscriptions.find('one')).toEqual(saved);
    expect(await subscriptions.parked('one', { limit: 10 })).toEqual([parkedOf('a', { position })]);
  });

  it('lets one of many through who save at the same time', async () => {
    const { subscriptions } = opened.now;
    const made = await make();
    const saved = await Promise.all(
      Array.from({ length: 10 }, (_, i) => subscriptions.save({ ...made, delivered: i })),
    );
    const [done, ...others] = saved.filter((one) => one !== undefined);
    expect(others).toEqual([]);
    expect(await subscriptions.find('one')).toEqual(done);
  });

  it('loses nothing of what many add at the same time, again and again', async () => {
    const { subscriptions } = opened.now;
    await make();
    const add = async (): Promise<void> => {
      for (;;) {
        const before = (await subscriptions.find('one'))!;
        if (await subscriptions.save({ ...before, delivered: before.delivered + 1 })) return;
      }
    };
    await Promise.all(Array.from({ length: 8 }, add));
    expect((await subscriptions.find('one'))!.delivered).toBe(8);
  });

  it('writes nothing of one that is gone, or that was made anew', async () => {
    const { subscriptions } = opened.now;
    const made = await make();
    await subscriptions.remove('one');
    expect(await subscriptions.save({ ...made, delivered: 1 })).toBeUndefined();
    expect(await subscriptions.find('one')).toBeUndefined();
    const anew = await make('one', { createdAt: made.createdAt + 1 });
    expect(await subscriptions.save({ ...made, delivered: 1 })).toBeUndefined();
    expect(await subscriptions.find('one')).toEqual(anew);
  });
};

const parkedContract = (open: Open): void => {
  const opened = storeForEach(open);
  const save = async (change: { put?: readonly ParkedSequence[]; drop?: readonly string[] }) => {
    const { subscriptions, store } = opened.now;
    await subscriptions.create(subscriptionOf('one', { position: store.beginning }), []);
    expect(await subscriptions.save((await subscriptions.find('one'))!, change)).toBeDefined();
  };
  const all = () => opened.now.subscriptions.parked('one', { limit: 10_000 });

  it('are put, each in the place of the one of its channel, and dropped', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched(), faster()] });
    const position = await store.lastPosition();
    const a = parkedOf('a', { position, number: 2, what: 'a \\ "quoted" answer' });
    const b = parkedOf('b-é-\u{1F680}', { position: store.beginning, nextTryAt: undefined });
    const c = parkedOf('c', { position, tries: 9, since: 1 });
    await save({ put: [c, a, b] });
    expect(await all()).toEqual([a, b, c]);

    const again = { ...a, tries: 2, nextTryAt: undefined, number: 3 };
    await save({ put: [again], drop: ['c', 'nobody'] });
    expect(await all()).toEqual([again, b]);
    await save({ put: [a], drop: ['a', b.channel] });
    expect(await all()).toEqual([a]);
    await save({});
    expect(await all()).toEqual([a]);
  });

  it('are found one by one, and counted', async () => {
    const { subscriptions, store } = opened.now;
    const position = store.beginning;
    const a = parkedOf('a', { position });
    const b = parkedOf('b', { position, nextTryAt: undefined });
    await save({ put: [a, b, parkedOf('c', { position, nextTryAt: undefined })] });
    expect(await subscriptions.findParked('one', 'b')).toEqual(b);
    expect(await subscriptions.findParked('one', 'd')).toBeUndefined();
    expect(await subscriptions.findParked('other', 'a')).toBeUndefined();
    expect(await subscriptions.countParked('one')).toEqual({ parked: 3, givenUp: 2 });
    expect(await subscriptions.countParked('other')).toEqual({ parked: 0, givenUp: 0 });
  });

  it('are listed by channel, page by page, however many there are', async () => {
    const { subscriptions, store } = opened.now;
    const position = store.beginning;
    const channels = Array.from({ length: 1203 }, (_, i) => `rocket-${i}`);
    const put = channels.map((channel) => parkedOf(channel, { position }));
    await save({ put });
    const sorted = [...channels].sort();
    const page = await subscriptions.parked('one', { after: sorted[499], limit: 300 });
    expect(page.map(({ channel }) => channel)).toEqual(sorted.slice(500, 800));
    expect((await all()).map(({ channel }) => channel)).toEqual(sorted);
    await save({ drop: sorted.slice(1) });
    expect((await all()).map(({ channel }) => channel)).toEqual([sorted[0]]);
  });
};

const secretContract = (open: Open): void => {
  const opened = storeForEach(open);

  it('are those given last, the newest first', async () => {
    const { subscriptions, store } = opened.now;
    const position = store.beginning;
    await subscriptions.create(subscriptionOf('one', { position }), [SECRET]);
    await subscriptions.create(subscriptionOf('other', { position }), []);
    expect(await subscriptions.secrets('one')).toEqual([SECRET]);
    expect(await subscriptions.secrets('other')).toEqual([]);
    await subscriptions.putSecrets('one', [OTHER, SECRET]);
    await subscriptions.putSecrets('other', [OTHER]);
    expect(await subscriptions.secrets('one')).toEqual([OTHER, SECRET]);
    expect(await subscriptions.secrets('other')).toEqual([OTHER]);
    await subscriptions.putSecrets('one', []);
    expect(await subscriptions.secrets('one')).toEqual([]);
  });

  it('are kept of nobody', async () => {
    const { subscriptions } = opened.now;
    await subscriptions.putSecrets('nobody', [SECRET]);
    expect(await subscriptions.secrets('nobody')).toEqual([]);
  });
};

const leaseContract = (open: Open): void => {
  const opened = storeForEach(open);

  it('are of all that run and whose sink can be reached', async () => {
    const { subscriptions, store } = opened.now;
    const position = store.beginning;
    const kafka = { type: 'kafka', topic: 'out' } as const;
    await subscriptions.create(subscriptionOf('a', { position }), []);
    await subscriptions.create(subscriptionOf('b', { position, sink: kafka }), []);
    await subscriptions.create(subscriptionOf('c', { position, isPaused: true }), []);
    const held = async (sinks: readonly ('webhook' | 'kafka')[]) =>
      (await subscriptions.hold('me', sinks, 10_000)).map(({ name }) => name).sort();
    expect(await held(['webhook', 'kafka'])).toEqual(['a', 'b']);
    expect(await held(['webhook'])).toEqual(['a']);
    expect(await held([])).toEqual([]);
  });

  it('say the revision, and stay the same for who keeps them', async () => {
    const { subscriptions, store } = opened.now;
    const made = subscriptionOf('a', { position: store.beginning });
    await subscriptions.create(made, []);
    const [lease] = await subscriptions.hold('me', ['webhook'], 10_000);
    const { revision, createdAt } = made;
    expect(lease).toEqual({ name: 'a', revision, createdAt, number: lease!.number });
    const saved = await subscriptions.save({ ...made, delivered: 1 }, { lease: lease!.number });
    expect(saved).toEqual({ ...made, delivered: 1, revision: saved!.revision });
    const again = await subscriptions.hold('me', ['webhook'], 10_000);
    expect(again).toEqual([{ ...lease, revision: saved!.revision }]);
    await subscriptions.letGo('me');
    const [next] = await subscriptions.hold('other', ['webhook'], 10_000);
    expect(next).toEqual({ ...again[0], number: next!.number });
  });
};

const placeContract = (open: Open): void => {
  const opened = storeForEach(open);

  it('is kept wherever it is', async () => {
    const { subscriptions, store } = opened.now;
    let one: Subscription | undefined = subscriptionOf('one', { position: store.beginning });
    await subscriptions.create(one, []);
    for (let i = 0; i < 3; i++) {
      await write(store, 'a', { events: [i === 0 ? launched() : faster()] });
      one = await subscriptions.save({ ...one!, position: await store.lastPosition() });
      expect(await subscriptions.find('one')).toEqual(one);
    }
  });

  it('says how many events stand behind it, and counts no further than it has to', async () => {
    const { subscriptions, store } = opened.now;
    expect(await subscriptions.countBehind(store.beginning, 10)).toBe(0);
    await write(store, 'a', { events: [launched(), faster()] });
    await write(store, 'b', { events: [launched(), faster(), faster()] });
    const { events } = await store.readAll({ limit: 10 });
    expect(await subscriptions.countBehind(store.beginning, 10)).toBe(5);
    expect(await subscriptions.countBehind(store.beginning, 3)).toBe(3);
    expect(await subscriptions.countBehind(events[1]!.position, 10)).toBe(3);
    expect(await subscriptions.countBehind(events[4]!.position, 10)).toBe(0);
  });
};
