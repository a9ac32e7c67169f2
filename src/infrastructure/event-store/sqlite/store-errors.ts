import { StoreUnavailable } from '../../../application/ports/event-store.js';

/** The file says something that it can't say; what is damaged is named and never served. */
export class StoreDamaged extends StoreUnavailable {
  override readonly name = 'StoreDamaged';
}

/** The file is not one this program can work with: of a newer version, of another program, in use. */
export class StoreRefused extends Error {
  readonly code = 'store-refused';
}

const sqliteDamaged = new Set([
  11, // SQLITE_CORRUPT
  26, // SQLITE_NOTADB
]);

/** Whatever SQLite and the file system threw, in the words of the port; our own errors stay as they are. */
export const asStoreError = (error: unknown): Error => {
  if (error instanceof StoreUnavailable || error instanceof StoreRefused) return error;
  if (!(error instanceof Error)) return new StoreUnavailable(String(error));
  const code = primaryCode(error);
  if (code === undefined) return error;
  return sqliteDamaged.has(code)
    ? new StoreDamaged(`SQLite reports a damaged file: ${error.message}`, { cause: error })
    : new StoreUnavailable(`SQLite: ${error.message}`, { cause: error });
};

/** The low byte of SQLite's extended code; undefined for an error that is not SQLite's. */
export const primaryCode = (error: Error): number | undefined =>
  'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
