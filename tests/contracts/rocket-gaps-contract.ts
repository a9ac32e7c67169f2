import fc from 'fast-check';
import type { EventStore } from '../../src/application/ports/event-store.js';
import type { Gap, GapPlace, RocketDirectory } from '../../src/application/ports/rocket-directory.js';
import { faster, headOf, launched, noonMillis, received, skipped, write } from '../support/builders.js';
import { storeForEach, type OpenStore } from './open-store.js';

export const rocketGapsContract = (open: () => Promise<OpenStore>, runs: number): void => {
  describe('that are open', () => openGapsContract(open, runs));
  describe('that are overdue', () => overdueContract(open));
};

const openGapsContract = (open: () => Promise<OpenStore>, runs: number): void => {
  const opened = storeForEach(open);
  const gapsOf = async (channel?: string) => (await opened.now.directory.gaps({ channel, limit: 100 })).gaps;

  it('name each missing range, since when, and what waits right behind it', async () => {
    const { store, directory } = opened.now;
    await write(store, 'b', { events: [launched()] });
    for (const [number, at] of [
      [4, 20],
      [9, 30],
      [5, 40],
      [11, 50],
    ] as const) {
      await hear(store, 'b', number, noonMillis + at);
    }
    await hear(store, 'a', 2, noonMillis);
    await write(store, 'c', { events: [launched()] });
    const { gaps, next } = await directory.gaps({ limit: 10 });
    expect(next).toBeUndefined();
    expect(gaps).toEqual([
      { channel: 'a', from: 1, to: 1, since: noonMillis, waiting: 1 },
      { channel: 'b', from: 2, to: 3, since: noonMillis + 20, waiting: 2 },
      { channel: 'b', from: 6, to: 8, since: noonMillis + 30, waiting: 1 },
      { channel: 'b', from: 10, to: 10, since: noonMillis + 50, waiting: 1 },
    ]);
    expect(await gapsOf('b')).toEqual(gaps.slice(1));
    expect(await gapsOf('c')).toEqual([]);
    expect(await directory.totals()).toMatchObject({ withGaps: 2, gaps: 4 });
  });

  it('are as old in both parts as they were before something came in their midst', async () => {
    const { store } = opened.now;
    await hear(store, 'a', 20, noonMillis + 1);
    await hear(store, 'a', 10, noonMillis + 2);
    await hear(store, 'a', 19, noonMillis + 3);
    await hear(store, 'a', 1, noonMillis + 4);
    await hear(store, 'a', 30, noonMillis + 5);
    await hear(store, 'a', 25, noonMillis + 6);
    expect((await gapsOf()).map(({ from, to, since }) => [from, to, since - noonMillis])).toEqual([
      [2, 9, 1],
      [11, 18, 1],
      [21, 24, 5],
      [26, 29, 5],
    ]);
  });

  it('go when they have closed', async () => {
    const { store, directory } = opened.now;
    await write(store, 'a', { added: [received('a', 2), received('a', 5)] });
    await write(store, 'a', { events: [launched(), faster()], released: [2] });
    expect(await gapsOf()).toMatchObject([{ from: 3, to: 4, waiting: 1 }]);
    await write(store, 'a', { events: [faster(), faster(), faster()], released: [5] });
    expect(await directory.gaps({ limit: 10 })).toEqual({ gaps: [], next: undefined });
    expect(await directory.totals()).toMatchObject({ withGaps: 0, gaps: 0, waiting: 0 });
  });

  it('shrink from below when they are skipped in part, and go when all of them is', async () => {
    const { store, directory } = opened.now;
    await write(store, 'a', { added: [received('a', 6), received('a', 9)] });
    await write(store, 'a', { events: [skipped(1, 3)], heard: false });
    expect(await gapsOf()).toMatchObject([
      { from: 4, to: 5, since: noonMillis, waiting: 1 },
      { from: 7, to: 8 },
    ]);
    const events = [skipped(4, 5), faster(), skipped(7, 8), faster()];
    await write(store, 'a', { events, released: [6, 9], heard: false });
    expect(await gapsOf()).toEqual([]);
    expect(await directory.totals()).toMatchObject({ withGaps: 0, gaps: 0, waiting: 0, incomplete: 1 });
  });

  it('are none in front of a message whose turn has come', async () => {
    const { store, directory } = opened.now;
    await write(store, 'a', { events: [launched()], added: [received('a', 2)] });
    expect(await gapsOf()).toEqual([]);
    expect(await directory.totals()).toMatchObject({ withGaps: 0, gaps: 0, waiting: 1 });
  });

  it('equal the set of numbers not heard, in pages of any size', async () => {
    await fc.assert(
      fc.asyncProperty(anyHeard, fc.integer({ min: 1, max: 5 }), async (heard, limit) => {
        const own = await open();
        try {
          for (const [i, numbers] of heard.entries()) await hearAll(own.store, `r${i}`, numbers);
          const expected = heard.flatMap((numbers, i) => missingIn(`r${i}`, numbers));
          expect(await allGaps(own.directory, { limit })).toEqual(expected);
          expect(await allGaps(own.directory, { limit, channel: 'r1' })).toEqual(
            expected.filter(({ channel }) => channel === 'r1'),
          );
          expect(await own.directory.totals()).toMatchObject({
            gaps: expected.length,
            withGaps: new Set(expected.map((gap) => gap.channel)).size,
          });
        } finally {
          await own.close();
        }
      }),
      { numRuns: runs },
    );
  });

  it('begin behind any place, also one where no gap begins any more', async () => {
    const { store, directory } = opened.now;
    for (const channel of ['a', 'b', 'c']) {
      await write(store, channel, { added: [3, 5, 9].map((number) => received(channel, number)) });
    }
    const from = async (after: GapPlace, channel?: string) =>
      (await directory.gaps({ channel, after, limit: 2 })).gaps.map((gap) => `${gap.channel}${gap.from}`);
    expect(await from({ channel: 'a', from: 1 })).toEqual(['a4', 'a6']);
    expect(await from({ channel: 'a', from: 6 })).toEqual(['b1', 'b4']);
    expect(await from({ channel: 'a', from: 7 })).toEqual(['b1', 'b4']);
    expect(await from({ channel: 'aa', from: 100 })).toEqual(['b1', 'b4']);
    expect(await from({ channel: 'c', from: 6 })).toEqual([]);
    expect(await from({ channel: 'b', from: 1 }, 'b')).toEqual(['b4', 'b6']);
    await write(store, 'b', {
      events: [launched(), faster(), faster(), faster(), faster()],
      released: [3, 5],
    });
    expect(await from({ channel: 'b', from: 1 })).toEqual(['b6', 'c1']);
    expect(await from({ channel: 'b', from: 4 })).toEqual(['b6', 'c1']);
    await write(store, 'b', { events: [faster()] });
    expect(await from({ channel: 'b', from: 6 })).toEqual(['b7', 'c1']);
    expect(await from({ channel: 'b', from: 7 })).toEqual(['c1', 'c4']);
  });

  it('come in pages of very many as in pages of few', async () => {
    const { store, directory } = opened.now;
    const count = 6000;
    const all = Array.from({ length: count }, (_, i) => received('a', 3 * i + 3 + (i % 2)));
    await write(store, 'a', { added: all });
    await write(store, 'b', { added: [received('b', 2)] });
    const gaps = await allGaps(directory, { limit: 999 });
    expect(gaps).toHaveLength(count + 1);
    expect(await allGaps(directory, { limit: 999, channel: 'a' })).toEqual(gaps.slice(0, -1));
    const expected = all.map(({ message }, i): Gap => {
      const from = (all[i - 1]?.message.number ?? 0) + 1;
      return { channel: 'a', from, to: message.number - 1, since: noonMillis, waiting: 1 };
    });
    expect(gaps.slice(0, -1)).toEqual(expected);
  });
};

const overdueContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);
  const overdue = async (listened: number, limit = 100): Promise<string[]> =>
    (await opened.now.directory.overdueGaps(listened, limit)).map(({ channel, to }) => `${channel}${to}`);

  /** Gaps that opened after a service had listened for 0, 100, 200 and 300 milliseconds. */
  beforeEach(async () => {
    const { store } = opened.now;
    await hear(store, 'b', 3, noonMillis);
    await store.listened(100);
    await hear(store, 'a', 5, noonMillis);
    await store.listened(100);
    await hear(store, 'b', 9, noonMillis);
    await store.listened(100);
    await hear(store, 'c', 4, noonMillis);
    await store.listened(100);
  });

  it('are those that were open already when a service had listened for so long', async () => {
    expect(await overdue(-1)).toEqual([]);
    expect(await overdue(0)).toEqual(['b2']);
    expect(await overdue(99)).toEqual(['b2']);
    expect((await overdue(100)).sort()).toEqual(['a4', 'b2']);
    expect((await overdue(200)).sort()).toEqual(['a4', 'b2', 'b8']);
    expect((await overdue(1_000_000)).sort()).toEqual(['a4', 'b2', 'b8', 'c3']);
  });

  it('are as many as were asked for, and among them the oldest', async () => {
    for (const limit of [1, 2, 3, 4]) {
      const some = await overdue(1_000_000, limit);
      expect(some).toHaveLength(limit);
      expect(some[0]).toBe('b2');
      expect(new Set(some).size).toBe(limit);
    }
    expect(await overdue(100, 1)).toEqual(['b2']);
  });

  it('say since when they have been open', async () => {
    const { store, directory } = opened.now;
    await hear(store, 'd', 2, noonMillis + 70);
    const since = new Map(
      (await directory.overdueGaps(1_000_000, 100)).map((gap) => [`${gap.channel}${gap.to}`, gap.since]),
    );
    expect([since.get('b2'), since.get('b8'), since.get('d1')]).toEqual([
      noonMillis,
      noonMillis,
      noonMillis + 70,
    ]);
  });

  it('are as old in both parts as they were before something came in their midst', async () => {
    const { store } = opened.now;
    await hear(store, 'a', 2, noonMillis);
    await hear(store, 'b', 6, noonMillis);
    expect((await overdue(100)).sort()).toEqual(['a1', 'a4', 'b2']);
    expect((await overdue(200)).sort()).toEqual(['a1', 'a4', 'b2', 'b5', 'b8']);
  });

  it('are overdue no more when they have closed, and go on being so when only part of them has', async () => {
    const { store } = opened.now;
    await write(store, 'b', { events: [launched(), faster(), faster()], released: [3] });
    await write(store, 'a', { events: [launched()] });
    await write(store, 'c', { events: [skipped(1, 3), faster()], released: [4], heard: false });
    expect((await overdue(1_000_000)).sort()).toEqual(['a4', 'b8']);
  });
};

/** Commits a number as the service does: in order, ahead of a gap, or in order with what waited behind it. */
const hear = async (store: EventStore, channel: string, number: number, at: number): Promise<void> => {
  const { state, waiting } = await headOf(store, channel, [number]);
  if (number > state.version + 1) {
    return write(store, channel, { added: [received(channel, number, faster(), at)], recordedAt: at });
  }
  const released: number[] = [];
  for (let next = number + 1; waiting.get(next) !== undefined; next++) released.push(next);
  await write(store, channel, {
    events: [faster(), ...released.map(() => faster())],
    released,
    recordedAt: at,
  });
};

/** Our clock is set back at times; the gap is as old as it was when it opened. */
const heardAt = (i: number): number => noonMillis + ((i * 7919) % 100);

const hearAll = async (store: EventStore, channel: string, numbers: readonly number[]): Promise<void> => {
  for (const [i, number] of numbers.entries()) await hear(store, channel, number, heardAt(i));
};

/** For some rockets, the numbers heard, in the order of hearing; a number may be far beyond all others. */
const anyHeard = fc.array(
  fc.uniqueArray(
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 30 }) },
      fc.constantFrom(2 ** 40, 2 ** 53 - 1),
    ),
    { maxLength: 20 },
  ),
  { minLength: 2, maxLength: 9 },
);

const missingIn = (channel: string, numbers: readonly number[]): Gap[] => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.flatMap((number, i) => {
    const from = (sorted[i - 1] ?? 0) + 1;
    if (from === number) return [];
    // The first that came from beyond it opened it.
    const since = heardAt(numbers.findIndex((heard) => heard >= number));
    let waiting = 1;
    while (sorted[i + waiting] === number + waiting) waiting++;
    return [{ channel, from, to: number - 1, since, waiting }];
  });
};

/** More than any walk here can meet: a cursor that stands still must fail, not hang. */
const PLENTY = 10_000;

const allGaps = async (
  directory: RocketDirectory,
  query: { limit: number; channel?: string },
): Promise<Gap[]> => {
  const gaps: Gap[] = [];
  let after: GapPlace | undefined;
  do {
    const page = await directory.gaps({ ...query, after });
    expect(page.gaps.length).toBeLessThanOrEqual(query.limit);
    gaps.push(...page.gaps);
    if (gaps.length > PLENTY) throw new Error('The gaps do not end.');
    after = page.next;
  } while (after !== undefined);
  return gaps;
};
