import { mkdirSync } from 'node:fs';
import { StoreUnavailable } from '../../../src/application/ports/event-store.js';
import { verifyFile } from '../../../src/infrastructure/event-store/sqlite/maintenance.js';
import { StoreDamaged } from '../../../src/infrastructure/event-store/sqlite/store-errors.js';
import { SqliteStores } from '../../support/sqlite-stores.js';

const stores = new SqliteStores();
afterAll(() => stores.remove());

const errorOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

it('a file that can not be opened is said to be unreadable, not damaged', async () => {
  const file = stores.newFile();
  await stores.open(file);
  await stores.closeAll();
  // Not even root opens a directory as a file.
  mkdirSync(`${file}-wal`);
  const error = errorOf(() => verifyFile(file));
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(error).not.toBeInstanceOf(StoreDamaged);
  expect(String(error)).toContain(`${file} can't be read: `);
});
