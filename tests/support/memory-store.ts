import { InMemoryEventStore } from '../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { SystemClock } from '../../src/infrastructure/system-clock.js';

export const memoryStore = () => {
  const directory = new InMemoryRocketDirectory(new SystemClock());
  return { directory, store: new InMemoryEventStore(directory, { storeId: 'memory' }) };
};
