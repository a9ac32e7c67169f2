import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { backup } from '@photostructure/sqlite';
import { StoreUnavailable } from '../../../../application/ports/event-store.js';
import { checkpoint, closeDatabase, closing, openForReading, openForWriting } from '../database.js';
import { requireFile } from '../known-file.js';
import { asStoreError } from '../sqlite-errors.js';
import { markAsCopy } from '../store-file.js';
import { lockIfStore, putInFreePlace, refuseTarget, replace } from './backup-target.js';
import { isUnreadable, whyUnreadable, whyUnwritable } from './unreadable.js';

export interface BackupOptions {
  /** A copy or a store of that name, and nothing else, is replaced; without it there must be nothing. */
  readonly force?: boolean;
}

/** Copies the file as it is at one moment, while it may be in use. What is replaced is replaced at the very end. */
export const backupFile = async (
  file: string,
  target: string,
  { force = false }: BackupOptions = {},
): Promise<void> => {
  requireFile(file);
  refuseTarget(file, target, force);
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
    if (force) replace(target, unfinished);
    else putInFreePlace(target, unfinished);
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
const mark = (copy: string): void =>
  closing(openForWriting({ file: copy, synchronous: 'full' }), (database) => {
    markAsCopy(database);
    checkpoint(database);
  });

/** While somebody writes, the log changes under whoever looks at it. */
export const isInUse = (file: string): boolean => {
  try {
    lockIfStore(file)?.release();
    return false;
  } catch {
    return true;
  }
};
