import { exploded, faster, headOf, launched, received, skipped, write } from '../support/builders.js';
import { commitContract } from './commit-contract.js';
import { headContract } from './head-contract.js';
import { initialHead, instants, plainHead, storeForEach, type OpenStore } from './open-store.js';
import { randomHistoriesContract } from './random-histories-contract.js';
import { storedFeedContract } from './stored-feed-contract.js';
import { storedHistoryContract } from './stored-history-contract.js';
import { storedValuesContract } from './stored-values-contract.js';

/** What every event store promises. `open` makes an empty one each time; `runs` of the random histories. */
export const eventStoreContract = (name: string, open: () => Promise<OpenStore>, runs: number): void => {
  describe(`${name} as an EventStore`, () => {
    describe('with nothing in it', () => emptyStoreContract(open));
    describe('commit', () => commitContract(open));
    describe('load', () => headContract(open));
    describe('the history of a rocket', () => storedHistoryContract(open));
    describe('the feed', () => storedFeedContract(open));
    describe('what is written', () => storedValuesContract(open));
    describe('whatever is written', () => randomHistoriesContract(open, runs));
    describe('its life', () => lifeContract(open));
  });
};

const emptyStoreContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  it('answers initial heads, in the order asked', async () => {
    const heads = await opened.now.store.load([
      { channel: 'b', numbers: [1] },
      { channel: 'a', numbers: [] },
    ]);
    expect(heads.map(plainHead)).toEqual([initialHead('b'), initialHead('a')]);
  });

  it('reads nothing, and stands at its beginning', async () => {
    const { store } = opened.now;
    const nothing = { events: [], next: store.beginning, end: true };
    expect(await store.lastPosition()).toBe(store.beginning);
    for (const order of ['asc', 'desc'] as const) {
      expect(await store.read('a', { limit: 10, order })).toEqual([]);
      expect(await store.read('a', { after: 7, limit: 10, order })).toEqual([]);
      expect(await store.readAll({ limit: 10, order })).toEqual(nothing);
      expect(await store.readAll({ after: store.beginning, limit: 10, order })).toEqual(nothing);
      expect(await store.readAll({ limit: 10, order, channel: 'a' })).toEqual(nothing);
      expect(await store.readAll({ limit: 10, order, type: 'MessagesSkipped' })).toEqual(nothing);
    }
    expect(await store.readAt(store.beginning)).toBeUndefined();
    expect(await store.snapshot('a', {})).toBeUndefined();
    expect(await store.unfinished()).toEqual([]);
  });

  it('commits nothing when given nothing', async () => {
    const { store } = opened.now;
    expect(await store.commit([])).toEqual([]);
    expect(await store.load([])).toEqual([]);
  });
};

const lifeContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  it('says in words what an acknowledgement is worth', () => {
    const { durability } = opened.now.store;
    expect(['none', 'process', 'disk']).toContain(durability.level);
    expect(durability.description).toMatch(/\w+ \w+/);
  });

  it.each([
    ['nothing waits', () => 0],
    ['very much waits', () => 1_000_000],
    ['more comes in each turn', counter()],
  ])('lets work begin when %s', async (_when, waiting) => {
    await opened.now.store.gather(waiting);
  });

  it('counts the time in which somebody listened', async () => {
    const { store } = opened.now;
    expect(await store.listened(0)).toBe(0);
    expect(await store.listened(1500)).toBe(1500);
    const [one, other] = await Promise.all([store.listened(100), store.listened(20)]);
    expect([one, other].sort((a, b) => a - b).at(-1)).toBe(1620);
    expect(await store.listened(0.5)).toBeCloseTo(1620.5);
  });

  it('can be closed twice', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched()] });
    await store.close();
    await store.close();
  });

  it('has everything again after it was opened anew, if it outlives its process', async () => {
    const { store, directory, reopen } = opened.now;
    if (reopen === undefined) {
      expect(store.durability.level).toBe('none');
      return;
    }
    await store.listened(4000);
    await write(store, 'a', {
      events: [launched(), faster(7), skipped(3, 4, { by: { who: 'operator', key: 'k' }, why: 'storm' })],
      added: [received('a', 7), received('a', 9)],
    });
    await write(store, 'a', { late: [received('a', 3, exploded())] });
    await write(store, 'b', { events: [launched()], added: [received('b', 2)] });
    const numbers = [1, 2, 3, 4, 7];
    const head = plainHead(await headOf(store, 'a', numbers));
    const feed = await store.readAll({ limit: 100 });
    const known = async ({ directory: from }: Pick<OpenStore, 'directory'>) => ({
      totals: await from.totals(),
      summary: instants((await from.find('a'))!),
      gaps: await from.gaps({ limit: 10 }),
      overdue: await from.overdueGaps(4000, 10),
      late: await from.late('a', { limit: 10 }),
      waiting: await from.waiting('a', { limit: 10 }),
    });
    const before = await known({ directory });

    const again = await reopen();
    expect(plainHead(await headOf(again.store, 'a', numbers))).toEqual(head);
    expect(await again.store.readAll({ limit: 100 })).toEqual(feed);
    expect(await again.store.lastPosition()).toBe(feed.next);
    expect(await again.store.unfinished()).toEqual(['b']);
    expect(await again.store.listened(1)).toBe(4001);
    expect(await known(again)).toEqual(before);
    await write(again.store, 'a', { events: [faster(3)] });
    const rest = await again.store.readAll({ after: feed.next, limit: 100 });
    expect(rest.events.map(({ channel, number, event }) => ({ channel, number, event }))).toEqual([
      { channel: 'a', number: 5, event: faster(3) },
    ]);
  });
};

const counter = (): (() => number) => {
  let count = 0;
  return () => count++;
};
