import { DatabaseSync } from '@photostructure/sqlite';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { backupFile } from '../../../../../src/infrastructure/stores/sqlite/upkeep/backup.js';
import { verifyFile } from '../../../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { faster, launched, newMission, received, write } from '../../../../support/builders.js';
import { SqliteStores } from '../../../../support/sqlite-stores.js';

const stores = new SqliteStores();
let file: string;
beforeEach(() => {
  file = stores.newFile();
});
afterEach(() => stores.closeAll());
afterAll(() => stores.remove());

/** What lies beside a file under its name and `.part`. */
const partsOf = (name: string): string[] =>
  readdirSync(dirname(name))
    .filter((entry) => entry.startsWith(`${basename(name)}.part`) && !entry.includes('-session-'))
    .sort();

describe('backup', () => {
  it('copies the file as it is at one moment, while it is written', async () => {
    const store = await stores.open(file);
    await write(store, 'a', { events: [launched(), faster(1)] });
    const target = stores.newFile();
    const writing = write(store, 'a', { events: [faster(2)] });
    await backupFile(file, target);
    await writing;
    const { events, damages } = await verifyFile(target);
    expect(damages).toEqual([]);
    expect(events).toBeGreaterThanOrEqual(2);
    const copy = await stores.open(target);
    const facts = async (one: typeof store) =>
      (await one.read('a', { limit: 2 })).map(({ number, event }) => ({ number, event }));
    expect(await facts(copy)).toEqual(await facts(store));
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
      while (!copied) {
        await write(store, 'a', { added: [received('a', 2 + copies++)] });
        // As a service does: what it writes on the main thread leaves the copy no turn by itself.
        await turn();
      }
    };
    let copies = 0;
    const writer = writing();
    await backupFile(file, target);
    copied = true;
    await writer;
    expect(statSync(target).size).toBeGreaterThan(16 * 2 ** 20);
    expect(await verifyFile(target)).toMatchObject({ rockets: expect.any(Number) as number, damages: [] });
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
    await backupFile(file, target, { force: true });
    expect(await verifyFile(target)).toMatchObject({ events: 2, damages: [] });
    expect(existsSync(`${target}-lock`)).toBe(false);
  });

  it('overwrites nothing when it is not told to, not even an older copy', async () => {
    await write(await stores.open(file), 'a', { events: [launched()] });
    const copy = stores.newFile();
    await backupFile(file, copy);
    const note = stores.newFile();
    writeFileSync(note, 'a note');
    const nowhere = stores.newFile();
    symlinkSync(`${nowhere}.none`, nowhere);
    const before = readFileSync(copy);
    for (const target of [copy, note, nowhere]) {
      await expect(backupFile(file, target)).rejects.toThrow(`${target} exists; choose another name`);
    }
    expect(readFileSync(copy).equals(before)).toBe(true);
    expect(readFileSync(note, 'utf8')).toBe('a note');
    expect(lstatSync(nowhere).isSymbolicLink()).toBe(true);
    expect([copy, note].flatMap(partsOf)).toEqual([]);
  });

  it('overwrites nothing that came while it was made', async () => {
    await write(await stores.open(file), 'a', { events: [launched()] });
    const target = stores.newFile();
    const made = await Promise.allSettled(Array.from({ length: 4 }, () => backupFile(file, target)));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = made.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    for (const reason of refused) expect(reason).toContain(`${target} exists`);
    expect(await verifyFile(target)).toMatchObject({ events: 1, damages: [] });
    expect(statSync(target).nlink).toBe(1);
    expect(partsOf(target)).toEqual([]);
  });

  it.each<readonly [string, (target: string) => void]>([
    ['a text', (target) => writeFileSync(target, 'a note')],
    ['an empty file', (target) => writeFileSync(target, '')],
    [
      'a long file without the name of ours in it',
      (target) => writeFileSync(target, Buffer.alloc(8192, 'x')),
    ],
    [
      'a database of another program',
      (target) => {
        const database = new DatabaseSync(target);
        database.exec('PRAGMA application_id = 1; CREATE TABLE notes (text)');
        database.close();
      },
    ],
    ['a link that leads nowhere', (target) => symlinkSync(`${target}.none`, target)],
  ])('leaves %s alone, whatever it is told', async (_kind, make) => {
    await write(await stores.open(file), 'a', { events: [launched()] });
    const target = stores.newFile();
    make(target);
    const content = (): Buffer | undefined => (existsSync(target) ? readFileSync(target) : undefined);
    const before = content();
    await expect(backupFile(file, target, { force: true })).rejects.toThrow('is not a file of Rockets');
    expect(content()).toEqual(before);
    expect(lstatSync(target)).toBeDefined();
    expect(partsOf(target)).toEqual([]);
  });

  it('replaces a store that nobody uses, when it is told to', async () => {
    const old = stores.newFile();
    await write(await stores.open(old), 'b', { events: [launched(), faster(1), faster(2)] });
    await stores.closeAll();
    await write(await stores.open(file), 'a', { events: [launched()] });
    await backupFile(file, old, { force: true });
    expect(await verifyFile(old)).toMatchObject({ events: 1, damages: [] });
  });

  it('is nobody else’s business: several at once are all right, and no file is taken for an unfinished one', async () => {
    const part = `${file}.part`;
    await write(await stores.open(part), 'a', { events: [launched(), faster(1)] });
    await Promise.all(Array.from({ length: 4 }, () => backupFile(part, file, { force: true })));
    for (const each of [part, file]) expect(await verifyFile(each)).toMatchObject({ events: 2, damages: [] });
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
      await expect(backupFile(file, target, { force: true })).rejects.toThrow(
        'is the file that is to be copied',
      );
    }
    const used = stores.newFile();
    await stores.open(used);
    await expect(backupFile(file, used, { force: true })).rejects.toThrow('is in use by another process');
    expect(partsOf(used)).toEqual([]);
  });

  it('replaces no file of which a part stands in a log, and no such log', async () => {
    await write(await stores.open(file), 'a', { events: [launched()] });
    const target = stores.newFile();
    await backupFile(file, target);
    writeFileSync(`${target}-wal`, 'a part');
    await expect(backupFile(file, target, { force: true })).rejects.toThrow('was not closed in order');
    await expect(backupFile(file, `${target}-wal`)).rejects.toThrow('belongs to a store');
    expect(readFileSync(`${target}-wal`, 'utf8')).toBe('a part');
  });

  it('takes no name that a store would take for its own mark, and remove', async () => {
    await write(await stores.open(file), 'a', { events: [launched()] });
    const other = stores.newFile();
    await stores.open(other);
    for (const target of [`${file}-session-2`, `${other}-session-x.db`]) {
      await expect(backupFile(file, target)).rejects.toThrow('belongs to a store');
    }
    const free = `${stores.newFile()}-session-2.db`;
    await backupFile(file, free);
    expect(existsSync(free)).toBe(true);
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
