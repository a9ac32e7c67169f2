import type { RocketMessage } from '../../domain/rocket-message.js';
import type { Logger } from '../ports/logger.js';
import type { Skip } from './advance.js';
import type { Counters } from './counters.js';
import type { NumberRange, Outcome } from './outcome.js';
import type { Arrival, ReorderBuffer, SkipResult } from './reorder-buffer.js';
import type { WorkerPool } from './worker-pool.js';

/** There is no room for this message now; nothing of it was taken. */
export class Overloaded extends Error {
  readonly code = 'overloaded';
  constructor(limit: string) {
    super(`Too much is waiting to be stored: ${limit}.`);
  }
}

/** The service is about to stop and takes nothing new. */
export class ShuttingDown extends Error {
  readonly code = 'shutting-down';
  constructor() {
    super('The service is shutting down.');
  }
}

/** Told once what became of a message: its outcome, or why it was not stored. */
export type Told = (result: Outcome | Error, ticket: number) => void;

/** The use case: a message in, its outcome out, once the outcome is as durable as the store is. */
export class IngestMessages {
  private stopping = false;
  private readonly untilStop = new Set<() => void>();

  constructor(
    private readonly buffer: ReorderBuffer,
    private readonly workers: WorkerPool,
    private readonly counters: Counters,
    private readonly logger: Logger,
  ) {}

  /**
   * Takes a message, or answers at once why not, and then nobody is told anything. A message of a stream has a `ticket`,
   * which is given back, so that one function can serve many.
   */
  submit(
    message: RocketMessage,
    bytes: number,
    told: Told,
    ticket?: number,
  ): Overloaded | ShuttingDown | undefined {
    if (this.stopping) return new ShuttingDown();
    const delivery = new Delivery(message, bytes, told, ticket ?? 0, this.counters, this.logger);
    const ofStream = ticket !== undefined;
    if (!this.buffer.offer(delivery, ofStream)) return new Overloaded(this.buffer.limitFor(ofStream));
    this.workers.wake();
    return undefined;
  }

  /** Why no message would be taken now, however small. */
  get overloaded(): Overloaded | undefined {
    return this.buffer.isFull ? new Overloaded(this.buffer.limitFor(false)) : undefined;
  }

  /** Skips gaps of a channel; with `expected` only if that one still is the first. */
  async skip(channel: string, skip: Skip, expected?: NumberRange): Promise<SkipResult> {
    if (this.stopping) throw new ShuttingDown();
    const result = await new Promise<SkipResult>((settle, fail) => {
      this.buffer.offerSkip(channel, { skip, expected, settle, fail });
      this.workers.wake();
    });
    if (result.skipped !== undefined) {
      const { by, why } = skip;
      this.logger.info('gaps skipped', { channel, ...result.skipped, by, why, version: result.version });
    }
    return result;
  }

  /** Tells a stream, which may last for ever, that nothing more of it is taken; answers how to take that back. */
  onStop(tell: () => void): () => void {
    this.untilStop.add(tell);
    if (this.stopping) tell();
    return () => this.untilStop.delete(tell);
  }

  /** Takes nothing new and returns when everything taken was answered. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const tell of this.untilStop) tell();
    await this.workers.drain();
  }
}

/** A class, not a pair of closures: one object for each message instead of three. */
class Delivery implements Arrival {
  constructor(
    readonly message: RocketMessage,
    readonly bytes: number,
    private readonly told: Told,
    private readonly ticket: number,
    private readonly counters: Counters,
    private readonly logger: Logger,
  ) {}

  settle(outcome: Outcome): void {
    this.counters.settled(outcome.outcome);
    if (outcome.outcome === 'conflict') this.reportConflict();
    this.told(outcome, this.ticket);
  }

  fail(error: Error): void {
    this.counters.turnedAway('failed');
    this.told(error, this.ticket);
  }

  private reportConflict(): void {
    const { channel, number, report } = this.message;
    this.logger.warn('conflict: another message stands under this number', {
      channel,
      number,
      type: report.type,
    });
  }
}
