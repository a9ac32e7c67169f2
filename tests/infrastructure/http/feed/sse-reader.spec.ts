import type { Response } from 'express';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { Budget } from '../../../../src/application/budget.js';
import type { FeedMessage } from '../../../../src/application/feed/feed-message.js';
import { SseReader } from '../../../../src/infrastructure/http/feed/feed-stream.js';
import { feedText } from '../../../../src/infrastructure/http/feed/feed-text.js';

/** A connection whose far end takes what it was sent when it is told to. */
class SlowSocket extends Writable {
  private take: (() => void)[] = [];

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    this.take.push(done);
  }

  takeAll(): void {
    while (this.take.length > 0) this.take.shift()!();
  }
}

const long = (): FeedMessage => ({
  kind: 'message-late',
  messages: Array.from({ length: 1000 }, (_, number) => ({ channel: 'c'.repeat(50), number })),
});
const size = feedText(long()).bytes.length;

describe('what readers of the feed have not taken', () => {
  let budget: Budget;
  const reader = () => {
    const socket = new SlowSocket();
    return { socket, reader: new SseReader({} as Response, socket as unknown as Socket, budget) };
  };
  const next = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    budget = new Budget(3 * size);
  });

  it('is weighed once, however many wait for it, until all have it or are gone', async () => {
    const message = long();
    const [one, other, third] = [reader(), reader(), reader()];
    for (const { reader: each } of [one, other, third]) each.take(message);
    expect(budget.used).toBe(size);
    one.socket.takeAll();
    other.socket.destroy();
    await next();
    expect(budget.used).toBe(size);
    third.socket.takeAll();
    await next();
    expect(budget.used).toBe(0);
    expect([one.socket.destroyed, third.socket.destroyed]).toEqual([false, false]);
  });

  it('costs a reader its connection when it is more than there is room for', async () => {
    const [one, other] = [reader(), reader()];
    one.reader.take(long());
    other.reader.take(long());
    expect([one.socket.destroyed, other.socket.destroyed]).toEqual([false, true]);
    await next();
    expect(budget.used).toBe(size);
  });

  it('is not weighed when it is little', () => {
    const { reader: one } = reader();
    one.take({ kind: 'ping' });
    expect(budget.used).toBe(0);
  });
});
