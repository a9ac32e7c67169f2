import type { NumberedEvent } from '../../../application/ports/event-store.js';
import { utcKey } from '../../../domain/rocket-time.js';
import { record, type RocketState } from '../../../domain/rocket.js';
import { shownBy, timeOf, toldCells, toldColumns, type StoredRocket, type ToldRow } from './rocket-rows.js';
import { checked, withSum, type Cell } from './rows.js';

/** A state is kept each time a rocket has come so many versions further. */
const SNAPSHOT_EVERY = 256;

export const isDue = (before: number, version: number): boolean =>
  Math.floor(version / SNAPSHOT_EVERY) > Math.floor(before / SNAPSHOT_EVERY);

/** States are kept where the history says, however it was cut into changes: whoever folds it anew finds the same. */
export const snapshotsOn = (before: StoredRocket, events: readonly NumberedEvent[]): Cell[][] => {
  const snapshots: Cell[][] = [];
  let state: RocketState = before;
  let latest = before.latest ?? (before.updatedAt === null ? '' : utcKey(before.updatedAt));
  for (const { number, event } of events) {
    const last = state.version;
    state = record(state, number, event);
    const time = utcKey(event.time);
    if (time > latest) latest = time;
    if (isDue(last, number)) snapshots.push(snapshotCells(before.id, state, latest));
  }
  return snapshots;
};

export const snapshotColumns = 'rocket, version, latest, state, sum';

export interface SnapshotRow {
  readonly rocket: number;
  readonly version: number;
  readonly latest: string;
  readonly state: string;
  readonly sum: number;
}

export const snapshotCells = (id: number, state: RocketState, latest: string): Cell[] =>
  withSum([id, state.version, latest, JSON.stringify(namedCells(toldCells(state)))]);

const namedCells = (cells: readonly Cell[]) =>
  Object.fromEntries(toldColumns.map((column, i) => [column, cells[i]]));

export const snapshotOf = (row: SnapshotRow): RocketState => {
  const { version, state } = checked(
    row,
    () => `the state of rocket ${row.rocket} at version ${row.version}`,
  );
  const told = JSON.parse(state) as ToldRow;
  return { version, rocket: shownBy(told), updatedAt: timeOf(told.updated_at) };
};
