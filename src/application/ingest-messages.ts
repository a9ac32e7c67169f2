import type { RocketMessage } from '../domain/rocket-message.js';
import type { Counters } from './counters.js';
import type { NumberRange, Outcome } from './outcome.js';
import type { Logger } from './ports/logger.js';
import type { Arrival, ReorderBuffer, SkipResult } from './reorder-buffer.js';
import type { WorkerPool } from './worker-pool.js';

/** There is no room for this message now; nothing of it was taken. */
export class Overloaded extends Error {
  readonly code = 'overloaded';
  constructor() {
    super('Too many messages are waiting to be stored.');
  }
}

/** The service is about to stop and takes nothing new. */
export class ShuttingDown extends Error {
  readonly code = 'shutting-down';
  constructor() {
    super('The service is shutting down.');
  }
}

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

  ingest(message: RocketMessage, bytes: number): Promise<Outcome> {
    return new Promise((settle, fail) => {
      if (this.submit(message, bytes, settle, fail)) return;
      this.counters.turnedAway('shed');
      fail(new Overloaded());
    });
  }

  /**
   * The same without a promise for each message. Those of a stream have a `ticket`, which is given back to `settle`, so
   * that one function can serve many. False, and nothing taken, when there is no room.
   */
  submit(
    message: RocketMessage,
    bytes: number,
    settle: (outcome: Outcome, ticket: number) => void,
    fail: (error: Error) => void,
    ticket?: number,
  ): boolean {
    if (this.stopping) throw new ShuttingDown();
    const { counters, logger } = this;
    const delivery = new Delivery(message, bytes, settle, fail, ticket ?? 0, counters, logger);
    const taken = this.buffer.offer(delivery, ticket !== undefined);
    if (taken) this.workers.wake();
    return taken;
  }

  /** Skips the first gap of a channel, if it still is the one expected. */
  skipGap(channel: string, expected: NumberRange | undefined): Promise<SkipResult> {
    return new Promise((settle, fail) => {
      if (this.stopping) throw new ShuttingDown();
      this.buffer.offerSkip(channel, { expected, settle, fail });
      this.workers.wake();
    });
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
    private readonly settled: (outcome: Outcome, ticket: number) => void,
    private readonly failed: (error: Error) => void,
    private readonly ticket: number,
    private readonly counters: Counters,
    private readonly logger: Logger,
  ) {}

  settle(outcome: Outcome): void {
    this.counters.settled(outcome.outcome);
    if (outcome.outcome === 'conflict') this.reportConflict();
    this.settled(outcome, this.ticket);
  }

  fail(error: Error): void {
    this.counters.turnedAway('failed');
    this.failed(error);
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
