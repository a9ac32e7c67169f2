import { hasGaps, type RocketSummary } from '../../../application/ports/rocket-directory.js';
import { utcKey } from '../../../domain/rocket-time.js';
import type { Rocket, RocketState } from '../../../domain/rocket.js';
import type { Ask } from './ask.js';
import { checked, withSum, type Cell } from './rows.js';

/** A rocket with all that its row holds: the head of its history and the read model in one. */
export interface StoredRocket extends RocketSummary {
  readonly id: number;
  readonly revision: number;
  /** The latest time of sending of any event (`utcKey`), when that is not the time of `updatedAt`. */
  readonly latest: string | null;
  /** Running checksum over the sums of all its events, by number. */
  readonly chain: number;
}

export const rocketColumns =
  'id, channel, revision, version, status, complete, type, mission, speed, speed_change, reason, launched_at,' +
  ' exploded_at, updated_at, latest, heard_at, heard_minute, highest_heard, waiting, late, has_gaps, chain, sum';

export interface RocketRow {
  readonly id: number;
  readonly channel: string;
  readonly revision: number;
  readonly version: number;
  readonly status: Rocket['status'];
  readonly complete: 0 | 1;
  readonly type: string | null;
  readonly mission: string | null;
  readonly speed: number | null;
  readonly speed_change: number | null;
  readonly reason: string | null;
  readonly launched_at: string | null;
  readonly exploded_at: string | null;
  readonly updated_at: string | null;
  readonly latest: string | null;
  readonly heard_at: number;
  readonly heard_minute: number;
  readonly highest_heard: number;
  readonly waiting: number;
  readonly late: number;
  readonly has_gaps: 0 | 1;
  readonly chain: number;
  readonly sum: number;
}

/** The minute by which silent rockets are found: an index on the moment itself would be written with every message. */
export const minuteOf = (millis: number): number => Math.floor(millis / 60_000);

/** The columns that its events tell of a rocket. */
export const toldColumns = [
  'status',
  'complete',
  'type',
  'mission',
  'speed',
  'speed_change',
  'reason',
  'launched_at',
  'exploded_at',
  'updated_at',
] as const;

export type ToldRow = Pick<RocketRow, (typeof toldColumns)[number]>;

export const toldCells = ({ rocket, updatedAt }: RocketState): Cell[] => {
  const complete = rocket.complete ? 1 : 0;
  const updated = keyOf(updatedAt);
  if (rocket.status === 'awaiting-launch')
    return [rocket.status, complete, null, null, null, null, null, null, null, updated];
  const [reason, exploded] = rocket.status === 'exploded' ? [rocket.reason, rocket.explodedAt] : [null, null];
  const { status, type, mission, speed, speedChange, launchedAt } = rocket;
  const times = [keyOf(launchedAt), keyOf(exploded), updated];
  return [status, complete, type, mission, speed, speedChange, reason, ...times];
};

export const rocketCells = (stored: StoredRocket): Cell[] =>
  withSum([
    stored.id,
    stored.channel,
    stored.revision,
    stored.version,
    ...toldCells(stored),
    stored.latest,
    stored.heardAt,
    minuteOf(stored.heardAt),
    stored.highestHeard,
    stored.waiting,
    stored.late,
    hasGaps(stored) ? 1 : 0,
    stored.chain,
  ]);

export const rocketOf = (row: RocketRow): StoredRocket => {
  checked(row, ({ channel, id }) => `rocket ${id} (${channel})`);
  const { id, channel, revision, version, waiting, late, chain, latest } = row;
  const times = { updatedAt: timeOf(row.updated_at), heardAt: row.heard_at };
  const numbers = { highestHeard: row.highest_heard, waiting, late, chain };
  return { id, channel, revision, version, rocket: shownBy(row), ...times, ...numbers, latest };
};

export const findRocket = async (
  ask: Ask,
  channel: string,
  signal?: AbortSignal,
): Promise<StoredRocket | undefined> => {
  const sql = `SELECT ${rocketColumns} FROM rockets WHERE channel = $1`;
  const [row] = await ask<RocketRow>(sql, [channel], signal);
  return row && rocketOf(row);
};

/** Those whose next message waits. */
export const unfinishedChannels = async (ask: Ask): Promise<string[]> => {
  const rows = await ask<RocketRow>(
    `SELECT ${rocketColumns} FROM rockets WHERE id IN (SELECT rocket FROM waiting_messages) AND EXISTS
      (SELECT 1 FROM waiting_messages w WHERE w.rocket = rockets.id AND w.number = rockets.version + 1)`,
    [],
  );
  return rows.map((row) => rocketOf(row).channel);
};

export const shownBy = (row: ToldRow): Rocket => {
  const complete = row.complete === 1;
  const { status, type, mission, speed } = row;
  if (status === 'awaiting-launch') return { status, complete };
  const launched = {
    type,
    mission,
    launchedAt: timeOf(row.launched_at),
    speed,
    speedChange: row.speed_change,
  };
  if (status === 'flying') return { status, complete, ...launched };
  return { status, complete, ...launched, reason: row.reason!, explodedAt: timeOf(row.exploded_at)! };
};

/** What rockets sent stands in UTC without an ending, so that it sorts; see `utcKey`. */
const keyOf = (time: string | null): string | null => (time === null ? null : utcKey(time));
export const timeOf = (key: string | null): string | null => (key === null ? null : `${key}Z`);
