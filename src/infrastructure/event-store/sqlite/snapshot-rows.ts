import type { RocketState } from '../../../application/ports/event-store.js';
import { sumOf, type Cell } from './checksum.js';
import { stateOf, type RocketRow } from './rocket-row.js';
import { StoreDamaged } from './store-errors.js';
import type { Tail } from './tail.js';

/** A row of `snapshots`: a state now and then, so that a past one is folded from near by. */
export interface SnapshotRow {
  readonly rocket: number;
  readonly version: number;
  readonly latest: number;
  readonly body: string;
  readonly sum: number;
}

export const snapshotColumns = 'rocket, version, latest, body, sum';

const SNAPSHOT_EVERY = 1024;

export const isSnapshotDue = (before: number, version: number): boolean =>
  Math.floor(before / SNAPSHOT_EVERY) !== Math.floor(version / SNAPSHOT_EVERY);

export const snapshotCells = (tail: Tail): Cell[] => {
  const {
    id,
    version,
    status,
    complete,
    type,
    mission,
    launched_at,
    speed,
    reason,
    exploded_at,
    updated_at,
  } = tail;
  const state = {
    version,
    status,
    complete,
    type,
    mission,
    launched_at,
    speed,
    reason,
    exploded_at,
    updated_at,
  };
  return [id, version, tail.latest, JSON.stringify(state)];
};

export const checkedSnapshot = (row: SnapshotRow): SnapshotRow => {
  const { sum, ...columns } = row;
  if (sumOf(Object.values(columns)) !== sum) {
    throw new StoreDamaged(
      `damaged: state ${row.version} of rocket ${row.rocket} does not match its checksum`,
    );
  }
  return row;
};

export const stateAt = (row: SnapshotRow): RocketState => stateOf(JSON.parse(row.body) as RocketRow);
