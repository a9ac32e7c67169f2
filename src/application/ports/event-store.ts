import type { RocketEvent } from '../../domain/rocket-event.js';
import type { RocketMessage } from '../../domain/rocket-message.js';
import type { Rocket } from '../../domain/rocket.js';
import type { EarlyMessages } from '../early-messages.js';

/**
 * Keeps every event for ever, in number order per channel, together with the messages that came early.
 *
 * One instance may be used by many workers at once, and one store by many instances. The contract, checked for
 * every adapter by `tests/contracts/event-store-contract.ts`:
 *
 * - **Atomic per channel.** A change is written whole, or not at all; the rocket's stored state, its early
 *   messages and the read model move with its events.
 * - **Moved heads.** A change whose `revision` is no longer the channel's is not written; `commit` answers that
 *   channel's fresh head and the caller decides again. That is data, not an error.
 * - **Durable on return.** When `commit` resolves, the changes are as safe as this store can make them
 *   (`durability`). When it rejects, the caller must not acknowledge anything of the batch.
 * - **Feed.** Every event has a place in one feed. A reader that pages with `after` sees every event exactly
 *   once, those of one channel in number order, and never an event that becomes visible behind it.
 * - Bounds read the same everywhere: `after` is exclusive, `limit` is a maximum.
 * - What is returned is the caller's to read, never to change.
 */
export interface EventStore {
  /** What an acknowledgement is worth, in words for operators: `none`, `disk`, … */
  readonly durability: Durability;
  /** The heads of the channels, in the order asked; a channel never heard of has the initial head. */
  load(requests: readonly HeadRequest[]): Promise<Head[]>;
  /** Writes the changes; answers the fresh heads of those that had moved meanwhile and were not written. */
  commit(changes: readonly Change[]): Promise<Head[]>;
  /** The history of one channel, by number. */
  read(channel: string, page: { readonly after: number; readonly limit: number }): Promise<StoredEvent[]>;
  /** The feed of all rockets. `after` is a position this store gave out, or undefined for the beginning. */
  readAll(page: FeedRequest): Promise<FeedPage>;
  /** The event that stands at a position this store gave out; undefined when nothing does. */
  readAt(position: Position): Promise<StoredEvent | undefined>;
  /** The end of the feed as it is now; undefined while nothing was ever written. */
  lastPosition(): Promise<Position | undefined>;
  /**
   * The newest stored state of a channel at or below `version` whose messages were all sent at or before `time`
   * (UTC milliseconds); folding the events after it leads to any later state. Undefined: fold from the start.
   */
  snapshot(channel: string, bound: SnapshotBound): Promise<Snapshot | undefined>;
  /** Channels whose next message waits among the early ones: a drain that a crash cut short. Asked at start. */
  unfinished(): Promise<string[]>;
  /** Finishes what was begun and lets go of files and connections. A second call does nothing. */
  close(): Promise<void>;
}

export interface Durability {
  readonly level: 'none' | 'process' | 'disk';
  readonly description: string;
}

/** Opaque to clients; unique to one store, so that a position of another store is recognised and refused. */
export type Position = string;

export interface HeadRequest {
  readonly channel: string;
  /** The message numbers the caller is about to judge. */
  readonly numbers: readonly number[];
}

export interface Head {
  readonly channel: string;
  /** Counts the changes of this channel, events or not; what `commit` compares. */
  readonly revision: number;
  readonly state: RocketState;
  /**
   * The early messages. May be partial for a channel that has many, but always holds what a step can come across
   * (`reachable`) and, of the numbers asked, those that wait and the next ones below and above each.
   */
  readonly early: EarlyMessages;
  /** For each number asked that is not above the version: the event that covers it. */
  readonly recorded: ReadonlyMap<number, RocketEvent>;
}

/** The fold of a rocket's history up to `version`, and when it last changed. */
export interface RocketState {
  readonly version: number;
  readonly rocket: Rocket;
  /** Time of the last event that was not a refusal, as the rocket sent it. */
  readonly updatedAt: string | null;
}

export type Snapshot = RocketState;

export interface SnapshotBound {
  readonly version?: number;
  readonly time?: number;
}

export interface EarlyMessage {
  readonly message: RocketMessage;
  /** UTC milliseconds. */
  readonly receivedAt: number;
}

/** What one step of `advance` asks the store to write for one channel. */
export interface Change {
  readonly channel: string;
  /** The numbers that were judged, for the fresh head if the channel has moved. */
  readonly numbers: readonly number[];
  /** The revision this change was decided on. */
  readonly revision: number;
  readonly state: RocketState;
  readonly events: readonly NumberedEvent[];
  readonly added: readonly EarlyMessage[];
  /** Numbers of early messages that became events. */
  readonly released: readonly number[];
  readonly recordedAt: number;
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

export interface FeedRequest {
  readonly after?: Position;
  readonly limit: number;
  readonly channel?: string;
  readonly type?: RocketEvent['type'];
}

export interface FeedPage {
  readonly events: readonly StoredEvent[];
  /** Where the next page starts: also past events that the filter left out. Undefined when the store is empty. */
  readonly next: Position | undefined;
  /** Nothing more was in the store when this page was read. */
  readonly end: boolean;
}

/** The position does not belong to this store. */
export class UnknownPosition extends Error {
  readonly code = 'unknown-position';
  constructor(readonly position: Position) {
    super(`Position "${position}" is not one of this store.`);
  }
}

/** The store can't take or answer anything now; nothing of the call was acknowledged. */
export class StoreUnavailable extends Error {
  readonly code = 'store-unavailable';
}
