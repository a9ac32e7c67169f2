import { DatabaseSync } from '@photostructure/sqlite';
import { TooManyReads, type Head } from '../../../../src/application/ports/event-store.js';
import { RelationalRocketDirectory } from '../../../../src/infrastructure/stores/relational/relational-directory.js';
import { rowReader } from '../../../../src/infrastructure/stores/sqlite/database.js';
import { Reads } from '../../../../src/infrastructure/stores/sqlite/reads.js';
import { SqliteEventStore } from '../../../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import { changeOn, faster, headOf, launched, received, write } from '../../../support/builders.js';
import { SqliteStores } from '../../../support/sqlite-stores.js';

const stores = new SqliteStores();
let file: string;
let store: SqliteEventStore;
beforeEach(async () => {
  file = stores.newFile();
  store = await stores.open(file);
  await write(store, 'a', { events: [launched(), faster(1)], added: [received('a', 9)] });
});
afterEach(() => stores.closeAll());
afterAll(() => stores.remove());

/** Another program that has the file open. */
const beside = async (
  work: (database: InstanceType<typeof DatabaseSync>) => Promise<void>,
): Promise<void> => {
  const database = new DatabaseSync(file);
  try {
    await work(database);
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
    database.close();
  }
};

const countIn = (database: InstanceType<typeof DatabaseSync>, what: string): number =>
  (database.prepare(`SELECT count(*) AS n FROM ${what}`).get() as { n: number }).n;

describe('another program', () => {
  it('sees everything that was acknowledged, each time at once', async () => {
    const database = new DatabaseSync(file, { readOnly: true });
    for (let i = 0; i < 50; i++) {
      await write(store, 'a', { events: [faster(i)], added: [received('a', 100 + i)] });
      await write(store, `rocket-${i}`, { events: [launched()] });
      expect(countIn(database, "history WHERE channel = 'a'")).toBe(3 + i);
      expect(countIn(database, 'waiting_messages')).toBe(2 + i);
      expect(countIn(database, 'rockets')).toBe(2 + i);
    }
    database.close();
  });

  it('that reads for long keeps nothing from being written, and sees what there was when it began', async () => {
    await beside(async (database) => {
      database.exec('BEGIN');
      expect(countIn(database, 'events')).toBe(2);
      // More than the log has before it is moved into the file, which can't be while somebody reads what is in there.
      const many = Array.from({ length: 500 }, (_, i) => faster(i));
      for (let i = 0; i < 30; i++) await write(store, `rocket-${i}`, { events: [launched(), ...many] });
      expect(countIn(database, 'events')).toBe(2);
      database.exec('COMMIT');
      expect(countIn(database, 'events')).toBe(2 + 30 * 501);
    });
  });

  it('that writes, against all advice, keeps nobody from reading', async () => {
    await beside(async (database) => {
      database.exec('BEGIN IMMEDIATE');
      expect(await store.read('a', { limit: 10 })).toHaveLength(2);
      expect((await store.readAll({ limit: 10 })).events).toHaveLength(2);
      expect((await store.load([{ channel: 'a', numbers: [1] }]))[0]?.recorded.size).toBe(1);
    });
    await write(store, 'a', { events: [faster(1)] });
  });

  it('that writes keeps nobody from reading by a connection that is opened meanwhile either', async () => {
    const options = { file: stores.newFile(), synchronous: 'full', place: 'thread' } as const;
    const own = await SqliteEventStore.open(options);
    await write(own, 'a', { events: [launched()] });
    await own.close();
    const again = await SqliteEventStore.open(options);
    const other = new DatabaseSync(options.file);
    other.exec('BEGIN IMMEDIATE');
    expect((await again.load([{ channel: 'a', numbers: [1] }]))[0]?.recorded.size).toBe(1);
    other.exec('ROLLBACK');
    other.close();
    await write(again, 'a', { events: [faster(1)] });
    await again.close();
  });
});

it('a head that is read while a commit of its rocket is under way is of before or of after it', async () => {
  const options = { file: stores.newFile(), synchronous: 'full', place: 'thread' } as const;
  const writing = await SqliteEventStore.open(options);
  try {
    await write(writing, 'a', { events: [launched()] });
    const seen = new Set<string>();
    for (let version = 1; version < 61; version += 3) {
      const [lost, ...waiting] = [version + 1, version + 2, version + 3];
      await write(writing, 'a', { added: waiting.map((number) => received('a', number)) });
      const head = await headOf(writing, 'a', [lost]);
      const events = [faster(), faster(), faster()];
      const committed = writing.commit([changeOn(head, { events, released: waiting })]);
      const reads: Promise<Head[]>[] = [];
      for (let turn = 0; turn < 12; turn++) {
        reads.push(writing.load([{ channel: 'a', numbers: [version + 3] }]));
        await Promise.resolve();
      }
      for (const [{ state, waiting: rest, recorded }] of (await Promise.all(reads)) as [Head][]) {
        const isAfter = state.version === version + 3;
        expect(recorded.has(version + 3)).toBe(isAfter);
        expect(rest.get(version + 3) === undefined).toBe(isAfter);
        seen.add(isAfter ? 'after' : 'before');
      }
      expect(await committed).toEqual([]);
    }
    expect(seen).toContain('after');
  } finally {
    await writing.close();
  }
});

describe('reads', () => {
  /** Answers when it is told to. */
  const thread = () => {
    const asked: { sql: string; answer: () => void }[] = [];
    const call = <T>(_method: string, sql: unknown): Promise<T> =>
      new Promise((resolve) => asked.push({ sql: String(sql), answer: () => resolve([] as T) }));
    return { asked, reads: new Reads({ call }, () => undefined) };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('have their values where their numbers stand', () => {
    const database = new DatabaseSync(':memory:');
    const read = rowReader(database);
    for (const values of [
      ['a', 'b'],
      ['c', 'd'],
    ] as const) {
      const [first, second] = values;
      expect(read('SELECT $2 AS x, $1 AS y, $2 AS z', values)).toEqual([{ x: second, y: first, z: second }]);
    }
    database.close();
  });

  it('have their turn one after the other', async () => {
    const { asked, reads } = thread();
    const answers = [reads.ask('SELECT $1', [1]), reads.ask('SELECT 2', [])];
    await turn();
    expect(asked.map(({ sql }) => sql)).toEqual(['SELECT $1']);
    asked[0]!.answer();
    await turn();
    expect(asked.map(({ sql }) => sql)).toEqual(['SELECT $1', 'SELECT 2']);
    asked[1]!.answer();
    expect(await Promise.all(answers)).toEqual([[], []]);
  });

  it('whose asker has gone are not run', async () => {
    const { asked, reads } = thread();
    const gone = new AbortController();
    const first = reads.ask('SELECT 1', []);
    const left = reads.ask('SELECT 2', [], gone.signal);
    const last = reads.ask('SELECT 3', []);
    gone.abort(new Error('hung up'));
    asked[0]!.answer();
    await expect(left).rejects.toThrow('hung up');
    await turn();
    expect(asked.map(({ sql }) => sql)).toEqual(['SELECT 1', 'SELECT 3']);
    asked[1]!.answer();
    await Promise.all([first, last]);
  });

  it('are refused when too many wait, and taken again when they had their turn', async () => {
    const asked = Array.from({ length: 1500 }, () => store.read('a', { limit: 1 }));
    const directory = new RelationalRocketDirectory(store.parts);
    // Figures of the fleet are never read, so nobody stands in their way.
    expect(await directory.totals()).toMatchObject({ rockets: 1, events: 2, waiting: 1 });
    const answers = await Promise.allSettled(asked);
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(1500);
    for (const answer of refused) expect(answer).toMatchObject({ reason: expect.any(TooManyReads) });
    expect(await store.read('a', { limit: 1 })).toHaveLength(1);
  });
});

describe('a start', () => {
  it('finds all that many rockets left, and what was cut short among it', async () => {
    const ROCKETS = 20_000;
    const channels = Array.from({ length: ROCKETS }, (_, i) => `rocket-${i}`);
    const heads = await store.load(channels.map((channel) => ({ channel, numbers: [] })));
    // One in a thousand has its next message waiting.
    await store.commit(
      heads.map((head, i) => changeOn(head, { added: [received(head.channel, i % 1000 === 0 ? 1 : 2)] })),
    );
    await stores.closeAll();
    const { store: again, directory } = await stores.openBoth(file);
    expect(await directory.totals()).toMatchObject({ rockets: ROCKETS + 1, waiting: ROCKETS + 1 });
    expect(await directory.totals()).toMatchObject({ withGaps: ROCKETS - 20 + 1, gaps: ROCKETS - 20 + 1 });
    expect((await again.unfinished()).sort()).toEqual(channels.filter((_, i) => i % 1000 === 0).sort());
    expect(await directory.find('rocket-19999')).toMatchObject({ waiting: 1, highestHeard: 2 });
    const { rockets } = await directory.list({ sort: 'channel', order: 'desc', limit: 1 });
    expect(rockets[0]?.channel).toBe('rocket-9999');
    await write(again, 'a', { events: [faster(1)] });
    await again.close();
  });
});
