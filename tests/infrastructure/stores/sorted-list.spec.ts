import fc from 'fast-check';
import { SortedList } from '../../../src/infrastructure/stores/sorted-list.js';
import { runs } from '../../support/thorough.js';

interface Item {
  readonly key: number;
  readonly label: string;
}

const byKey = (a: Item, b: Item): number => a.key - b.key;
const item = (key: number, label = ''): Item => ({ key, label });
const listOf = (keys: Iterable<number>): SortedList<Item> => {
  const list = new SortedList<Item>(byKey);
  for (const key of keys) list.insert(item(key));
  return list;
};
const keysOf = (items: Iterable<Item>): number[] => [...items].map(({ key }) => key);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
/** Every number below `count` once, far from any order. */
const shuffled = (count: number): number[] => upTo(count).map((i) => (i * 7919) % count);

describe('a sorted list', () => {
  it('has nothing at first', () => {
    const list = listOf([]);
    expect([...list]).toEqual([]);
    expect(list.size).toBe(0);
    expect(list.first(() => 0)).toBeUndefined();
    expect(list.remove(item(1))).toBe(false);
    list.removeLowest(() => true);
    expect(list.size).toBe(0);
  });

  // Enough for many blocks, split in the middle and at the end.
  it.each([
    ['rising', upTo(5000)],
    ['falling', upTo(5000).reverse()],
    ['shuffled', shuffled(5000)],
  ])('keeps %s values in order', (_, keys) => {
    const list = listOf(keys);
    expect(keysOf(list)).toEqual(upTo(5000));
    expect(list.size).toBe(5000);
    expect(list.count(({ key }) => key - 4999)).toBe(4999);
  });

  it('keeps the first of two equal values', () => {
    const list = new SortedList<Item>(byKey);
    expect(list.insert(item(1, 'first'))).toBe(true);
    expect(list.insert(item(1, 'second'))).toBe(false);
    expect([...list]).toEqual([item(1, 'first')]);
    expect(list.size).toBe(1);
  });

  it('removes what is there, wherever it stands', () => {
    const list = listOf(upTo(3000));
    for (const key of shuffled(3000).filter((k) => k % 3 > 0)) expect(list.remove(item(key))).toBe(true);
    expect(list.remove(item(1))).toBe(false);
    expect(list.remove(item(-1))).toBe(false);
    expect(list.remove(item(9999))).toBe(false);
    expect(keysOf(list)).toEqual(upTo(1000).map((i) => i * 3));
    expect(list.size).toBe(1000);
  });

  it.each([0, 1, 511, 512, 513, 1024, 2999, 3000])('drops the lowest %i', (count) => {
    const list = listOf(upTo(3000));
    list.removeLowest(({ key }) => key < count);
    expect(keysOf(list)).toEqual(upTo(3000).slice(count));
    expect(list.size).toBe(3000 - count);
  });

  it('walks from any place', () => {
    const list = listOf(upTo(2000).map((i) => i * 2));
    expect(keysOf(list.from(({ key }) => key - 999)).slice(0, 3)).toEqual([1000, 1002, 1004]);
    expect(keysOf(list.from(({ key }) => key - 3998))).toEqual([3998]);
    expect(keysOf(list.from(({ key }) => key - 3999))).toEqual([]);
    expect(list.first(({ key }) => key + 1)?.key).toBe(0);
  });

  it('counts what stands before any place', () => {
    const list = listOf(upTo(2000).map((i) => i * 2));
    const places = [-1, 0, 1, 1023, 1024, 1025, 3998, 3999];
    expect(places.map((place) => list.count(({ key }) => key - place))).toEqual([
      0, 0, 1, 512, 512, 513, 1999, 2000,
    ]);
    expect(listOf([]).count(() => -1)).toBe(0);
  });

  it('equals a plain sorted array after anything done to it', () => {
    const key = fc.nat(400);
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('insert' as const), key }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), key }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), key: fc.nat(20) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.nat(2000), (steps, start) => {
        const list = listOf(shuffled(start).map((k) => k / 4));
        let model = new Set(upTo(start).map((k) => k / 4));
        for (const { do: what, key: k } of steps) {
          if (what === 'insert') expect(list.insert(item(k))).toBe(!model.has(k));
          if (what === 'remove') expect(list.remove(item(k))).toBe(model.has(k));
          if (what === 'drop') list.removeLowest((other) => other.key < k);
          if (what === 'insert') model.add(k);
          if (what === 'remove') model.delete(k);
          if (what === 'drop') model = new Set([...model].filter((other) => other >= k));
        }
        const sorted = [...model].sort((a, b) => a - b);
        expect(keysOf(list)).toEqual(sorted);
        expect(list.size).toBe(sorted.length);
        expect(list.count(({ key }) => key - 200)).toBe(sorted.filter((other) => other < 200).length);
      }),
      { numRuns: runs(30, 500) },
    );
  });
});
