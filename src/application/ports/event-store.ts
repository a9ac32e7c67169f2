import type { RocketEvent } from '../../domain/rocket-event.js';
import type { RocketMessage } from '../../domain/rocket-message.js';
import type { RocketState } from '../../domain/rocket.js';

/**
 * Keeps every event for ever, in number order per channel, together with the messages that wait for a gap to close and
 * those that came after their number was skipped.
 *
 * One instance may be used by many workers at once, and one store by many instances. The contract, checked for
 * every adapter by `tests/contracts/event-store-contract.ts`:
 *
 * - **Atomic per channel.** A change is written whole, or not at all; the rocket's stored state, its waiting and late
 *   messages and the read model move with its events.
 * - **Moved heads.** A change whose `revision` is no longer the channel's is not written; `commit` answers that
 *   channel's fresh head and the caller decides again. That is data, not an error.
 * - **Durable on return.** When `commit` resolves, the changes are as safe as this store can make them
 *   (`durability`). When it rejects, the caller must not acknowledge anything of the batch.
 * - **Feed.** Every event has a place in one feed. A reader that pages with `after` sees every event exactly
 *   once, those of one channel in number order, and never an event that becomes visible behind it.
 * - Bounds read the same everywhere: `after` is exclusive, `limit` is a maximum; with `order: 'desc'` a page goes down
 *   from `after`, or from the end. A read whose `signal` is aborted before its turn is not run.
 * - What is returned is the caller's to read, never to change.
 */
export interface EventStore {
  /** What an acknowledgement is worth, in words for operators: `none`, `disk`, … */
  readonly durability: Durability;
  /** Only where other instances may write to the same store: what happens there that is no event. */
  readonly notices?: NoticeBoard;
  /** How full it is, where there is a bound. */
  readonly fullness?: Fullness;
  /** Called before work is taken: resolves when it pays to begin, as more that comes meanwhile shares one commit; never rejects. */
  gather(waiting: () => number): Promise<void>;
  /**
   * The heads of the channels, in the order asked; a channel never heard of has the initial head. Of very much that waits
   * only the first heads, one at least: the caller asks for the others when it is done with these.
   */
  load(requests: readonly HeadRequest[]): Promise<Head[]>;
  /** Writes the changes; answers the fresh heads of those that had moved meanwhile and were not written. */
  commit(changes: readonly Change[]): Promise<Head[]>;
  /** Only where heads that `commit` answered are kept from others: nothing more is decided on those of these channels. */
  letGo?(some: readonly { readonly channel: string }[]): void;
  /** The history of one channel, by number. */
  read(channel: string, page: HistoryPage, signal?: AbortSignal): Promise<StoredEvent[]>;
  /** The feed of all rockets. `after` is a position of this store and epoch; `UnknownPosition` otherwise. */
  readAll(page: FeedRequest, signal?: AbortSignal): Promise<FeedPage>;
  /** The event that stands at a position of this store and epoch; undefined when nothing does. */
  readAt(position: Position): Promise<StoredEvent | undefined>;
  /** The place before the first event. */
  readonly beginning: Position;
  /** The end of the feed as it is now. */
  lastPosition(): Promise<Position>;
  /** Only where others may hold the feed back: what keeps events out of it that are stored; undefined when nothing does. */
  heldBack?(): Promise<HeldBack | undefined>;
  /** Below zero when the first of two positions stands before the second, above when behind it, zero for the same. */
  compare(one: Position, other: Position): number;
  /**
   * From now on the listener is handed every event that is new in the feed, in its order, each batch right behind the one
   * before it, the first one behind `from`. One listener at a time.
   */
  follow(listener: (batch: FeedBatch) => void): Promise<Following>;
  /**
   * A stored state of a channel at or below `version` whose messages were all sent at or before `time` (an instant
   * as `utcKey` writes it); folding the events after it leads to any later state. Undefined: fold from the start.
   */
  snapshot(channel: string, bound: SnapshotBound): Promise<RocketState | undefined>;
  /** Channels whose next message waits: a drain that a crash cut short. Asked at start. */
  unfinished(): Promise<string[]>;
  /**
   * The service has listened for `ms` more, a whole number; answers for how long a service has listened to this store in
   * all. With several instances the same time counts once.
   */
  listened(ms: number): Promise<number>;
  /** Finishes what was begun and lets go of files and connections. A second call does nothing. */
  close(): Promise<void>;
}

/** A message that came after its number was skipped. */
export interface LateNotice {
  readonly channel: string;
  readonly number: number;
}

/** What is no event, and told to readers of the feed all the same: best effort, as whoever missed it can ask. */
export interface Notices {
  /** The rockets whose gaps have changed. */
  readonly gapsOf: ReadonlySet<string>;
  readonly late: readonly LateNotice[];
}

/** Instances tell each other what is no event, within a second or two. */
export interface NoticeBoard {
  /** Gathers what happened here and puts it up for the others in a moment. */
  tell(notices: Notices): void;
  /** Hands over what others put up from now on, until the function that is returned is called. One listener at a time. */
  listen(listener: (notices: Notices) => void): () => void;
}

/** In bytes, as near as they are known. */
export interface Fullness {
  readonly bytes: number;
  readonly limit: number;
}

export interface Durability {
  readonly level: 'none' | 'process' | 'disk';
  readonly description: string;
}

/**
 * Opaque to clients; unique to one store and its epoch, so that a position of another store, or of the same store before
 * it was restored from a copy, is recognised and refused.
 */
export type Position = string;

export interface HeadRequest {
  readonly channel: string;
  /** The message numbers the caller is about to judge. */
  readonly numbers: readonly number[];
  /** Gaps are about to be skipped: what waits behind them is needed too. */
  readonly skips?: boolean;
  /** As it is stored now: what else is known of it may be old, as a commit would say, and nothing may come to be committed. */
  readonly fresh?: boolean;
}

export interface Head {
  readonly channel: string;
  /** Counts the changes of this channel, events or not; what `commit` compares. */
  readonly revision: number;
  readonly state: RocketState;
  /** Of the waiting messages at least what a step can come across (`reachable`), and those of the numbers asked. */
  readonly waiting: WaitingMessages;
  /** For each number asked that is not above the version: the event that covers it. */
  readonly recorded: ReadonlyMap<number, RocketEvent>;
  /** Of the numbers asked those that came after they were skipped. */
  readonly late: ReadonlyMap<number, ReceivedMessage>;
}

export interface WaitingMessages {
  /** How many are here. */
  readonly size: number;
  get(number: number): ReceivedMessage | undefined;
  /** The one with the lowest number above `number`. */
  after(number: number): ReceivedMessage | undefined;
}

/** A message that is not an event: it waits, or it is late. */
export interface ReceivedMessage {
  readonly message: RocketMessage;
  /** UTC milliseconds. */
  readonly receivedAt: number;
}

export interface SnapshotBound {
  readonly version?: number;
  readonly time?: string;
}

/** What one step of `advance` asks the store to write for one channel. */
export interface Change {
  readonly channel: string;
  /** What was asked of the head, for the fresh one if the channel has moved. */
  readonly numbers: readonly number[];
  readonly skips?: boolean;
  /** The revision this change was decided on. */
  readonly revision: number;
  readonly state: RocketState;
  readonly events: readonly NumberedEvent[];
  /** Messages that begin to wait, by number. */
  readonly added: readonly ReceivedMessage[];
  /** Numbers of waiting messages that became events; nothing waits at or below the new version. */
  readonly released: readonly number[];
  readonly late: readonly ReceivedMessage[];
  /** Our clock, UTC milliseconds. */
  readonly recordedAt: number;
  /** Whether the rocket was heard: something of this change was new, and not only the turn of what waited. */
  readonly heard: boolean;
}

export interface NumberedEvent {
  readonly number: number;
  readonly event: RocketEvent;
}

export interface StoredEvent {
  readonly position: Position;
  readonly channel: string;
  readonly number: number;
  readonly event: RocketEvent;
  /** UTC milliseconds. */
  readonly recordedAt: number;
}

export type Order = 'asc' | 'desc';

export interface HistoryPage {
  /** The number behind which the page begins; without it at the beginning, or at the end with `desc`. */
  readonly after?: number;
  readonly limit: number;
  readonly order?: Order;
}

export interface FeedFilter {
  readonly channel?: string;
  readonly type?: RocketEvent['type'];
}

export interface FeedRequest extends FeedFilter {
  readonly after?: Position;
  readonly limit: number;
  readonly order?: Order;
}

export interface FeedPage {
  readonly events: readonly StoredEvent[];
  /** Where the next page starts: also past events that the filter left out. */
  readonly next: Position;
  /** Nothing more was in the store when this page was read. */
  readonly end: boolean;
}

/** Events that are stored and not in the feed yet, as somebody began before them who has not ended. */
export interface HeldBack {
  /** How many; a store may stop counting. */
  readonly events: number;
  /** For how long at least, in milliseconds. */
  readonly ms: number;
  readonly by: FeedHolder;
}

/** As far as the store is told. */
export interface FeedHolder {
  /** In words for operators. */
  readonly what: string;
  readonly pid?: number;
  /** Of a transaction that was prepared to be ended later, by anybody. */
  readonly name?: string;
  readonly application?: string;
  readonly user?: string;
  readonly database?: string;
  readonly state?: string;
}

export interface Following {
  readonly from: Position;
  stop(): void;
}

/** A part of the feed without a hole: what stands behind `after`, up to and including `next`. */
export interface FeedBatch {
  readonly after: Position;
  readonly next: Position;
  readonly events: readonly StoredEvent[];
}

/** The position does not belong to this store, or to another epoch of it. */
export class UnknownPosition extends Error {
  readonly code = 'unknown-position';
  constructor(readonly position: Position) {
    super(
      `Position "${position.slice(0, 64)}" is not one of this store: it is of another one, or of the time before this one was restored from a copy.`,
    );
  }
}

/** The store can't take or answer anything now; nothing of the call was acknowledged. */
export class StoreUnavailable extends Error {
  readonly code = 'store-unavailable';
}

/**
 * Something in a change is what this store can't keep, and would refuse again; nothing of the call was written. Whoever
 * tries its changes one by one finds out which.
 */
export class ChangeRefused extends Error {
  readonly code = 'change-refused';
}

/** What is kept has reached its bound; nothing of the call was written, and reading goes on. */
export class StoreFull extends Error {
  readonly code = 'store-full';
  constructor(limit: number) {
    super(`The store holds as much as it may: STORE_BYTES is ${limit}.`);
  }
}

/** More is being asked than can be answered in time; nothing of the call was done. */
export class TooManyReads extends Error {
  readonly code = 'too-many-reads';
}
