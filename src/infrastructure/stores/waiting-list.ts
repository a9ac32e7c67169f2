import type { ReceivedMessage, WaitingMessages } from '../../application/ports/event-store.js';
import { SortedList } from './sorted-list.js';

/** Messages of one channel that are no events, by number. */
export class WaitingList implements WaitingMessages {
  private readonly list = new SortedList<ReceivedMessage>((a, b) => a.message.number - b.message.number);

  static of(messages: Iterable<ReceivedMessage>): WaitingList {
    const list = new WaitingList();
    for (const message of messages) list.add(message);
    return list;
  }

  get size(): number {
    return this.list.size;
  }

  add(waiting: ReceivedMessage): void {
    this.list.insert(waiting);
  }

  /** Forgets everything up to and including `number`: it became history. */
  releaseUpTo(number: number): void {
    this.list.removeLowest((waiting) => waiting.message.number <= number);
  }

  get(number: number): ReceivedMessage | undefined {
    const found = this.after(number - 1);
    return found?.message.number === number ? found : undefined;
  }

  after(number: number): ReceivedMessage | undefined {
    return this.list.first((waiting) => waiting.message.number - number - 1);
  }

  /** The first ones behind `after`. */
  page(after: number, limit: number): ReceivedMessage[] {
    const found: ReceivedMessage[] = [];
    for (const waiting of this.list.from(({ message }) => message.number - after - 1)) {
      if (found.length === limit) break;
      found.push(waiting);
    }
    return found;
  }

  [Symbol.iterator](): Iterator<ReceivedMessage> {
    return this.list[Symbol.iterator]();
  }
}

export const nothingWaits: WaitingMessages = new WaitingList();
