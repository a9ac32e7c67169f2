import { Histogram } from '../histogram.js';
import type { Clock } from '../ports/clock.js';

/** In milliseconds: below one a memory store answers, above a second somebody waits. */
const DURATIONS_MS = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** How long messages and commits take: written on the way of every message, read when somebody asks. */
export class Measures {
  /** From taken to told, a message. */
  readonly ingestMs = new Histogram(DURATIONS_MS);
  readonly commitMs = new Histogram(DURATIONS_MS);
  /** Messages that shared a commit. */
  readonly commitMessages = new Histogram(BATCHES);
  private time = 0;
  private isRead = false;

  /** Without a clock nothing takes any time. */
  constructor(private readonly clock: Pick<Clock, 'elapsed'> = { elapsed: () => 0 }) {}

  /** In milliseconds. Messages that are taken or told in one go share one look at the clock. */
  now(): number {
    if (this.isRead) return this.time;
    this.isRead = true;
    queueMicrotask(this.forget);
    return (this.time = this.clock.elapsed());
  }

  private readonly forget = (): void => {
    this.isRead = false;
  };
}
