import type { EarlyMessage, StoredEvent } from '../../../application/ports/event-store.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import type { RocketReport } from '../../../domain/rocket-message.js';
import { linkOf, sumOf } from './checksum.js';
import type { Database, Statement } from './database.js';
import { ROWS, rowsInPages } from './row-pages.js';
import { StoreDamaged } from './store-errors.js';

/** A row of `events`: one or more events of one rocket. */
export interface EventRow {
  readonly position: number;
  readonly rocket: number;
  /** The first number the row covers. */
  readonly since: number;
  readonly number: number;
  readonly count: number;
  /** Of the rocket, after the commit that wrote this row. */
  readonly revision: number;
  readonly recorded_at: number;
  readonly body: string;
  readonly hash: string;
  readonly sum: number;
}

export const eventColumns = 'position, rocket, since, number, count, revision, recorded_at, body, hash, sum';

export interface EarlyRow {
  readonly rocket: number;
  readonly number: number;
  readonly revision: number;
  readonly received_at: number;
  readonly body: string;
  readonly sum: number;
}

export const earlyColumns = 'rocket, number, revision, received_at, body, sum';

export const checkedEvents = (row: EventRow): EventRow => {
  const { sum, ...columns } = row;
  if (sumOf(Object.values(columns)) !== sum) {
    throw new StoreDamaged(`damaged: the events up to position ${row.position} do not match their checksum`);
  }
  return row;
};

export const checkedEarly = (row: EarlyRow): EarlyRow => {
  const { sum, ...columns } = row;
  if (sumOf(Object.values(columns)) !== sum) {
    throw new StoreDamaged(
      `damaged: early message ${row.number} of rocket ${row.rocket} does not match its checksum`,
    );
  }
  return row;
};

/** The row must continue, without a break, the history whose last link and number are given. */
export const checkLink = (row: EventRow, channel: string, before: { hash: string; number: number }): void => {
  const { since, number, recorded_at, body, hash } = row;
  const expected = linkOf(before.hash, channel, since, number, recorded_at, body);
  if (since !== before.number + 1 || hash !== expected) {
    throw new StoreDamaged(
      `damaged: the chain of ${channel} is broken between ${before.number} and ${number}`,
    );
  }
};

/** An event with its place as a number; the store's id is put in front where it leaves the store. */
export type PlacedEvent = Omit<StoredEvent, 'position'> & { readonly position: number };

export const eventsOf = (row: EventRow, channel: string): PlacedEvent[] => {
  const events = JSON.parse(row.body) as RocketEvent[];
  let next = row.since;
  return events.map((event, i): PlacedEvent => {
    const number = event.type === 'MessagesSkipped' ? event.data.to : next;
    next = number + 1;
    return {
      position: row.position - row.count + 1 + i,
      channel,
      number,
      event,
      recordedAt: row.recorded_at,
    };
  });
};

export const earlyOf = (row: EarlyRow, channel: string): EarlyMessage => {
  const { time, ...report } = JSON.parse(row.body) as RocketReport & { time: string };
  return { message: { channel, number: row.number, time, report }, receivedAt: row.received_at };
};

/** All rows of one rocket, in number order, each checked by itself. */
export class RowsOfRocket {
  private readonly history: Statement;
  private readonly waiting: Statement;

  constructor(database: Database) {
    const ofRocket = `WHERE rocket = ? AND number > ? ORDER BY number LIMIT ${ROWS}`;
    this.history = database.prepare(`SELECT ${eventColumns} FROM events ${ofRocket}`);
    this.waiting = database.prepare(`SELECT ${earlyColumns} FROM early ${ofRocket}`);
  }

  *events(rocket: number): Generator<EventRow> {
    const read = (last: EventRow | undefined) => this.history.all(rocket, last?.number ?? 0) as EventRow[];
    for (const row of rowsInPages(read)) yield checkedEvents(row);
  }

  *early(rocket: number): Generator<EarlyRow> {
    const read = (last: EarlyRow | undefined) => this.waiting.all(rocket, last?.number ?? 0) as EarlyRow[];
    for (const row of rowsInPages(read)) yield checkedEarly(row);
  }
}
