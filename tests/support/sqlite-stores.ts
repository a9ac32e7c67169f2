import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RelationalRocketDirectory } from '../../src/infrastructure/stores/relational/relational-directory.js';
import { RelationalSubscriptionStore } from '../../src/infrastructure/stores/relational/relational-subscription-store.js';
import { SqliteEventStore } from '../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import { SqliteSubscriptions } from '../../src/infrastructure/stores/sqlite/sqlite-subscriptions.js';

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

  /** A store with its read model. */
  async openBoth(file?: string) {
    const store = await this.open(file);
    return { store, directory: new RelationalRocketDirectory(store.parts) };
  }

  async openSubscriptions(file?: string) {
    const store = await this.open(file);
    return { store, subscriptions: new RelationalSubscriptionStore(new SqliteSubscriptions(store.parts)) };
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.stores.splice(0).map((store) => store.close()));
  }

  async remove(): Promise<void> {
    await this.closeAll();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A store in a file of its own, as the contracts ask for it. */
export const openSqliteStore = async () => {
  const stores = new SqliteStores();
  const file = stores.newFile();
  return {
    ...(await stores.openBoth(file)),
    reopen: async () => {
      await stores.closeAll();
      return stores.openBoth(file);
    },
    close: () => stores.remove(),
  };
};

export const openSqliteSubscriptions = async () => {
  const stores = new SqliteStores();
  const file = stores.newFile();
  return {
    ...(await stores.openSubscriptions(file)),
    reopen: async () => {
      await stores.closeAll();
      return stores.openSubscriptions(file);
    },
    close: () => stores.remove(),
  };
};
