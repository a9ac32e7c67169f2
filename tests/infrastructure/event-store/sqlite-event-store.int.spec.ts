import { type SqliteEventStore } from '../../../src/infrastructure/event-store/sqlite/sqlite-event-store.js';
import { SqliteRocketDirectory } from '../../../src/infrastructure/event-store/sqlite/sqlite-rocket-directory.js';
import { eventStoreContract } from '../../contracts/event-store-contract.js';
import { SqliteStores } from '../../support/sqlite-stores.js';

const withDirectory = (store: SqliteEventStore) => ({
  store,
  directory: new SqliteRocketDirectory(store.reading),
});

eventStoreContract('SqliteEventStore', async () => {
  const stores = new SqliteStores();
  const file = stores.newFile();
  return {
    ...withDirectory(await stores.open(file)),
    reopen: async () => {
      await stores.closeAll();
      return withDirectory(await stores.open(file));
    },
    close: () => stores.remove(),
  };
});
