import type { EarlyMessage } from './ports/event-store.js';
import { SortedList } from './sorted-list.js';

/** The messages of one channel that came ahead of a gap, by number. */
export interface EarlyMessages extends Iterable<EarlyMessage> {
  readonly size: number;
  get(number: number): EarlyMessage | undefined;
  /** The early message with the lowest number above `number`. */
  after(number: number): EarlyMessage | undefined;
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

  highest(): number | undefined {
    return this.list.last()?.message.number;
  }

  [Symbol.iterator](): Iterator<EarlyMessage> {
    return this.list[Symbol.iterator]();
  }
}

export const noEarlyMessages: EarlyMessages = new EarlyList();
