import { RelationalRocketDirectory } from '../../../../src/infrastructure/stores/relational/relational-directory.js';
import { RelationalSubscriptionStore } from '../../../../src/infrastructure/stores/relational/relational-subscription-store.js';
import { SqliteEventStore } from '../../../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import { SqliteSubscriptions } from '../../../../src/infrastructure/stores/sqlite/sqlite-subscriptions.js';
import type { WritePlace } from '../../../../src/infrastructure/stores/sqlite/writing.js';
import { eventStoreContract } from '../../../contracts/event-store-contract.js';
import { subscriptionStoreContract } from '../../../contracts/subscription-store-contract.js';
import { SqliteStores } from '../../../support/sqlite-stores.js';

/** As a service opens it, but for where commits are made. */
const writingIn = (place: WritePlace) => async () => {
  const stores = new SqliteStores();
  const file = stores.newFile();
  const open = async () => {
    const store = await SqliteEventStore.open({ file, synchronous: 'full', place });
    const subscriptions = new RelationalSubscriptionStore(new SqliteSubscriptions(store.parts));
    return { store, directory: new RelationalRocketDirectory(store.parts), subscriptions };
  };
  let opened = await open();
  return {
    ...opened,
    reopen: async () => {
      await opened.store.close();
      opened = await open();
      return opened;
    },
    close: async () => {
      await opened.store.close();
      await stores.remove();
    },
  };
};

for (const place of ['thread', 'here'] as const) {
  eventStoreContract(`SqliteEventStore that writes in place "${place}"`, writingIn(place), 20);
  subscriptionStoreContract(`RelationalSubscriptionStore that writes in place "${place}"`, writingIn(place));
}
