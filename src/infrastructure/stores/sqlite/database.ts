import { DatabaseSync } from '@photostructure/sqlite';
import { pathToFileURL } from 'node:url';
import type { Ask } from '../relational/ask.js';
import type { Cell } from '../relational/rows.js';

export type Database = InstanceType<typeof DatabaseSync>;
export type Statement = ReturnType<Database['prepare']>;

export interface DatabaseOptions {
  readonly file: string;
  readonly synchronous: 'full' | 'normal';
}

const PATIENCE_MS = 5000;

/** 64 MiB of pages: the rows of some 200,000 rockets; the rest is the operating system's to cache. */
const CACHE = 'PRAGMA cache_size = -65536';

/**
 * Opens the file for writing. It must exist: a writer that comes back after an error must never find itself with a
 * new, empty file in the place of the one that vanished. A checkpoint writes every page once, however often it changed:
 * `pages` is how many the log may have before one is due.
 */
export const openForWriting = ({ file, synchronous }: DatabaseOptions, pages = 4000): Database => {
  const database = new DatabaseSync(uriOf(file, 'rw'), { timeout: PATIENCE_MS });
  try {
    database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${synchronous};
    PRAGMA fullfsync = ON;
    PRAGMA wal_autocheckpoint = ${pages};
    PRAGMA journal_size_limit = 33554432;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_spill = OFF;
    ${CACHE};
  `);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

export const openForReading = (file: string): Database => {
  const database = new DatabaseSync(uriOf(file, 'ro'), { readOnly: true, timeout: PATIENCE_MS });
  database.exec(`PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; ${CACHE};`);
  return database;
};

/** Within a transaction it would keep its locks for as long as the process lives. */
export const closeDatabase = (database: Database): void => {
  try {
    if (database.isTransaction) database.exec('ROLLBACK');
  } finally {
    database.close();
  }
};

/** Closes it behind the work, whatever becomes of that. */
export const closing = <T>(database: Database, work: (database: Database) => T): T => {
  try {
    return work(database);
  } finally {
    closeDatabase(database);
  }
};

/** Moves all of the log into the file and empties it; false when somebody still reads it, who is not waited for. */
export const checkpoint = (database: Database): boolean => {
  database.exec('PRAGMA busy_timeout = 0');
  const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
  database.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
  return busy === 0;
};

export const pragma = (database: Database, name: 'user_version' | 'application_id'): number =>
  (database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name]!;

/** A row with these columns. */
export const inserting = (
  table: string,
  columns: string,
  how: 'INSERT' | 'INSERT OR REPLACE' = 'INSERT',
): string => `${how} INTO ${table} (${columns}) VALUES (${columns.replace(/\w+/g, '?')})`;

const MOST_STATEMENTS = 500;

/** Reads rows as `Ask` says, here and now. */
export const rowReader = (database: Database): ((sql: string, values: readonly Cell[]) => unknown[]) => {
  const statements = new Map<string, Statement>();
  return (sql, values) => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      // `$1` is a name to SQLite, `?1` the first value.
      statement = database.prepare(sql.replace(/\$(\d+)/g, '?$1'));
      // There are few different ones; each is prepared once.
      if (statements.size >= MOST_STATEMENTS) statements.clear();
      statements.set(sql, statement);
    }
    return statement.all(...values);
  };
};

/** Asks here and now, for programs that nobody waits beside. */
export const askOf = (database: Database): Ask => {
  const read = rowReader(database);
  return async <Row>(sql: string, values: readonly Cell[]) => read(sql, values) as Row[];
};

const uriOf = (file: string, mode: 'rw' | 'ro'): string => `${pathToFileURL(file).href}?mode=${mode}`;
