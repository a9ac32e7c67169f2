import { crc32 } from 'node:zlib';
import type { ReceivedMessage, StoredEvent } from '../../../application/ports/event-store.js';
import { hasGaps, type RocketSummary } from '../../../application/ports/rocket-directory.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import type { RocketReport } from '../../../domain/rocket-message.js';
import { utcKey } from '../../../domain/rocket-time.js';
import type { Rocket, RocketState } from '../../../domain/rocket.js';
import { StoreDamaged } from './store-errors.js';

/*
 * How what is stored stands in the rows of both SQL stores; `docs/tables.md` tells people the same. Every row ends with
 * `sum`, a CRC-32 over its other columns in their order, checked whenever the row is read.
 */

export type Cell = string | number | null;

/** No text has a NUL in it and none is empty, so what is joined here can be taken apart in one way only. */
export const sumOf = (cells: readonly Cell[]): number => crc32(cells.join('\0'));

export const withSum = (cells: Cell[]): Cell[] => {
  cells.push(sumOf(cells));
  return cells;
};

/** The row as it was read, when its columns match its checksum; `named` says what it holds. */
export const checked = <Row extends { readonly sum: number }>(row: Row, named: (row: Row) => string): Row => {
  const cells = Object.values(row) as Cell[];
  cells.pop();
  if (sumOf(cells) === row.sum) return row;
  throw new StoreDamaged(`damaged: ${named(row)} does not match its checksum`);
};

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
const toldColumns = [
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

type ToldRow = Pick<RocketRow, (typeof toldColumns)[number]>;

const toldCells = ({ rocket, updatedAt }: RocketState): Cell[] => {
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

export const summaryOf = (row: RocketRow): RocketSummary => {
  const { channel, version, rocket, updatedAt, highestHeard, waiting, late, heardAt } = rocketOf(row);
  return { channel, version, rocket, updatedAt, highestHeard, waiting, late, heardAt };
};

const shownBy = (row: ToldRow): Rocket => {
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
const timeOf = (key: string | null): string | null => (key === null ? null : `${key}Z`);

export const eventColumns = 'position, rocket, number, type, time, data, recorded_at, sum';

export interface EventRow {
  readonly position: number;
  readonly rocket: number;
  readonly number: number;
  readonly type: RocketEvent['type'];
  readonly time: string;
  readonly data: string;
  readonly recorded_at: number;
  readonly sum: number;
}

export type PlacedEvent = Omit<StoredEvent, 'position' | 'channel'> & { readonly place: number };

export const eventOf = (row: EventRow): PlacedEvent => {
  checked(row, ({ position }) => `the event at position ${position}`);
  const { position: place, number, type, time, data, recorded_at: recordedAt } = row;
  return { place, number, event: { type, data: JSON.parse(data), time } as RocketEvent, recordedAt };
};

export const messageColumns = 'rocket, number, type, time, data, received_at, sum';

export interface MessageRow {
  readonly rocket: number;
  readonly number: number;
  readonly type: RocketReport['type'];
  readonly time: string;
  readonly data: string;
  readonly received_at: number;
  readonly sum: number;
}

export const messageCells = (rocket: number, { message, receivedAt }: ReceivedMessage): Cell[] => {
  const { number, time, report } = message;
  return withSum([rocket, number, report.type, time, JSON.stringify(report.data), receivedAt]);
};

export const messageOf = (channel: string, row: MessageRow): ReceivedMessage => {
  checked(row, ({ number }) => `message ${number} of ${channel}`);
  const { number, time, type, data, received_at: receivedAt } = row;
  const report = { type, data: JSON.parse(data) } as RocketReport;
  return { message: { channel, number, time, report }, receivedAt };
};

/** Numbers that were not heard, below one that was; `first` may be history already. */
export interface MissingRow {
  readonly rocket: number;
  readonly last: number;
  readonly first: number;
  readonly since: number;
  readonly listened: number;
  readonly sum: number;
}

export const missingColumns = 'rocket, last, first, since, listened, sum';

export const missingOf = (row: MissingRow): MissingRow =>
  checked(row, ({ rocket, first, last }) => `the gap from ${first} to ${last} of rocket ${rocket}`);

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
