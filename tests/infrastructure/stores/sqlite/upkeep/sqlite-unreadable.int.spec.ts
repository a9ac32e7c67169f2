import { copyFileSync, mkdirSync } from 'node:fs';
import { StoreUnavailable } from '../../../../../src/application/ports/event-store.js';
import { StoreDamaged } from '../../../../../src/infrastructure/stores/relational/store-errors.js';
import { verifyFile } from '../../../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { SqliteStores } from '../../../../support/sqlite-stores.js';

const stores = new SqliteStores();
afterAll(() => stores.remove());

it('a file that can not be opened is said to be unreadable, not damaged', async () => {
  const [whole, file] = [stores.newFile(), stores.newFile()];
  await stores.open(whole);
  await stores.closeAll();
  copyFileSync(whole, file);
  // Not even root opens a directory as a file.
  mkdirSync(`${file}-wal`);
  const error: unknown = await verifyFile(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(error).not.toBeInstanceOf(StoreDamaged);
  expect(String(error)).toContain(`${file} can't be read: `);
});
