import { PostgresEventStore } from '../../src/infrastructure/stores/postgres/postgres-event-store.js';
import { PostgresSubscriptions } from '../../src/infrastructure/stores/postgres/postgres-subscriptions.js';
import { RelationalRocketDirectory } from '../../src/infrastructure/stores/relational/relational-directory.js';
import { RelationalSubscriptionStore } from '../../src/infrastructure/stores/relational/relational-subscription-store.js';
import { sumOf } from '../../src/infrastructure/stores/relational/rows.js';
import { PostgresServer, runIn } from './postgres-server.js';

export const openBoth = async (url: string, connections = 4) => {
  const store = await PostgresEventStore.open({ url, connections });
  const subscriptions = new RelationalSubscriptionStore(new PostgresSubscriptions(store.parts));
  return { store, directory: new RelationalRocketDirectory(store.parts), subscriptions };
};

/** A server for all tests of a file; every store has a schema in which nothing is. */
export const postgresForAll = () => {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server?.stop());

  const newSchema = (): Promise<string> => {
    if (server === undefined) throw new Error('No test runs.');
    return server.newSchema();
  };
  return { open: storesIn(newSchema), newSchema };
};

/** Stores as the contracts ask for them, in places in which nothing is. */
export const storesIn = (newPlace: () => Promise<string>) => {
  const free: string[] = [];
  return async () => {
    const url = free.pop() ?? (await newPlace());
    let opened = await openBoth(url);
    return {
      ...opened,
      reopen: async () => {
        await opened.store.close();
        return (opened = await openBoth(url));
      },
      close: async () => {
        await opened.store.close();
        await runIn(url, emptying);
        free.push(url);
      },
    };
  };
};

const put = (key: string, value: string): string =>
  `UPDATE meta SET value = '${value}', sum = ${sumOf([key, value])} WHERE key = '${key}';`;

/** What a new schema has, in a fifth of the time: whoever opens it next finds another home, and begins an epoch. */
const emptying = `
  ${[
    'rockets',
    'events',
    'waiting_messages',
    'late_messages',
    'missing',
    'snapshots',
    'total_parts',
    'minutes',
    'notices',
    'subscriptions',
  ]
    .map((table) => `DELETE FROM ${table};`)
    .join(' ')}
  ${put('home', 'nowhere')} ${put('listened', '0')}`;
