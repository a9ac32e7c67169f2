import { isNativeError } from 'node:util/types';
import { StoreUnavailable } from '../../../application/ports/event-store.js';
import { StoreDamaged, StoreRefused } from '../relational/store-errors.js';

const sqliteDamaged = new Set([
  11, // SQLITE_CORRUPT
  26, // SQLITE_NOTADB
]);

/** Whatever SQLite and the file system threw, in the words of the port; our own errors stay as they are. */
export const asStoreError = (error: unknown): Error => {
  if (error instanceof StoreUnavailable || error instanceof StoreRefused) return error;
  if (!isNativeError(error)) return new StoreUnavailable(String(error));
  const code = primaryCode(error);
  if (code === undefined) return error;
  return sqliteDamaged.has(code)
    ? new StoreDamaged(`SQLite reports a damaged file: ${error.message}`, { cause: error })
    : new StoreUnavailable(`SQLite: ${error.message}`, { cause: error });
};

/** What the driver says no code of, when it reads many rows: known by SQLite's own words. */
const codes: Readonly<Record<string, number>> = {
  'database is locked': 5,
  'disk I/O error': 10,
  'database disk image is malformed': 11,
  'unable to open database file': 14,
  'file is not a database': 26,
};

/** The low byte of SQLite's extended code; undefined for an error that is not SQLite's. */
export const primaryCode = (error: unknown): number | undefined => {
  if (!isNativeError(error) || !('code' in error) || error.code !== 'ERR_SQLITE_ERROR') return undefined;
  const code = 'errcode' in error ? Number(error.errcode) : (codes[error.message] ?? 1);
  return code & 0xff;
};
