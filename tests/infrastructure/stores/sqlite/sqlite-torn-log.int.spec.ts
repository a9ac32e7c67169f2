import { DatabaseSync } from '@photostructure/sqlite';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { verifyFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { StoreDamaged } from '../../../../src/infrastructure/stores/relational/store-errors.js';
import { refuseDamagedLog } from '../../../../src/infrastructure/stores/sqlite/write-ahead-log.js';
import { faster, launched, newMission, write } from '../../../support/builders.js';
import { seededRandom } from '../../../support/seeded-random.js';
import { SqliteStores } from '../../../support/sqlite-stores.js';

const HEADER = 32;
const FRAME = 24 + 4096;
const SECTOR = 512;
/** Transactions of one frame each before the one that is torn. */
const SYNCED = 20;
const stores = new SqliteStores();
afterEach(() => stores.closeAll());
afterAll(() => stores.remove());

const placeOf = (frame: number): number => HEADER + frame * FRAME;
const framesIn = (log: Buffer): number => (log.length - HEADER) / FRAME;
const endsTransaction = (log: Buffer, frame: number): boolean => log.readUInt32BE(placeOf(frame) + 4) !== 0;

const endsIn = (log: Buffer): number[] =>
  Array.from({ length: framesIn(log) }, (_, frame) => frame).filter((frame) => endsTransaction(log, frame));

const isRefused = (log: Buffer): boolean => {
  const file = stores.newFile();
  writeFileSync(`${file}-wal`, log);
  try {
    refuseDamagedLog(file);
    return false;
  } catch (error) {
    if (!(error instanceof StoreDamaged)) throw error;
    return true;
  }
};

const broken = (log: Buffer, frame: number): Buffer => {
  const copy = Buffer.from(log);
  copy[placeOf(frame) + 1000]! ^= 1;
  return copy;
};

/** A database of nothing but pages, whose log is looked at while it is open. */
class Pages {
  private readonly database: InstanceType<typeof DatabaseSync>;

  constructor(readonly file: string) {
    this.database = new DatabaseSync(file);
    this.database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
    this.database.exec('CREATE TABLE IF NOT EXISTS pages (page BLOB)');
  }

  /** One transaction of so many pages and some more. */
  write(pages: number, filledWith: string): void {
    this.database.prepare('INSERT INTO pages VALUES (CAST(? AS BLOB))').run(filledWith.repeat(4096 * pages));
  }

  /** Transactions of one page each. */
  writeOneByOne(transactions: number): void {
    for (let i = 1; i <= transactions; i++) this.database.exec(`PRAGMA user_version = ${i}`);
  }

  beginLogAnew(): void {
    this.database.exec('PRAGMA wal_checkpoint(RESTART)');
  }

  log(): Buffer {
    return readFileSync(`${this.file}-wal`);
  }

  copy(): Pages {
    const copy = stores.newFile();
    copyFileSync(this.file, copy);
    copyFileSync(`${this.file}-wal`, `${copy}-wal`);
    return new Pages(copy);
  }

  close(): void {
    this.database.close();
  }
}

describe('a log that a power loss tore', () => {
  it('is taken without its last transaction, whichever sectors of an older log stand in that', () => {
    const pages = new Pages(stores.newFile());
    pages.writeOneByOne(300);
    pages.beginLogAnew();
    const older = pages.log();
    pages.writeOneByOne(SYNCED);
    pages.write(200, 'n');
    const newer = pages.log();
    pages.close();
    const last = SYNCED;
    const end = endsIn(newer).find((frame) => frame >= last)! + 1;
    // Of these frames the header lies across two sectors: the size of the database in one, the salts in the next.
    const across = [41, 105];
    for (const frame of across) {
      expect(placeOf(frame) % SECTOR).toBe(SECTOR - 8);
      expect(endsTransaction(older, frame)).toBe(true);
      expect(frame).toBeGreaterThan(last);
      expect(frame).toBeLessThan(end - 1);
    }
    // Of the first sector the begin was written before, with the transaction before this one.
    const sectors = Array.from(
      { length: Math.ceil((placeOf(end) - placeOf(last)) / SECTOR) + 1 },
      (_, i) => Math.floor(placeOf(last) / SECTOR) + i,
    );
    const torn = (isOlder: (sector: number) => boolean): Buffer => {
      const log = Buffer.from(newer);
      for (const sector of sectors.filter(isOlder)) {
        const from = Math.max(sector * SECTOR, placeOf(last));
        older.copy(log, from, from, Math.min((sector + 1) * SECTOR, placeOf(end)));
      }
      return log;
    };
    for (const frame of across) {
      expect(isRefused(torn((sector) => sector === Math.floor(placeOf(frame) / SECTOR)))).toBe(false);
    }
    const random = seededRandom(1);
    for (let i = 0; i < 200; i++) {
      const share = random() ** 4;
      expect(isRefused(torn(() => random() < share))).toBe(false);
    }
  });

  it('is refused when a frame before the last two transactions is wrong, or its header', () => {
    const pages = new Pages(stores.newFile());
    for (let i = 0; i < 20; i++) pages.write(1 + (i % 3), 'x');
    const log = pages.log();
    pages.close();
    const ends = endsIn(log);
    // Of the last but one, too, unless it is the frame that ends it.
    for (let frame = 0; frame < framesIn(log); frame++) {
      expect(isRefused(broken(log, frame))).toBe(frame < ends.at(-2)!);
    }
    for (let byte = 0; byte < HEADER; byte++) {
      const wrong = Buffer.from(log);
      wrong[byte]! ^= 0x10;
      expect(isRefused(wrong)).toBe(true);
    }
    expect(isRefused(log)).toBe(false);
    expect(isRefused(log.subarray(0, HEADER))).toBe(false);
  });

  it('is taken when under its end is what was left of transactions that failed', () => {
    const pages = new Pages(stores.newFile());
    for (let i = 0; i < 10; i++) pages.write(2, 'x');
    const acknowledged = framesIn(pages.log());
    // Each of them began where the acknowledged ones end, and failed; the last is followed by one more.
    const attempts = [24, 16, 9, 3].map((size, i) => {
      const attempt = pages.copy();
      attempt.write(size, String(i));
      if (size === 3) attempt.write(2, 'y');
      const log = attempt.log();
      attempt.close();
      return log;
    });
    pages.close();
    const log = Buffer.from(attempts[0]!);
    for (const attempt of attempts.slice(1)) attempt.copy(log);
    expect(isRefused(log)).toBe(false);
    const last = framesIn(attempts.at(-1)!);
    const lastButOne = Array.from({ length: last - 1 }, (_, i) => i).findLast((i) =>
      endsTransaction(log, i),
    )!;
    expect(framesIn(log)).toBeGreaterThan(last + 10);
    for (let frame = lastButOne; frame < framesIn(log); frame++) {
      expect(isRefused(broken(log, frame))).toBe(false);
    }
    for (let frame = 0; frame < acknowledged; frame++) expect(isRefused(broken(log, frame))).toBe(true);
  });
});

type Synchronous = 'full' | 'normal';
const COMMITS = 40;

/** What a power loss may leave of commits that were not synced, and nothing may of those that were. */
const tornAmongCommits = async (file: string, synchronous: Synchronous, channel = 'a'): Promise<string> => {
  const store = await stores.open(file, synchronous);
  await write(store, channel, { events: [launched()] });
  for (let i = 1; i < COMMITS; i++)
    await write(store, channel, { events: [faster(1), newMission(`M-${i}`)] });
  const torn = stores.newFile();
  copyFileSync(file, torn);
  const log = readFileSync(`${file}-wal`);
  writeFileSync(`${torn}-wal`, broken(log, Math.floor(framesIn(log) / 2)));
  await stores.closeAll();
  return torn;
};

const expectRefused = async (file: string, synchronous: Synchronous): Promise<void> => {
  await expect(stores.open(file, synchronous)).rejects.toThrow(StoreDamaged);
  await expect(stores.open(file, synchronous)).rejects.toThrow('before what was written later');
  expect((await verifyFile(file)).damages).toContainEqual(
    expect.stringContaining('before what was written later'),
  );
  expect(existsSync(`${file}-wal`)).toBe(true);
};

/** What is there is the begin of what was written. */
const expectBegin = async (file: string, synchronous: Synchronous, channel = 'a'): Promise<void> => {
  expect((await verifyFile(file)).damages).toEqual([]);
  const store = await stores.open(file, synchronous);
  const events = await store.read(channel, { after: 0, limit: 1000 });
  expect(events.map(({ number }) => number)).toEqual(events.map((_, i) => i + 1));
  expect(events.length).toBeGreaterThan(0);
  expect(events.length).toBeLessThan(2 * COMMITS - 1);
  await stores.closeAll();
  expect((await verifyFile(file)).damages).toEqual([]);
};

const notes = (file: string): unknown[] => {
  // The file alone, without its log.
  const copy = stores.newFile();
  copyFileSync(file, copy);
  const database = new DatabaseSync(copy);
  const rows = database.prepare("SELECT value FROM meta WHERE key = 'synchronous'").all();
  database.close();
  return rows;
};

describe('commits torn in the middle of a log', () => {
  it('written with synchronous=full are damage, whatever the next start asks for', async () => {
    const torn = await tornAmongCommits(stores.newFile(), 'full');
    await expectRefused(torn, 'full');
    await expectRefused(torn, 'normal');
  });

  it.each(['full', 'normal'] as const)(
    'written with synchronous=normal are lost, and the file opens with %s',
    async (next) => {
      const torn = await tornAmongCommits(stores.newFile(), 'normal');
      expect(notes(torn)).toEqual([{ value: 'normal' }]);
      await expectBegin(torn, next);
      expect(notes(torn)).toEqual(next === 'normal' ? [{ value: 'normal' }] : []);
    },
  );

  it('are lost when the file was switched from full to normal before', async () => {
    const file = stores.newFile();
    await write(await stores.open(file, 'full'), 'first', { events: [launched()] });
    await stores.closeAll();
    expect(notes(file)).toEqual([]);
    await expectBegin(await tornAmongCommits(file, 'normal'), 'normal');
  });

  it('are damage when the file was switched from normal to full before, its torn log and all', async () => {
    const torn = await tornAmongCommits(stores.newFile(), 'normal');
    const again = await tornAmongCommits(torn, 'full', 'b');
    expect(notes(again)).toEqual([]);
    await expectRefused(again, 'full');
    await expectRefused(again, 'normal');
  });

  it('are lost as long as a reader keeps the log of the normal mode from being emptied', async () => {
    const file = await tornAmongCommits(stores.newFile(), 'normal');
    const reader = new DatabaseSync(file, { readOnly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM meta').get();
    const torn = await tornAmongCommits(file, 'full', 'b');
    reader.close();
    expect(notes(torn)).toEqual([{ value: 'normal' }]);
    await expectBegin(torn, 'full');
  });
});
