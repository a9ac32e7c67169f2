import { open, type FileHandle } from 'node:fs/promises';
import type { Change, Head } from '../../src/application/ports/event-store.js';
import { InMemoryEventStore } from '../../src/infrastructure/event-store/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../src/infrastructure/event-store/in-memory-rocket-directory.js';
import { SystemClock } from '../../src/infrastructure/system-clock.js';
import type { Stores } from '../../src/container.js';

/** Appends every batch to a file as JSON and waits for fdatasync; batches that meet share one, as in the real store. */
export const appendingStores = (path: string): Stores => {
  const directory = new InMemoryRocketDirectory(new SystemClock());
  return { store: new AppendingEventStore(path, directory), directory };
};

class AppendingEventStore extends InMemoryEventStore {
  private readonly file: Promise<FileHandle>;
  private waiting: { readonly lines: string; readonly done: () => void }[] = [];
  private running = false;

  constructor(path: string, directory: InMemoryRocketDirectory) {
    super(directory);
    this.file = open(path, 'a');
  }

  override async commit(changes: readonly Change[]): Promise<Head[]> {
    const lines = changes
      .map(({ channel, events, added }) => JSON.stringify([channel, events, added]))
      .join('\n');
    await new Promise<void>((done) => {
      this.waiting.push({ lines, done });
      if (!this.running) void this.run();
    });
    return super.commit(changes);
  }

  private async run(): Promise<void> {
    this.running = true;
    const file = await this.file;
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0);
      await file.write(group.map(({ lines }) => `${lines}\n`).join(''));
      await file.datasync();
      for (const { done } of group) done();
    }
    this.running = false;
  }
}
