import type { Clock } from '../ports/clock.js';

/** While messages come in, all deliveries together take so much of the time of this process. */
const SHARE = 0.15;
/** What is seen of a batch is that it is made ready and handed over. As much again goes into the network and its answer. */
const SEEN = 0.5;
/** Nobody knows yet what a batch costs. */
const FIRST_GUESS_MS = 0.2;

/** The turns of all deliveries of an instance, so that those who report notice little of them. */
export class Share {
  private costMs = FIRST_GUESS_MS;
  private freeAt = -Infinity;
  private commitsBefore = 0;

  constructor(
    private readonly clock: Clock,
    /** How many there have been. */
    private readonly commits: () => number,
  ) {}

  /** Resolves when the next batch may go: one after the other while messages come in, else at once. */
  async turn(): Promise<void> {
    const isBusy = this.commits() !== this.commitsBefore;
    this.commitsBefore = this.commits();
    if (!isBusy) return;
    const now = this.clock.elapsed();
    const at = Math.max(now, this.freeAt);
    this.freeAt = at + this.costMs / SHARE;
    if (at > now) await this.clock.sleep(at - now);
  }

  /** Does what a batch costs, and sees how long it takes. */
  seen<T>(work: () => T): T {
    const began = this.clock.elapsed();
    try {
      return work();
    } finally {
      const ms = (this.clock.elapsed() - began) / SEEN;
      this.costMs += (ms - this.costMs) / 16;
    }
  }
}
