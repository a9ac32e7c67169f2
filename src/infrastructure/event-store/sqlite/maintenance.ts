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
import { isNativeError } from 'node:util/types';
import { backup } from '@photostructure/sqlite';
import { StoreUnavailable } from '../../../application/ports/event-store.js';
import {
  closeReading,
  openForReading,
  prepareFile,
  readMeta,
  refuseLostCommits,
  type Database,
} from './database.js';
import { FileLock } from './file-lock.js';
import { checkAtStart, checkTree } from './integrity.js';
import { requireRegular, refuseOtherFiles, requireFile } from './known-file.js';
import { Proof } from './folded/proof.js';
import { asStoreError, primaryCode, StoreRefused } from './store-errors.js';

export interface VerifyReport {
  readonly rockets: number;
  readonly events: number;
  readonly early: number;
  /** In words, what is wrong; empty when everything is right. */
  readonly damages: readonly string[];
}

/**
 * Proves a file: every page, every row, the chain of the log, and all that is folded from it against a new fold.
 * Throws when it can't be read, which says nothing about what is in it.
 */
export const verifyFile = (file: string): VerifyReport => {
  requireFile(file);
  let counted = { rockets: 0, events: 0, early: 0 };
  const damages = new Set<string>();
  const attempt = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      damages.add(findingIn(error, file));
    }
  };
  let database: Database | undefined;
  try {
    attempt(() => {
      database = openForReading(file);
      database.exec('BEGIN');
      readMeta(database);
    });
    attempt(() => {
      if (!isInUse(file)) refuseLostCommits(file);
    });
    if (database !== undefined) {
      const open = database;
      attempt(() => checkTree(open));
      attempt(() => checkAtStart(open));
      attempt(() => {
        const proof = new Proof(file, 'ro');
        try {
          const settled = proof.storedEnd();
          proof.fold(settled);
          for (const { what, channel } of proof.differences()) {
            damages.add(`damaged: ${what} of ${channel} is not what its events lead to`);
          }
          proof.foldRest(settled);
          counted = proof.counts();
        } finally {
          proof.close();
        }
      });
    }
  } finally {
    if (database !== undefined) closeReading(database);
  }
  return { ...counted, damages: [...damages] };
};

export interface RebuildReport {
  readonly rockets: number;
  readonly events: number;
  /** Rockets of which something was not as the events say. */
  readonly changed: number;
}

/** Folds everything anew from the log, in one transaction: half of it is never to be seen. */
export const rebuildFile = (file: string): RebuildReport => {
  requireFile(file);
  refuseOtherFiles(file);
  const lock = FileLock.acquire(file);
  try {
    prepareFile({ file, synchronous: 'full' });
    const proof = new Proof(file, 'rw');
    try {
      proof.fold();
      const { rockets, events } = proof.counts();
      const changed = new Set(proof.differences().map(({ channel }) => channel)).size;
      proof.replace();
      return { rockets, events, changed };
    } finally {
      proof.close();
    }
  } finally {
    lock.release();
  }
};

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
    replace(target, unfinished);
  } catch (error) {
    if (!isUnreadable(error)) throw asStoreError(error);
    const reason = whyUnreadable(file) ?? whyUnwritable(target) ?? asStoreError(error).message;
    throw new StoreUnavailable(`${file} can't be copied to ${target}: ${reason}`, { cause: error });
  } finally {
    closeReading(database);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
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
  } finally {
    lock?.release();
  }
};

/** Where no service ever was, nothing is to be left behind. */
const lockIfStore = (file: string): FileLock | undefined =>
  existsSync(`${file}-lock`) ? FileLock.acquire(file) : undefined;

/** While somebody writes, the log changes under whoever looks at it. */
const isInUse = (file: string): boolean => {
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

/** What was found, in words; throws what is no finding: the file could not be read, or is not for this program. */
const findingIn = (error: unknown, file: string): string => {
  const { message } = asStoreError(error);
  if (error instanceof StoreRefused) throw error;
  if (!isUnreadable(error)) return message;
  throw new StoreUnavailable(`${file} can't be read: ${whyUnreadable(file) ?? message}`, { cause: error });
};

const isUnreadable = (error: unknown): boolean => {
  const code = isNativeError(error) ? primaryCode(error) : undefined;
  return code !== undefined && unreadable.has(code);
};

/** SQLite would only say that it can't open something. */
const whyUnreadable = (file: string): string | undefined => {
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
