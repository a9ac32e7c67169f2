import type { RocketState } from '../../../../application/ports/event-store.js';
import { checkedRow, withSum, type Cell } from '../checksum.js';
import { stateOf, type RocketRow } from './rocket-row.js';
import type { Tail } from './tail.js';

/** A row of `snapshots`: a state now and then, so that a past one is folded from near by. */
export interface SnapshotRow {
  readonly channel: string;
  readonly version: number;
  readonly latest: number;
  readonly body: string;
  readonly sum: number;
}

export const snapshotColumns = 'channel, version, latest, body, sum';

/** Each event behind a snapshot may stand in a row of its own: 10 µs to find it. */
const SNAPSHOT_EVERY = 256;

/** Whether the line that led from one version to the other is followed by a snapshot. */
export const isSnapshotDue = (before: number, version: number): boolean =>
  Math.floor(before / SNAPSHOT_EVERY) !== Math.floor(version / SNAPSHOT_EVERY);

export const snapshotCells = (tail: Tail): Cell[] => {
  const { channel, version, status, complete, type, mission } = tail;
  const { launched_at, speed, reason, exploded_at, updated_at } = tail;
  const launch = { type, mission, launched_at, speed };
  const state = { version, status, complete, ...launch, reason, exploded_at, updated_at };
  const cells = [channel, version, tail.latest, JSON.stringify(state)];
  return withSum(cells);
};

export const checkedSnapshot = (row: SnapshotRow): SnapshotRow =>
  checkedRow(row, ({ version, channel }) => `state ${version} of ${channel}`);

export const stateAt = (row: SnapshotRow): RocketState => stateOf(JSON.parse(row.body) as RocketRow);
