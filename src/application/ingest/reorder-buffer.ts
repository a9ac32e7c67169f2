import type { RocketMessage } from '../../domain/rocket-message.js';
import { Budget, SHARE_OF_ARRIVING } from '../budget.js';
import type { Skip } from './advance.js';
import { LANES, laneOf } from './lanes.js';
import type { MessageTrace } from './message-trace.js';
import type { NumberRange, Outcome } from './outcome.js';

/** A message on its way, and who waits for its outcome. */
export interface Arrival {
  readonly message: RocketMessage;
  /** Its size on the wire, for the bound on memory. */
  readonly bytes: number;
  /** Only where its way is recorded. */
  readonly trace?: MessageTrace | undefined;
  settle(outcome: Outcome): void;
  fail(error: Error): void;
}

/** A wish to skip gaps of a channel; it takes its turn like any message. */
export interface SkipRequest {
  readonly skip: Skip;
  /** The gap the operator looked at; when it is no longer the first, nothing is skipped. */
  readonly expected?: NumberRange;
  readonly settle: (result: SkipResult) => void;
  readonly fail: (error: Error) => void;
  /** What was skipped in earlier turns, when one was not enough. */
  done?: Skipped;
}

export interface Skipped extends NumberRange {
  readonly gaps: number;
  /** How many numbers were given up. */
  readonly numbers: number;
}

export type SkipResult =
  | { readonly skipped: Skipped; readonly version: number }
  | { readonly skipped: undefined; readonly reason: 'no-gap' }
  | { readonly skipped: undefined; readonly reason: 'gap-moved'; readonly first: NumberRange };

/** Everything that waits for one channel. Without arrivals and skips: go on draining. */
export interface ChannelWork {
  readonly channel: string;
  /** In number order when taken; repeats of a number stand together, first come first. */
  readonly arrivals: Arrival[];
  readonly skips: SkipRequest[];
}

export interface Batch {
  readonly lanes: readonly number[];
  readonly work: readonly ChannelWork[];
}

export interface BufferLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** What is taken at once: enough to share a commit, little enough to keep the event loop free. */
export const MESSAGES_PER_BATCH = 1024;
/**
 * What may wait when one more message of a stream is taken: enough to keep every worker busy, and little enough that a
 * single message is soon stored, however many streams there are.
 */
const MOST_BESIDE_STREAMS = 8 * MESSAGES_PER_BATCH;
/** Each of them may need its head read, and may go on draining. */
const CHANNELS_PER_BATCH = 256;

/**
 * Takes arrivals in any order and hands them out in batches of whole lanes, each channel's in number order. A lane
 * that was taken is held until `release`, so one channel is never worked on twice at a time; what arrives meanwhile
 * grows into the next batch. Bounded by count and bytes of everything not settled yet.
 */
export class ReorderBuffer {
  private readonly lanes = Array.from({ length: LANES }, () => new Map<string, ChannelWork>());
  private readonly held = new Array<boolean>(LANES).fill(false);
  /** Lanes with work that nobody holds, first come first; each at most once. */
  private readonly ready: number[] = [];
  /** Not answered yet. */
  messages = 0;
  bytes = 0;
  /** Of the messages those that nobody has taken. */
  waiting = 0;

  constructor(
    private readonly limits: BufferLimits,
    readonly budget = new Budget(limits.bytes),
  ) {}

  /** False, and nothing taken, when the buffer is full; for a message of a stream it is so earlier. */
  offer(arrival: Arrival, ofStream = false): boolean {
    if (!this.takeRoom(arrival.bytes, ofStream)) return false;
    this.messages++;
    this.waiting++;
    this.bytes += arrival.bytes;
    this.workOf(arrival.message.channel).arrivals.push(arrival);
    return true;
  }

  /** Whether no message would be taken, however small. */
  get isFull(): boolean {
    const { messages, limits, budget } = this;
    return messages > 0 && (messages >= limits.messages || budget.used >= budget.limit);
  }

  /** Why this one is not taken, in words. */
  limitFor(ofStream: boolean): string {
    return this.messages < this.mostMessages(ofStream)
      ? this.budget.described
      : `BUFFER_MESSAGES is ${this.limits.messages}`;
  }

  private takeRoom(bytes: number, ofStream: boolean): boolean {
    const { budget } = this;
    // Alone, a message is as welcome as any, whatever else is held.
    if (this.messages === 0) budget.take(bytes);
    else if (this.messages >= this.mostMessages(ofStream)) return false;
    else return budget.tryTake(bytes, ofStream ? SHARE_OF_ARRIVING : 1);
    return true;
  }

  private mostMessages(ofStream: boolean): number {
    const { messages } = this.limits;
    return ofStream ? Math.min(MOST_BESIDE_STREAMS, SHARE_OF_ARRIVING * messages) : messages;
  }

  offerSkip(channel: string, skip: SkipRequest): void {
    this.workOf(channel).skips.push(skip);
  }

  /** Lets a channel have another turn: the next of its waiting messages can become history. */
  resume(channel: string): void {
    this.workOf(channel);
  }

  /** Whether `take` has something to hand out. */
  get isReady(): boolean {
    return this.ready.length > 0;
  }

  /** As many lanes as fit into one batch, those first whose work came first. */
  take(): Batch | undefined {
    if (this.ready.length === 0) return undefined;
    const lanes: number[] = [];
    const work: ChannelWork[] = [];
    let room = MESSAGES_PER_BATCH;
    while (this.ready.length > 0 && room > 0 && work.length < CHANNELS_PER_BATCH) {
      const lane = this.ready.shift()!;
      this.held[lane] = true;
      lanes.push(lane);
      room = this.takeLane(this.lanes[lane]!, work, room);
    }
    this.waiting -= MESSAGES_PER_BATCH - room;
    return { lanes, work };
  }

  /** The arrivals were answered: their room is free again. */
  settled(arrivals: readonly Arrival[]): void {
    this.messages -= arrivals.length;
    let bytes = 0;
    for (const arrival of arrivals) bytes += arrival.bytes;
    this.bytes -= bytes;
    this.budget.give(bytes);
  }

  release({ lanes }: Batch): void {
    for (const lane of lanes) {
      this.held[lane] = false;
      if (this.lanes[lane]!.size > 0) this.ready.push(lane);
    }
  }

  /** Moves what fits from a lane to the batch; answers the room that is left. */
  private takeLane(waiting: Map<string, ChannelWork>, work: ChannelWork[], room: number): number {
    for (const [channel, all] of waiting) {
      const taken = takeUpTo(room, all);
      waiting.delete(channel);
      // What a busy channel has left goes to the end of the queue: the others of its lane have their turn first.
      if (taken !== all) waiting.set(channel, all);
      room -= taken.arrivals.length;
      sortByNumber(taken.arrivals);
      work.push(taken);
      if (room <= 0 || work.length >= CHANNELS_PER_BATCH) break;
    }
    return room;
  }

  private workOf(channel: string): ChannelWork {
    const lane = laneOf(channel);
    const waiting = this.lanes[lane]!;
    let work = waiting.get(channel);
    if (work === undefined) {
      work = { channel, arrivals: [], skips: [] };
      waiting.set(channel, work);
      if (waiting.size === 1 && !this.held[lane]) this.ready.push(lane);
    }
    return work;
  }
}

/** The first `room` arrivals; a skip waits until every message that came before it has had its turn. */
const takeUpTo = (room: number, work: ChannelWork): ChannelWork =>
  work.arrivals.length <= room
    ? work
    : { channel: work.channel, arrivals: work.arrivals.splice(0, room), skips: [] };

const sortByNumber = (arrivals: Arrival[]): void => {
  for (let i = 1; i < arrivals.length; i++) {
    if (arrivals[i]!.message.number < arrivals[i - 1]!.message.number) {
      arrivals.sort((a, b) => a.message.number - b.message.number);
      return;
    }
  }
};
