import type { EventStore } from './application/ports/event-store.js';
import type { MinuteLog } from './application/ports/minute-log.js';
import type { RocketDirectory } from './application/ports/rocket-directory.js';
import type { SubscriptionStore } from './application/ports/subscription-store.js';
import type { Config } from './config.js';
import type { RocketsServer } from './infrastructure/http/rockets-server.js';
import type { PoolReport } from './infrastructure/observability/metrics/sources.js';
import { InMemoryEventStore } from './infrastructure/stores/memory/in-memory-event-store.js';
import {
  InMemoryRocketDirectory,
  PLACE_BYTES,
} from './infrastructure/stores/memory/in-memory-rocket-directory.js';
import { InMemorySubscriptionStore } from './infrastructure/stores/memory/in-memory-subscription-store.js';
import { RelationalMinutes } from './infrastructure/stores/relational/minutes.js';
import { RelationalRocketDirectory } from './infrastructure/stores/relational/relational-directory.js';
import { RelationalSubscriptionStore } from './infrastructure/stores/relational/relational-subscription-store.js';
import { SqliteEventStore } from './infrastructure/stores/sqlite/sqlite-event-store.js';
import { SqliteSubscriptions } from './infrastructure/stores/sqlite/sqlite-subscriptions.js';
import { meanwhileOf, type Base } from './opening.js';
import { whenItAnswers } from './when-it-answers.js';

/** Of what the store in memory may keep, so much more may the orders take in which it is listed. */
const SHARE_OF_ORDERS = 1 / 8;

export interface Stores {
  readonly store: EventStore;
  readonly directory: RocketDirectory;
  readonly minutes?: MinuteLog;
  /** Without it, they are kept in memory. */
  readonly subscriptions?: SubscriptionStore;
  /** Only over PostgreSQL. */
  readonly pool?: () => PoolReport;
  /** What listens until the service does. */
  readonly predecessors?: readonly RocketsServer[];
}

export const openStores = async (config: Config, base: Base): Promise<Stores> => {
  const { clock, logger, certificate } = base;
  if (config.eventStore === 'sqlite') {
    const { sqliteFile: file, sqliteSynchronous: synchronous } = config;
    const warn = (message: string): void => logger.warn(message);
    const store = await SqliteEventStore.open({ file, synchronous, warn });
    const { parts: opened } = store;
    const minutes = new RelationalMinutes(opened.ask, (rows, before) => opened.putMinutes(rows, before));
    const subscriptions = new RelationalSubscriptionStore(new SqliteSubscriptions(opened));
    return { store, directory: new RelationalRocketDirectory(opened), minutes, subscriptions };
  }
  if (config.eventStore === 'postgres') {
    // Only who chose it needs its driver.
    const { PostgresEventStore } = await import('./infrastructure/stores/postgres/postgres-event-store.js');
    const { PostgresSubscriptions } =
      await import('./infrastructure/stores/postgres/postgres-subscriptions.js');
    const { databaseUrl: url, databaseConnections: connections } = config;
    const open = () => PostgresEventStore.open({ url, connections });
    const meanwhile = meanwhileOf(base, config);
    const answered = await whenItAnswers(config, logger, certificate, meanwhile, open);
    const { opened: store, meanwhile: predecessors } = answered;
    const { parts: opened } = store;
    const minutes = new RelationalMinutes(opened.ask, (rows, before) => opened.putMinutes(rows, before));
    const subscriptions = new RelationalSubscriptionStore(new PostgresSubscriptions(opened));
    const directory = new RelationalRocketDirectory(opened);
    const pool = (): PoolReport => opened.connections;
    return { store, directory, minutes, subscriptions, predecessors, pool };
  }
  const places = Math.floor((config.storeBytes * SHARE_OF_ORDERS) / PLACE_BYTES);
  const directory = new InMemoryRocketDirectory(clock, places);
  const store = new InMemoryEventStore(directory, { bytes: config.storeBytes });
  return { store, directory, subscriptions: new InMemorySubscriptionStore(store, store.storeId) };
};
