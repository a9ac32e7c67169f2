import { DatabaseSync } from '@photostructure/sqlite';
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreRefused } from '../relational/store-errors.js';
import type { Database } from './database.js';
import { primaryCode } from './sqlite-errors.js';

/**
 * Keeps other processes from writing the same file. The lock is one of the operating system on a small file beside it,
 * so it ends with the process however that ends; readers need none. What is locked is the file itself, by whatever link
 * it was named.
 */
export class FileLock {
  private constructor(
    private database: Database | undefined,
    /** The file itself. */
    readonly file: string,
  ) {}

  static acquire(name: string): FileLock {
    const file = requireWritable(name);
    // From the root: what begins with "file:" is not a name to SQLite.
    const lock = resolve(`${file}-lock`);
    try {
      return new FileLock(lockExclusively(lock), file);
    } catch (error) {
      if (!isNoDatabase(error)) {
        throw new StoreRefused(`${name} is in use by another process.`, { cause: error });
      }
      // What a crash left half written is nobody's lock.
      rmSync(lock);
      return new FileLock(lockExclusively(lock), file);
    }
  }

  release(): void {
    this.database?.close();
    this.database = undefined;
  }
}

const lockExclusively = (lock: string): Database => {
  const database = new DatabaseSync(lock, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

const isNoDatabase = (error: unknown): boolean => primaryCode(error) === 26; /* SQLITE_NOTADB */

/** SQLite would only say that it can't open something. Answers the file behind all links. */
const requireWritable = (name: string): string => {
  try {
    mkdirSync(dirname(name), { recursive: true });
    const isNew = lstatSync(name, { throwIfNoEntry: false }) === undefined;
    const file = isNew ? join(realpathSync(dirname(name)), basename(name)) : realpathSync(name);
    for (const path of [dirname(file), file]) if (existsSync(path)) accessSync(path, constants.W_OK);
    refuseHardLinks(file);
    return file;
  } catch (error) {
    if (error instanceof StoreRefused) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EROFS' ? 'the file system is read-only' : message;
    throw new StoreRefused(`${name} can't be written: ${reason}.`, { cause: error });
  }
};

/** Two names of one file have two logs and two locks. */
const refuseHardLinks = (file: string): void => {
  if (!existsSync(file) || !statSync(file).isFile() || statSync(file).nlink < 2) return;
  throw new StoreRefused(
    `${file} has more than one name (hard links): a second service could write it under another. Remove the others, or copy it.`,
  );
};
