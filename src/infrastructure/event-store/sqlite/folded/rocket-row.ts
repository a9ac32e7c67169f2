import type { RocketState } from '../../../../application/ports/event-store.js';
import type { RocketSummary } from '../../../../application/ports/rocket-directory.js';
import type { Rocket } from '../../../../domain/rocket.js';
import { checkedRow, type Cell } from '../checksum.js';
import { restored, storable } from './storable-text.js';

/** A row of `rockets`. */
export interface RocketRow {
  readonly channel: string;
  readonly revision: number;
  readonly version: number;
  readonly status: Rocket['status'];
  readonly complete: number;
  readonly type: string | null;
  readonly mission: string | null;
  readonly launched_at: string | null;
  readonly launched_key: string | null;
  readonly speed: number | null;
  readonly reason: string | null;
  readonly exploded_at: string | null;
  readonly updated_at: string | null;
  readonly updated_key: string | null;
  /** The latest time of sending so far, UTC milliseconds. */
  readonly latest: number | null;
  readonly highest: number;
  readonly pending: number;
  readonly events: number;
  /** Of the last event in the feed; 0 before the first. */
  readonly position: number;
  /** The running checksum over all lines of the rocket. */
  readonly chain: number;
  readonly sum: number;
}

export const rocketColumns =
  'channel, revision, version, status, complete, type, mission, launched_at, launched_key, speed, reason,' +
  ' exploded_at, updated_at, updated_key, latest, highest, pending, events, position, chain, sum';

export const checkedRocket = (row: RocketRow): RocketRow =>
  checkedRow(row, ({ channel }) => `the state of ${channel}`);

export const stateOf = (row: RocketRow): RocketState => ({
  version: row.version,
  rocket: rocketOf(row),
  updatedAt: row.updated_at,
});

export const summaryOf = (row: RocketRow): RocketSummary => ({
  channel: row.channel,
  ...stateOf(row),
  highestSeen: row.highest,
  pending: row.pending,
});

const rocketOf = (row: RocketRow): Rocket => {
  const complete = row.complete === 1;
  if (row.status === 'awaiting-launch') return { status: row.status, complete };
  const launched = {
    complete,
    type: restored(row.type),
    mission: restored(row.mission),
    launchedAt: row.launched_at,
    speed: row.speed ?? 0,
  };
  return row.status === 'flying'
    ? { status: row.status, ...launched }
    : {
        status: row.status,
        ...launched,
        reason: restored(row.reason ?? ''),
        explodedAt: row.exploded_at ?? '',
      };
};

/** The columns from `version` to `updated_at` that a state fills, in their order. */
export const stateCells = ({ version, rocket, updatedAt }: RocketState): Cell[] => {
  const complete = rocket.complete ? 1 : 0;
  if (rocket.status === 'awaiting-launch') {
    return [version, rocket.status, complete, null, null, null, null, null, null, updatedAt];
  }
  const { status, launchedAt, speed } = rocket;
  const [type, mission] = [storable(rocket.type), storable(rocket.mission)];
  const [reason, explodedAt] =
    status === 'exploded' ? [storable(rocket.reason), rocket.explodedAt] : [null, null];
  return [version, status, complete, type, mission, launchedAt, speed, reason, explodedAt, updatedAt];
};
