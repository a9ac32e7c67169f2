import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { backup } from '@photostructure/sqlite';
import { StoreUnavailable } from '../../../../application/ports/event-store.js';
import { StoreRefused } from '../../relational/store-errors.js';
import { checkpoint, closeDatabase, openForReading, openForWriting } from '../database.js';
import { FileLock } from '../file-lock.js';
import { requireFile, requireRegular } from '../known-file.js';
import { asStoreError, primaryCode } from '../sqlite-errors.js';
import { markAsCopy, syncDirectory } from '../store-file.js';

/** Copies the file as it is at one moment, while it may be in use. A file of that name is replaced at the very end. */
export const backupFile = async (file: string, target: string): Promise<void> => {
  requireFile(file);
  refuseTarget(file, target);
  let folder: string | undefined;
  const database = openForReading(file);
  try {
    // A place of its own: another copy to the same target may be under way. From the root: what begins with "file:" is
    // not a name to SQLite.
    folder = mkdtempSync(`${resolve(target)}.part-`);
    const unfinished = join(folder, 'copy');
    // One state of the file for the whole copy: without it, every commit of the service would begin the copy anew.
    database.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
    await backup(database, unfinished, { rate: 4096 });
    mark(unfinished);
    replace(target, unfinished);
  } catch (error) {
    if (!isUnreadable(error)) throw asStoreError(error);
    const reason = whyUnreadable(file) ?? whyUnwritable(target) ?? asStoreError(error).message;
    throw new StoreUnavailable(`${file} can't be copied to ${target}: ${reason}`, { cause: error });
  } finally {
    closeDatabase(database);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
};

/** Whoever puts the copy in the place of the store need not think of it: it says itself that it is one. */
const mark = (copy: string): void => {
  const database = openForWriting({ file: copy, synchronous: 'full' });
  try {
    markAsCopy(database);
    checkpoint(database);
  } finally {
    closeDatabase(database);
  }
};

const refuseTarget = (file: string, target: string): void => {
  if (target === '') throw new StoreRefused('Name the file that the copy is put into.');
  const folder = dirname(resolve(target));
  if (!existsSync(folder)) throw new StoreRefused(`${target} can't be written: ${folder} does not exist.`);
  if (/-(wal|shm|lock)$/.test(target)) {
    throw new StoreRefused(`${target} has the name of a file that belongs to a store; choose another.`);
  }
  if (!existsSync(target)) return;
  requireRegular(target);
  if (realpathSync(target) === realpathSync(file)) {
    throw new StoreRefused(`${target} is the file that is to be copied; choose another name.`);
  }
  lockIfStore(target)?.release();
  refuseUnfinished(target);
};

/** What stands in a log takes part in the file, whichever file that is. */
const refuseUnfinished = (target: string): void => {
  const log = `${target}-wal`;
  if (!existsSync(log) || statSync(log).size === 0) return;
  throw new StoreRefused(
    `${target} was not closed in order: ${log} has a part of it. Choose another name, or remove both if nobody needs them.`,
  );
};

/** Nobody may begin to use the old file while it is replaced. */
const replace = (target: string, by: string): void => {
  const lock = lockIfStore(target);
  try {
    refuseUnfinished(target);
    for (const rest of ['-wal', '-shm']) rmSync(`${target}${rest}`, { force: true });
    renameSync(by, target);
    syncDirectory(dirname(resolve(target)));
  } finally {
    lock?.release();
  }
};

/** Where no service ever was, nothing is to be left behind. */
const lockIfStore = (file: string): FileLock | undefined =>
  existsSync(`${file}-lock`) ? FileLock.acquire(file) : undefined;

/** While somebody writes, the log changes under whoever looks at it. */
export const isInUse = (file: string): boolean => {
  try {
    lockIfStore(file)?.release();
    return false;
  } catch {
    return true;
  }
};

/** With these SQLite says nothing about what is in a file, only that it could not look at it. */
const unreadable = new Set([
  5, // SQLITE_BUSY
  7, // SQLITE_NOMEM
  8, // SQLITE_READONLY
  10, // SQLITE_IOERR
  13, // SQLITE_FULL
  14, // SQLITE_CANTOPEN
  23, // SQLITE_AUTH
]);

export const isUnreadable = (error: unknown): boolean => {
  const code = primaryCode(error);
  return code !== undefined && unreadable.has(code);
};

/** SQLite would only say that it can't open something. */
export const whyUnreadable = (file: string): string | undefined => {
  try {
    for (const path of [file, `${file}-wal`]) if (existsSync(path)) accessSync(path, constants.R_OK);
  } catch (error) {
    return reasonOf(error);
  }
  try {
    if (!existsSync(`${file}-shm`)) accessSync(dirname(file), constants.W_OK);
    return undefined;
  } catch (error) {
    return `SQLite needs ${file}-shm beside it and can't make it: ${reasonOf(error)}`;
  }
};

const whyUnwritable = (file: string): string | undefined => {
  try {
    accessSync(dirname(resolve(file)), constants.W_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
