import type { StoredEvent } from '../../../../src/application/ports/event-store.js';
import {
  exportDatabase,
  importDatabase,
  verifyDatabase,
} from '../../../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { eventFeedContract } from '../../../contracts/event-feed-contract.js';
import { eventStoreContract } from '../../../contracts/event-store-contract.js';
import { rocketDirectoryContract } from '../../../contracts/rocket-directory-contract.js';
import { subscriptionStoreContract } from '../../../contracts/subscription-store-contract.js';
import { launched, write } from '../../../support/builders.js';
import { until } from '../../../support/manual-clock.js';
import { messageText, postMessage, startProcess } from '../../../support/real-process.js';
import { PgBouncer } from '../../../support/pg-bouncer.js';
import { OwnServer, runIn } from '../../../support/postgres-server.js';
import { openBoth, storesIn } from '../../../support/postgres-stores.js';
import { runs } from '../../../support/thorough.js';
import { SseClient } from '../../../support/sse-client.js';

/** Fewer than the stores have, so that they have to share. */
const CONNECTIONS = 3;

let server: OwnServer;
let bouncer: PgBouncer;
beforeAll(async () => {
  server = await OwnServer.start();
  bouncer = await PgBouncer.before(server, CONNECTIONS);
});
afterAll(async () => {
  await bouncer.remove();
  await server.remove();
});

let databases = 0;
/** What chooses a schema does not come through. */
const newDatabase = async (): Promise<string> => {
  const name = `d${++databases}`;
  await runIn(server.url, `CREATE DATABASE ${name}`);
  return bouncer.url.replace(/postgres$/, name);
};

const open = storesIn(newDatabase);

eventStoreContract('PostgresEventStore behind PgBouncer', open, runs(2, 20));
rocketDirectoryContract('RelationalRocketDirectory behind PgBouncer', open, runs(2, 20));
eventFeedContract('PostgresEventStore behind PgBouncer', open, runs(2, 20));
subscriptionStoreContract('RelationalSubscriptionStore behind PgBouncer', open);

it('an import behind PgBouncer may be slower than the service, whose limits the role has', async () => {
  const [from, to] = [await newDatabase(), await newDatabase()];
  const { store } = await openBoth(from);
  await write(store, 'a', { events: [launched()] });
  await store.close();
  const name = new URL(to).pathname.slice(1);
  await runIn(
    server.url,
    `ALTER ROLE rockets IN DATABASE ${name} SET idle_in_transaction_session_timeout = '200ms'`,
  );
  const slowly = async function* (): AsyncGenerator<string[]> {
    for await (const line of exportDatabase(from)) {
      yield [JSON.stringify(line)];
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  };
  const rules = {
    parse: (text: string): unknown => JSON.parse(text),
    isMessage: () => true,
    isSubscription: () => true,
  };
  expect(await importDatabase(slowly(), to, rules)).toMatchObject({ rockets: 1, events: 1 });
  expect((await verifyDatabase(to)).damages).toEqual([]);
});

describe('instances behind PgBouncer', () => {
  it('see each other’s events live by looking alone, and leave no LISTEN behind', async () => {
    const url = await newDatabase();
    const stores = await Promise.all([openBoth(url), openBoth(url)]);
    const [one, other] = stores.map(({ store }) => store);
    const told: StoredEvent[][] = [[], []];
    for (const [i, { store }] of stores.entries())
      await store.follow(({ events }) => told[i]!.push(...events));
    for (let i = 0; i < 40; i++) await write(i % 2 === 0 ? one! : other!, `r${i}`, { events: [launched()] });
    await until(() => told.every(({ length }) => length === 40));
    expect(told[0]).toEqual(told[1]);
    // Longer than calls take to be relied on where they get through.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    for (const { store } of stores) expect(store.parts.called!.isReliable).toBe(false);
    // Each connection of the pool, all at the same time.
    const left = 'SELECT pg_listening_channels() FROM (SELECT pg_sleep(0.3)) AS slept';
    const found = await Promise.all(Array.from({ length: CONNECTIONS }, () => runIn(url, left)));
    expect(found).toEqual(Array(CONNECTIONS).fill([]));
    for (const { store } of stores) await store.close();
  });

  it('are the service as it is', async () => {
    const env = { EVENT_STORE: 'postgres', DATABASE_URL: await newDatabase(), LOG_LEVEL: 'silent' };
    const [one, other] = await Promise.all([startProcess(env), startProcess(env)]);
    try {
      const feed = await SseClient.open(`${other.url}/events`);
      await feed.untilNamed('caught-up');
      for (let number = 1; number <= 200; number++) {
        const service = number % 2 === 0 ? one : other;
        expect((await postMessage(service.url, messageText(number, 'a'))).status).toBe(202);
      }
      await feed.untilNamed('message', 200);
      feed.break();
      const shown = (await (await fetch(`${one.url}/rockets/a`)).json()) as { version: number };
      expect(shown.version).toBe(200);
      expect(await Promise.all([one, other].map((service) => service.end()))).toEqual([0, 0]);
    } finally {
      await Promise.all([one, other].map((service) => service.end('SIGKILL')));
    }
  });
});
