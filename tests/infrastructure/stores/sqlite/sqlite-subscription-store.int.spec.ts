import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { backupFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/backup.js';
import { rebuildFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/rebuild.js';
import { verifyFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { subscriptionStoreContract } from '../../../contracts/subscription-store-contract.js';
import { faster, launched, write } from '../../../support/builders.js';
import { changeByHand, subscriptionRowsIn } from '../../../support/filled-file.js';
import { openSqliteSubscriptions, SqliteStores } from '../../../support/sqlite-stores.js';
import { parkedOf, subscriptionOf } from '../../../support/subscriptions.js';

subscriptionStoreContract('RelationalSubscriptionStore over SQLite', openSqliteSubscriptions);

const SECRET = { text: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };

const stores = new SqliteStores();
let file: string;
beforeEach(() => {
  file = stores.newFile();
});
afterEach(() => stores.closeAll());
afterAll(() => stores.remove());

/** A subscription that has come as far as the first of two events, the second of which is parked. */
const fill = async () => {
  const opened = await stores.openSubscriptions(file);
  const { store, subscriptions } = opened;
  await write(store, 'a', { events: [launched()] });
  const position = await store.lastPosition();
  const one = subscriptionOf('one', { position });
  await subscriptions.create(one, [SECRET]);
  await write(store, 'a', { events: [faster()] });
  const parked = parkedOf('a', { position: await store.lastPosition(), number: 2 });
  await subscriptions.save(one, { put: [parked] });
  return { ...opened, position, one, parked };
};

describe('subscriptions in a file', () => {
  it('have secrets that nobody else on the machine reads, and that are in no copy of it', async () => {
    const { subscriptions } = await fill();
    const copy = stores.newFile();
    await backupFile(file, copy);
    await subscriptions.putSecrets('one', [{ text: 'whsec_next' }, SECRET]);
    await stores.closeAll();
    const secrets = `${file}-secrets`;
    expect(statSync(secrets).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(secrets, 'utf8'))).toEqual({ one: [{ text: 'whsec_next' }, SECRET] });
    for (const name of readdirSync(dirname(file))) {
      if (name === basename(secrets)) continue;
      expect(readFileSync(`${dirname(file)}/${name}`, 'latin1')).not.toContain('whsec_');
    }
    expect(existsSync(`${copy}-secrets`)).toBe(false);
    const again = await stores.openSubscriptions(copy);
    expect(await again.subscriptions.secrets('one')).toEqual([]);
  });

  it('are refused once the store is closed, or the disk takes no secrets', async () => {
    const { subscriptions, one } = await fill();
    mkdirSync(`${file}-secrets-new`);
    await expect(subscriptions.putSecrets('one', [])).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await subscriptions.secrets('one')).toEqual([SECRET]);
    await stores.closeAll();
    await expect(subscriptions.save(one)).rejects.toThrow('closed');
    await expect(subscriptions.save(one)).rejects.toMatchObject({ code: 'store-unavailable' });
    expect((await verifyFile(file)).damages).toEqual([]);
  });

  it('say that their secrets are damaged, and not what is in the file', async () => {
    await fill();
    await stores.closeAll();
    writeFileSync(`${file}-secrets`, `{"one": ${SECRET.text}`);
    const { subscriptions } = await stores.openSubscriptions(file);
    const failure = subscriptions.secrets('one');
    await expect(failure).rejects.toThrow(`${file}-secrets can't be read: it is no JSON`);
    await expect(failure).rejects.not.toThrow('whsec');
    // What can't be read is not written over.
    await expect(subscriptions.putSecrets('one', [SECRET])).rejects.toThrow("can't be read");
    expect((await subscriptions.find('one'))!.name).toBe('one');
  });

  it.each(['null', '[]', '"x"', '{"one": "x"}', '{"one": [{"txt": "x"}]}', '{"one": [null]}'])(
    'say that what is in the place of their secrets is something else: %s',
    async (text) => {
      await fill();
      await stores.closeAll();
      writeFileSync(`${file}-secrets`, text);
      const { subscriptions } = await stores.openSubscriptions(file);
      await expect(subscriptions.secrets('one')).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(subscriptions.putSecrets('one', [SECRET])).rejects.toThrow('it holds something else');
      expect(readFileSync(`${file}-secrets`, 'utf8')).toBe(text);
    },
  );

  it.each([
    ['a copy of the closed file', async (to: string) => copyFileSync(file, to)],
    ['a backup', async (to: string) => backupFile(file, to)],
  ])('go on in the history that begins with %s', async (_how, copyTo) => {
    const { subscriptions, position, parked } = await fill();
    const { source } = subscriptions;
    await stores.closeAll();
    const copy = stores.newFile();
    await copyTo(copy);
    const again = await stores.openSubscriptions(copy);
    expect(again.subscriptions.source).not.toBe(source);
    expect(again.subscriptions.source.split(':')[2]).toBe(source.split(':')[2]);
    await expect(again.store.readAll({ after: position, limit: 1 })).rejects.toThrow(
      'is not one of this store',
    );

    const one = (await again.subscriptions.find('one'))!;
    const { events } = await again.store.readAll({ after: one.position, limit: 10 });
    expect(events.map(({ channel, number }) => ({ channel, number }))).toEqual([{ channel: 'a', number: 2 }]);
    const [still] = await again.subscriptions.parked('one', { limit: 10 });
    expect(still).toEqual({ ...parked, position: events[0]!.position });
    expect(await again.subscriptions.save({ ...one, position: still!.position })).toBeDefined();
  });

  it('that are damaged are named, and not served', async () => {
    await fill();
    await stores.closeAll();
    changeByHand(file, 'UPDATE subscriptions SET position = 2; UPDATE parked_sequences SET number = 3');
    const { subscriptions } = await stores.openSubscriptions(file);
    await expect(subscriptions.find('one')).rejects.toThrow('damaged: the subscription one does not match');
    await expect(subscriptions.parked('one', { limit: 1 })).rejects.toThrow(
      'damaged: what one has parked of a does not match',
    );
    // Whoever removes it need not read it.
    expect(await subscriptions.remove('one')).toBe(true);
    await stores.closeAll();
    expect((await verifyFile(file)).damages).toEqual([]);
  });

  it('are proven, and no rebuild touches them', async () => {
    await fill();
    await stores.closeAll();
    expect((await verifyFile(file)).damages).toEqual([]);
    const rows = subscriptionRowsIn(file);
    await rebuildFile(file);
    expect(subscriptionRowsIn(file)).toEqual(rows);
    changeByHand(
      file,
      "UPDATE subscriptions SET position = 2; UPDATE parked_sequences SET subscription = 'nobody', number = 3",
    );
    expect((await verifyFile(file)).damages).toEqual([
      'damaged: the subscription one does not match its checksum',
      'damaged: what nobody has parked of a does not match its checksum',
      'damaged: rows of no subscription in "parked_sequences": 1',
    ]);
  });

  it('keep the names of their files for themselves', async () => {
    await fill();
    await expect(backupFile(file, `${file}-secrets`, { force: true })).rejects.toThrow(
      'has the name of a file that belongs to a store',
    );
  });

  it('are written together when they come together', async () => {
    const { store, subscriptions } = await stores.openSubscriptions(file);
    const run = jest.spyOn(store.parts.writing, 'run');
    const position = store.beginning;
    await Promise.all(
      ['a', 'b', 'c'].map((name) => subscriptions.create(subscriptionOf(name, { position }), [])),
    );
    const before = await subscriptions.list({ limit: 3 });
    run.mockClear();
    const saved = await Promise.all(
      [...before, before[0]!].map((one) => subscriptions.save({ ...one, delivered: 1 })),
    );
    // One transaction for all of them, of which the last had come too late.
    expect(run).toHaveBeenCalledTimes(1);
    expect(saved.map((one) => one?.delivered)).toEqual([1, 1, 1, undefined]);
    expect(await subscriptions.list({ limit: 3 })).toEqual(saved.slice(0, 3));
  });
});
