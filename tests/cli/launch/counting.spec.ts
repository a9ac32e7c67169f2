import fc from 'fast-check';
import type { Shipment } from '../../../src/cli/launch/disorder.js';
import { Latencies } from '../../../src/cli/launch/latencies.js';
import { Pacer } from '../../../src/cli/launch/pacer.js';
import { RetryQueue } from '../../../src/cli/launch/retry-queue.js';

describe('latencies', () => {
  it('have quantiles within 1 % of the exact ones', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 20_000, noNaN: true }), { minLength: 1 }), (times) => {
        const latencies = new Latencies();
        for (const ms of times) latencies.add(ms);
        const sorted = times.toSorted((a, b) => a - b);
        for (const share of [0.5, 0.99, 1]) {
          const exact = sorted[Math.ceil(sorted.length * share) - 1]!;
          expect(Math.abs(latencies.quantile(share) - exact)).toBeLessThanOrEqual(exact * 0.0101);
        }
        expect(latencies.max).toBe(sorted.at(-1));
      }),
    );
  });

  it('are 0 when nothing was measured', () => expect(new Latencies().quantile(0.5)).toBe(0));
});

describe('pace', () => {
  it('is none when none is asked for', () => expect(new Pacer(0, undefined).wait(0)).toBe(0));

  it('keeps a delay between any two messages, however late the last one was', () => {
    const pacer = new Pacer(500, undefined);
    expect([pacer.wait(0), pacer.wait(0), pacer.wait(5000), pacer.wait(5000)]).toEqual([0, 500, 0, 500]);
  });

  it('holds a rate on average', () => {
    const pacer = new Pacer(0, 1000);
    const waits = Array.from({ length: 1001 }, () => pacer.wait(1000));
    expect(waits.at(-1)).toBeCloseTo(950, 6);
    expect(new Pacer(0, 1000).wait(0, 500)).toBe(0);
  });
});

describe('the retry queue', () => {
  const shipment = (number: number): Shipment => ({
    kind: 'message',
    body: '',
    message: {
      channel: 'a',
      number,
      time: '',
      accepted: false,
      report: { type: 'RocketExploded', data: { reason: 'x' } },
    },
  });

  it('gives back in order, each 500 ms after it was added', () => {
    const queue = new RetryQueue();
    expect(queue.dueIn(0)).toBe(Infinity);
    for (let number = 1; number <= 5000; number++) queue.add(shipment(number), number);
    expect([queue.size, queue.dueIn(1), queue.dueIn(501)]).toEqual([5000, 500, 0]);
    const taken = Array.from({ length: 5000 }, () => queue.take()?.message.number);
    expect(taken).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
    expect([queue.size, queue.take()]).toEqual([0, undefined]);
  });
});
