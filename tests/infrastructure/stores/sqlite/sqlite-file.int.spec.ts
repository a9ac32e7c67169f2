import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { StoreDamaged, StoreRefused } from '../../../../src/infrastructure/stores/relational/store-errors.js';
import { backupFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/backup.js';
import { rebuildFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/rebuild.js';
import { verifyFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { exportFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/transfer.js';
import { faster, launched, write } from '../../../support/builders.js';
import { changeByHand, filledFile, fillFile, rowsIn, versionOf } from '../../../support/filled-file.js';
import { SqliteStores } from '../../../support/sqlite-stores.js';

const stores = new SqliteStores();
let file: string;
beforeEach(() => {
  file = stores.newFile();
});
afterEach(() => stores.closeAll());
afterAll(() => stores.remove());

/** Everything that can be done with a file. */
const uses: readonly ((name: string) => Promise<unknown>)[] = [
  (name) => stores.open(name),
  verifyFile,
  rebuildFile,
  (name) => exportFile(name).next(),
  (name) => backupFile(name, stores.newFile()),
];

const linesOf = async (name: string): Promise<unknown[]> => {
  const lines: unknown[] = [];
  for await (const line of exportFile(name)) lines.push(line);
  return lines;
};

describe('a file', () => {
  it('is whole after it was used', async () => {
    await fillFile(stores, file);
    const log = `${file}-wal`;
    expect(existsSync(log) ? statSync(log).size : 0).toBe(0);
    expect(await verifyFile(file)).toEqual(filledFile);
  });

  it('is refused while another store has it open', async () => {
    await stores.open(file);
    await expect(stores.open(file)).rejects.toThrow(StoreRefused);
    await expect(stores.open(file)).rejects.toThrow('in use by another process');
    await expect(rebuildFile(file)).rejects.toThrow('in use by another process');
  });

  it('can be used again after it was refused', async () => {
    writeFileSync(file, 'x'.repeat(5000));
    await expect(stores.open(file)).rejects.toThrow(StoreDamaged);
    writeFileSync(file, '');
    await write(await stores.open(file), 'a', { events: [launched()] });
  });

  it('whose lock was left half written by a crash is opened all the same', async () => {
    await fillFile(stores, file);
    writeFileSync(`${file}-lock`, 'SQLite form');
    await stores.open(file);
    await expect(stores.open(file)).rejects.toThrow('in use by another process');
  });

  it('of a newer version is refused, and says so', async () => {
    await fillFile(stores, file);
    changeByHand(file, 'PRAGMA user_version = 99');
    for (const use of uses) await expect(use(file)).rejects.toThrow(/has version 99; .* knows up to 4/);
  });

  it.each([1, 2])('of version %d is refused, and says how to bring it along', async (version) => {
    await fillFile(stores, file);
    changeByHand(file, `PRAGMA user_version = ${version}`);
    const before = readFileSync(file);
    for (const use of uses) {
      await expect(use(file)).rejects.toThrow(StoreRefused);
      await expect(use(file)).rejects.toThrow(
        /older release.*"rockets export > all.ndjson".*"rockets import all.ndjson/,
      );
    }
    expect(readFileSync(file)).toEqual(before);
  });

  it('of version 3 is brought along by a service, and understood as it is by whoever only reads it', async () => {
    await fillFile(stores, file);
    const rows = rowsIn(file);
    changeByHand(
      file,
      'DROP TABLE subscriptions; DROP TABLE parked_sequences; PRAGMA user_version = 3; VACUUM',
    );
    const before = readFileSync(file);
    expect(await verifyFile(file)).toEqual(filledFile);
    const lines = await linesOf(file);
    const copy = stores.newFile();
    await backupFile(file, copy);
    expect(await verifyFile(copy)).toEqual(filledFile);
    expect(readFileSync(file)).toEqual(before);

    for (const [name, use] of [
      [file, (name: string) => stores.open(name)],
      [copy, rebuildFile],
    ] as const) {
      await use(name);
      await stores.closeAll();
      expect(versionOf(name)).toBe(4);
      expect(rowsIn(name)).toEqual(rows);
      expect(await verifyFile(name)).toEqual(filledFile);
      expect(await linesOf(name)).toEqual(lines);
      const { subscriptions } = await stores.openSubscriptions(name);
      expect(await subscriptions.list({ limit: 1 })).toEqual([]);
      await stores.closeAll();
    }
  });

  it('of version 3 that is not what it was is not brought along', async () => {
    await fillFile(stores, file);
    changeByHand(file, 'PRAGMA user_version = 3');
    await expect(stores.open(file)).rejects.toThrow('not as this version describes it');
    expect(versionOf(file)).toBe(3);
  });

  it('of another program is refused, and left as it is', async () => {
    changeByHand(file, 'CREATE TABLE theirs (a)');
    const before = readFileSync(file);
    for (const use of uses) await expect(use(file)).rejects.toThrow('is not a file of Rockets');
    expect(readFileSync(file)).toEqual(before);
    expect(existsSync(`${file}-lock`)).toBe(false);
  });

  it('that is empty is nothing to be sure of, until a service fills it', async () => {
    writeFileSync(file, '');
    expect((await verifyFile(file)).damages).not.toEqual([]);
    await stores.open(file);
    await stores.closeAll();
    expect(await verifyFile(file)).toMatchObject({ events: 0, damages: [] });
  });

  it('is refused when it is a directory or a device', async () => {
    mkdirSync(file);
    for (const use of uses) await expect(use(file)).rejects.toThrow(`${file} is a directory`);
    for (const use of uses) await expect(use('/dev/null')).rejects.toThrow('/dev/null is not a regular file');
  });

  it('that is no database is refused as damaged', async () => {
    writeFileSync(file, 'x'.repeat(5000));
    await expect(stores.open(file)).rejects.toThrow(StoreDamaged);
    await expect(stores.open(file)).rejects.toThrow(`${file} is not an SQLite file`);
    expect((await verifyFile(file)).damages).not.toEqual([]);
  });

  it('in a directory that is not there yet is made with it', async () => {
    const nested = `${file}-folder/deep/rockets.db`;
    await write(await stores.open(nested), 'a', { events: [launched()] });
    await stores.closeAll();
    expect(await verifyFile(nested)).toMatchObject({ events: 1, damages: [] });
  });

  it('where none can be is refused in words', async () => {
    writeFileSync(file, '');
    await expect(stores.open(`${file}/rockets.db`)).rejects.toThrow(StoreRefused);
    await expect(stores.open(`${file}/rockets.db`)).rejects.toThrow(`${file}/rockets.db can't be written`);
  });

  it('says what an acknowledgement is worth', async () => {
    const full = await stores.open(file, 'full');
    const normal = await stores.open(stores.newFile(), 'normal');
    expect(full.durability).toMatchObject({ level: 'disk', description: expect.stringContaining('FULL') });
    expect(normal.durability).toMatchObject({
      level: 'process',
      description: expect.stringContaining('power loss can take'),
    });
  });

  it('takes nothing more once it is closed', async () => {
    const store = await stores.open(file);
    await write(store, 'a', { events: [launched()] });
    await stores.closeAll();
    await expect(write(store, 'a', { events: [faster()] })).rejects.toThrow();
    expect(await verifyFile(file)).toMatchObject({ events: 1, damages: [] });
  });
});

describe('a file that was changed by hand', () => {
  it.each([
    "DELETE FROM rockets WHERE channel = 'c'",
    'DELETE FROM rockets',
    'DELETE FROM waiting_messages WHERE number = 2000',
    'DELETE FROM late_messages',
    'DELETE FROM missing WHERE last = 2001',
    'UPDATE missing SET listened = listened + 1',
    'DELETE FROM events WHERE position = (SELECT max(position) FROM events)',
    'DELETE FROM events WHERE position = 700',
    'DELETE FROM events WHERE position = 1',
    "UPDATE events SET data = replace(data, 'PRESSURE', 'FATIGUE')",
    'UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 5',
    "UPDATE rockets SET speed = speed + 1 WHERE channel = 'a'",
    "UPDATE rockets SET heard_at = heard_at + 1 WHERE channel = 'a'",
    "UPDATE waiting_messages SET data = replace(data, '1', '2')",
    'DELETE FROM snapshots WHERE version = 512',
    'UPDATE snapshots SET latest = substr(latest, 2)',
    "UPDATE totals SET count = count + 1 WHERE name = 'flying'",
    'DELETE FROM totals',
    "INSERT INTO totals SELECT 'fleet', 'late ', count, sum FROM totals WHERE name = 'late'",
    "UPDATE meta SET value = '100' || value WHERE key = 'listened'",
    "UPDATE meta SET value = 'x' WHERE key = 'epoch'",
    "DELETE FROM meta WHERE key = 'store'",
    'DROP INDEX explosions',
    'DROP VIEW history',
    'CREATE TABLE more (a)',
    'DROP TABLE snapshots',
  ])('is refused or named: %s', async (change) => {
    await fillFile(stores, file);
    changeByHand(file, change);
    expect((await verifyFile(file)).damages).not.toEqual([]);
  });
});
