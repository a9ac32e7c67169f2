import { DatabaseSync } from '@photostructure/sqlite';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from './database.js';
import { StoreRefused } from './store-errors.js';

/**
 * Keeps other processes from writing the same file. The lock is one of the operating system on an empty file beside
 * it, so it ends with the process however that ends; readers need none.
 */
export class FileLock {
  private constructor(private database: Database | undefined) {}

  static acquire(file: string): FileLock {
    mkdirSync(dirname(file), { recursive: true });
    const database = new DatabaseSync(`${file}-lock`, { timeout: 0 });
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
