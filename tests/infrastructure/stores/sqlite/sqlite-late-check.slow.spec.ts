import { DatabaseSync } from '@photostructure/sqlite';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { initialState } from '../../../../src/domain/rocket.js';
import { RelationalRocketDirectory } from '../../../../src/infrastructure/stores/relational/relational-directory.js';
import { StoreDamaged } from '../../../../src/infrastructure/stores/relational/store-errors.js';
import { SqliteEventStore } from '../../../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import { received } from '../../../support/builders.js';
import { SqliteStores } from '../../../support/sqlite-stores.js';

/** Enough that looking at all of them takes a moment. */
const ROCKETS = 100_000;
const BATCH = 10_000;
const PAGE = 4096;

/** In the order of their ids: where one is lost in an index, only its neighbours are. */
const channelOf = (n: number): string => `rocket-${String(n).padStart(6, '0')}`;

const stores = new SqliteStores();
afterAll(() => stores.remove());

const fill = async (file: string): Promise<void> => {
  const store = await stores.open(file, 'normal');
  const nothing = { numbers: [], events: [], released: [], late: [], recordedAt: 1, heard: true };
  for (let first = 0; first < ROCKETS; first += BATCH) {
    await store.commit(
      Array.from({ length: BATCH }, (_, i) => {
        const channel = channelOf(first + i);
        const added = [received(channel, 2)];
        return { ...nothing, channel, revision: 0, state: initialState, added };
      }),
    );
  }
  await stores.closeAll();
};

/** One bit of the last rocket's key, in the index by which rockets are found. */
const flipKey = (file: string): void => {
  const database = new DatabaseSync(file, { readOnly: true });
  const sql = "SELECT pageno FROM dbstat WHERE name = 'rockets_by_channel' AND pagetype = 'leaf'";
  const pages = database.prepare(sql).all() as { pageno: number }[];
  database.close();
  const handle = openSync(file, 'r+');
  const page = Buffer.alloc(PAGE);
  let flipped = 0;
  for (const { pageno } of pages) {
    const start = (pageno - 1) * PAGE;
    readSync(handle, page, 0, PAGE, start);
    const key = page.indexOf(channelOf(ROCKETS - 1));
    if (key === -1) continue;
    page[key]! ^= 1;
    flipped += writeSync(handle, page, key, 1, start + key);
  }
  closeSync(handle);
  expect(flipped).toBe(1);
};

it('damage that is found behind the start of a large file ends the service of it', async () => {
  const file = stores.newFile();
  await fill(file);
  flipKey(file);
  // However quick the machine is, the start does not wait for the check.
  const store = await SqliteEventStore.open({ file, synchronous: 'full', checkAtStartMs: 0 });
  const directory = new RelationalRocketDirectory(store.parts);
  let error: unknown;
  for (let tries = 0; tries < 1200 && error === undefined; tries++) {
    await delay(100);
    error = await directory.totals().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  }
  expect(error).toBeInstanceOf(StoreDamaged);
  expect(String(error)).toContain('rockets_by_channel');
  await expect(store.read(channelOf(1), { limit: 1 })).rejects.toThrow(StoreDamaged);
  await expect(new RelationalRocketDirectory(store.parts).find(channelOf(1))).rejects.toThrow(StoreDamaged);
  await store.close();
}, 240_000);

it('a store that is being checked still closes in order', async () => {
  const file = stores.newFile();
  await fill(file);
  const store = await SqliteEventStore.open({ file, synchronous: 'full', checkAtStartMs: 0 });
  const directory = new RelationalRocketDirectory(store.parts);
  expect(await directory.totals()).toMatchObject({ rockets: ROCKETS });
  await store.close();
  await stores.open(file);
}, 240_000);
