import { copyFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import type { EarlyMessage } from '../../../src/application/ports/event-store.js';
import { rocketSorts } from '../../../src/application/ports/rocket-directory.js';
import {
  openForReading,
  prepareFile,
  readMeta,
  type Database,
} from '../../../src/infrastructure/event-store/sqlite/database.js';
import { DirectoryReader } from '../../../src/infrastructure/event-store/sqlite/directory-reader.js';
import { EventReader } from '../../../src/infrastructure/event-store/sqlite/event-reader.js';
import { checkAtStart } from '../../../src/infrastructure/event-store/sqlite/integrity.js';
import { placeOf } from '../../../src/infrastructure/event-store/sqlite/log/log.js';
import { verifyFile } from '../../../src/infrastructure/event-store/sqlite/maintenance.js';
import type { SqliteEventStore } from '../../../src/infrastructure/event-store/sqlite/sqlite-event-store.js';
import { asStoreError } from '../../../src/infrastructure/event-store/sqlite/store-errors.js';
import { Writer } from '../../../src/infrastructure/event-store/sqlite/threads/writer.js';
import { earlyMessage, exploded, faster, launched, newMission, write } from '../../support/builders.js';
import { seededRandom } from '../../support/seeded-random.js';
import { SqliteStores } from '../../support/sqlite-stores.js';

const ROCKETS = 24;
const channels = Array.from({ length: ROCKETS }, (_, i) => `rocket-${i}`);

const fill = async (store: SqliteEventStore): Promise<void> => {
  for (let round = 0; round < 12; round++) {
    for (const [i, channel] of channels.entries()) {
      const events = round === 0 ? [launched(), newMission(`M-${i}`)] : [faster(i + 1), faster(round + 1)];
      const last = round === 11 && i % 5 === 0 ? [exploded(`R-${i}`)] : [];
      const added: EarlyMessage[] =
        round === 11 && i % 3 === 0 ? [earlyMessage(channel, 90), earlyMessage(channel, 95)] : [];
      await write(store, channel, { events: [...events, ...last], added });
    }
  }
};

type Question = () => unknown;

/** Everything that can be asked, each question by itself. */
const questions = (database: Database): Question[] => {
  const events = new EventReader(database);
  const directory = new DirectoryReader(database);
  return [
    () => readMeta(database),
    () => events.readAll(0, { limit: 10_000 }),
    () => events.readAll(placeOf(40, 1), { limit: 50, type: 'RocketExploded' }),
    () => events.readAt(placeOf(33, 1)),
    () => events.unfinished(),
    () => directory.totals(),
    () => directory.gaps({ limit: 100 }),
    () => directory.find('never-heard'),
    ...rocketSorts.map((sort) => () => directory.list({ sort, order: 'desc', limit: 100 })),
    () => directory.list({ sort: 'channel', order: 'asc', limit: 100, status: 'exploded' }),
    () => directory.list({ sort: 'channel', order: 'asc', limit: 100, mission: 'M-7' }),
    ...channels.flatMap((channel): Question[] => [
      () => directory.find(channel),
      () => events.heads([{ channel, numbers: [1, 9, 20] }], Infinity),
      () => events.read(channel, 0, 1000),
      () => events.read(channel, 7, 3),
      () => events.readAll(placeOf(60, 0), { limit: 100, channel }),
      () => events.snapshot(channel, { version: 10 }),
    ]),
  ];
};

const ask = (question: Question): string | Error => {
  try {
    return JSON.stringify(question() ?? 'nothing');
  } catch (error) {
    return asStoreError(error);
  }
};

/** As the service does when it starts; an error when it would refuse to. */
const answersOf = (file: string): (string | Error)[] | Error => {
  const options = { file, synchronous: 'full' } as const;
  const writer = new Writer(options);
  try {
    prepareFile(options);
    const database = openForReading(file);
    try {
      checkAtStart(database);
      writer.open();
      return questions(database).map(ask);
    } finally {
      database.close();
      writer.close();
    }
  } catch (error) {
    return asStoreError(error);
  }
};

const flipBit = (file: string, offset: number, bit: number): void => {
  const bytes = readFileSync(file);
  bytes[offset]! ^= 1 << bit;
  writeFileSync(file, bytes);
};

describe('a damaged file', () => {
  const stores = new SqliteStores();
  let file: string;
  let right: (string | Error)[];

  beforeAll(async () => {
    file = stores.newFile();
    const store = await stores.open(file);
    await fill(store);
    copyFileSync(file, `${file}.live`);
    copyFileSync(`${file}-wal`, `${file}.live-wal`);
    await stores.closeAll();
    const answers = answersOf(file);
    if (answers instanceof Error) throw answers;
    right = answers;
  });
  afterAll(() => stores.remove());

  const judge = (damaged: string): 'refused' | 'named' | 'harmless' => {
    const answers = answersOf(damaged);
    if (answers instanceof Error) return 'refused';
    const wrong = answers.filter((answer, i) => !(answer instanceof Error) && answer !== right[i]);
    expect(wrong).toEqual([]);
    return answers.some((answer) => answer instanceof Error) ? 'named' : 'harmless';
  };

  it('answers everything while nothing is damaged', () => {
    expect(right.filter((answer) => answer instanceof Error)).toEqual([]);
    expect(verifyFile(file)).toMatchObject({ rockets: ROCKETS, damages: [] });
  });

  it('never gives a wrong answer after any of 200 flipped bits, and verify names what was noticed', () => {
    const random = seededRandom(4);
    const verdicts = { refused: 0, named: 0, harmless: 0 };
    for (let i = 0; i < 200; i++) {
      const damaged = stores.newFile();
      copyFileSync(file, damaged);
      flipBit(damaged, Math.floor(random() * statSync(file).size), Math.floor(random() * 8));
      const verdict = judge(damaged);
      verdicts[verdict]++;
      if (verdict !== 'harmless') expect(verifyFile(damaged).damages).not.toEqual([]);
    }
    expect(verdicts.refused).toBeGreaterThan(0);
    expect(verdicts.named).toBeGreaterThan(0);
  });

  it('never gives a wrong answer after any of 200 truncations', () => {
    const random = seededRandom(5);
    for (let i = 0; i < 200; i++) {
      const damaged = stores.newFile();
      copyFileSync(file, damaged);
      truncateSync(damaged, 1 + Math.floor(random() * (statSync(file).size - 1)));
      expect(judge(damaged)).not.toBe('harmless');
    }
  });

  it('is noticed in the log of a crash, too, as long as something was written after it', () => {
    const random = seededRandom(6);
    const frames = (statSync(`${file}.live-wal`).size - 32) / (4096 + 24);
    for (let i = 0; i < 100; i++) {
      const damaged = stores.newFile();
      copyFileSync(`${file}.live`, damaged);
      copyFileSync(`${file}.live-wal`, `${damaged}-wal`);
      // The last commits are left alone: a bit that flips there looks like a write that a power loss tore.
      const frame = Math.floor(random() * (frames - 40));
      flipBit(
        `${damaged}-wal`,
        32 + frame * 4120 + 24 + Math.floor(random() * 4096),
        Math.floor(random() * 8),
      );
      expect(judge(damaged)).toBe('refused');
      expect(existsSync(`${damaged}-wal`)).toBe(true);
    }
  });
});
