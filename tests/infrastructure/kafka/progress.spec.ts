import fc from 'fast-check';
import { Progress } from '../../../src/infrastructure/kafka/progress.js';

describe('the progress of a partition', () => {
  it('goes up to the first record that is not settled', () => {
    const progress = new Progress(7n);
    const [first, second, third] = [7n, 8n, 9n].map((offset) => progress.take(offset));
    expect([progress.settle(third!), progress.next]).toEqual([false, 7n]);
    expect([progress.settle(first!), progress.next]).toEqual([true, 8n]);
    expect([progress.settle(second!), progress.next]).toEqual([true, 10n]);
  });

  it('passes offsets at which nothing stands, once what is behind them is settled', () => {
    const progress = new Progress(7n);
    const [first, second] = [9n, 20n].map((offset) => progress.take(offset));
    progress.settle(first!);
    expect(progress.next).toBe(10n);
    progress.settle(second!);
    expect(progress.next).toBe(21n);
  });

  it('is the same as looking at all of them, in any order and at any length', () => {
    const orders = fc.integer({ min: 1, max: 5000 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        // How far out of order.
        spread: fc.integer({ min: 0, max: 1500 }),
        seed: fc.array(fc.nat(), { minLength: 10, maxLength: 50 }),
      }),
    );
    fc.assert(
      fc.property(orders, ({ count, spread, seed }) => {
        const progress = new Progress(0n);
        const taken = Array.from({ length: count }, (_, i) => progress.take(BigInt(i)));
        const order = taken
          .map((one, i) => ({ one, at: i + (spread * (seed[i % seed.length]! % 1000)) / 1000 }))
          .sort((a, b) => a.at - b.at);
        const settled = new Set<bigint>();
        let next = 0n;
        for (const { one } of order) {
          settled.add(one.offset);
          const before = next;
          while (settled.has(next)) next++;
          const isNew = progress.settle(one);
          if (isNew !== next > before || progress.next !== next) return false;
        }
        return progress.next === BigInt(count);
      }),
      { numRuns: 20 },
    );
  });
});
