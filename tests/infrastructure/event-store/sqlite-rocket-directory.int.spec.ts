import { SqliteRocketDirectory } from '../../../src/infrastructure/event-store/sqlite/sqlite-rocket-directory.js';
import { rocketDirectoryContract } from '../../contracts/rocket-directory-contract.js';
import { SqliteStores } from '../../support/sqlite-stores.js';

rocketDirectoryContract('SqliteRocketDirectory', async () => {
  const stores = new SqliteStores();
  const store = await stores.open();
  return { store, directory: new SqliteRocketDirectory(store.reading), close: () => stores.remove() };
});
