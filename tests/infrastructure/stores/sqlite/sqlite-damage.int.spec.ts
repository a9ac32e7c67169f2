import { DatabaseSync } from '@photostructure/sqlite';
import { copyFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { StoreDamaged } from '../../../../src/infrastructure/stores/relational/store-errors.js';
import { verifyFile } from '../../../../src/infrastructure/stores/sqlite/upkeep/verify.js';
import { answersOf, fill, questions, ROCKETS } from '../../../support/all-questions.js';
import { seededRandom } from '../../../support/seeded-random.js';
import { SqliteStores } from '../../../support/sqlite-stores.js';
import { runs } from '../../../support/thorough.js';

const PAGE = 4096;
const FRAME = PAGE + 24;
const LONGEST_MS = runs(60_000, 900_000);
const flipBit = (file: string, offset: number, bit: number): void => {
  const bytes = readFileSync(file);
  bytes[offset]! ^= 1 << bit;
  writeFileSync(file, bytes);
};

describe('a damaged file', () => {
  const stores = new SqliteStores();
  let file: string;
  let right: (string | Error)[];
  /** The pages of each table and index. */
  let pages: Map<string, number[]>;

  beforeAll(async () => {
    file = stores.newFile();
    const store = await stores.open(file);
    await fill(store);
    copyFileSync(file, `${file}.live`);
    copyFileSync(`${file}-wal`, `${file}.live-wal`);
    await stores.closeAll();
    pages = pagesOf(file);
    const answers = await answersOf(copyOf(file));
    if (answers instanceof Error) throw answers;
    right = answers;
  });
  afterAll(() => stores.remove());

  const copyOf = (original: string): string => {
    const copy = stores.newFile();
    copyFileSync(original, copy);
    return copy;
  };

  const judge = async (damaged: string): Promise<'refused' | 'named' | 'harmless'> => {
    const answers = await answersOf(damaged);
    if (answers instanceof Error) {
      expect(answers).toBeInstanceOf(StoreDamaged);
      return 'refused';
    }
    const wrong = questions.filter((_, i) => !(answers[i] instanceof Error) && answers[i] !== right[i]);
    expect(wrong.map(String)).toEqual([]);
    return answers.some((answer) => answer instanceof Error) ? 'named' : 'harmless';
  };

  it('answers everything while nothing is damaged', async () => {
    expect(right.filter((answer) => answer instanceof Error)).toEqual([]);
    expect(await verifyFile(copyOf(file))).toMatchObject({ rockets: ROCKETS + 2, late: 1, damages: [] });
  });

  const flips = runs(24, 200, 1000);
  it(
    `never gives a wrong answer after any of ${flips} flipped bits, over every table and index, and verify names what was noticed`,
    async () => {
      const random = seededRandom(4);
      const verdicts = { refused: 0, named: 0, harmless: 0 };
      const names = [...pages.keys()];
      expect(names).toEqual(expect.arrayContaining(['rockets_by_channel', 'launches', 'missing', 'totals']));
      for (let i = 0; i < flips; i++) {
        const own = pages.get(names[i % names.length]!)!;
        const page = own[Math.floor(random() * own.length)]!;
        const damaged = copyOf(file);
        flipBit(damaged, (page - 1) * PAGE + Math.floor(random() * PAGE), Math.floor(random() * 8));
        const verdict = await judge(damaged);
        verdicts[verdict]++;
        if (verdict !== 'harmless') expect((await verifyFile(damaged)).damages).not.toEqual([]);
      }
      expect(verdicts.refused).toBeGreaterThan(0);
      expect(verdicts.named).toBeGreaterThan(0);
    },
    LONGEST_MS,
  );

  const cuts = runs(6, 80, 200);
  it(
    `never gives a wrong answer after any of ${cuts} truncations`,
    async () => {
      const random = seededRandom(5);
      for (let i = 0; i < cuts; i++) {
        const damaged = copyOf(file);
        truncateSync(damaged, 1 + Math.floor(random() * (statSync(file).size - 1)));
        expect(await judge(damaged)).not.toBe('harmless');
      }
    },
    LONGEST_MS,
  );

  const live = runs(6, 40, 100);
  it(
    `is noticed in the log of a crash, too, ${live} times, as long as something was written after it`,
    async () => {
      const random = seededRandom(6);
      const frames = framesBeforeLastTwo(`${file}.live-wal`);
      expect(frames).toBeGreaterThan(100);
      for (let i = 0; i < live; i++) {
        const damaged = copyOf(`${file}.live`);
        copyFileSync(`${file}.live-wal`, `${damaged}-wal`);
        // The last commits are left alone: a bit that flips there looks like a write that a power loss tore.
        const frame = Math.floor(random() * (frames - 40));
        const place = 32 + frame * FRAME + 24 + Math.floor(random() * PAGE);
        flipBit(`${damaged}-wal`, place, Math.floor(random() * 8));
        expect(await judge(damaged)).toBe('refused');
        expect(existsSync(`${damaged}-wal`)).toBe(true);
      }
    },
    LONGEST_MS,
  );
});

/**
 * How many frames of a log stand before its last two transactions, in which a flipped bit looks like a write that a power
 * loss tore. What is left of an older log behind them has other salts.
 */
const framesBeforeLastTwo = (file: string): number => {
  const log = readFileSync(file);
  const ends: number[] = [];
  for (let n = 0; 32 + (n + 1) * FRAME <= log.length; n++) {
    const frame = log.subarray(32 + n * FRAME, 32 + n * FRAME + 24);
    if (!frame.subarray(8, 16).equals(log.subarray(16, 24))) break;
    if (frame.readUInt32BE(4) !== 0) ends.push(n);
  }
  return ends.at(-3)! + 1;
};

const pagesOf = (file: string): Map<string, number[]> => {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare('SELECT name, pageno FROM dbstat').all() as {
    name: string;
    pageno: number;
  }[];
  database.close();
  const pages = new Map<string, number[]>();
  for (const { name, pageno } of rows) pages.set(name, [...(pages.get(name) ?? []), pageno]);
  return pages;
};
