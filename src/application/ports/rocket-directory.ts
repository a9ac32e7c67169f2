import type { Rocket, RocketState } from '../../domain/rocket.js';
import type { Order, ReceivedMessage } from './event-store.js';

/**
 * The read model: every rocket as it stands now. It moves with the events, so a write that was acknowledged is seen by
 * the next read; and it can be rebuilt from them at any time. A page costs a page, however much there is beside it.
 * Checked for every adapter by `tests/contracts/rocket-directory-contract.ts`.
 */
export interface RocketDirectory {
  find(channel: string, signal?: AbortSignal): Promise<RocketSummary | undefined>;
  list(query: RocketQuery, signal?: AbortSignal): Promise<RocketPage>;
  /** Ranges of numbers not heard yet below the highest heard, by channel and number. */
  gaps(query: GapQuery, signal?: AbortSignal): Promise<GapPage>;
  /** Of the gaps open since a service had listened for `listened` milliseconds or less, some, beginning with the oldest. */
  overdueGaps(listened: number, limit: number): Promise<OverdueGap[]>;
  /** The messages of a channel that wait, by number. */
  waiting(channel: string, page: MessagePage, signal?: AbortSignal): Promise<ReceivedMessage[]>;
  /** The messages of a channel that came after their numbers were skipped, by number. */
  late(channel: string, page: MessagePage, signal?: AbortSignal): Promise<ReceivedMessage[]>;
  /** Kept with every commit, never counted: answers at once, whatever else is asked. */
  totals(): Promise<RocketTotals>;
  /** How many rockets have not exploded and were not heard since then (UTC milliseconds). */
  silent(since: number): Promise<number>;
  /** The types and missions that most rockets have, at most `limit` of each, by their number and then their name. */
  frequent(limit: number): Promise<FrequentNames>;
}

export interface RocketSummary extends RocketState {
  readonly channel: string;
  readonly highestHeard: number;
  /** How many messages wait. */
  readonly waiting: number;
  /** How many messages came after their numbers were skipped. */
  readonly late: number;
  /** Our clock when something new was heard last, UTC milliseconds. */
  readonly heardAt: number;
}

export const rocketSorts = [
  'channel',
  'type',
  'speed',
  'mission',
  'status',
  'launchedAt',
  'updatedAt',
  'heardAt',
  'waiting',
] as const;
export type RocketSort = (typeof rocketSorts)[number];

export interface RocketFilter {
  /** Any of these. */
  readonly status?: readonly Rocket['status'][];
  readonly type?: string;
  readonly mission?: string;
  /** A part of channel, type or mission, whatever the case of A–Z. */
  readonly text?: string;
  /** Whether something is missing below the highest number heard. */
  readonly hasGaps?: boolean;
  readonly complete?: boolean;
  /** Not heard since then (UTC milliseconds), and not exploded. */
  readonly silentSince?: number;
}

export interface RocketQuery extends RocketFilter {
  readonly sort: RocketSort;
  readonly order: Order;
  readonly limit: number;
  /** The last rocket of the page before; ties by channel ascending, unknown values last in both orders. */
  readonly after?: RocketPlace;
}

export type SortKey = string | number | null;

export interface RocketPlace {
  readonly key: SortKey;
  readonly channel: string;
}

export interface RocketPage {
  readonly rockets: readonly RocketSummary[];
  /** Where the next page goes on; undefined on the last one. */
  readonly next: RocketPlace | undefined;
}

export interface Gap {
  readonly channel: string;
  readonly from: number;
  readonly to: number;
  /** When the first message from beyond this gap was received, UTC milliseconds. */
  readonly since: number;
  /** Messages that wait right behind it, up to the next gap: what becomes history when it closes as the first one. */
  readonly waiting: number;
}

export interface GapQuery {
  readonly channel?: string;
  readonly limit: number;
  readonly after?: GapPlace;
}

export interface GapPlace {
  readonly channel: string;
  readonly from: number;
}

export interface GapPage {
  readonly gaps: readonly Gap[];
  readonly next: GapPlace | undefined;
}

export type OverdueGap = Pick<Gap, 'channel' | 'to' | 'since'>;

export interface MessagePage {
  readonly after?: number;
  readonly limit: number;
}

export interface RocketTotals {
  readonly rockets: number;
  readonly byStatus: Readonly<Record<Rocket['status'], number>>;
  readonly incomplete: number;
  /** Rockets with at least one gap. */
  readonly withGaps: number;
  readonly gaps: number;
  readonly events: number;
  /** Events that say that a message broke a rule. */
  readonly rulesBroken: number;
  readonly waiting: number;
  readonly late: number;
}

export interface FrequentNames {
  readonly types: readonly NameCount[];
  readonly missions: readonly NameCount[];
}

export interface NameCount {
  readonly name: string;
  readonly rockets: number;
}

/** Numbers that wait are distinct, so only when something is missing are there fewer than from the version upwards. */
export const hasGaps = ({ version, highestHeard, waiting }: Omit<RocketSummary, 'rocket'>): boolean =>
  highestHeard - version > waiting;
