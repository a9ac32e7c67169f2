import { SqliteRocketDirectory } from '../../../src/infrastructure/event-store/sqlite/sqlite-rocket-directory.js';
import { eventFeedContract } from '../../contracts/event-feed-contract.js';
import { SqliteStores } from '../../support/sqlite-stores.js';

const openSqlite = async () => {
  const stores = new SqliteStores();
  const store = await stores.open(stores.newFile());
  return {
    store,
    directory: new SqliteRocketDirectory(store.reading),
    close: () => stores.remove(),
  };
};

eventFeedContract('SqliteEventStore', openSqlite, 15);
