import type { Order, StoredEvent } from '../../src/application/ports/event-store.js';
import { utcKey } from '../../src/domain/rocket-time.js';
import { initialState } from '../../src/domain/rocket.js';
import { faster, launched, noonMillis, skipped, slower, write } from '../support/builders.js';
import { foldOf, instants, storeForEach, type OpenStore } from './open-store.js';

export const storedHistoryContract = (open: () => Promise<OpenStore>): void => {
  describe('in pages', () => pagesContract(open));
  describe('as it was', () => snapshotContract(open));
};

const pagesContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  beforeEach(async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched(), ...Array(99).fill(faster())] });
    await write(store, 'b', { events: [launched()] });
    await write(store, 'a', { events: [skipped(101, 150), ...Array(50).fill(slower(1))] });
  });

  const numbers = async (after: number | undefined, limit: number, order?: Order): Promise<number[]> =>
    (await opened.now.store.read('a', { after, limit, order })).map(({ number }) => number);

  it('begins behind `after`, which need not stand there itself', async () => {
    expect(await numbers(198, 10)).toEqual([199, 200]);
    expect(await numbers(99, 3)).toEqual([100, 150, 151]);
    expect(await numbers(120, 2)).toEqual([150, 151]);
    expect(await numbers(200, 10)).toEqual([]);
    expect(await numbers(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });

  it('goes down from `after`, or from the end', async () => {
    expect(await numbers(undefined, 3, 'desc')).toEqual([200, 199, 198]);
    expect(await numbers(199, 2, 'desc')).toEqual([198, 197]);
    expect(await numbers(152, 3, 'desc')).toEqual([151, 150, 100]);
    expect(await numbers(151, 2, 'desc')).toEqual([150, 100]);
    expect(await numbers(150, 2, 'desc')).toEqual([100, 99]);
    expect(await numbers(120, 2, 'desc')).toEqual([100, 99]);
    expect(await numbers(101, 200, 'desc')).toHaveLength(100);
    expect(await numbers(1, 10, 'desc')).toEqual([]);
    expect(await numbers(0, 10, 'desc')).toEqual([]);
    expect(await numbers(201, 1, 'desc')).toEqual([200]);
    expect(await numbers(Number.MAX_SAFE_INTEGER, 1, 'desc')).toEqual([200]);
  });

  it('answers `limit` events at most', async () => {
    expect(await numbers(0, 2)).toEqual([1, 2]);
    expect(await numbers(undefined, 1000)).toHaveLength(151);
    expect(await numbers(undefined, 1000, 'desc')).toHaveLength(151);
  });

  it.each([1, 7, 16, 17, 150, 151])('gives the whole of it in pages of %i, either way', async (limit) => {
    const whole = await numbers(undefined, 1000);
    for (const order of ['asc', 'desc'] as const) {
      const seen: number[] = [];
      for (let page = await numbers(undefined, limit, order); page.length > 0;) {
        seen.push(...page);
        page = await numbers(page.at(-1), limit, order);
      }
      expect(seen).toEqual(order === 'asc' ? whole : [...whole].reverse());
    }
  });

  it('gives the same events either way', async () => {
    const { store } = opened.now;
    const up = await store.read('a', { limit: 1000 });
    expect(await store.read('a', { limit: 1000, order: 'desc' })).toEqual(up.reverse());
  });

  it('goes down from every number, within ranges that were skipped too', async () => {
    const { store } = opened.now;
    await write(store, 'c', { events: [skipped(1, 3), faster(4), skipped(5, 9), skipped(10, 12)] });
    for (let after = 0; after <= 14; after++) {
      const below = (await store.read('c', { after, limit: 9, order: 'desc' })).map(({ number }) => number);
      expect(below).toEqual([12, 9, 4, 3].filter((number) => number < after));
    }
  });
};

const snapshotContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);
  const length = 2600;
  /** Times go back and forth: every 500th event claims to be an hour ahead. */
  const timeOf = (i: number): string =>
    new Date(noonMillis + i * 1000 + (i % 500 === 499 ? 3_600_000 : 0)).toISOString();
  let history: StoredEvent[];

  beforeEach(async () => {
    const { store } = opened.now;
    const events = Array.from({ length }, (_, i) => (i === 0 ? launched(timeOf(0)) : faster(1, timeOf(i))));
    for (let i = 0; i < length; i += 130) await write(store, 'a', { events: events.slice(i, i + 130) });
    history = await store.read('a', { after: 0, limit: length });
  });

  const stateWithin = async (bound: { version?: number; time?: string }, channel = 'a') =>
    instants((await opened.now.store.snapshot(channel, bound)) ?? initialState);

  it('is a state of the past within the version given, near enough to fold on from', async () => {
    for (const version of [0, 1, 2, 129, 130, 1023, 1024, 1025, 2048, 2599, 2600, 9999]) {
      const snapshot = await stateWithin({ version });
      expect(snapshot.version).toBeLessThanOrEqual(version);
      expect(Math.min(version, length) - snapshot.version).toBeLessThanOrEqual(2048);
      expect(snapshot).toEqual(foldOf(history.slice(0, snapshot.version)));
    }
  });

  it('holds nothing that was sent after the time given', async () => {
    for (const i of [-1, 0, 1, 498, 499, 500, 999, 1600, 2598, 2599, 9999]) {
      const millis = i < 0 ? noonMillis - 1 : noonMillis + i * 1000;
      const time = utcKey(new Date(millis).toISOString());
      const snapshot = await stateWithin({ time });
      const before = history.slice(0, snapshot.version);
      expect(before.filter(({ event }) => utcKey(event.time) > time)).toEqual([]);
      expect(snapshot).toEqual(foldOf(before));
    }
  });

  it('keeps to both bounds, and to none', async () => {
    const time = utcKey(new Date(noonMillis + 300_000).toISOString());
    expect((await stateWithin({ version: 2000, time })).version).toBeLessThanOrEqual(301);
    expect((await stateWithin({ version: 7, time })).version).toBeLessThanOrEqual(7);
    const newest = await stateWithin({});
    expect(newest).toEqual(foldOf(history.slice(0, newest.version)));
    expect(length - newest.version).toBeLessThanOrEqual(2048);
  });

  it('takes all decimals into account', async () => {
    await write(opened.now.store, 'b', { events: [launched('2026-10-01T12:00:00.000999999Z')] });
    for (const time of ['2026-10-01T11:59:59', '2026-10-01T12:00:00', '2026-10-01T12:00:00.000999998']) {
      expect(await stateWithin({ time }, 'b')).toEqual(initialState);
    }
    for (const time of ['2026-10-01T12:00:00.000999999', '2026-10-01T12:00:00.001']) {
      expect((await stateWithin({ time }, 'b')).version).toBeLessThanOrEqual(1);
    }
  });

  it('knows of refused messages by when they were sent, though they change nothing', async () => {
    const message = { type: 'RocketSpeedIncreased', data: { by: 1 } } as const;
    const data = { rule: 'not-launched', message } as const;
    const refused = { type: 'MessageRefused', data, time: '2026-10-01T13:00:00Z' } as const;
    await write(opened.now.store, 'b', { events: [refused, launched('2026-10-01T12:00:00Z')] });
    expect(await stateWithin({ time: '2026-10-01T12:30:00' }, 'b')).toEqual(initialState);
    expect((await stateWithin({ time: '2026-10-01T13:00:00' }, 'b')).version).toBeLessThanOrEqual(2);
  });
};
