import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { primaryCode } from '../sqlite-errors.js';

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

export const whyUnwritable = (file: string): string | undefined => {
  try {
    accessSync(dirname(resolve(file)), constants.W_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
