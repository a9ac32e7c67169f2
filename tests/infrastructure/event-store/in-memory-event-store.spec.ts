import { InMemoryEventStore } from '../../../src/infrastructure/event-store/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/event-store/in-memory-rocket-directory.js';
import { SystemClock } from '../../../src/infrastructure/system-clock.js';
import { eventStoreContract } from '../../contracts/event-store-contract.js';

eventStoreContract('InMemoryEventStore', async () => {
  const directory = new InMemoryRocketDirectory(new SystemClock());
  const store = new InMemoryEventStore(directory);
  return { store, directory, close: () => store.close() };
});
