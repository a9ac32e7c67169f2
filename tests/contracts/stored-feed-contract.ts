import {
  UnknownPosition,
  type EventStore,
  type FeedBatch,
  type FeedFilter,
  type StoredEvent,
} from '../../src/application/ports/event-store.js';
import {
  changeOn,
  faster,
  headOf,
  launched,
  newMission,
  received,
  skipped,
  slower,
  write,
} from '../support/builders.js';
import { turns, until } from '../support/manual-clock.js';
import { storeForEach, walkFeed, writeAgain, type OpenStore } from './open-store.js';

export const storedFeedContract = (open: () => Promise<OpenStore>): void => {
  describe('in pages', () => feedPagesContract(open));
  describe('and its positions', () => positionsContract(open));
  describe('as it grows', () => followContract(open));
};

const total = 60;

/** Three rockets whose events stand between each other. */
const fill = async (store: EventStore): Promise<void> => {
  for (let i = 0; i < total / 6; i++) {
    const [a, b, c] = await store.load(['a', 'b', 'c'].map((channel) => ({ channel, numbers: [] })));
    const first = i === 0;
    await store.commit([
      changeOn(a!, { events: [first ? launched() : faster(i), slower(1), faster(1)] }),
      changeOn(b!, { events: [first ? launched() : newMission(`M${i}`), faster(i)] }),
    ]);
    await store.commit([changeOn(c!, { events: [first ? launched() : slower(0)] })]);
  }
};

const feedPagesContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);
  beforeEach(() => fill(opened.now.store));
  const walk = (request: Parameters<typeof walkFeed>[1]) => walkFeed(opened.now.store, request);

  it('gives every event once, those of one channel in order', async () => {
    const all = await walk({ limit: 1000 });
    expect(all).toHaveLength(total);
    expect(new Set(all.map(({ position }) => position)).size).toBe(total);
    for (const channel of ['a', 'b', 'c']) {
      const ofChannel = all.filter((event) => event.channel === channel);
      expect(ofChannel).toEqual(await opened.now.store.read(channel, { limit: 1000 }));
    }
  });

  it('shows what was committed later later', async () => {
    const before = await walk({ limit: 1000 });
    await write(opened.now.store, 'd', { events: [launched()] });
    const after = await walk({ limit: 1000 });
    expect(after.slice(0, total)).toEqual(before);
    expect(after.at(-1)?.channel).toBe('d');
    expect((await walk({ limit: 1000, order: 'desc' }))[0]).toEqual(after.at(-1));
  });

  it.each([1, 7, 60, 61])('gives the same in pages of %i, and backwards from the end', async (limit) => {
    const all = await walk({ limit: 1000 });
    expect(await walk({ limit })).toEqual(all);
    expect(await walk({ limit, order: 'desc' })).toEqual([...all].reverse());
  });

  it('begins behind any position it gave out, and backwards before it', async () => {
    const all = await walk({ limit: 1000 });
    for (const [i, { position }] of all.entries()) {
      expect(await walk({ after: position, limit: 1000 })).toEqual(all.slice(i + 1));
      expect(await walk({ after: position, limit: 1000, order: 'desc' })).toEqual(all.slice(0, i).reverse());
    }
  });

  it('says where to go on when there is nothing more', async () => {
    const { store } = opened.now;
    const page = await store.readAll({ limit: 1000 });
    expect(page.end).toBe(true);
    expect(page.next).toBe(await store.lastPosition());
    const empty = await store.readAll({ after: page.next, limit: 10 });
    expect(empty).toEqual({ events: [], next: page.next, end: true });
    await write(store, 'a', { events: [faster(77)] });
    const [fresh] = (await store.readAll({ after: page.next, limit: 10 })).events;
    expect(fresh?.event).toEqual(faster(77));
    expect(await store.lastPosition()).toBe(fresh?.position);
  });

  it('ends at the beginning when it is read backwards', async () => {
    const { store } = opened.now;
    for (const filter of [{}, { channel: 'b' }, { channel: 'nobody' }, { type: 'RocketExploded' } as const]) {
      const page = await store.readAll({ ...filter, limit: 1000, order: 'desc' });
      expect(page).toMatchObject({ end: true, next: store.beginning });
      const beyond = await store.readAll({ ...filter, limit: 10, order: 'desc', after: page.next });
      expect(beyond).toEqual({ events: [], end: true, next: store.beginning });
    }
  });

  it.each<FeedFilter>([
    { channel: 'b' },
    { channel: 'nobody' },
    { type: 'RocketMissionChanged' },
    { type: 'RocketLaunched' },
    { type: 'RocketExploded' },
    { channel: 'a', type: 'RocketSpeedDecreased' },
    { channel: 'c', type: 'RocketMissionChanged' },
    { channel: 'nobody', type: 'RocketLaunched' },
  ])('leaves out what the filter %j leaves out', async (filter) => {
    const all = await walk({ limit: 1000 });
    const expected = all.filter(passes(filter));
    const backwards = [...expected].reverse();
    for (const limit of [1, 4, 1000]) {
      expect(await walk({ ...filter, limit })).toEqual(expected);
      expect(await walk({ ...filter, limit, order: 'desc' })).toEqual(backwards);
      const after = all[20]!.position;
      expect(await walk({ ...filter, limit, after })).toEqual(
        expected.filter((one) => all.indexOf(one) > 20),
      );
      expect(await walk({ ...filter, limit, after, order: 'desc' })).toEqual(
        backwards.filter((one) => all.indexOf(one) < 20),
      );
    }
    const { next } = await opened.now.store.readAll({ ...filter, limit: 1000 });
    expect(await walk({ after: next, limit: 1000 })).toEqual([]);
  });

  it('finds what is rare among very much, in pages that may be short', async () => {
    const { store } = opened.now;
    await write(store, 'rare', { events: [skipped(1, 4), newMission('RARE')] });
    for (let i = 0; i < 5; i++) await write(store, 'a', { events: Array(4000).fill(faster(1)) });
    const all = await walk({ limit: 10_000 });
    for (const filter of [
      { channel: 'rare' },
      { type: 'MessagesSkipped' },
      { type: 'RocketMissionChanged' },
      { channel: 'rare', type: 'RocketMissionChanged' },
    ] as const) {
      const expected = all.filter(passes(filter));
      expect(expected.length).toBeGreaterThan(0);
      expect(await walk({ ...filter, limit: 100 })).toEqual(expected);
      expect(await walk({ ...filter, limit: 100, order: 'desc' })).toEqual(expected.reverse());
    }
  });

  it('gives the event at a position', async () => {
    for (const event of await walk({ limit: 1000 })) {
      expect(await opened.now.store.readAt(event.position)).toEqual(event);
    }
  });

  it('does not read for who has gone', async () => {
    const { store } = opened.now;
    const gone = AbortSignal.abort(new Error('gone'));
    const asked = [
      ...Array.from({ length: 3 }, () => store.readAll({ limit: 10 }, gone)),
      store.read('a', { limit: 10 }, gone),
    ];
    const answers = await Promise.allSettled(asked);
    // A store that answers in the call itself has no turn to wait for.
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toEqual(new Error('gone'));
    }
    expect(await walk({ limit: 1000 })).toHaveLength(total);
  });
};

const positionsContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);
  beforeEach(() => fill(opened.now.store));

  it('fit into a URL', async () => {
    const { store } = opened.now;
    const positions = (await walkFeed(store, { limit: 1000 })).map(({ position }) => position);
    for (const position of [...positions, store.beginning])
      expect(position).toMatch(/^[a-z0-9]+-[a-z0-9.-]+$/);
  });

  it('compare as they stand in the feed', async () => {
    const { store } = opened.now;
    const events = await walkFeed(store, { limit: 1000 });
    const positions = [store.beginning, ...events.map(({ position }) => position)];
    expect(positions.at(-1)).toBe(await store.lastPosition());
    const signs = positions.map((one) => positions.map((other) => Math.sign(store.compare(one, other))));
    expect(signs).toEqual(positions.map((_, i) => positions.map((__, j) => Math.sign(i - j))));
  });

  it('go on compare when there are more digits to them', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: Array(1000).fill(faster(1)) });
    const events = await walkFeed(store, { limit: 1000 });
    for (let i = 1; i < events.length; i++) {
      expect(store.compare(events[i - 1]!.position, events[i]!.position)).toBeLessThan(0);
    }
  });

  it('begin before the first event, where nothing stands', async () => {
    const { store } = opened.now;
    expect(await walkFeed(store, { after: store.beginning, limit: 1000 })).toEqual(
      await walkFeed(store, { limit: 1000 }),
    );
    expect(await store.readAt(store.beginning)).toBeUndefined();
  });

  it.each(['', '0', '7', 'x', 'nostore-1', '-', '-1', '../..', 'é', 'beginning', 'latest'])(
    'do not include %j',
    async (position) => {
      const { store } = opened.now;
      for (const order of ['asc', 'desc'] as const) {
        await expect(store.readAll({ after: position, limit: 1, order })).rejects.toThrow(UnknownPosition);
      }
      await expect(store.readAt(position)).rejects.toThrow(UnknownPosition);
      expect(() => store.compare(position, store.beginning)).toThrow(UnknownPosition);
    },
  );

  it('do not include one that was not reached, nor one spelled in another way', async () => {
    const { store } = opened.now;
    const last = await store.lastPosition();
    for (const position of [
      `${last}0`,
      ` ${last}`,
      `${last} `,
      `${last}.0`,
      `${last}e0`,
      last.replace('-', '-0'),
      last.replace('-', '--'),
    ]) {
      for (const order of ['asc', 'desc'] as const) {
        await expect(store.readAll({ after: position, limit: 1, order })).rejects.toThrow(UnknownPosition);
      }
    }
  });

  it('do not include those of another store', async () => {
    const { store } = opened.now;
    const other = await open();
    try {
      await write(other.store, 'a', { events: [launched(), faster()] });
      for (const position of [await other.store.lastPosition(), other.store.beginning]) {
        await expect(store.readAll({ after: position, limit: 1 })).rejects.toThrow(UnknownPosition);
        await expect(store.readAt(position)).rejects.toThrow(UnknownPosition);
      }
    } finally {
      await other.close();
    }
  });
};

const followContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  /** Follows, and keeps what it is handed. */
  const follow = async () => {
    const batches: FeedBatch[] = [];
    const following = await opened.now.store.follow((batch) => batches.push(batch));
    const events = (): StoredEvent[] => batches.flatMap((batch) => batch.events);
    return { batches, events, ...following };
  };

  /** Each batch stands right behind the one before it, and has all that stands there. */
  const expectWhole = async ({
    batches,
    from,
    events,
  }: Awaited<ReturnType<typeof follow>>): Promise<void> => {
    const { store } = opened.now;
    let end = from;
    for (const batch of batches) {
      expect(batch.after).toBe(end);
      expect(batch.next).toBe(batch.events.at(-1)?.position);
      end = batch.next;
    }
    expect(end).toBe(await store.lastPosition());
    expect(events()).toEqual(await walkFeed(store, { after: from, limit: 1000 }));
  };

  it('hands over what is new, and nothing of what was there', async () => {
    const { store } = opened.now;
    await fill(store);
    const follower = await follow();
    expect(follower.from).toBe(await store.lastPosition());
    await fill(store);
    await write(store, 'd', { events: [launched(), skipped(2, 9), faster()] });
    await until(() => follower.events().length === total + 3);
    await expectWhole(follower);
  });

  it('is held back by nobody', async () => {
    await fill(opened.now.store);
    expect(await opened.now.store.heldBack?.()).toBeUndefined();
  });

  it('begins at the beginning of what was empty', async () => {
    const { store } = opened.now;
    const follower = await follow();
    expect(follower.from).toBe(store.beginning);
    await write(store, 'a', { events: [launched()] });
    await until(() => follower.events().length === 1);
    await expectWhole(follower);
  });

  it('leaves no hole, whatever is committed at once, and whatever is not written', async () => {
    const { store } = opened.now;
    await write(store, 'stale', { events: [launched()] });
    const stale = await headOf(store, 'stale');
    await write(store, 'stale', { events: [faster()] });
    const follower = await follow();
    const channels = Array.from({ length: 30 }, (_, i) => `r${i}`);
    const heads = await store.load(channels.map((channel) => ({ channel, numbers: [] })));
    await Promise.all(
      heads.map((head, i) =>
        store.commit([
          changeOn(stale, { events: [faster(9)] }),
          changeOn(head, { events: Array(1 + (i % 4)).fill(faster(i)), added: [received(head.channel, 90)] }),
        ]),
      ),
    );
    await until(() => follower.events().length === 73);
    expect(follower.events().some(({ channel }) => channel === 'stale')).toBe(false);
    await expectWhole(follower);
  });

  it('is not woken by what is no event', async () => {
    const { store } = opened.now;
    const follower = await follow();
    await write(store, 'a', { added: [received('a', 5)] });
    await write(store, 'a', { events: [skipped(1, 3)] });
    await write(store, 'a', { late: [received('a', 2)] });
    await until(() => follower.events().length > 0);
    await turns(5);
    expect(follower.batches).toHaveLength(1);
    await expectWhole(follower);
  });

  it('goes on behind a commit that failed, with all that is there', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched(), faster()] });
    const follower = await follow();
    const a = await headOf(store, 'a');
    const b = await headOf(store, 'b');
    const behind = { ...a, state: { ...a.state, version: 1 } };
    const failed = store.commit([
      changeOn(b, { events: [launched()] }),
      changeOn(behind, { events: [faster(9)] }),
    ]);
    await expect(failed).rejects.toThrow();
    await writeAgain(store, 'c', { events: [launched()] });
    await until(() => follower.events().some(({ channel }) => channel === 'c'));
    await expectWhole(follower);
  });

  it('ends when it is told to, and begins anew for the next', async () => {
    const { store } = opened.now;
    const first = await follow();
    await write(store, 'a', { events: [launched()] });
    await until(() => first.events().length === 1);
    first.stop();
    await write(store, 'a', { events: [faster()] });
    const second = await follow();
    first.stop();
    await write(store, 'a', { events: [slower()] });
    await until(() => second.events().length === 1);
    expect(first.events()).toHaveLength(1);
    expect(second.from).toBe((await store.read('a', { after: 1, limit: 1 }))[0]?.position);
    await expectWhole(second);
  });

  it('tells one at a time: the last who asked', async () => {
    const { store } = opened.now;
    const first = await follow();
    const second = await follow();
    await write(store, 'a', { events: [launched()] });
    await until(() => second.events().length === 1);
    expect(first.batches).toEqual([]);
    await expectWhole(second);
  });
};

const passes =
  ({ channel, type }: FeedFilter) =>
  (event: StoredEvent): boolean =>
    (channel ?? event.channel) === event.channel && (type ?? event.event.type) === event.event.type;
