import fc from 'fast-check';
import { LANES, laneOf } from '../../../src/application/ingest/lanes.js';
import {
  MESSAGES_PER_BATCH,
  ReorderBuffer,
  type Arrival,
  type Batch,
} from '../../../src/application/ingest/reorder-buffer.js';
import { faster, message } from '../../support/messages.js';
import { runs } from '../../support/thorough.js';

const ample = { messages: 1_000_000, bytes: 1_000_000_000 };
const arrival = (number: number, channel = 'rocket-1', bytes = 100): Arrival => ({
  message: message(number, faster(1), channel),
  bytes,
  settle: () => undefined,
  fail: () => undefined,
});
const skip = () => ({
  skip: { upTo: 9, by: { who: 'operator' } } as const,
  settle: () => undefined,
  fail: () => undefined,
});
const contents = (batch: Batch | undefined) =>
  batch?.work.map(({ channel, arrivals }) => [channel, arrivals.map((each) => each.message.number)]);

/** Channels that share a lane with the first one. */
const sameLane = (count: number): string[] => {
  const channels: string[] = [];
  for (let i = 0; channels.length < count; i++) {
    if (laneOf(`rocket-${i}`) === laneOf('rocket-0')) channels.push(`rocket-${i}`);
  }
  return channels;
};
const otherLane = (): string => {
  for (let i = 1; ; i++) if (laneOf(`rocket-${i}`) !== laneOf('rocket-0')) return `rocket-${i}`;
};

describe('a reorder buffer', () => {
  it('has nothing to take before something arrives', () => {
    expect(new ReorderBuffer(ample).take()).toBeUndefined();
  });

  it('hands out the messages of a channel in number order', () => {
    const buffer = new ReorderBuffer(ample);
    for (const number of [5, 1, 3, 2, 4]) buffer.offer(arrival(number));
    expect(contents(buffer.take())).toEqual([['rocket-1', [1, 2, 3, 4, 5]]]);
  });

  it('keeps repeats of a number together, first come first', () => {
    const buffer = new ReorderBuffer(ample);
    const arrivals = [arrival(2), arrival(1), arrival(2), arrival(1)];
    for (const each of arrivals) buffer.offer(each);
    const taken = buffer.take()!.work[0]!.arrivals;
    expect(taken.map((each) => arrivals.indexOf(each))).toEqual([1, 3, 0, 2]);
  });

  it('hands out all channels of a lane together', () => {
    const buffer = new ReorderBuffer(ample);
    const [a, b] = sameLane(2) as [string, string];
    buffer.offer(arrival(1, a));
    buffer.offer(arrival(1, b));
    const batch = buffer.take()!;
    expect(batch.lanes).toEqual([laneOf(a)]);
    expect(contents(batch)).toEqual([
      [a, [1]],
      [b, [1]],
    ]);
    expect(buffer.take()).toBeUndefined();
  });

  it('hands out lanes together, in the order their work came', () => {
    const buffer = new ReorderBuffer(ample);
    const [first, second] = ['rocket-0', otherLane()];
    buffer.offer(arrival(1, second));
    buffer.offer(arrival(1, first));
    const batch = buffer.take()!;
    expect(batch.lanes).toEqual([laneOf(second), laneOf(first)]);
    expect(contents(batch)).toEqual([
      [second, [1]],
      [first, [1]],
    ]);
  });

  it('counts what nobody has taken', () => {
    const buffer = new ReorderBuffer(ample);
    for (let number = 1; number <= MESSAGES_PER_BATCH + 3; number++) buffer.offer(arrival(number));
    expect(buffer.waiting).toBe(MESSAGES_PER_BATCH + 3);
    const batch = buffer.take()!;
    expect(buffer).toMatchObject({ waiting: 3, isReady: false, messages: MESSAGES_PER_BATCH + 3 });
    buffer.release(batch);
    expect(buffer).toMatchObject({ waiting: 3, isReady: true });
  });

  it('never hands out a lane that is held; what comes meanwhile is the next batch', () => {
    const buffer = new ReorderBuffer(ample);
    buffer.offer(arrival(1));
    const batch = buffer.take()!;
    buffer.offer(arrival(3));
    buffer.offer(arrival(2));
    expect(buffer.take()).toBeUndefined();
    buffer.release(batch);
    expect(contents(buffer.take())).toEqual([['rocket-1', [2, 3]]]);
  });

  it('forgets a released lane that has no work', () => {
    const buffer = new ReorderBuffer(ample);
    buffer.offer(arrival(1));
    buffer.release(buffer.take()!);
    expect(buffer.take()).toBeUndefined();
    buffer.offer(arrival(2));
    expect(contents(buffer.take())).toEqual([['rocket-1', [2]]]);
  });

  it('gives a channel another turn without arrivals', () => {
    const buffer = new ReorderBuffer(ample);
    buffer.resume('rocket-1');
    expect(contents(buffer.take())).toEqual([['rocket-1', []]]);
  });

  it('hands out a skip after every message that came before it', () => {
    const buffer = new ReorderBuffer(ample);
    for (let number = 1; number <= MESSAGES_PER_BATCH + 1; number++) buffer.offer(arrival(number));
    buffer.offerSkip('rocket-1', skip());
    const first = buffer.take()!;
    expect(first.work[0]!.skips).toHaveLength(0);
    buffer.release(first);
    const second = buffer.take()!;
    expect(second.work[0]!.arrivals).toHaveLength(1);
    expect(second.work[0]!.skips).toHaveLength(1);
  });
});

describe('a batch', () => {
  it('holds a limited number of messages; the rest is the next one', () => {
    const buffer = new ReorderBuffer(ample);
    for (let number = 1; number <= 2 * MESSAGES_PER_BATCH; number++) buffer.offer(arrival(number));
    const sizes: number[] = [];
    for (let batch = buffer.take(); batch !== undefined; batch = buffer.take()) {
      sizes.push(batch.work[0]!.arrivals.length);
      buffer.release(batch);
    }
    expect(sizes).toEqual([MESSAGES_PER_BATCH, MESSAGES_PER_BATCH]);
  });

  it('ends with a lane: what did not fit into it is left to others', () => {
    const buffer = new ReorderBuffer(ample);
    const other = otherLane();
    for (let number = 1; number <= MESSAGES_PER_BATCH; number++) buffer.offer(arrival(number, 'rocket-0'));
    buffer.offer(arrival(1, other));
    expect(buffer.take()!.lanes).toEqual([laneOf('rocket-0')]);
    expect(contents(buffer.take())).toEqual([[other, [1]]]);
  });

  it('holds a limited number of channels, for each may have much to drain', () => {
    const buffer = new ReorderBuffer(ample);
    const channels = Array.from({ length: 1000 }, (_, i) => `rocket-${i}`);
    for (const channel of channels) buffer.resume(channel);
    const taken: string[] = [];
    for (let batch = buffer.take(); batch !== undefined; batch = buffer.take()) {
      expect(batch.work.length).toBeLessThanOrEqual(256);
      taken.push(...batch.work.map(({ channel }) => channel));
      buffer.release(batch);
    }
    expect(taken.sort()).toEqual(channels.sort());
  });

  it('gives the other channels of its lane their turn before a busy one has its second', () => {
    const buffer = new ReorderBuffer(ample);
    const [busy, quiet] = sameLane(2) as [string, string];
    const keepBusy = () => {
      for (let number = 1; number <= 2 * MESSAGES_PER_BATCH; number++) buffer.offer(arrival(number, busy));
    };
    keepBusy();
    buffer.offer(arrival(1, quiet));
    const first = buffer.take()!;
    keepBusy();
    buffer.release(first);
    expect(buffer.take()!.work[0]!.channel).toBe(quiet);
  });
});

describe('the bounds', () => {
  it('turn away what exceeds the count, and nothing is taken', () => {
    const buffer = new ReorderBuffer({ messages: 2, bytes: 1000 });
    expect([1, 2, 3].map((number) => buffer.offer(arrival(number)))).toEqual([true, true, false]);
    expect(buffer).toMatchObject({ messages: 2, bytes: 200 });
    expect(contents(buffer.take())).toEqual([['rocket-1', [1, 2]]]);
  });

  it('turn away what exceeds the bytes, and still take what fits', () => {
    const buffer = new ReorderBuffer({ messages: 10, bytes: 250 });
    expect(buffer.offer(arrival(1, 'rocket-1', 200))).toBe(true);
    expect(buffer.offer(arrival(2, 'rocket-1', 51))).toBe(false);
    expect(buffer.offer(arrival(3, 'rocket-1', 50))).toBe(true);
    expect(buffer).toMatchObject({ messages: 2, bytes: 250 });
  });

  it('keeps a quarter of its room, and a short queue, for messages that come alone', () => {
    const few = new ReorderBuffer({ messages: 8, bytes: 1_000_000 });
    const numbers = Array.from({ length: 9 }, (_, i) => i + 1);
    expect(numbers.filter((number) => few.offer(arrival(number), true))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(numbers.filter((number) => few.offer(arrival(number)))).toEqual([1, 2]);
    const small = new ReorderBuffer({ messages: 100, bytes: 1000 });
    expect(numbers.filter((number) => small.offer(arrival(number), true)).length).toBe(7);
    const large = new ReorderBuffer(ample);
    let streamed = 0;
    while (large.offer(arrival(++streamed), true));
    expect(streamed).toBe(8 * MESSAGES_PER_BATCH + 1);
    expect(large.offer(arrival(streamed))).toBe(true);
  });

  it('takes any message of a stream when there is no other', () => {
    const buffer = new ReorderBuffer({ messages: 1, bytes: 100 });
    expect(buffer.offer(arrival(1), true)).toBe(true);
    expect(buffer.offer(arrival(2), true)).toBe(false);
  });

  it('count what was taken until it is settled', () => {
    const buffer = new ReorderBuffer({ messages: 1, bytes: 1000 });
    buffer.offer(arrival(1));
    const batch = buffer.take()!;
    expect(buffer.offer(arrival(2))).toBe(false);
    buffer.settled(batch.work[0]!.arrivals);
    expect(buffer).toMatchObject({ messages: 0, bytes: 0 });
    expect(buffer.offer(arrival(2))).toBe(true);
  });
});

describe('whatever is offered', () => {
  const command = fc.oneof(
    { weight: 5, arbitrary: fc.record({ channel: fc.nat(3), number: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 2, arbitrary: fc.constant('take' as const) },
    { weight: 2, arbitrary: fc.constant('release' as const) },
  );

  it('comes out once, each lane held by one at a time', () => {
    const channels = [...sameLane(3), otherLane()];
    fc.assert(
      fc.property(fc.array(command, { maxLength: 100 }), (commands) => {
        const buffer = new ReorderBuffer(ample);
        const offered: Arrival[] = [];
        const taken: Arrival[] = [];
        const held: Batch[] = [];
        const take = () => {
          const batch = buffer.take();
          if (batch === undefined) return false;
          for (const lane of batch.lanes) expect(held.flatMap(({ lanes }) => lanes)).not.toContain(lane);
          held.push(batch);
          for (const { arrivals } of batch.work) taken.push(...arrivals);
          return true;
        };
        for (const each of commands) {
          if (each === 'take') take();
          else if (each === 'release') {
            const batch = held.shift();
            if (batch !== undefined) buffer.release(batch);
          } else {
            const one = arrival(each.number, channels[each.channel]);
            offered.push(one);
            expect(buffer.offer(one)).toBe(true);
          }
        }
        for (const batch of held.splice(0)) buffer.release(batch);
        while (take()) buffer.release(held.shift()!);
        expect(buffer.waiting).toBe(0);
        expect(taken).toHaveLength(offered.length);
        expect(new Set(taken)).toEqual(new Set(offered));
      }),
      { numRuns: runs(100, 1000) },
    );
  });
});

describe('the lanes', () => {
  it('are the same for everybody who locks them', () => {
    expect(LANES).toBe(64);
    expect(['a', 'rocket-1', '193270a9-c9cf-404a-8f83-838e71d9ae67'].map(laneOf)).toEqual([44, 27, 22]);
  });

  it('spread channels evenly', () => {
    const counts = new Array<number>(LANES).fill(0);
    for (let i = 0; i < 64_000; i++) counts[laneOf(`rocket-${i}`)]!++;
    expect(Math.min(...counts)).toBeGreaterThan(700);
    expect(Math.max(...counts)).toBeLessThan(1300);
  });
});
