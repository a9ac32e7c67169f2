import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteEventStore } from '../../src/infrastructure/event-store/sqlite/sqlite-event-store.js';

/** Stores in files of their own, all of them closed and removed after each test. */
export class SqliteStores {
  private readonly directory = mkdtempSync(join(tmpdir(), 'rockets-'));
  private readonly stores: SqliteEventStore[] = [];
  private files = 0;

  newFile(): string {
    return join(this.directory, `rockets-${++this.files}.db`);
  }

  async open(file = this.newFile(), synchronous: 'full' | 'normal' = 'full'): Promise<SqliteEventStore> {
    const store = await SqliteEventStore.open({ file, synchronous });
    this.stores.push(store);
    return store;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.stores.splice(0).map((store) => store.close()));
  }

  async remove(): Promise<void> {
    await this.closeAll();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
