import type { IngestMessages } from '../../application/ingest/ingest-messages.js';
import { Overloaded, ShuttingDown } from '../../application/ingest/intake.js';
import type { Outcome } from '../../application/ingest/outcome.js';
import type { Clock } from '../../application/ports/clock.js';
import { ChangeRefused } from '../../application/ports/event-store.js';
import type { Logger } from '../../application/ports/logger.js';
import type { RocketMessage } from '../../domain/rocket-message.js';
import { InvalidInput, readBodyMessage } from '../http/messages/message-reader.js';
import { problems, type ProblemSlug } from '../http/problems.js';
import type { Assignment, RecordHandler, TopicRecord } from './assignment.js';
import { Progress, type Taken } from './progress.js';
import type { TraceRecord } from './record-trace.js';
import type { RejectedRecords } from './rejected-records.js';

/** Records that are taken and not settled: as many as keep the workers busy. */
const IN_FLIGHT = 8192;
/** What is rejected is held outside of the buffer, as large as it is. */
const IN_FLIGHT_BYTES = 16 * 1024 * 1024;
/** To stop fetching and to go on costs as much as many records. */
const GO_ON_BELOW = 1 / 2;
/** While the buffer is full. */
const OFFER_AGAIN_MS = 5;
/** What the store did not take is offered again after a pause, which grows. */
const AGAIN_AFTER_MS = 100;
const AGAIN_AFTER_AT_MOST_MS = 2000;
/** What was settled meanwhile is committed together. */
const COMMIT_EVERY_MS = 100;
/** Before the service ends. */
const FINISH_WITHIN_MS = 4000;

export interface ConsumeLimits {
  /** Of one record. */
  readonly bytes: number;
}

/** A message that was read and not taken yet. */
interface Offered {
  readonly record: TopicRecord;
  readonly taken: Taken;
  readonly message: RocketMessage;
}

/**
 * Records of the topic of messages become messages like any other; the offset of one is committed when it, and all before it
 * in its partition, is stored or rejected for good. What the store does not take waits, and so does the topic: a message is
 * never skipped.
 */
export class ConsumeMessages implements RecordHandler {
  /** Why the store did not take the last messages; undefined: it did. */
  waitsFor: string | undefined;
  private current: Taking | undefined;
  private stopping = false;

  constructor(
    private readonly ingest: Pick<IngestMessages, 'submit'>,
    private readonly rejected: RejectedRecords,
    private readonly limits: ConsumeLimits,
    private readonly clock: Clock,
    private readonly logger: Logger,
    /** Only where what happens is recorded. */
    private readonly trace?: TraceRecord,
  ) {}

  begin(assignment: Assignment): (record: TopicRecord) => void {
    const taking = new Taking(this, assignment, this.clock, this.logger);
    this.current = taking;
    this.waitsFor = undefined;
    this.rejected.forget();
    if (this.stopping) assignment.pause();
    return (record) => {
      if (!this.stopping && !assignment.isOver) this.take(taking, record);
    };
  }

  /** Takes nothing more; resolves when all that was taken is settled and committed, or has to be taken again by somebody else. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.current?.finish();
  }

  get isStopping(): boolean {
    return this.stopping;
  }

  private take(taking: Taking, record: TopicRecord): void {
    const taken = taking.take(record);
    taken.span = this.trace?.(record);
    const { value } = record;
    if (value === null || value === undefined) {
      return this.reject(taking, record, taken, 'invalid-message', 'A record without a value is no message.');
    }
    if (value.length > this.limits.bytes) {
      const detail = `The value has ${value.length} bytes; BODY_BYTES is ${this.limits.bytes}.`;
      return this.reject(taking, record, taken, 'body-too-large', detail);
    }
    const message = readBodyMessage(value);
    if (message instanceof InvalidInput) {
      return this.reject(taking, record, taken, message.code, message.message, message.errors);
    }
    const offered = { record, taken, message };
    if (!this.offer(taking, offered)) taking.postpone(offered);
  }

  /** False when there is no room. */
  offer(taking: Taking, offered: Offered): boolean {
    const { message, record, taken } = offered;
    const told = (result: Outcome | Error): void => {
      if (!(result instanceof Error)) {
        this.waitsFor = undefined;
        if (result.outcome !== 'conflict') return taking.settle(record, taken);
        const detail = `Another message stands under number ${message.number} of ${message.channel}.`;
        return this.reject(taking, record, taken, 'conflict', detail);
      }
      if (result instanceof ChangeRefused) {
        return this.reject(taking, record, taken, 'change-refused', result.message);
      }
      this.waitsFor = result.message;
      taking.failed(offered);
    };
    const refusal = this.ingest.submit(message, record.value!.length, told, 0, taken.span);
    // It is read again by whoever has its partition next.
    if (refusal instanceof ShuttingDown) taking.abandon();
    return !(refusal instanceof Overloaded);
  }

  private reject(
    taking: Taking,
    record: TopicRecord,
    taken: Taken,
    slug: ProblemSlug,
    detail: string,
    errors?: readonly object[],
  ): void {
    // What became of it shows only now, and it is read again.
    if (taking.isOver) return;
    taken.span?.set({ 'rockets.problem': slug });
    taken.span?.end(undefined, detail);
    taken.span = undefined;
    const problem = {
      type: `/problems/${slug}`,
      title: problems[slug].title,
      detail,
      ...(errors && { errors }),
    };
    this.rejected.reject(record, problem, () => taking.settle(record, taken));
  }
}

/** What was taken of one assignment, and how far it is worked off. */
class Taking {
  private readonly partitions = new Map<number, Progress>();
  private toCommit = new Map<number, bigint>();
  private inFlight = 0;
  private bytes = 0;
  private isPaused = false;
  private committing: Promise<void> | undefined;
  private isAbandoned = false;
  private postponed: Offered[] = [];
  private again: Offered[] = [];
  private pause = AGAIN_AFTER_MS;
  private finished = (): void => undefined;

  constructor(
    private readonly messages: ConsumeMessages,
    private readonly assignment: Assignment,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  take({ partition, offset, value }: TopicRecord): Taken {
    let progress = this.partitions.get(partition);
    if (progress === undefined) this.partitions.set(partition, (progress = new Progress(offset)));
    this.inFlight++;
    this.bytes += value?.length ?? 0;
    if (!this.hasRoom(1)) this.rest();
    return progress.take(offset);
  }

  settle({ partition, value }: TopicRecord, taken: Taken): void {
    this.pause = AGAIN_AFTER_MS;
    this.inFlight--;
    this.bytes -= value?.length ?? 0;
    taken.span?.end();
    const progress = this.partitions.get(partition)!;
    if (progress.settle(taken)) {
      this.toCommit.set(partition, progress.next);
      this.committing ??= this.commit();
    }
    this.goOn();
    if (this.inFlight === 0) this.finished();
  }

  /** There was no room for it. */
  postpone(offered: Offered): void {
    if (this.postponed.push(offered) === 1) void this.offerAgain();
    this.rest();
  }

  /** The store did not take it. */
  failed(offered: Offered): void {
    if (this.messages.isStopping) return this.abandon();
    if (this.again.push(offered) === 1) void this.tryAgain();
    this.rest();
  }

  /** Nothing more of it is waited for. */
  abandon(): void {
    this.isAbandoned = true;
    this.finished();
  }

  /** Not for ever: what is not committed is read again. */
  async finish(): Promise<void> {
    this.assignment.pause();
    await new Promise<void>((resolve) => {
      this.finished = resolve;
      if (this.inFlight === 0 || this.isOver) resolve();
      void this.clock.sleep(FINISH_WITHIN_MS).then(resolve);
    });
    await this.committing;
    this.isAbandoned = true;
  }

  private hasRoom(share: number): boolean {
    return this.inFlight < share * IN_FLIGHT && this.bytes < share * IN_FLIGHT_BYTES;
  }

  private rest(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.assignment.pause();
  }

  private goOn(): void {
    if (!this.isPaused || !this.hasRoom(GO_ON_BELOW) || this.messages.isStopping) return;
    if (this.postponed.length > 0 || this.again.length > 0) return;
    this.isPaused = false;
    if (!this.assignment.isOver) this.assignment.resume();
  }

  private async offerAgain(): Promise<void> {
    while (this.postponed.length > 0 && !this.isOver) {
      await this.clock.sleep(OFFER_AGAIN_MS);
      // In their order, and none of them before there is room for the first.
      const refused = this.postponed.findIndex((offered) => !this.messages.offer(this, offered));
      this.postponed.splice(0, refused === -1 ? this.postponed.length : refused);
    }
    this.goOn();
  }

  private async tryAgain(): Promise<void> {
    await this.clock.sleep(this.pause);
    this.pause = Math.min(2 * this.pause, AGAIN_AFTER_AT_MOST_MS);
    const { again } = this;
    this.again = [];
    if (this.isOver) return;
    for (const offered of again) if (!this.messages.offer(this, offered)) this.postpone(offered);
    this.goOn();
  }

  /** Nothing of it is committed any more. */
  get isOver(): boolean {
    return this.assignment.isOver || this.isAbandoned;
  }

  private async commit(): Promise<void> {
    let failures = 0;
    while (this.toCommit.size > 0 && !this.isOver) {
      await this.clock.sleep(COMMIT_EVERY_MS);
      const nexts = new Map(this.toCommit);
      this.toCommit.clear();
      try {
        await this.assignment.commit(nexts);
        failures = 0;
      } catch (error) {
        this.logger.warn('offsets could not be committed: once more', { error: (error as Error).message });
        // What is newer stands already.
        this.toCommit = new Map([...nexts, ...this.toCommit]);
        if (++failures > 3 && this.messages.isStopping) break;
      }
    }
    this.committing = undefined;
  }
}
