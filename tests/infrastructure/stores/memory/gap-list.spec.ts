import fc from 'fast-check';
import { GapList, type OpenGap } from '../../../../src/infrastructure/stores/memory/gap-list.js';
import { runs } from '../../../support/thorough.js';

/** Hears the numbers one after the other; the i-th of them at time i, when a service had listened for 10 times that. */
const hear = (list: GapList, numbers: readonly number[], highest = 0): void => {
  numbers.forEach((number, i) => {
    list.heard(number, highest, { since: i + 1, listened: 10 * (i + 1) });
    highest = Math.max(highest, number);
  });
};
const gapsIn = (list: GapList, after = 0, version = 0): OpenGap[] =>
  [...list.page(after, version)].map(([gap]) => gap);
const rangesIn = (list: GapList, after = 0, version = 0) =>
  gapsIn(list, after, version).map(({ from, to }) => [from, to]);

describe('the gaps of a channel', () => {
  it('are none at first, and none when everything comes in order', () => {
    const list = new GapList();
    hear(list, [1, 2, 3]);
    expect(list.size).toBe(0);
    expect(list.oldest).toBeUndefined();
    expect(gapsIn(list)).toEqual([]);
  });

  it('open below what comes ahead, and are as old as that', () => {
    const list = new GapList();
    hear(list, [4, 5, 9]);
    expect(gapsIn(list)).toEqual([
      { from: 1, to: 3, since: 1, listened: 10 },
      { from: 6, to: 8, since: 3, listened: 30 },
    ]);
    expect(list.size).toBe(2);
    expect(list.oldest).toEqual({ from: 1, to: 3, since: 1, listened: 10 });
  });

  it('are split by what comes in their midst, and what is left is as old as the whole', () => {
    const list = new GapList();
    hear(list, [10, 5]);
    expect(gapsIn(list)).toEqual([
      { from: 1, to: 4, since: 1, listened: 10 },
      { from: 6, to: 9, since: 1, listened: 10 },
    ]);
  });

  it('shrink at either end, and close', () => {
    const list = new GapList();
    hear(list, [6, 5]);
    expect(rangesIn(list)).toEqual([[1, 4]]);
    hear(list, [1], 6);
    expect(rangesIn(list)).toEqual([[2, 4]]);
    hear(list, [3, 2], 6);
    expect(rangesIn(list)).toEqual([[4, 4]]);
    hear(list, [4], 6);
    expect(list.size).toBe(0);
  });

  it('are not changed by what was heard before', () => {
    const list = new GapList();
    hear(list, [3, 7]);
    hear(list, [3, 7], 7);
    expect(rangesIn(list)).toEqual([
      [1, 2],
      [4, 6],
    ]);
  });

  it('begin behind the history, and go when it has passed them', () => {
    const list = new GapList();
    hear(list, [5, 9]);
    list.passed(2);
    expect(rangesIn(list, 0, 2)).toEqual([
      [3, 4],
      [6, 8],
    ]);
    list.passed(4);
    expect(rangesIn(list, 0, 4)).toEqual([[6, 8]]);
    expect(list.oldest?.to).toBe(8);
    list.passed(9);
    expect(list.size).toBe(0);
  });

  it('come each with the one behind it', () => {
    const list = new GapList();
    hear(list, [3, 5, 9]);
    const pairs = [...list.page(0, 1)].map(([gap, next]) => [gap.from, next?.from]);
    expect(pairs).toEqual([
      [2, 4],
      [4, 6],
      [6, undefined],
    ]);
  });

  it('come in pages of those that begin above a number', () => {
    const list = new GapList();
    hear(list, [3, 5, 9]);
    expect([0, 1, 2, 3, 4, 5, 6].map((after) => rangesIn(list, after).length)).toEqual([3, 2, 2, 2, 1, 1, 0]);
    // The first one begins with what follows on the history.
    expect(rangesIn(list, 1, 1)[0]).toEqual([2, 2]);
    expect(rangesIn(list, 2, 1)[0]).toEqual([4, 4]);
  });

  it('reach up to 2^53 − 1', () => {
    const highest = Number.MAX_SAFE_INTEGER;
    const list = new GapList();
    hear(list, [highest, 2 ** 40]);
    expect(rangesIn(list)).toEqual([
      [1, 2 ** 40 - 1],
      [2 ** 40 + 1, highest - 1],
    ]);
  });

  it('hold exactly the numbers that were not heard, each since it was missing first', () => {
    const heard = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 });
    fc.assert(
      fc.property(heard, fc.nat(20), (numbers, version) => {
        const list = new GapList();
        const ahead = numbers.filter((number) => number > version);
        hear(list, ahead, version);
        const highest = Math.max(version, ...ahead);
        const missing: [number: number, since: number][] = [];
        for (let number = version + 1; number < highest; number++) {
          if (ahead.includes(number)) continue;
          missing.push([number, 1 + ahead.findIndex((other) => other > number)]);
        }
        const covered = gapsIn(list, 0, version).flatMap(({ from, to, since, listened }) => {
          expect(listened).toBe(10 * since);
          return Array.from({ length: to - from + 1 }, (_, i) => [from + i, since]);
        });
        expect(covered).toEqual(missing);
      }),
      { numRuns: runs(150, 3000) },
    );
  });
});
