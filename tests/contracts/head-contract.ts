import fc from 'fast-check';
import { advance, skipGaps } from '../../src/application/ingest/advance.js';
import type { Head, ReceivedMessage } from '../../src/application/ports/event-store.js';
import { WaitingList } from '../../src/infrastructure/stores/waiting-list.js';
import {
  asMessage,
  changeOn,
  exploded,
  faster,
  headOf,
  launched,
  newMission,
  noonMillis,
  received,
  skipped,
  write,
} from '../support/builders.js';
import { runs } from '../support/thorough.js';
import { numbersOf, storeForEach, waitingIn, type OpenStore } from './open-store.js';

export const headContract = (open: () => Promise<OpenStore>): void => {
  describe('of what is recorded', () => recordedContract(open));
  describe('of what waits', () => waitingContract(open));
  describe('of what came late', () => lateContract(open));
};

const recordedContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  it('gives the event of each number asked, none above the version', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched(), faster(1), exploded()] });
    const { recorded } = await headOf(store, 'a', [1, 3, 4]);
    expect(recorded.get(1)).toEqual(launched());
    expect(recorded.get(3)).toEqual(exploded());
    expect(recorded.has(4)).toBe(false);
  });

  it('gives a skipped range for every number in it', async () => {
    const { store } = opened.now;
    const range = skipped(2, 4, { by: { who: 'operator' }, why: 'storm' });
    await write(store, 'a', { events: [launched(), range, faster(5)] });
    const { recorded, state } = await headOf(store, 'a', [1, 2, 3, 4, 5]);
    expect([...recorded].sort(([a], [b]) => a - b)).toEqual([
      [1, launched()],
      [2, range],
      [3, range],
      [4, range],
      [5, faster(5)],
    ]);
    expect(state.version).toBe(5);
    expect(state.rocket.complete).toBe(false);
  });

  it('finds any number of a long history', async () => {
    const { store } = opened.now;
    const events = [launched(), ...Array.from({ length: 299 }, (_, i) => faster(i + 2))];
    await write(store, 'a', { events });
    await write(store, 'b', { events: [launched()] });
    await write(store, 'a', { events: [faster(301)] });
    const numbers = Array.from({ length: 301 }, (_, i) => i + 1);
    const { recorded } = await headOf(store, 'a', numbers);
    expect(numbers.slice(1).map((number) => recorded.get(number))).toEqual(
      numbers.slice(1).map((number) => faster(number)),
    );
  });

  it('answers the same channel with different numbers', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched(), faster()] });
    const heads = await store.load([
      { channel: 'a', numbers: [1] },
      { channel: 'a', numbers: [2] },
    ]);
    expect(heads.map(({ recorded }) => [...recorded.keys()])).toEqual([[1], [2]]);
  });
};

const waitingContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  it('has it until it is released', async () => {
    const { store } = opened.now;
    const four = received('a', 4, newMission('MARS'), noonMillis + 4);
    const three = received('a', 3, faster(3), noonMillis + 9);
    await write(store, 'a', { added: [four] });
    await write(store, 'a', { events: [launched()], added: [three, received('a', 9)] });
    const { waiting } = await headOf(store, 'a', [3, 4, 9]);
    expect(waiting.size).toBe(3);
    expect(numbersOf(waitingIn(waiting))).toEqual([3, 4, 9]);
    expect(waiting.get(3)).toEqual(three);
    expect(waiting.get(4)).toEqual(four);
    expect(waiting.get(5)).toBeUndefined();
    expect(waiting.after(1)).toEqual(three);
    expect(waiting.after(4)?.message.number).toBe(9);
    expect(waiting.after(9)).toBeUndefined();

    await write(store, 'a', { events: [faster(2), faster(3), newMission('MARS')], released: [3, 4] });
    const fresh = await headOf(store, 'a', [3, 4, 9]);
    expect(numbersOf(waitingIn(fresh.waiting))).toEqual([9]);
    expect([...fresh.recorded.keys()].sort()).toEqual([3, 4]);
  });

  it('comes with a head that has moved', async () => {
    const { store } = opened.now;
    const head = await headOf(store, 'a');
    await write(store, 'a', { events: [launched()], added: [received('a', 5)] });
    const [fresh] = await store.commit([changeOn(head, { events: [launched()], numbers: [1, 5] })]);
    expect(fresh!.waiting.get(5)).toEqual(received('a', 5));
    expect(fresh!.recorded.get(1)).toEqual(launched());
  });

  it('is there where it is asked for and at the low end, however much there is', async () => {
    const { store, directory } = opened.now;
    const numbers = Array.from({ length: 5000 }, (_, i) => 2 * i + 3);
    await write(store, 'a', { added: numbers.map((number) => received('a', number)) });
    const { waiting } = await headOf(store, 'a', [3, 4, 5003, 9999, 10_001]);
    expect([3, 4, 5003, 9999, 10_001].map((n) => waiting.get(n)?.message.number)).toEqual([
      3,
      undefined,
      5003,
      9999,
      10_001,
    ]);
    expect(waiting.after(0)?.message.number).toBe(3);
    expect((await directory.find('a'))?.waiting).toBe(5000);
  });

  it('is enough for a step that skips all gaps there are, with a fresh head as well', async () => {
    const { store } = opened.now;
    const old = await headOf(store, 'a');
    const all = Array.from({ length: 3000 }, (_, i) => received('a', 3 * i + 2 + (i % 2)));
    await write(store, 'a', { added: all });
    const whole: Head = { ...(await headOf(store, 'a')), waiting: WaitingList.of(all) };
    const [moved] = await store.commit([changeOn(old, { events: [launched()], skips: true })]);
    const skip = { upTo: Infinity, by: { who: 'operator' } } as const;
    const expected = skipGaps(whole, skip, 7)!;
    expect(expected.skipped.length).toBeGreaterThan(100);
    expect(skipGaps(await headOf(store, 'a', [], true), skip, 7)).toEqual(expected);
    expect(skipGaps(moved!, skip, 7)).toEqual(expected);
  });

  it('leads where all of it would lead', async () => {
    const { store } = opened.now;
    const history = [launched(), faster(1), faster(2), faster(3), faster(4)];
    const number = fc.integer({ min: history.length + 1, max: 400 });
    /** Much of it lies in a row, so that there is something to drain. */
    const rows = fc.array(fc.tuple(number, fc.integer({ min: 1, max: 40 })), {
      minLength: 10,
      maxLength: 20,
    });
    let rockets = 0;
    await fc.assert(
      fc.asyncProperty(rows, fc.uniqueArray(number, { maxLength: 30 }), number, async (row, some, upTo) => {
        const channel = `rocket-${rockets++}`;
        const waits = new Set(
          row.flatMap(([from, count]) => Array.from({ length: count }, (_, i) => from + i)),
        );
        const added = [...waits].sort((a, b) => a - b).map((each) => received(channel, each));
        await write(store, channel, { events: history, added });

        const asked = some.sort((a, b) => a - b);
        const messages = asked.map((each) => asMessage(channel, each, faster()));
        const head = await headOf(store, channel, asked);
        expect(advance(head, messages, 7)).toEqual(advance(whole(head, added), messages, 7));
        const skip = { upTo, by: { who: 'timeout' } } as const;
        const toSkip = await headOf(store, channel, [], true);
        expect(skipGaps(toSkip, skip, 7)).toEqual(skipGaps(whole(toSkip, added), skip, 7));
      }),
      { numRuns: runs(40, 300) },
    );
  });

  it('is named as unfinished when its turn has come', async () => {
    const { store } = opened.now;
    await write(store, 'waits', { added: [received('waits', 3)] });
    await write(store, 'due', { events: [launched()], added: [received('due', 2)] });
    await write(store, 'first', { added: [received('first', 1)] });
    await write(store, 'done', { events: [launched()] });
    expect((await store.unfinished()).sort()).toEqual(['due', 'first']);
    await write(store, 'due', { events: [faster()], released: [2] });
    expect(await store.unfinished()).toEqual(['first']);
  });
};

const lateContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);
  const range = skipped(2, 5);

  beforeEach(async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched(), range], added: [received('a', 9)] });
    await write(store, 'a', {
      late: [
        received('a', 2, newMission('MARS'), noonMillis + 2),
        received('a', 4, exploded(), noonMillis + 3),
      ],
    });
    await write(store, 'b', { events: [launched(), range] });
  });

  it('has what was asked for, beside the event that covers it', async () => {
    const { late, recorded, waiting } = await headOf(opened.now.store, 'a', [2, 3, 4, 9]);
    expect(Object.fromEntries(late)).toEqual({
      2: received('a', 2, newMission('MARS'), noonMillis + 2),
      4: received('a', 4, exploded(), noonMillis + 3),
    });
    expect(Object.fromEntries(recorded)).toEqual({ 2: range, 3: range, 4: range });
    expect(waiting.get(9)).toEqual(received('a', 9));
  });

  it('has nothing of what was not asked for, or of another rocket', async () => {
    const { store } = opened.now;
    expect([...(await headOf(store, 'a', [4])).late.keys()]).toEqual([4]);
    expect((await headOf(store, 'a')).late.size).toBe(0);
    expect((await headOf(store, 'b', [2, 4])).late.size).toBe(0);
  });

  it('has it after the rocket has gone on', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [faster()], late: [received('a', 5)] });
    const { late, state } = await headOf(store, 'a', [2, 5]);
    expect(state.version).toBe(6);
    expect([...late.keys()].sort()).toEqual([2, 5]);
  });

  it('has it when the head had moved', async () => {
    const { store } = opened.now;
    const head = await headOf(store, 'b', [3]);
    await write(store, 'b', { late: [received('b', 3)] });
    const [fresh] = await store.commit([changeOn(head, { late: [received('b', 3)], numbers: [3] })]);
    expect(fresh!.late.get(3)).toEqual(received('b', 3));
    expect((await opened.now.directory.find('b'))?.late).toBe(1);
  });

  it('neither changes the history, nor stands in the feed', async () => {
    const { store } = opened.now;
    const feed = await store.readAll({ limit: 100 });
    await write(store, 'a', { late: [received('a', 3)] });
    expect(await store.readAll({ limit: 100 })).toEqual(feed);
    expect((await store.read('a', { limit: 10 })).map(({ number }) => number)).toEqual([1, 5]);
    expect((await headOf(store, 'a')).state).toMatchObject({ version: 5, rocket: { speed: 500 } });
  });
};

/** The head as if all that waits were at hand. */
const whole = (head: Head, waiting: readonly ReceivedMessage[]): Head => ({
  ...head,
  waiting: WaitingList.of(waiting),
});
