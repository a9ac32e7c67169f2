import { open, type FileHandle } from 'node:fs/promises';
import type { Change, Head } from '../../src/application/ports/event-store.js';
import { InMemoryEventStore } from '../../src/infrastructure/event-store/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../src/infrastructure/event-store/in-memory-rocket-directory.js';
import { GroupCommit } from '../../src/infrastructure/event-store/sqlite/group-commit.js';
import type { GroupReply } from '../../src/infrastructure/event-store/sqlite/thread-protocol.js';
import { SystemClock } from '../../src/infrastructure/system-clock.js';
import type { Stores } from '../../src/container.js';

/** Appends the text that the SQLite store would, in the same groups, and waits for fdatasync; nothing less is durable. */
export const appendingStores = (path: string): Stores => {
  const directory = new InMemoryRocketDirectory(new SystemClock());
  return { store: new AppendingEventStore(path, directory), directory };
};

class AppendingEventStore extends InMemoryEventStore {
  private readonly file: Promise<FileHandle>;
  private readonly group: GroupCommit;

  constructor(path: string, directory: InMemoryRocketDirectory) {
    super(directory);
    this.file = open(path, 'a');
    const nothing = (): void => {};
    this.group = new GroupCommit(
      ({ text }) => this.append(text),
      nothing,
      nothing,
      () => Promise.resolve([]),
    );
  }

  override async commit(changes: readonly Change[]): Promise<Head[]> {
    await this.group.add(changes);
    return super.commit(changes);
  }

  private async append(text: string): Promise<GroupReply> {
    const file = await this.file;
    await file.write(text);
    await file.datasync();
    return { moved: [], contradictions: [] };
  }
}
