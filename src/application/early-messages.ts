import type { EarlyNumbers, Waiting } from './gaps.js';
import type { EarlyMessage } from './ports/event-store.js';
import { SortedList } from './sorted-list.js';

/** The messages of one channel that came ahead of a gap, by number. */
export interface EarlyMessages extends EarlyNumbers, Iterable<EarlyMessage> {
  readonly size: number;
  get(number: number): EarlyMessage | undefined;
  /** The early message with the lowest number above `number`. */
  after(number: number): EarlyMessage | undefined;
  from(number: number): Iterable<EarlyMessage>;
}

export class EarlyList implements EarlyMessages {
  private readonly list = new SortedList<EarlyMessage>((a, b) => a.message.number - b.message.number);

  get size(): number {
    return this.list.size;
  }

  add(early: EarlyMessage): void {
    this.list.insert(early);
  }

  /** Forgets everything up to and including `number`: it became history. */
  releaseUpTo(number: number): void {
    this.list.removeLowest((early) => early.message.number <= number);
  }

  get(number: number): EarlyMessage | undefined {
    const found = this.list.first((early) => early.message.number - number);
    return found?.message.number === number ? found : undefined;
  }

  after(number: number): EarlyMessage | undefined {
    return this.list.first((early) => early.message.number - number - 1);
  }

  from(number: number): Iterable<EarlyMessage> {
    return this.list.from((early) => early.message.number - number);
  }

  above(number: number): Waiting {
    let waiting = 0;
    let since = Infinity;
    for (const { receivedAt } of this.from(number + 1)) {
      waiting++;
      since = Math.min(since, receivedAt);
    }
    return { waiting, since };
  }

  highest(): number | undefined {
    return this.list.last()?.message.number;
  }

  [Symbol.iterator](): Iterator<EarlyMessage> {
    return this.list[Symbol.iterator]();
  }
}

export const noEarlyMessages: EarlyMessages = new EarlyList();
