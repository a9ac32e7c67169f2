import { DatabaseSync } from '@photostructure/sqlite';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Database } from './database.js';
import { StoreRefused } from './store-errors.js';

/**
 * Keeps other processes from writing the same file. The lock is one of the operating system on an empty file beside
 * it, so it ends with the process however that ends; readers need none.
 */
export class FileLock {
  private constructor(private database: Database | undefined) {}

  static acquire(file: string): FileLock {
    requireWritable(file);
    // From the root: what begins with "file:" is not a name to SQLite.
    const database = new DatabaseSync(resolve(`${file}-lock`), { timeout: 0 });
    try {
      database.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw new StoreRefused(`${file} is in use by another process.`, { cause: error });
    }
    return new FileLock(database);
  }

  release(): void {
    this.database?.close();
    this.database = undefined;
  }
}

/** SQLite would only say that it can't open something. */
const requireWritable = (file: string): void => {
  try {
    mkdirSync(dirname(file), { recursive: true });
    for (const path of [dirname(file), file]) if (existsSync(path)) accessSync(path, constants.W_OK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EROFS' ? 'the file system is read-only' : message;
    throw new StoreRefused(`${file} can't be written: ${reason}.`, { cause: error });
  }
};
