import type { Clock } from '../ports/clock.js';
import type { Delivered } from '../ports/sink.js';
import type { Subscription } from '../ports/subscription-store.js';
import { pauseBefore } from './pauses.js';

export type Refused = Exclude<Delivered, { kind: 'yes' | 'gone' }>;

/** What delivery itself says of a subscription, and when the receiver may be tried again. */
export class Progress {
  isPaused: boolean;
  /** Batches that were taken, and tries since the last one that was. */
  taken = 0;
  failures = 0;
  /** Of those, with a single event: as long as a batch gets smaller, nothing is known of whom the receiver fails for. */
  private ofSingles = 0;
  /** Nothing is tried before, by the steady clock. */
  notBefore = -Infinity;
  private delivered: number;
  private retried: number;
  private lastError: Subscription['lastError'];
  private failing: Subscription['failing'];
  private pausedAs: string | undefined;

  constructor(
    { isPaused, delivered, retried, lastError, failing, pausedAs }: Subscription,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {
    Object.assign(this, { lastError, failing, pausedAs });
    this.isPaused = isPaused;
    this.delivered = delivered;
    this.retried = retried;
  }

  get isFailing(): boolean {
    return this.failing !== undefined;
  }

  note(told: Delivered, events: number): void {
    if (told.kind === 'yes') {
      this.delivered += events;
      this.taken++;
      this.failures = this.ofSingles = 0;
      this.failing = undefined;
      return;
    }
    const { kind, what } = told;
    this.retried++;
    this.lastError = { at: this.clock.now(), what };
    if (kind === 'gone') Object.assign(this, { isPaused: true, pausedAs: what });
  }

  /** Nothing more is tried before a while has passed; a part of what was refused as a whole need not wait. */
  putOff(told: Refused, events: number): void {
    this.failures++;
    if (events === 1) this.ofSingles++;
    const isPart = told.kind === 'no' && events > 1;
    const pause = isPart ? 0 : this.pauseBefore(Math.max(1, this.ofSingles), told);
    this.notBefore = this.clock.elapsed() + pause;
    const now = this.clock.now();
    this.failing = { since: this.failing?.since ?? now, nextTryAt: Math.ceil(now + pause) };
  }

  pauseBefore(tries: number, told: Refused): number {
    return pauseBefore(tries, this.random, told.kind === 'again' ? told.afterMs : undefined);
  }

  /** As if nothing had failed. */
  forgive(): void {
    this.failing = undefined;
    this.failures = this.ofSingles = 0;
    this.notBefore = -Infinity;
  }

  /** What operators say holds. */
  heed({ isPaused, pausedAs }: Subscription): void {
    this.isPaused = isPaused;
    this.pausedAs = pausedAs;
  }

  /** The subscription with all of this. */
  in(subscription: Subscription): Subscription {
    const { delivered, retried, isPaused, lastError, failing, pausedAs } = this;
    return { ...subscription, delivered, retried, isPaused, lastError, failing, pausedAs };
  }
}
