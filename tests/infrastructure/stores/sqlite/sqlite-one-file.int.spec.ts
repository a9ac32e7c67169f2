import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable, type FeedBatch } from '../../../../src/application/ports/event-store.js';
import { RelationalRocketDirectory } from '../../../../src/infrastructure/stores/relational/relational-directory.js';
import { StoreRefused } from '../../../../src/infrastructure/stores/relational/store-errors.js';
import { rebuildFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/rebuild.js';
import { verifyFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import type { SqliteEventStore } from '../../../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import { faster, launched, write } from '../../../support/builders.js';
import { SqliteStores } from '../../../support/sqlite-stores.js';

const stores = new SqliteStores();
let file: string;
beforeEach(() => {
  file = stores.newFile();
});
afterEach(() => stores.closeAll());
afterAll(() => stores.remove());

describe('a file with several names', () => {
  /** Each leads to the file by another way. */
  const links = (): string[] => {
    const [absolute, toRelative, toLink, folder] = [1, 2, 3, 4].map(() => stores.newFile()) as [
      string,
      string,
      string,
      string,
    ];
    symlinkSync(file, absolute);
    symlinkSync(relative(dirname(toRelative), file), toRelative);
    symlinkSync(toRelative, toLink);
    symlinkSync(dirname(file), folder);
    return [absolute, toRelative, toLink, `${folder}/${basename(file)}`];
  };

  it('is one file: who uses it by one name keeps all others out', async () => {
    const names = [file, ...links()];
    await write(await stores.open(file), 'a', { events: [launched()] });
    for (const name of names) {
      await expect(stores.open(name)).rejects.toThrow('in use by another process');
      await expect(rebuildFile(name)).rejects.toThrow('in use by another process');
    }
    await stores.closeAll();
    for (const name of names) {
      await write(await stores.open(name), 'a', { events: [faster()] });
      for (const other of names) await expect(stores.open(other)).rejects.toThrow(StoreRefused);
      await stores.closeAll();
    }
    expect(await verifyFile(file)).toMatchObject({ events: 1 + names.length, damages: [] });
  });

  it('keeps its log, its lock and its mark beside itself, not beside a link', async () => {
    await stores.open(file);
    await stores.closeAll();
    const elsewhere = stores.newFile();
    mkdirSync(elsewhere);
    symlinkSync(file, `${elsewhere}/link`);
    await write(await stores.open(`${elsewhere}/link`), 'a', { events: [launched()] });
    expect(readdirSync(elsewhere)).toEqual(['link']);
  });

  it('is refused when it has hard links, of which nobody could know', async () => {
    await stores.open(file);
    await stores.closeAll();
    const other = stores.newFile();
    linkSync(file, other);
    for (const name of [file, other]) {
      await expect(stores.open(name)).rejects.toThrow(StoreRefused);
      await expect(stores.open(name)).rejects.toThrow('has more than one name (hard links)');
      await expect(rebuildFile(name)).rejects.toThrow('has more than one name');
    }
    rmSync(other);
    await stores.open(file);
  });

  it('is refused when a link leads to nothing: two links to it would be two locks', async () => {
    const link = stores.newFile();
    symlinkSync(file, link);
    await expect(stores.open(link)).rejects.toThrow(StoreRefused);
    await expect(stores.open(link)).rejects.toThrow(link);
  });
});

describe('a file that is taken away under the service', () => {
  let store: SqliteEventStore;
  let told: FeedBatch[];
  beforeEach(async () => {
    store = await stores.open(file);
    told = [];
    await store.follow((batch) => void told.push(batch));
    await write(store, 'a', { events: [launched()] });
  });

  const directory = () => new RelationalRocketDirectory(store.parts);

  /** So often it is asked; many times as long as it may take. */
  const expectNoticed = async (reason: string): Promise<void> => {
    for (let tries = 0; tries < 500; tries++) {
      const error = await directory()
        .totals()
        .catch((thrown: unknown) => thrown);
      if (error instanceof StoreUnavailable) return expect(error.message).toContain(reason);
      await delay(20);
    }
    throw new Error('nobody noticed');
  };

  const expectUnusable = async (): Promise<void> => {
    const head = { channel: 'b', numbers: [1] };
    const uses = [
      write(store, 'a', { events: [faster()] }),
      store.load([head]),
      store.read('a', { limit: 1 }),
      store.readAll({ limit: 1 }),
      store.readAt(store.beginning),
      store.lastPosition(),
      store.snapshot('a', {}),
      store.unfinished(),
      directory().find('a'),
      directory().list({ sort: 'channel', order: 'asc', limit: 1 }),
      directory().gaps({ limit: 1 }),
    ];
    for (const use of uses) await expect(use).rejects.toThrow('removed or replaced');
  };

  const removals: Readonly<Record<string, () => void>> = {
    'is removed': () => rmSync(file),
    'is moved': () => renameSync(file, `${file}.moved`),
    'is replaced by another one': () => {
      copyFileSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
    'loses its log': () => rmSync(`${file}-wal`),
    'gets another log': () => {
      copyFileSync(`${file}-wal`, `${file}.copy`);
      renameSync(`${file}.copy`, `${file}-wal`);
    },
    'loses its lock': () => rmSync(`${file}-lock`),
    'loses its shared memory': () => rmSync(`${file}-shm`),
    'loses its folder': () => rmSync(dirname(file), { recursive: true }),
  };

  it.each(Object.entries(removals))('is given up when it %s', async (how, remove) => {
    if (how === 'loses its folder') {
      file = `${stores.newFile()}/rockets.db`;
      store = await stores.open(file);
      await store.follow((batch) => void told.push(batch));
      await write(store, 'a', { events: [launched()] });
    }
    remove();
    const [, what = 'file'] = /(log|lock|memory)$/.exec(how) ?? [];
    await expectNoticed(
      `${file}${{ file: '', log: '-wal', lock: '-lock', memory: '-shm' }[what]} was removed`,
    );
    await expectUnusable();
    expect(told.at(-1)?.events).toMatchObject([{ channel: 'a', number: 1 }]);
    await stores.closeAll();
  });

  it('is left alone at the end: what took its place is not ours', async () => {
    renameSync(file, `${file}.moved`);
    await expectNoticed(file);
    const before = readdirSync(dirname(file)).sort();
    await stores.closeAll();
    expect(readdirSync(dirname(file)).sort()).toEqual(before);
  });

  it('is not given up for what is none of it', async () => {
    for (const end of ['', '-wal', '-lock']) utimesSync(file + end, 1, 1);
    for (let i = 0; i < 10; i++) {
      await write(store, 'a', { events: [faster()] });
      await delay(50);
    }
    expect(await directory().totals()).toMatchObject({ events: 11 });
  });
});
