import { DatabaseSync } from '@photostructure/sqlite';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sumOf } from '../../../src/infrastructure/event-store/sqlite/checksum.js';
import { exportMessages } from '../../../src/infrastructure/event-store/sqlite/log/export.js';
import {
  backupFile,
  rebuildFile,
  verifyFile,
} from '../../../src/infrastructure/event-store/sqlite/maintenance.js';
import { StoreDamaged, StoreRefused } from '../../../src/infrastructure/event-store/sqlite/store-errors.js';
import { earlyMessage, exploded, faster, launched, newMission, write } from '../../support/builders.js';
import { SqliteStores } from '../../support/sqlite-stores.js';

const stores = new SqliteStores();
let file: string;
beforeEach(() => {
  file = stores.newFile();
});
afterEach(() => stores.closeAll());
afterAll(() => stores.remove());

const inDatabase = <T>(work: (database: InstanceType<typeof DatabaseSync>) => T): T => {
  const database = new DatabaseSync(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
};

const sql = (text: string): void => inDatabase((database) => database.exec(text));

const tables = (): string =>
  inDatabase((database) =>
    JSON.stringify(
      ['log', 'rockets', 'history', 'early', 'snapshots'].map((table) =>
        database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all(),
      ),
    ),
  );

/** What lies beside a file under its name and `.part`. */
const partsOf = (name: string): string[] =>
  readdirSync(dirname(name))
    .filter((entry) => entry.startsWith(`${basename(name)}.part`))
    .sort();

const fill = async (): Promise<void> => {
  const store = await stores.open(file);
  const long = Array.from({ length: 1500 }, (_, i) => faster(i));
  await write(store, 'a', { events: [launched(), ...long.slice(0, 700)] });
  await write(store, 'a', { events: long.slice(700), added: [earlyMessage('a', 2000)] });
  await write(store, 'b', { added: [earlyMessage('b', 2), earlyMessage('b', 3)] });
  const skipped = { type: 'MessagesSkipped', data: { from: 1, to: 1 }, time: launched().time } as const;
  await write(store, 'b', { events: [skipped, faster(2), faster(3)], released: [2, 3] });
  await write(store, 'b', { added: [earlyMessage('b', 9)] });
  await write(store, 'c', { events: [launched(), exploded()] });
  await stores.closeAll();
};

describe('a file', () => {
  it('is refused while another store has it open', async () => {
    await stores.open(file);
    await expect(stores.open(file)).rejects.toThrow(StoreRefused);
    await expect(stores.open(file)).rejects.toThrow('in use by another process');
    expect(() => rebuildFile(file)).toThrow('in use by another process');
  });

  it('of a newer version is refused, and says so', async () => {
    await fill();
    sql('PRAGMA user_version = 99');
    await expect(stores.open(file)).rejects.toThrow(/has version 99; this program knows up to 2/);
  });

  it('of another program is refused', async () => {
    sql('CREATE TABLE theirs (a)');
    const before = readFileSync(file);
    await expect(stores.open(file)).rejects.toThrow('is not a file of Rockets');
    for (const command of [verifyFile, rebuildFile, (name: string) => [...exportMessages(name)]]) {
      expect(() => command(file)).toThrow('is not a file of Rockets');
    }
    await expect(backupFile(file, stores.newFile())).rejects.toThrow('is not a file of Rockets');
    expect(readFileSync(file)).toEqual(before);
    expect(existsSync(`${file}-lock`)).toBe(false);
  });

  it('that is empty is nothing to be sure of, until a service fills it', async () => {
    writeFileSync(file, '');
    expect(verifyFile(file).damages).not.toEqual([]);
    await stores.open(file);
    await stores.closeAll();
    expect(verifyFile(file)).toMatchObject({ events: 0, damages: [] });
  });

  it('is refused when it is a directory', async () => {
    mkdirSync(file);
    await expect(stores.open(file)).rejects.toThrow(`${file} is a directory`);
    expect(() => verifyFile(file)).toThrow(`${file} is a directory`);
  });

  it('that is no database is refused as damaged', async () => {
    writeFileSync(file, 'x'.repeat(5000));
    await expect(stores.open(file)).rejects.toThrow(StoreDamaged);
    await expect(stores.open(file)).rejects.toThrow(`${file} is not an SQLite file`);
  });

  it('with another number of lanes is refused', async () => {
    await fill();
    inDatabase((database) => {
      const { value } = database.prepare("SELECT value FROM meta WHERE key = 'store'").get() as {
        value: string;
      };
      const update = database.prepare('UPDATE meta SET value = ? WHERE key = ?');
      update.run('32', 'lanes');
      update.run(String(sumOf([value, '32'])), 'sum');
    });
    await expect(stores.open(file)).rejects.toThrow('was written with 32 lanes; this program has 64');
  });

  it('that lost rows is refused or named, whatever was lost', async () => {
    for (const loss of [
      "DELETE FROM rockets WHERE channel = 'c'",
      'DELETE FROM early WHERE number = 2000',
      'DELETE FROM log WHERE entry = (SELECT max(entry) FROM log)',
      'DELETE FROM log WHERE entry = 3',
      'DELETE FROM log WHERE entry = 1',
      'UPDATE log SET total = total + 1 WHERE entry = 2',
      "UPDATE log SET body = replace(body, 'Exploded', 'Launched')",
      "UPDATE rockets SET speed = speed + 1 WHERE channel = 'a'",
      "DELETE FROM history WHERE channel = 'b'",
      'UPDATE history SET entry = entry - 1',
      'UPDATE folded SET entry = entry + 1',
      'DELETE FROM snapshots',
    ]) {
      file = stores.newFile();
      await fill();
      sql(loss);
      expect(verifyFile(file).damages).not.toEqual([]);
    }
  });
});

describe('a file of version 1', () => {
  beforeEach(() => {
    writeFileSync(file, gunzipSync(readFileSync(join(__dirname, 'files/version-1.sqlite.gz'))));
  });

  it('is brought up to date when it is opened, and nothing of it is lost', async () => {
    const store = await stores.open(file);
    const page = await store.readAll({ limit: 1000 });
    expect(page.events.map(({ channel, number }) => `${channel}${number}`)).toEqual([
      ...Array.from({ length: 302 }, (_, i) => `a${i + 1}`),
      ...['b1', 'b2', 'b3', 'c1', 'c2', 'c3'],
    ]);
    const heads = await store.load(['a', 'b', 'c', 'd'].map((channel) => ({ channel, numbers: [1] })));
    expect(heads.map(({ state, early }) => [state.version, early.size])).toEqual([
      [302, 2],
      [3, 1],
      [3, 0],
      [0, 1],
    ]);
    expect(heads[2]).toMatchObject({
      state: { rocket: { status: 'exploded', reason: 'PRESSURE_VESSEL_FAILURE', speed: 500 } },
      recorded: new Map([[1, expect.objectContaining({ type: 'RocketLaunched' })]]),
    });
    await write(store, 'd', { added: [earlyMessage('d', 7)] });
    await stores.closeAll();
    expect(verifyFile(file)).toEqual({ rockets: 4, events: 308, early: 5, damages: [] });
    expect(rebuildFile(file).changed).toBe(0);
  });

  it('can be neither verified nor exported before', () => {
    expect(() => verifyFile(file)).toThrow('This file has version 1: start the service with it once');
    expect(() => [...exportMessages(file)]).toThrow('This file has version 1');
  });

  it('is refused when something of it is damaged, and left as it is', async () => {
    sql('UPDATE events SET body = replace(body, \'"by":7}\', \'"by":8}\')');
    await expect(stores.open(file)).rejects.toThrow('do not match their checksum');
    expect(inDatabase((database) => database.prepare('PRAGMA user_version').get())).toEqual({
      user_version: 1,
    });
  });
});

describe('rebuild', () => {
  it('leads to the same bytes', async () => {
    await fill();
    const before = tables();
    expect(rebuildFile(file)).toEqual({ rockets: 3, events: 1506, changed: 0 });
    expect(tables()).toBe(before);
    expect(verifyFile(file).damages).toEqual([]);
  });

  it('brings back what was deleted or changed', async () => {
    await fill();
    const before = tables();
    sql("DELETE FROM snapshots; DELETE FROM rockets WHERE channel <> 'a'; UPDATE rockets SET speed = 1");
    expect(rebuildFile(file).changed).toBe(3);
    expect(tables()).toBe(before);
  });
});

describe('backup', () => {
  it('copies the file as it is at one moment, while it is written', async () => {
    const store = await stores.open(file);
    await write(store, 'a', { events: [launched(), faster(1)] });
    const target = stores.newFile();
    const writing = write(store, 'a', { events: [faster(2)] });
    await backupFile(file, target);
    await writing;
    const { events, damages } = verifyFile(target);
    expect(damages).toEqual([]);
    expect(events).toBeGreaterThanOrEqual(2);
    const copy = await stores.open(target);
    expect(await copy.read('a', { after: 0, limit: 2 })).toEqual(
      await store.read('a', { after: 0, limit: 2 }),
    );
  });

  it('is not held up by what is written meanwhile', async () => {
    const store = await stores.open(file);
    const long = 'x'.repeat(250);
    // More than is copied in one step.
    for (let i = 0; i < 60; i++) {
      const events = Array.from({ length: 1000 }, (_, k) => newMission(`${long}${i} ${k}`));
      await write(store, `rocket-${i}`, { events: [launched(), ...events] });
    }
    const target = stores.newFile();
    let copied = false;
    const writing = async (): Promise<void> => {
      while (!copied) await write(store, 'a', { added: [earlyMessage('a', 2 + copies++)] });
    };
    let copies = 0;
    const writer = writing();
    await backupFile(file, target);
    copied = true;
    await writer;
    expect(statSync(target).size).toBeGreaterThan(16 * 2 ** 20);
    expect(verifyFile(target)).toMatchObject({ rockets: expect.any(Number) as number, damages: [] });
  });

  it('leaves nothing behind when there is nothing to copy', async () => {
    await expect(backupFile(`${file}.none`, stores.newFile())).rejects.toThrow('does not exist');
  });

  it('replaces an older copy', async () => {
    const target = stores.newFile();
    const store = await stores.open(file);
    await write(store, 'a', { events: [launched()] });
    await backupFile(file, target);
    await write(store, 'a', { events: [faster(1)] });
    await backupFile(file, target);
    expect(verifyFile(target)).toMatchObject({ events: 2, damages: [] });
    expect(existsSync(`${target}-lock`)).toBe(false);
  });

  it('is nobody else’s business: several at once are all right, and no file is taken for an unfinished one', async () => {
    const part = `${file}.part`;
    await write(await stores.open(part), 'a', { events: [launched(), faster(1)] });
    await Promise.all(Array.from({ length: 4 }, () => backupFile(part, file)));
    for (const each of [part, file]) expect(verifyFile(each)).toMatchObject({ events: 2, damages: [] });
    expect(partsOf(file)).toEqual([
      `${basename(file)}.part`,
      `${basename(file)}.part-lock`,
      `${basename(file)}.part-shm`,
      `${basename(file)}.part-wal`,
    ]);
  });

  it('replaces no file that is in use, itself or by another name', async () => {
    await write(await stores.open(file), 'a', { events: [launched()] });
    const link = `${file}.link`;
    symlinkSync(file, link);
    for (const target of [file, link]) {
      await expect(backupFile(file, target)).rejects.toThrow('is the file that is to be copied');
    }
    const used = stores.newFile();
    await stores.open(used);
    await expect(backupFile(file, used)).rejects.toThrow('is in use by another process');
    expect(partsOf(used)).toEqual([]);
  });

  it('replaces no file of which a part stands in a log, and no such log', async () => {
    await write(await stores.open(file), 'a', { events: [launched()] });
    const target = stores.newFile();
    await backupFile(file, target);
    writeFileSync(`${target}-wal`, 'a part');
    await expect(backupFile(file, target)).rejects.toThrow('was not closed in order');
    await expect(backupFile(file, `${target}-wal`)).rejects.toThrow('belongs to a store');
    expect(readFileSync(`${target}-wal`, 'utf8')).toBe('a part');
  });

  it('says where it cannot go', async () => {
    await write(await stores.open(file), 'a', { events: [launched()] });
    const folder = stores.newFile();
    await expect(backupFile(file, join(folder, 'x.db'))).rejects.toThrow(`${folder} does not exist`);
    mkdirSync(folder);
    await expect(backupFile(file, folder)).rejects.toThrow(`${folder} is a directory`);
    await expect(backupFile(file, '/dev/null')).rejects.toThrow('/dev/null is not a regular file');
    expect(partsOf(folder)).toEqual([]);
    await expect(backupFile(file, '')).rejects.toThrow('Name the file');
  });
});

describe('export', () => {
  it('gives every message, in order, and names what was skipped', async () => {
    await fill();
    const exported = [...exportMessages(file)];
    expect(exported.filter(({ kind }) => kind === 'skipped')).toEqual([
      { kind: 'skipped', channel: 'b', from: 1, to: 1 },
    ]);
    const lines = exported.flatMap((each) => (each.kind === 'message' ? [JSON.parse(each.line)] : []));
    expect(lines.map(({ metadata }) => `${metadata.channel}${metadata.messageNumber}`)).toEqual([
      ...Array.from({ length: 1501 }, (_, i) => `a${i + 1}`),
      'b2',
      'b3',
      'c1',
      'c2',
      'a2000',
      'b9',
    ]);
    expect(lines[0]).toEqual({
      metadata: {
        channel: 'a',
        messageNumber: 1,
        messageTime: launched().time,
        messageType: 'RocketLaunched',
      },
      message: launched().data,
    });
  });
});
