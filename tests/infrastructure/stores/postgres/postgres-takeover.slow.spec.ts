import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  StoreUnavailable,
  type EventStore,
  type StoredEvent,
} from '../../../../src/application/ports/event-store.js';
import {
  exportDatabase,
  importDatabase,
} from '../../../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { launched, write } from '../../../support/builders.js';
import { OwnServer, runIn } from '../../../support/postgres-server.js';
import { openBoth } from '../../../support/postgres-stores.js';

let server: OwnServer;
beforeAll(async () => {
  server = await OwnServer.start();
});
afterAll(() => server.remove());

const copyFiles = (from: string, to: string): void => {
  const [source, target] = [from, to].map((name) => join(server.folder, name)) as [string, string];
  execFileSync('rm', ['-rf', target]);
  execFileSync('cp', ['-a', source, target]);
};

/** As a replica does that was behind by all that came after its files were copied. */
const takeOver = async (files: string): Promise<void> => {
  await server.kill();
  copyFiles(files, 'data');
  const data = join(server.folder, 'data');
  execFileSync('cp', ['-a', join(data, 'PG_VERSION'), join(data, 'standby.signal')]);
  await server.begin();
  await runIn(server.url, 'SELECT pg_promote()');
};

it('a rocket that is lost where another server takes over lends its name to no other, also where nothing is committed', async () => {
  const { store: reading } = await openBoth(server.url);
  await server.kill();
  copyFiles('data', 'behind');
  await server.begin();
  const { store: gone } = await openBoth(server.url);
  await write(gone, 'lost', { events: [launched()] });
  await gone.close();
  expect((await feedOf(reading)).map(({ channel }) => channel)).toEqual(['lost']);

  await takeOver('behind');
  const { store: writing } = await openBoth(server.url);
  await write(writing, 'found', { events: [launched()] });
  await writing.close();
  expect((await feedOf(reading)).map(({ channel }) => channel)).toEqual(['found']);
  await reading.close();
});

it('an import has its place among what is written on the server that took over', async () => {
  await runIn(server.url, 'CREATE DATABASE empty');
  const empty = server.url.replace(/postgres$/, 'empty');
  await importDatabase(linesOf(server.url), empty, rules);
  const [{ first: place }] = (await runIn(empty, 'SELECT min(xid)::float AS first FROM events')) as [
    { first: number },
  ];
  expect(place).toBeGreaterThan(2 ** 32);
});

const rules = {
  parse: (text: string): unknown => JSON.parse(text),
  isMessage: () => true,
  isSubscription: () => true,
};

const linesOf = async function* (url: string): AsyncGenerator<string[]> {
  for await (const line of exportDatabase(url)) yield [JSON.stringify(line)];
};

/** As soon as the server answers. */
const feedOf = async (store: EventStore): Promise<readonly StoredEvent[]> => {
  for (;;) {
    const page = await store.readAll({ limit: 9 }).catch(unlessAway);
    if (page !== undefined) return page.events;
    await delay(20);
  }
};

const unlessAway = (error: unknown): undefined => {
  if (!(error instanceof StoreUnavailable)) throw error;
};
