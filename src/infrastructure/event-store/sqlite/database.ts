import { randomInt } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { LANES } from '../../../application/lanes.js';
import { sumOf } from './checksum.js';
import { migrations, SCHEMA_VERSION } from './migrations.js';
import { APPLICATION_ID } from './schema.js';
import { StoreDamaged, StoreRefused } from './store-errors.js';
import { refuseDamagedLog, syncLog } from './log/write-ahead-log.js';

export type Database = InstanceType<typeof DatabaseSync>;
export type Statement = ReturnType<Database['prepare']>;

export interface DatabaseOptions {
  readonly file: string;
  readonly synchronous: 'full' | 'normal';
}

/** 16 MiB of pages; the rest is the operating system's to cache. */
const CACHE = 'PRAGMA cache_size = -16384';

/**
 * Opens the file for writing. It must exist: a writer that comes back after an error must never find itself with a
 * new, empty file in the place of the one that vanished.
 */
export const openForWriting = ({ file, synchronous }: DatabaseOptions): Database => {
  const database = new DatabaseSync(uriOf(file, 'rw'), { timeout: 5000 });
  try {
    // A checkpoint writes every page once, however often it changed: fewer of them, less to write.
    database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${synchronous};
    PRAGMA fullfsync = ON;
    PRAGMA wal_autocheckpoint = 4000;
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
  const database = new DatabaseSync(uriOf(file, 'ro'), { readOnly: true, timeout: 5000 });
  database.exec(`PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; ${CACHE};`);
  return database;
};

/** Within a transaction it would keep its locks for as long as the process lives. */
export const closeReading = (database: Database): void => {
  try {
    if (database.isTransaction) database.exec('ROLLBACK');
  } finally {
    database.close();
  }
};

/**
 * Makes the file when there is none, brings an older one up to date, refuses what is not ours. All of it is synced,
 * whatever is asked for later: the file is to say how it is written before it is.
 */
export const prepareFile = ({ file, synchronous }: DatabaseOptions): void => {
  const isNew = !existsSync(file);
  if (isNew) createFile(file);
  else {
    refuseLostCommits(file);
    syncLog(file);
  }
  const database = openForWriting({ file, synchronous: 'full' });
  try {
    refuseStranger(database, file);
    migrate(database);
    refuseOtherSchema(database);
    noteSynchronous(database, synchronous);
  } finally {
    database.close();
  }
  if (isNew) syncDirectory(dirname(file));
};

/** With `normal` nothing was promised: what is left of the log says nothing about what once was there. */
export const refuseLostCommits = (file: string): void => {
  if (existsSync(`${file}-wal`) && lastSynchronous(file) === 'full') refuseDamagedLog(file);
};

export interface Meta {
  /** Names this file in positions, so that one of another file is recognised. */
  readonly storeId: string;
}

export const readMeta = (database: Database): Meta => {
  const version = pragma(database, 'user_version');
  if (version > 0 && version < SCHEMA_VERSION) {
    throw new StoreRefused(
      `This file has version ${version}: start the service with it once, which brings it up to version ${SCHEMA_VERSION}.`,
    );
  }
  const rows = database.prepare('SELECT key, value FROM meta').all() as { key: string; value: string }[];
  const values = new Map(rows.map(({ key, value }) => [key, value]));
  const storeId = values.get('store');
  const lanes = values.get('lanes');
  if (storeId === undefined || lanes === undefined || values.get('sum') !== metaSum(storeId, lanes)) {
    throw new StoreDamaged('damaged: the table "meta" does not match its checksum');
  }
  if (Number(lanes) !== LANES) {
    throw new StoreRefused(`This file was written with ${lanes} lanes; this program has ${LANES}.`);
  }
  return { storeId };
};

/** How the file was written last; `full`, under which its log is looked at, when it can't say. */
const lastSynchronous = (file: string): DatabaseOptions['synchronous'] => {
  // SQLite removes the log of an empty file.
  if (statSync(file).size === 0) return 'full';
  try {
    const database = openForReading(file);
    try {
      return notedSynchronous(database);
    } finally {
      database.close();
    }
  } catch {
    return 'full';
  }
};

const notedSynchronous = (database: Database): DatabaseOptions['synchronous'] => {
  const row = database.prepare("SELECT value FROM meta WHERE key = 'synchronous'").get();
  return (row as { value: string } | undefined)?.value === 'normal' ? 'normal' : 'full';
};

/** The note is in the file itself before the first commit that is not synced, and until a log begins without any. */
const noteSynchronous = (database: Database, synchronous: DatabaseOptions['synchronous']): void => {
  if (notedSynchronous(database) === synchronous) return;
  if (synchronous === 'normal') {
    database.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('synchronous', 'normal')");
  } else {
    // Of a log that a reader still needs, more may be left behind its end than a power loss leaves under `full`.
    if (!checkpoint(database)) return;
    database.exec("DELETE FROM meta WHERE key = 'synchronous'");
  }
  checkpoint(database);
};

/** Moves all of the log into the file and empties it; false when somebody still reads it. */
export const checkpoint = (database: Database): boolean =>
  (database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number }).busy === 0;

const createFile = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true });
  closeSync(openSync(file, 'a'));
};

/** Another program's file, or one of a newer version. */
export const refuseStranger = (database: Database, file: string): void => {
  const version = pragma(database, 'user_version');
  const application = pragma(database, 'application_id');
  const tables = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number };
  if (version === 0 && application === 0 && tables.n === 0) return;
  if (application !== APPLICATION_ID) throw new StoreRefused(`${file} is not a file of Rockets.`);
  if (version > SCHEMA_VERSION) {
    throw new StoreRefused(
      `${file} has version ${version}; this program knows up to ${SCHEMA_VERSION}. Use the program that wrote it, or a newer one.`,
    );
  }
};

const migrate = (database: Database): void => {
  for (let version = pragma(database, 'user_version'); version < SCHEMA_VERSION; version++) {
    database.exec('BEGIN IMMEDIATE');
    migrations[version]!(database);
    if (version === 0) writeMeta(database);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1}; COMMIT`);
  }
};

const writeMeta = (database: Database): void => {
  const storeId = randomInt(36 ** 6)
    .toString(36)
    .padStart(6, '0');
  const insert = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
  insert.run('store', storeId);
  insert.run('lanes', String(LANES));
  insert.run('sum', metaSum(storeId, String(LANES)));
};

const metaSum = (storeId: string, lanes: string): string => String(sumOf([storeId, lanes]));

/** A flipped bit in the description of a table would make SQLite read it as something else. */
const refuseOtherSchema = (database: Database): void => {
  const expected = new DatabaseSync(':memory:');
  for (const step of migrations) step(expected);
  const matches = schemaOf(database) === schemaOf(expected);
  expected.close();
  if (!matches)
    throw new StoreDamaged('damaged: the description of the tables is not the one of this version');
};

const schemaOf = (database: Database): string =>
  JSON.stringify(database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all());

const pragma = (database: Database, name: 'user_version' | 'application_id'): number =>
  (database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name]!;

const uriOf = (file: string, mode: 'rw' | 'ro'): string => `${pathToFileURL(file).href}?mode=${mode}`;

/** The file itself is on disk only when its name in the directory is. */
const syncDirectory = (directory: string): void => {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};
