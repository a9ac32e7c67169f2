import { renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Writing } from '../../../../src/infrastructure/stores/sqlite/writing.js';
import { launched, write } from '../../../support/builders.js';
import { SqliteStores } from '../../../support/sqlite-stores.js';

const stores = new SqliteStores();
let file: string;
let writing: Writing;
beforeEach(async () => {
  file = stores.newFile();
  await write(await stores.open(file), 'a', { events: [launched()] });
  await stores.closeAll();
  writing = new Writing({ file, synchronous: 'full' });
});
afterEach(() => writing.close());
afterAll(() => stores.remove());

/** So many heads that reading them takes long on every machine. */
const many = Array.from({ length: 50_000 }, () => ({ channel: 'nobody', numbers: [] }));
const headOfA = [{ channel: 'a', numbers: [1] }];

/** An answer that is there at once was found on the main thread. */
const isByThread = (answer: unknown): boolean => answer instanceof Promise;

const untilByThread = async (): Promise<void> => {
  for (;;) {
    const answer = writing.heads(many);
    if (isByThread(answer)) return void (await answer);
    await delay(20);
  }
};

it('what takes long goes to the thread once that has a connection, and for some time', async () => {
  expect(isByThread(writing.heads(headOfA))).toBe(false);
  await writing.heads(many);
  expect(isByThread(writing.heads(headOfA))).toBe(false);
  await untilByThread();
  expect(await writing.heads(headOfA)).toMatchObject([{ rocket: { channel: 'a' }, events: [{ number: 1 }] }]);
  expect(isByThread(writing.putMinutes([], 0))).toBe(true);
  const values = ['nobody'];
  const nothing = { sql: 'DELETE FROM parked_sequences WHERE subscription = $1', values };
  const needed = { sql: 'UPDATE subscriptions SET revision = 0 WHERE name = $1 RETURNING name', values };
  const written = writing.run([[nothing], [nothing, { ...needed, isNeeded: true }]]);
  expect(isByThread(written)).toBe(true);
  expect(await written).toEqual([true, false]);
});

it('a thread that can open nothing is asked for nothing: the connection there is goes on', async () => {
  await writing.heads(many);
  // As on a disk that fails: what is open stays so, and nothing is opened any more.
  renameSync(file, `${file}-away`);
  await expect(writing['thread'].call('heads', [])).rejects.toThrow('unable to open');
  expect(await writing.heads(headOfA)).toMatchObject([{ rocket: { channel: 'a' } }]);
  await writing.putMinutes([], 0);
  renameSync(`${file}-away`, file);
  await untilByThread();
});
