import { hash } from 'node:crypto';
import type { Database, Statement } from '../database.js';
import { StoreDamaged } from '../store-errors.js';

/** A row of `log`: lines that were committed together. */
export interface LogRow {
  readonly entry: number;
  /** Events in the log up to here. */
  readonly total: number;
  /** The place of the last of them. */
  readonly place: number;
  readonly hash: string;
  /** Lines, each ended by a line break. */
  readonly body: string;
}

export const logColumns = 'entry, total, place, hash, body';

export type LogEnd = Omit<LogRow, 'body'>;

/** What stands before the first row. */
export const NO_LOG: LogEnd = { entry: 0, total: 0, place: 0, hash: '' };

/** One link of the chain: whoever changes, drops or inserts a row breaks every link after it. */
export const linkOf = (before: string, { entry, total, place, body }: Omit<LogRow, 'hash'>): string =>
  hash('sha256', `${before}\n${entry}\n${total}\n${place}\n${body}`, 'base64');

/** A row never has more events than this, so an entry and a place in it are one number. */
export const PLACES_PER_ENTRY = 256;

export const placeOf = (entry: number, index: number): number => entry * PLACES_PER_ENTRY + index;

export const entryOf = (place: number): number => Math.floor(place / PLACES_PER_ENTRY);

const ROWS = 64;

/** Reads the log and believes nothing: every row is held against the one before it. */
export class Log {
  private readonly rowAt: Statement;
  private readonly hashAt: Statement;
  private readonly page: Statement;
  private readonly end: Statement;

  constructor(database: Database) {
    this.rowAt = database.prepare(
      `SELECT log.entry, log.total, log.place, log.hash, log.body, before.hash AS "before"
       FROM log LEFT JOIN log AS before ON before.entry = log.entry - 1 WHERE log.entry = ?`,
    );
    this.hashAt = database.prepare('SELECT hash FROM log WHERE entry = ?');
    this.page = database.prepare(`SELECT ${logColumns} FROM log WHERE entry > ? ORDER BY entry LIMIT ?`);
    this.end = database.prepare('SELECT entry, total, place, hash FROM log ORDER BY entry DESC LIMIT 1');
  }

  last(): LogEnd {
    return (this.end.get() as LogEnd | undefined) ?? NO_LOG;
  }

  row(entry: number): LogRow {
    const row = this.rowAt.get(entry) as (LogRow & { readonly before: string | null }) | undefined;
    if (row === undefined) throw missing(entry);
    return checked(row, row.before ?? (entry === 1 ? NO_LOG.hash : undefined));
  }

  /** Every row behind an entry, without a break. */
  *rows(after: number): Generator<LogRow> {
    const { entry: end } = this.last();
    if (after >= end) return;
    let before = after === 0 ? NO_LOG.hash : (this.hashAt.get(after) as LogRow | undefined)?.hash;
    for (let entry = after; entry < end;) {
      const rows = this.page.all(entry, ROWS) as LogRow[];
      for (const row of rows) {
        if (row.entry !== entry + 1) throw missing(entry + 1);
        yield checked(row, before);
        before = row.hash;
        entry = row.entry;
      }
      if (rows.length === 0) throw missing(entry + 1);
    }
  }
}

const checked = (row: LogRow, before: string | undefined): LogRow => {
  if (before !== undefined && linkOf(before, row) === row.hash) return row;
  throw new StoreDamaged(`damaged: the chain of the log is broken at entry ${row.entry}`);
};

const missing = (entry: number): StoreDamaged =>
  new StoreDamaged(`damaged: the log has no entry ${entry}, but later ones`);
