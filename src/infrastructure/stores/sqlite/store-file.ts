import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { checked, withSum } from '../relational/rows.js';
import { StoreDamaged } from '../relational/store-errors.js';
import {
  checkpoint,
  closing,
  inserting,
  openForReading,
  openForWriting,
  pragma,
  type Database,
  type DatabaseOptions,
} from './database.js';
import { syncDirectory } from './file-handles.js';
import type { FileLock } from './file-lock.js';
import { refuseOtherSchema, refuseStranger } from './known-file.js';
import { APPLICATION_ID, OLDEST_VERSION, schema, SCHEMA_VERSION, versions } from './schema.js';
import { isAtHome, moveMark, randomText } from './session.js';
import { refuseDamagedLog, syncLog } from './write-ahead-log.js';

export interface StoreFile {
  /** The same for all copies. */
  readonly store: string;
  /** Names this history in positions; another one after the file was restored, copied or moved. */
  readonly epoch: string;
  readonly listened: number;
  /** What whoever runs the service should know. */
  readonly warnings: readonly string[];
}

/**
 * Makes the file when there is none and refuses what is not ours. All of it is synced, whatever is asked for later: the
 * file is to say how it is written before it is.
 */
export const prepareFile = (lock: FileLock, synchronous: DatabaseOptions['synchronous']): StoreFile => {
  const { file } = lock;
  if (existsSync(file)) refuseLostCommits(file);
  else closeSync(openSync(file, 'a'));
  const hasLog = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (hasLog) syncLog(file);
  return closing(openForWriting({ file, synchronous: 'full' }), (database) => {
    refuseStranger(database, file);
    const isNew = isEmpty(database);
    if (isNew) create(database);
    if (isNew) syncDirectory(dirname(file));
    refuseOtherSchema(database);
    bringAlong(database);
    const before = readMeta(database);
    noteSynchronous(database, synchronous);
    const epoch = beginSession(database, file, before);
    // Also without its log the file is to say how it is written, and that it is being written.
    checkpoint(database);
    const isOther = epoch !== before.epoch;
    const warnings = [
      ...(isOther && before.home !== '' ? [otherHistory(file)] : []),
      ...(isOther || before.clean || hasLog ? [] : [missingLog(file)]),
    ];
    return { store: before.store, epoch, listened: before.listened, warnings };
  });
};

/** With `normal` nothing was promised: what is left of the log says nothing about what once was there. */
export const refuseLostCommits = (file: string): void => {
  if (existsSync(`${file}-wal`) && lastSynchronous(file) === 'full') refuseDamagedLog(file);
};

/** Nothing is written any more: the file is whole without its log, and the next session begins where this one ended. */
export const endSession = ({ file }: FileLock): void =>
  closing(openForWriting({ file, synchronous: 'full' }), (database) => {
    setMeta(database, 'clean', '1');
    moveMark(file, (home) => setMeta(database, 'home', home));
    checkpoint(database);
  });

/** A copy is whole, and another history from the moment on that it is used, wherever it is put. */
export const markAsCopy = (database: Database): void => {
  setMeta(database, 'clean', '1');
  setMeta(database, 'home', 'copy');
};

/** What was made to be put elsewhere begins there as a new file. */
export const forgetHome = (database: Database): void => setMeta(database, 'home', '');

interface Meta {
  readonly store: string;
  readonly epoch: string;
  readonly listened: number;
  /** Whether the last session ended in order. */
  readonly clean: boolean;
  /** Where the last session found the file; empty when there was none. */
  readonly home: string;
}

export const readMeta = (database: Database): Meta => {
  const rows = database.prepare('SELECT key, value, sum FROM meta').all() as unknown as MetaRow[];
  const values = new Map(
    rows.map((row) => [row.key, checked(row, ({ key }) => `"${key}" in the table "meta"`).value]),
  );
  const [store, epoch, listened] = [values.get('store'), values.get('epoch'), values.get('listened')];
  if (store === undefined || epoch === undefined || listened === undefined) {
    throw new StoreDamaged('damaged: the table "meta" is not complete');
  }
  const [clean, home] = [values.get('clean') === '1', values.get('home') ?? ''];
  return { store, epoch, listened: Number(listened), clean, home };
};

interface MetaRow {
  readonly key: string;
  readonly value: string;
  readonly sum: number;
}

/** A file that is not where it was noted to be is a copy, or was put back: it has another history from now on. */
const beginSession = (database: Database, file: string, { epoch, home }: Meta): string => {
  const current = isAtHome(file, home) ? epoch : randomText();
  moveMark(file, (next) => {
    database.exec('BEGIN IMMEDIATE');
    setMeta(database, 'epoch', current);
    setMeta(database, 'clean', '0');
    setMeta(database, 'home', next);
    database.exec('COMMIT');
  });
  return current;
};

const isEmpty = (database: Database): boolean =>
  (database.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }).n === 0;

const create = (database: Database): void => {
  const store = randomText();
  database.exec(`BEGIN IMMEDIATE; ${schema}`);
  setMeta(database, 'store', store);
  setMeta(database, 'epoch', store);
  setMeta(database, 'listened', '0');
  setMeta(database, 'clean', '1');
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
};

/** From an older version, all at once. */
const bringAlong = (database: Database): void => {
  const version = pragma(database, 'user_version');
  if (version === SCHEMA_VERSION) return;
  const more = versions.slice(version - OLDEST_VERSION + 1).join('');
  database.exec(`BEGIN IMMEDIATE; ${more} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
};

const setMeta = (database: Database, key: string, value: string): void => {
  database.prepare(inserting('meta', 'key, value, sum', 'INSERT OR REPLACE')).run(...withSum([key, value]));
};

/** How the file was written last; `full`, under which its log is looked at, when it can't say. */
const lastSynchronous = (file: string): DatabaseOptions['synchronous'] => {
  // SQLite removes the log of an empty file.
  if (statSync(file).size === 0) return 'full';
  try {
    return closing(openForReading(file), notedSynchronous);
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
  if (synchronous === 'normal') setMeta(database, 'synchronous', 'normal');
  // Of a log that a reader still needs, more may be left behind its end than a power loss leaves under `full`.
  else if (checkpoint(database)) database.exec("DELETE FROM meta WHERE key = 'synchronous'");
};

const otherHistory = (file: string): string =>
  `${file} is a copy, or was restored or moved: positions of its feed from before are refused, and readers begin anew.`;

const missingLog = (file: string): string =>
  `${file} was not closed in order, and its log (-wal) is gone: another program that read the file may have folded it in, or acknowledged messages are lost with it.`;
