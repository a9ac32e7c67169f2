import type { Rocket } from '../../domain/rocket.js';
import type { RocketState } from './event-store.js';

/**
 * The read model: every rocket as it stands now. As far as anybody who reads can tell it moves with the events: a write
 * that was acknowledged is seen by the next read. It can be rebuilt from the events at any time.
 * Checked for every adapter by `tests/contracts/rocket-directory-contract.ts`.
 */
export interface RocketDirectory {
  find(channel: string): Promise<RocketSummary | undefined>;
  list(query: RocketQuery): Promise<RocketPage>;
  /** Ranges of numbers not heard yet below the highest heard, by channel and number. */
  gaps(query: GapQuery): Promise<GapPage>;
  totals(): Promise<RocketTotals>;
}

export interface RocketSummary extends RocketState {
  readonly channel: string;
  readonly highestSeen: number;
  /** How many early messages wait. */
  readonly pending: number;
}

export const rocketSorts = [
  'channel',
  'type',
  'speed',
  'mission',
  'status',
  'launchedAt',
  'updatedAt',
] as const;
export type RocketSort = (typeof rocketSorts)[number];

export interface RocketFilter {
  readonly status?: Rocket['status'];
  readonly type?: string;
  readonly mission?: string;
}

export interface RocketQuery extends RocketFilter {
  readonly sort: RocketSort;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** The last rocket of the page before; ties by channel ascending, unknown values last in both orders. */
  readonly after?: { readonly key: SortKey; readonly channel: string };
}

export type SortKey = string | number | null;

export interface RocketPage {
  readonly rockets: readonly RocketSummary[];
  /** Where the next page goes on; undefined on the last one. */
  readonly next: { readonly key: SortKey; readonly channel: string } | undefined;
}

export interface Gap {
  readonly channel: string;
  readonly from: number;
  readonly to: number;
  /** When the first message from beyond this gap was received, UTC milliseconds. */
  readonly since: number;
  /** Messages that wait beyond it. */
  readonly waiting: number;
}

export interface GapQuery {
  readonly channel?: string;
  readonly limit: number;
  readonly after?: { readonly channel: string; readonly from: number };
}

export interface GapPage {
  readonly gaps: readonly Gap[];
  readonly next: { readonly channel: string; readonly from: number } | undefined;
}

export interface RocketTotals {
  readonly rockets: number;
  readonly byStatus: Readonly<Record<Rocket['status'], number>>;
  readonly incomplete: number;
  readonly events: number;
  /** Early messages stored. */
  readonly buffered: number;
  /** Rockets with at least one gap. */
  readonly withGaps: number;
}
