import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { openForReading, refuseStranger } from './database.js';
import { StoreDamaged, StoreRefused } from './store-errors.js';

const MAGIC = 'SQLite format 3\0';

/** What is there, if anything, is a file of this program; nothing of it is changed by looking. */
export const refuseOtherFiles = (file: string): void => {
  if (!existsSync(file)) return;
  requireRegular(file);
  const beginning = beginningOf(file);
  if (beginning.length > 0 && beginning !== MAGIC) {
    throw new StoreDamaged(`${file} is not an SQLite file, or its first bytes are damaged.`);
  }
  refuseStrangers(file);
};

export const requireFile = (file: string): void => {
  if (!existsSync(file)) throw new StoreRefused(`${file} does not exist.`);
  requireRegular(file);
  refuseStrangers(file);
};

/** As root, a device would be written to, or replaced, without a word. */
export const requireRegular = (file: string): void => {
  const status = statSync(file);
  if (status.isDirectory()) throw new StoreRefused(`${file} is a directory; name a file in it.`);
  if (!status.isFile()) throw new StoreRefused(`${file} is not a regular file.`);
};

/** Of a file that can't be read nothing is known; whoever goes on with it will find out. */
const refuseStrangers = (file: string): void => {
  try {
    const database = openForReading(file);
    try {
      refuseStranger(database, file);
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof StoreRefused) throw error;
  }
};

/** Empty, too, when it can't be read. */
const beginningOf = (file: string): string => {
  try {
    const handle = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(MAGIC.length);
      return bytes.toString('latin1', 0, readSync(handle, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
};
