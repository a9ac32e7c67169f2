import type { Change } from '../../../application/ports/event-store.js';
import { hasGaps } from '../../../application/ports/rocket-directory.js';
import { toUtc, utcKey, utcMillis } from '../../../domain/rocket-time.js';
import { initialState, type Rocket, type RocketState } from '../../../domain/rocket.js';
import { copying, ownState } from '../own-copies.js';
import { minuteOf, rocketCells, type StoredRocket } from './rocket-rows.js';
import { messageCells, withSum, type Cell, type TextOf } from './rows.js';
import { isDue, snapshotsOn } from './snapshots.js';

/** Which columns with an index change: all others change with nearly every message. */
export interface Touches {
  readonly minute: boolean;
  readonly gaps: boolean;
  readonly status: boolean;
  readonly launch: boolean;
  readonly mission: boolean;
}

/** What one change writes, in plain values that may go to another thread. */
export interface ChangeRows {
  readonly id: number;
  /** What the rocket's row must hold for the change to be right; 0: there is no row yet. */
  readonly revision: number;
  readonly version: number;
  readonly rocket: Cell[];
  readonly touches: Touches;
  readonly events: Cell[][];
  readonly released: boolean;
  /** Whether the version may have passed gaps. */
  readonly passesGaps: boolean;
  readonly added: Cell[][];
  readonly late: Cell[][];
  /** The highest number heard before the added messages. */
  readonly highestHeard: number;
  readonly snapshots: Cell[][];
  readonly recordedAt: number;
}

/** How a store writes what is not the same in both. */
export interface RowsFormat {
  /** Events stand behind it in the feed; undefined where that is not known before they are written. */
  readonly position?: number;
  readonly textOf?: TextOf;
}

/** The rocket after the change, and the rows that make it so. */
export const changeRows = (
  change: Change,
  before: StoredRocket,
  { position, textOf = JSON.stringify }: RowsFormat,
): { readonly after: StoredRocket; readonly rows: ChangeRows } => {
  const { id } = before;
  let { chain } = before;
  const events = change.events.map(({ number, event }, i) => {
    const { type, time, data } = event;
    const said: Cell[] = [id, number, type, time, textOf(data), change.recordedAt];
    const cells = withSum(position === undefined ? said : [position + 1 + i, ...said]);
    chain = chainOn(chain, cells[cells.length - 1] as number);
    return cells;
  });
  const state = inUtc(ownState(change, copying), before);
  const { version, rocket, updatedAt } = state;
  const highest = Math.max(before.highestHeard, version);
  const after: StoredRocket = {
    id,
    channel: before.channel,
    revision: before.revision + 1,
    version,
    rocket,
    updatedAt,
    latest: latestOf(change, before),
    heardAt: change.heard ? change.recordedAt : before.heardAt,
    highestHeard: Math.max(highest, change.added.at(-1)?.message.number ?? 0),
    waiting: before.waiting - change.released.length + change.added.length,
    late: before.late + change.late.length,
    chain,
  };
  const rows: ChangeRows = {
    id,
    revision: before.revision,
    version,
    rocket: rocketCells(after),
    touches: touchesOf(before, after),
    events,
    released: change.released.length > 0,
    passesGaps: version > before.version && before.waiting > 0,
    added: change.added.map((message) => messageCells(id, message, textOf)),
    late: change.late.map((message) => messageCells(id, message, textOf)),
    highestHeard: highest,
    snapshots: isDue(before.version, version) ? snapshotsOn(before, change.events) : [],
    recordedAt: change.recordedAt,
  };
  return { after, rows };
};

/** Times of the rocket as its row has them, so that they need not be looked at again with every change that follows. */
const inUtc = (state: RocketState, { rocket: before }: StoredRocket): RocketState => {
  const { rocket } = state;
  if (
    rocket.status === 'awaiting-launch' ||
    (rocket.status === before.status && before.status === 'flying' && rocket.launchedAt === before.launchedAt)
  )
    return state;
  const launchedAt = rocket.launchedAt === null ? null : toUtc(rocket.launchedAt);
  return {
    ...state,
    rocket:
      rocket.status === 'flying'
        ? { ...rocket, launchedAt }
        : { ...rocket, launchedAt, explodedAt: toUtc(rocket.explodedAt) },
  };
};

/** A rocket that was never heard of. */
export const unheardRocket = (id: number, channel: string): StoredRocket => ({
  ...initialState,
  id,
  channel,
  revision: 0,
  latest: null,
  heardAt: 0,
  highestHeard: 0,
  waiting: 0,
  late: 0,
  chain: 0,
});

export const chainOn = (chain: number, sum: number): number => Math.imul(chain ^ sum, 0x01000193) >>> 0;

/** The latest time of sending; by milliseconds first, since a key is dear to make. */
const latestOf = ({ events, state }: Change, before: StoredRocket): string | null => {
  const { updatedAt } = state;
  const known = before.latest ?? before.updatedAt;
  let latest = known === null ? undefined : before.latest === null ? known : `${known}Z`;
  let millis = latest === undefined ? -Infinity : utcMillis(latest);
  for (const { event } of events) {
    const own = utcMillis(event.time);
    if (own < millis || (own === millis && utcKey(event.time) <= utcKey(latest!))) continue;
    latest = event.time;
    millis = own;
  }
  if (latest === undefined || latest === updatedAt) return null;
  const key = utcKey(latest);
  return updatedAt !== null && utcKey(updatedAt) === key ? null : key;
};

/** A rocket explodes once, but what stands in its row is whatever its events say. */
const endOf = (rocket: Rocket): string =>
  rocket.status === 'exploded' ? `${rocket.reason} ${rocket.explodedAt}` : '';

const touchesOf = (before: StoredRocket, after: StoredRocket): Touches => {
  const [one, other] = [before.rocket, after.rocket];
  const wasLaunched = one.status === 'awaiting-launch' ? undefined : one;
  const isLaunched = other.status === 'awaiting-launch' ? undefined : other;
  return {
    minute: minuteOf(before.heardAt) !== minuteOf(after.heardAt),
    gaps: hasGaps(before) !== hasGaps(after),
    status: one.status !== other.status || one.complete !== other.complete || endOf(one) !== endOf(other),
    launch: wasLaunched?.type !== isLaunched?.type || wasLaunched?.launchedAt !== isLaunched?.launchedAt,
    mission: wasLaunched?.mission !== isLaunched?.mission,
  };
};
