import type { RocketMessage } from '../../domain/rocket-message.js';
import { logAct } from '../acts.js';
import type { Logger } from '../ports/logger.js';
import { traceFields, type Span } from '../ports/tracing.js';
import type { Skip } from './advance.js';
import type { Counters } from './counters.js';
import { Overloaded, ShuttingDown, type Intake } from './intake.js';
import { Measures } from './measures.js';
import type { MessageTrace } from './message-trace.js';
import type { MessageTraces } from './message-traces.js';
import type { NumberRange, Outcome } from './outcome.js';
import type { Arrival, ReorderBuffer, SkipResult } from './reorder-buffer.js';
import type { WorkerPool } from './worker-pool.js';

/** Told once what became of a message: its outcome, or why it was not stored. */
type ToldOutcome = (result: Outcome | Error, ticket: number) => void;

/** The use case: a message in, its outcome out, once the outcome is as durable as the store is. */
export class IngestMessages implements Intake {
  private stopping = false;
  private readonly untilStop = new Set<() => void>();

  constructor(
    private readonly buffer: ReorderBuffer,
    private readonly workers: WorkerPool,
    readonly counters: Counters,
    readonly logger: Logger,
    readonly measures = new Measures(),
    /** Only where what happens is recorded. */
    private readonly traces?: MessageTraces,
  ) {}

  submit(
    message: RocketMessage,
    bytes: number,
    told: ToldOutcome,
    ticket?: number,
    span?: Span,
  ): Overloaded | ShuttingDown | undefined {
    if (this.stopping) return new ShuttingDown();
    const delivery = new Delivery(message, bytes, told, ticket ?? 0, this);
    const ofStream = ticket !== undefined;
    if (!this.buffer.offer(delivery, ofStream)) return new Overloaded(this.buffer.limitFor(ofStream));
    if (span !== undefined) delivery.trace = this.traces?.begin(message, span);
    this.workers.wake();
    return undefined;
  }

  get overloaded(): Overloaded | undefined {
    return this.buffer.isFull ? new Overloaded(this.buffer.limitFor(false)) : undefined;
  }

  /** Skips gaps of a channel; with `expected` only if that one still is the first. */
  async skip(channel: string, skip: Skip, expected?: NumberRange, requestId?: string): Promise<SkipResult> {
    if (this.stopping) throw new ShuttingDown();
    const result = await new Promise<SkipResult>((settle, fail) => {
      this.buffer.offerSkip(channel, { skip, expected, settle, fail });
      this.workers.wake();
    });
    if (result.skipped !== undefined) {
      const { by, why } = skip;
      const done = { channel, ...result.skipped, why, version: result.version };
      logAct(this.logger, 'gaps skipped', by, done, requestId);
    }
    return result;
  }

  onStop(tell: () => void): () => void {
    this.untilStop.add(tell);
    if (this.stopping) tell();
    return () => this.untilStop.delete(tell);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const tell of this.untilStop) tell();
    await this.workers.drain();
  }
}

/** A class, not a pair of closures: one object for each message instead of three. */
class Delivery implements Arrival {
  private readonly takenAt: number;
  trace: MessageTrace | undefined;

  constructor(
    readonly message: RocketMessage,
    readonly bytes: number,
    private readonly told: ToldOutcome,
    private readonly ticket: number,
    private readonly of: Pick<IngestMessages, 'counters' | 'logger' | 'measures'>,
  ) {
    this.takenAt = of.measures.now();
  }

  settle(outcome: Outcome): void {
    this.of.counters.settled(outcome.outcome);
    if (outcome.outcome === 'conflict') this.reportConflict();
    this.trace?.told(outcome);
    this.told(outcome, this.ticket);
    this.measure();
  }

  fail(error: Error): void {
    this.of.counters.turnedAway('failed');
    this.trace?.failed(error.message);
    this.told(error, this.ticket);
    this.measure();
  }

  private measure(): void {
    const { measures } = this.of;
    measures.ingestMs.observe(measures.now() - this.takenAt);
  }

  private reportConflict(): void {
    const { channel, number, report } = this.message;
    this.of.logger.warn('conflict: another message stands under this number', {
      channel,
      number,
      type: report.type,
      ...traceFields(this.trace?.span),
    });
  }
}
