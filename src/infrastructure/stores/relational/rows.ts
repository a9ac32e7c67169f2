import { crc32 } from 'node:zlib';
import type { ReceivedMessage, StoredEvent } from '../../../application/ports/event-store.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import type { RocketReport } from '../../../domain/rocket-message.js';
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

/** What the row of an event holds in both stores; where it stands in the feed each of them says in its own way. */
export interface EventRow {
  readonly rocket: number;
  readonly number: number;
  readonly type: RocketEvent['type'];
  readonly time: string;
  readonly data: string;
  readonly recorded_at: number;
  readonly sum: number;
}

export type PlacedEvent<Place = number> = Omit<StoredEvent, 'position' | 'channel'> & {
  readonly place: Place;
};

/** The rows of events as one store has them. */
export interface EventFormat<Place, Row extends EventRow = EventRow> {
  readonly columns: string;
  /** The event of a row that matches its checksum. */
  eventOf(row: Row): PlacedEvent<Place>;
}

export const placedEvent = <Place>(
  { number, type, time, data, recorded_at: recordedAt }: EventRow,
  place: Place,
): PlacedEvent<Place> => {
  return { place, number, event: { type, data: JSON.parse(data), time } as RocketEvent, recordedAt };
};

/** Where the position is a number of the row, under its checksum. */
export interface NumberedRow extends EventRow {
  readonly position: number;
}

export const eventColumns = 'position, rocket, number, type, time, data, recorded_at, sum';

export const eventOf = (row: NumberedRow): PlacedEvent => {
  checked(row, ({ position }) => `the event at position ${position}`);
  return placedEvent(row, row.position);
};

export const numberedEvents: EventFormat<number, NumberedRow> = { columns: eventColumns, eventOf };

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

/** How what is said becomes text: a store that orders it anew needs an order of its own for the checksum. */
export type TextOf = (data: object) => string;

export const messageCells = (
  rocket: number,
  { message, receivedAt }: ReceivedMessage,
  textOf: TextOf = JSON.stringify,
): Cell[] => {
  const { number, time, report } = message;
  return withSum([rocket, number, report.type, time, textOf(report.data), receivedAt]);
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
