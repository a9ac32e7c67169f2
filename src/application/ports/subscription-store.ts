import type { RocketEvent } from '../../domain/rocket-event.js';
import type { Position } from './event-store.js';

/** Which events are wanted; without both, all. */
export interface Selection {
  readonly types?: readonly RocketEvent['type'][];
  readonly channels?: readonly string[];
}

/** Where to. */
export type SinkSettings =
  | {
      readonly type: 'webhook';
      readonly url: string;
      /** So many events go together at the most, and the first of them waits so long for others. */
      readonly batch?: BatchBounds;
    }
  | { readonly type: 'kafka'; readonly topic: string };

export interface BatchBounds {
  readonly events: number;
  readonly ms: number;
}

/** A subscription as it is kept: what operators say of it, and how far its delivery has come. */
export interface Subscription extends Selection {
  readonly name: string;
  /** Grows with everything that is written of it, whoever writes it: what `save` compares. */
  readonly revision: number;
  readonly sink: SinkSettings;
  readonly createdAt: number;
  readonly isPaused: boolean;
  /** Why nobody but itself paused it. */
  readonly pausedAs?: string;
  /** All that stands up to here in the feed was delivered, is parked, or is not wanted. */
  readonly position: Position;
  /** How often an operator has said from where on it is told again: whoever delivers takes that position for his own. */
  readonly replays: number;
  /** Events that were taken, and attempts that had to be made again. */
  readonly delivered: number;
  readonly retried: number;
  readonly lastError?: { readonly at: number; readonly what: string };
  /** Since when the receiver takes nothing from anybody. */
  readonly failing?: { readonly since: number; readonly nextTryAt: number };
}

/** The events of a rocket from one on that the receiver does not take, and all that follow; others go on. */
export interface ParkedSequence {
  readonly channel: string;
  /** The first of its events that was not delivered, and where it stands. */
  readonly number: number;
  readonly position: Position;
  readonly since: number;
  readonly tries: number;
  /** Undefined: it is tried again when somebody says so, and not by itself. */
  readonly nextTryAt?: number;
  readonly what: string;
}

/** What signs webhooks, as Standard Webhooks writes it: `whsec_` and base64. */
export interface Secret {
  readonly text: string;
  /** It ends then, as another has taken its place; UTC milliseconds. */
  readonly until?: number;
}

/** The right to deliver one subscription. */
export interface Lease {
  readonly name: string;
  /** Another one whenever it went to somebody else: `save` compares it. */
  readonly number: number;
  /** As it is now: what is known of another is old. */
  readonly revision: number;
  /** One of another time was removed, and made anew under the same name. */
  readonly createdAt: number;
}

/** What changes together with a subscription. */
export interface ParkedChanges {
  readonly drop?: readonly string[];
  /** Behind what is dropped, each in the place of the one of its channel that was there. */
  readonly put?: readonly ParkedSequence[];
}

/**
 * Where subscriptions are kept, with the events they are about: restored or copied with them, their positions go on in the new
 * history. All that is written of one is written by comparing its revision, so nobody undoes what another has done.
 * Checked for every adapter by `tests/contracts/subscription-store-contract.ts`.
 */
export interface SubscriptionStore {
  /** Whether it outlives the process. */
  readonly isKept: boolean;
  /** Names the store and its history as a URI. */
  readonly source: string;
  /** False when the name is taken. */
  create(subscription: Subscription, secrets: readonly Secret[]): Promise<boolean>;
  find(name: string): Promise<Subscription | undefined>;
  /** By name. */
  list(page: NamePage): Promise<Subscription[]>;
  /** How many there are, by what became of them. */
  count(): Promise<SubscriptionCounts>;
  /**
   * Writes all of the subscription, and what is parked, when its revision is still the one given and, where a lease is given,
   * that is still in force. Answers it with its new revision; undefined: nothing was written. One that was removed and made
   * anew under the same name is another, which shows by `createdAt`.
   */
  save(
    subscription: Subscription,
    change?: ParkedChanges & { readonly lease?: number },
  ): Promise<Subscription | undefined>;
  /** With all that belongs to it. False when there is none. */
  remove(name: string): Promise<boolean>;
  /** By channel. */
  parked(name: string, page: NamePage): Promise<ParkedSequence[]>;
  findParked(name: string, channel: string): Promise<ParkedSequence | undefined>;
  /** How many rockets' sequences are parked, and how many of them are not tried again by themselves. */
  countParked(name: string): Promise<ParkedCounts>;
  secrets(name: string): Promise<readonly Secret[]>;
  putSecrets(name: string, secrets: readonly Secret[]): Promise<void>;
  /** How many events stand behind a position; counts no further than `most`. */
  countBehind(position: Position, most: number): Promise<number>;
  /**
   * Takes for `holder` the leases of all subscriptions with a sink of these types that are not paused and that nobody else
   * holds, for `ms` from now on, and keeps those it has. Answers those that are its own now; of one that is missing it is not
   * known. One instance alone: all of them, each time.
   */
  hold(holder: string, sinks: readonly SinkSettings['type'][], ms: number): Promise<Lease[]>;
  /** Ends the leases of a holder, so that another need not wait for their end. */
  letGo(holder: string): Promise<void>;
}

/** `after` is exclusive. */
export interface NamePage {
  readonly after?: string;
  readonly limit: number;
}

export interface SubscriptionCounts {
  /** All that are not paused. */
  readonly running: number;
  readonly paused: number;
  /** Of those that run: their receiver takes nothing from anybody. */
  readonly failing: number;
}

export interface ParkedCounts {
  readonly parked: number;
  readonly givenUp: number;
}
