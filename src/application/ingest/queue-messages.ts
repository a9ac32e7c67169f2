import type { RocketMessage } from '../../domain/rocket-message.js';
import { SHARE_OF_ARRIVING, type Budget } from '../budget.js';
import type { Clock } from '../ports/clock.js';
import { MessageTooLarge, QueueUnavailable, type MessageQueue } from '../ports/message-queue.js';
import { NOT_RECORDED, traceparentOf, type Span } from '../ports/tracing.js';
import type { Counters } from './counters.js';
import { Overloaded, ShuttingDown, type Intake, type Told } from './intake.js';

/** What the queue does not hold by then is given back to its sender, who knows best what to do. */
const PATIENCE_MS = 800;
const LOOK_EVERY_MS = 50;
/** After a failure. */
const AGAIN_AFTER_MS = 100;
/** Put at once. */
const MOST_MESSAGES = 2000;
const MOST_BYTES = 512 * 1024;
/** What may be on the way when one more message of a stream is taken, so that single messages are not long behind them. */
const MOST_BESIDE_STREAMS = 8192;

/** A message on its way to the queue. */
interface Sending {
  readonly message: RocketMessage;
  readonly bytes: number;
  readonly told: Told;
  readonly ticket: number;
  /** By `Clock.elapsed`. */
  readonly until: number;
  /** Of handing it over, where that is recorded. */
  readonly span: Span | undefined;
  isTold: boolean;
}

export type TraceQueuing = (message: RocketMessage, parent: Span) => Span;

/** What goes one after the other. */
interface Lane {
  waiting: Sending[];
  /** Being put. */
  underWay: readonly Sending[];
  isBusy: boolean;
}

/** How a gateway is. */
export interface QueueingReport {
  /** Since the process began. */
  readonly queued: number;
  /** Messages that the queue does not hold yet. */
  readonly waiting: number;
  /** Why the last attempt failed, while none has worked since. */
  readonly error?: string;
}

/**
 * The use case of a gateway: a message in, and its sender told once the queue holds it. Messages of many requests are put
 * together: while some are under way, the next ones gather. What becomes of a message is found out by whoever takes it out.
 */
export class QueueMessages implements Intake {
  private readonly lanes = new Map<number, Lane>();
  private readonly untilStop = new Set<() => void>();
  private stopping = false;
  private isWatching = false;
  private held = 0;
  private queued = 0;
  private error: string | undefined;
  private whenEmpty = (): void => undefined;

  constructor(
    private readonly queue: MessageQueue,
    private readonly mostMessages: number,
    private readonly budget: Budget,
    private readonly counters: Counters,
    private readonly clock: Clock,
    /** Only where what happens is recorded: begins what shows how long the queue took. */
    private readonly trace?: TraceQueuing,
  ) {}

  submit(
    message: RocketMessage,
    bytes: number,
    told: Told,
    ticket?: number,
    parent?: Span,
  ): Overloaded | ShuttingDown | undefined {
    if (this.stopping) return new ShuttingDown();
    const refusal = this.takeRoom(bytes, ticket !== undefined);
    if (refusal !== undefined) return refusal;
    const until = this.clock.elapsed() + PATIENCE_MS;
    this.held++;
    if (!this.isWatching) void this.watch();
    const lane = this.laneOf(message);
    const span = parent && this.trace?.(message, parent);
    lane.waiting.push({ message, bytes, told, ticket: ticket ?? 0, until, span, isTold: false });
    if (!lane.isBusy) void this.work(lane);
    return undefined;
  }

  get overloaded(): Overloaded | undefined {
    const { held, mostMessages, budget } = this;
    if (held === 0) return undefined;
    if (held >= mostMessages) return new Overloaded(`BUFFER_MESSAGES is ${mostMessages}`);
    return budget.used >= budget.limit ? new Overloaded(budget.described) : undefined;
  }

  get report(): QueueingReport {
    const { queued, held: waiting, error } = this;
    return { queued, waiting, ...(error === undefined ? {} : { error }) };
  }

  onStop(tell: () => void): () => void {
    this.untilStop.add(tell);
    if (this.stopping) tell();
    return () => this.untilStop.delete(tell);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const tell of this.untilStop) tell();
    if (this.held > 0) await new Promise<void>((resolve) => (this.whenEmpty = resolve));
  }

  private takeRoom(bytes: number, ofStream: boolean): Overloaded | undefined {
    const { held, budget } = this;
    const most = ofStream ? Math.min(MOST_BESIDE_STREAMS, this.mostMessages) : this.mostMessages;
    // Alone, a message is as welcome as any, whatever else is held.
    if (held === 0) budget.take(bytes);
    else if (held >= most) return new Overloaded(`BUFFER_MESSAGES is ${this.mostMessages}`);
    else if (!budget.tryTake(bytes, ofStream ? SHARE_OF_ARRIVING : 1))
      return new Overloaded(budget.described);
    return undefined;
  }

  private laneOf(message: RocketMessage): Lane {
    const key = this.queue.laneOf(message);
    let lane = this.lanes.get(key);
    if (lane === undefined) this.lanes.set(key, (lane = { waiting: [], underWay: [], isBusy: false }));
    return lane;
  }

  /** Until nothing of the lane is left. */
  private async work(lane: Lane): Promise<void> {
    lane.isBusy = true;
    // What else has come in this turn goes along.
    await this.clock.sleep(0);
    while (lane.waiting.length > 0) {
      lane.underWay = takeFrom(lane);
      try {
        await this.put(lane.underWay);
        this.error = undefined;
      } catch (error) {
        this.error = (error as Error).message;
        lane.waiting = [...lane.underWay.filter(({ isTold }) => !isTold), ...lane.waiting];
        lane.underWay = [];
        await this.clock.sleep(AGAIN_AFTER_MS);
      }
    }
    lane.underWay = [];
    lane.isBusy = false;
  }

  private async put(some: readonly Sending[]): Promise<void> {
    const messages = some.map(({ message }) => message);
    try {
      await this.queue.put(messages, this.traceparentsOf(some));
    } catch (error) {
      if (!(error instanceof MessageTooLarge)) throw error;
      // Which one it is, the queue does not say.
      if (some.length === 1) return this.fail(some[0]!, error, 'invalid');
      const half = some.length >> 1;
      await this.put(some.slice(0, half));
      return this.put(some.slice(half));
    }
    for (const sending of some) this.succeed(sending);
  }

  /** Whoever works it off is told of what is not recorded, too, so that no lot is drawn twice. */
  private traceparentsOf(some: readonly Sending[]): readonly string[] | undefined {
    if (this.trace === undefined) return undefined;
    return some.map(({ span }) => (span === undefined ? NOT_RECORDED : traceparentOf(span)));
  }

  /** Gives back what has waited for too long; until nothing is held. */
  private async watch(): Promise<void> {
    this.isWatching = true;
    while (this.held > 0) {
      await this.clock.sleep(LOOK_EVERY_MS);
      for (const lane of this.lanes.values()) this.giveBack(lane);
    }
    this.isWatching = false;
  }

  private giveBack(lane: Lane): void {
    const now = this.clock.elapsed();
    for (const sending of lane.underWay) if (sending.until <= now) this.giveUp(sending);
    const first = lane.waiting.findIndex(({ until }) => until > now);
    const late = lane.waiting.splice(0, first === -1 ? lane.waiting.length : first);
    for (const sending of late) this.giveUp(sending);
  }

  private giveUp(sending: Sending): void {
    const why = this.error === undefined ? '' : `: ${this.error}`;
    this.fail(sending, new QueueUnavailable(`The queue did not take the message in time${why}`), 'failed');
  }

  private succeed(sending: Sending): void {
    if (sending.isTold) return;
    this.queued++;
    const { channel, number } = sending.message;
    this.tell(sending, { outcome: 'queued', channel, number });
  }

  private fail(sending: Sending, error: Error, as: 'failed' | 'invalid'): void {
    if (sending.isTold) return;
    this.counters.turnedAway(as);
    this.tell(sending, error);
  }

  private tell(sending: Sending, result: Parameters<Told>[0]): void {
    sending.isTold = true;
    sending.span?.end(undefined, result instanceof Error ? result.message : undefined);
    this.held--;
    this.budget.give(sending.bytes);
    sending.told(result, sending.ticket);
    if (this.held === 0) this.whenEmpty();
  }
}

const takeFrom = (lane: Lane): readonly Sending[] => {
  let count = 0;
  for (let bytes = 0; count < Math.min(lane.waiting.length, MOST_MESSAGES); count++) {
    bytes += lane.waiting[count]!.bytes;
    if (bytes > MOST_BYTES && count > 0) break;
  }
  return lane.waiting.splice(0, count);
};
