import { open, type FileHandle } from 'node:fs/promises';
import type { Change, Durability, Head } from '../../src/application/ports/event-store.js';
import { InMemoryEventStore } from '../../src/infrastructure/event-store/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../src/infrastructure/event-store/in-memory-rocket-directory.js';
import { groupOf } from '../../src/infrastructure/event-store/sqlite/log/log-line.js';
import { SystemClock } from '../../src/infrastructure/system-clock.js';
import type { Stores } from '../../src/container.js';

/** Appends the text that the SQLite store would, and waits for fdatasync; nothing less is durable. */
export const appendingStores = (path: string): Stores => {
  const directory = new InMemoryRocketDirectory(new SystemClock());
  return { store: new AppendingEventStore(path, directory), directory };
};

class AppendingEventStore extends InMemoryEventStore {
  override readonly durability: Durability = { level: 'disk', description: 'appended, with fdatasync' };
  private readonly file: Promise<FileHandle>;

  constructor(path: string, directory: InMemoryRocketDirectory) {
    super(directory);
    this.file = open(path, 'a');
  }

  override async commit(changes: readonly Change[]): Promise<Head[]> {
    const file = await this.file;
    await file.write(groupOf(changes).text);
    await file.datasync();
    return super.commit(changes);
  }
}
