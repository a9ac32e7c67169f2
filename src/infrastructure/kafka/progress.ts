import type { Span } from '../../application/ports/tracing.js';

/** A record that was taken and may not be done with yet. */
export interface Taken {
  readonly offset: bigint;
  isSettled: boolean;
  /** Where what becomes of it is recorded. */
  span?: Span | undefined;
}

/** How far a partition was worked off without a hole. Records are settled in any order. */
export class Progress {
  private readonly taken: Taken[] = [];
  private first = 0;

  /** Where the partition goes on for whoever has it next: nothing before it is needed any more. */
  constructor(public next: bigint) {}

  take(offset: bigint): Taken {
    const taken = { offset, isSettled: false };
    this.taken.push(taken);
    return taken;
  }

  /** Answers whether there is something new to commit. */
  settle(taken: Taken): boolean {
    taken.isSettled = true;
    const { next } = this;
    for (; this.taken[this.first]?.isSettled === true; this.first++)
      this.next = this.taken[this.first]!.offset + 1n;
    // What is done with is cut off now and then: each time would cost as much as what is left.
    if (this.first > 1000 && this.first * 2 > this.taken.length) {
      this.taken.splice(0, this.first);
      this.first = 0;
    }
    return this.next > next;
  }
}
