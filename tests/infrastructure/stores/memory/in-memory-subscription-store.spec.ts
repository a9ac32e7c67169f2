import { InMemorySubscriptionStore } from '../../../../src/infrastructure/stores/memory/in-memory-subscription-store.js';
import { subscriptionStoreContract } from '../../../contracts/subscription-store-contract.js';
import { memoryStore } from '../../../support/memory-store.js';

subscriptionStoreContract('InMemorySubscriptionStore', async () => {
  const { store } = memoryStore();
  return {
    store,
    subscriptions: new InMemorySubscriptionStore(store, store.storeId),
    close: () => store.close(),
  };
});
