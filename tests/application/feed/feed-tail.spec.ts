import { FeedTail } from '../../../src/application/feed/feed-tail.js';
import type { FeedBatch, StoredEvent } from '../../../src/application/ports/event-store.js';
import { faster, launched, noonMillis } from '../../support/builders.js';

const place = (position: string): number => Number(position.slice(1));
const compare = (one: string, other: string): number => place(one) - place(other);

/** The events behind position `after`, of three rockets by turns. */
const batch = (after: number, count: number): FeedBatch => {
  const events = Array.from({ length: count }, (_, i): StoredEvent => {
    const at = after + 1 + i;
    const event = at % 2 === 0 ? faster(at) : launched();
    return { position: `p${at}`, channel: `r${at % 3}`, number: at, event, recordedAt: noonMillis };
  });
  return { after: `p${after}`, next: `p${after + count}`, events };
};

const tailFrom = (from: number, ...sizes: number[]): FeedTail => {
  const tail = new FeedTail(`p${from}`);
  let after = from;
  for (const size of sizes) {
    tail.push([batch(after, size)], undefined);
    after += size;
  }
  return tail;
};

/** The places of the events that a reader at a place is told, burst by burst. */
const toldBehind = (tail: FeedTail, at: number): number[] => {
  const told: number[] = [];
  let number = tail.numberBehind(`p${at}`, compare)!;
  for (let burst = tail.burst(number); burst !== undefined; burst = tail.burst(++number)) {
    const messages = burst.messagesBehind((position) => place(position) > at, {});
    for (const message of messages) {
      if (message.kind === 'news') told.push(...message.events.map(({ position }) => place(position)));
    }
  }
  return told;
};

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + 1 + i);

describe('the newest part of the feed', () => {
  it('has nothing at first, behind which everything is still to come', () => {
    const tail = tailFrom(7);
    expect(tail.end).toBe('p7');
    expect(tail.numberBehind('p7', compare)).toBe(tail.nextNumber);
    expect(tail.numberBehind('p9', compare)).toBe(tail.nextNumber);
    expect(tail.numberBehind('p6', compare)).toBeUndefined();
    expect(tail.burst(tail.nextNumber)).toBeUndefined();
  });

  it('leads from every place in it to its end', () => {
    const tail = tailFrom(10, 3, 1, 2500, 4);
    const end = 10 + 3 + 1 + 2500 + 4;
    expect(tail.end).toBe(`p${end}`);
    for (const at of [10, 11, 13, 14, 15, 1000, 1038, 1039, end - 1, end]) {
      expect(toldBehind(tail, at)).toEqual(upTo(at, end));
    }
  });

  it('tells what came together together, and much of it in parts', () => {
    const tail = new FeedTail('p0');
    tail.push([batch(0, 5), batch(5, 1), batch(6, 2)], undefined);
    expect(tail.burst(0)?.size).toBe(8);
    tail.push([batch(8, 5000)], { gapsOf: new Set(['r1']), late: [] });
    const sizes = [1, 2, 3, 4, 5].map((number) => tail.burst(number)?.size);
    expect(sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)).toBe(5000);
    expect(Math.max(...sizes.map((size) => size ?? 0))).toBe(1024);
    // What is no event is told once, behind all of them.
    const notices = [0, 1, 2, 3, 4, 5].map((number) =>
      tail
        .burst(number)
        ?.messagesFor({})
        .some(({ kind }) => kind === 'gaps-changed'),
    );
    expect(notices).toEqual([false, false, false, false, false, true]);
  });

  it('also tells notices without events', () => {
    const tail = tailFrom(3);
    tail.push([], { gapsOf: new Set(['r1']), late: [{ channel: 'r2', number: 9 }] });
    expect(tail.end).toBe('p3');
    expect(tail.burst(0)?.messagesFor({})).toEqual([
      { kind: 'gaps-changed', channels: ['r1'] },
      { kind: 'message-late', messages: [{ channel: 'r2', number: 9 }] },
    ]);
    expect(tail.burst(0)?.messagesFor({ channel: 'r2' })).toEqual([
      { kind: 'message-late', messages: [{ channel: 'r2', number: 9 }] },
    ]);
    expect(tail.burst(0)?.messagesFor({ type: 'RocketLaunched' })).toEqual([]);
  });

  it('forgets what is old: whoever is there has to read it from the store', () => {
    const tail = tailFrom(0, ...Array.from({ length: 30 }, () => 1000));
    expect(tail.numberBehind('p0', compare)).toBeUndefined();
    expect(tail.burst(0)).toBeUndefined();
    const first = Array.from({ length: 30_000 }, (_, i) => i).find(
      (at) => tail.numberBehind(`p${at}`, compare) !== undefined,
    )!;
    expect(first).toBeGreaterThanOrEqual(30_000 - 17_000);
    expect(first).toBeLessThan(30_000 - 15_000);
    expect(toldBehind(tail, first)).toEqual(upTo(first, 30_000));
  });

  it('narrows what is told now once for all readers of a filter, and does not keep that for what is older', () => {
    const tail = tailFrom(0, 10);
    const filter = { channel: 'r1' };
    const told = tail.burst(0)!.messagesFor(filter);
    expect(tail.burst(0)!.messagesFor({ channel: 'r1' })).toBe(told);
    expect(tail.burst(0)!.messagesFor({ channel: 'r2' })).not.toEqual(told);
    for (let i = 0; i < 100; i++) tail.push([batch(10 + i, 1)], undefined);
    const again = tail.burst(0)!.messagesFor(filter);
    expect(again).toEqual(told);
    expect(again).not.toBe(told);
  });
});
