import { RelationalRocketDirectory } from '../../../../src/infrastructure/stores/relational/relational-directory.js';
import { rocketColumns } from '../../../../src/infrastructure/stores/relational/rocket-rows.js';
import { missingColumns, messageColumns } from '../../../../src/infrastructure/stores/relational/rows.js';
import { openForReading, type Database } from '../../../../src/infrastructure/stores/sqlite/database.js';
import type { SqliteEventStore } from '../../../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import { rocketDirectoryContract } from '../../../contracts/rocket-directory-contract.js';
import { exploded, launched, received, skipped, write } from '../../../support/builders.js';
import { openSqliteStore, SqliteStores } from '../../../support/sqlite-stores.js';
import { runs } from '../../../support/thorough.js';

rocketDirectoryContract('RelationalRocketDirectory over SQLite', openSqliteStore, runs(5, 60));

describe('a page', () => {
  const GAPS = 3000;
  const ROCKETS = 2000;
  /** A page, one row that shows whether another follows, and what is looked at on the way to the first. */
  const few = 40;
  const limit = 10;
  const stores = new SqliteStores();
  let store: SqliteEventStore;
  let database: Database;
  let looked = 0;
  let directory: RelationalRocketDirectory;

  beforeAll(async () => {
    const file = stores.newFile();
    store = await stores.open(file);
    const added = Array.from({ length: GAPS }, (_, i) => received('m', 1001 + 2 * i));
    const late = Array.from({ length: 900 }, (_, i) => received('m', i + 1));
    await write(store, 'm', { events: [skipped(1, 999)], added, late });
    const heads = await store.load(
      Array.from({ length: ROCKETS }, (_, i) => ({ channel: `r${String(i).padStart(4, '0')}`, numbers: [] })),
    );
    for (const [i, { channel }] of heads.entries()) {
      const mission = i % 2 === 0 ? 'EVEN' : `M${i}`;
      const events = [
        launched(undefined, { type: `T${i % 5}`, mission }),
        ...(i % 500 === 7 ? [exploded()] : []),
      ];
      await write(store, channel, { events, added: i % 3 === 0 ? [received(channel, 9)] : [] });
    }
    database = countingReads(file);
    directory = directoryOver(database, store);
  });

  afterAll(async () => {
    database.close();
    await stores.remove();
  });

  /** The tables are replaced by views that count every row that is looked at. */
  const countingReads = (file: string): Database => {
    const opened = openForReading(file);
    opened.exec('PRAGMA query_only = OFF');
    opened.function('looked', () => {
      looked++;
      return 1;
    });
    for (const [table, columns] of [
      ['rockets', rocketColumns],
      ['missing', missingColumns],
      ['waiting_messages', messageColumns],
      ['late_messages', messageColumns],
    ] as const) {
      opened.exec(`CREATE TEMP VIEW ${table} AS SELECT ${columns} FROM main.${table} WHERE looked() = 1`);
    }
    return opened;
  };

  const directoryOver = (over: Database, { parts }: SqliteEventStore) =>
    new RelationalRocketDirectory({
      names: parts.names,
      totals: () => parts.totals(),
      portions: () => undefined,
      ask: async <Row>(sql: string, values: readonly (string | number | null)[]) =>
        over.prepare(sql.replace(/\$(\d+)/g, '?$1')).all(...values) as Row[],
    });

  const costOf = async (ask: () => Promise<unknown>): Promise<number> => {
    looked = 0;
    await ask();
    return looked;
  };

  it.each([undefined, 'm'])(
    'of gaps costs a page, wherever it begins, of a rocket with very many (%s)',
    async (channel) => {
      for (const from of [0, 1000, 1000 + GAPS, 1000 + 2 * GAPS - 100]) {
        const ask = () => directory.gaps({ channel, limit, after: { channel: 'm', from } });
        expect((await ask()).gaps).toHaveLength(limit);
        expect(await costOf(ask)).toBeLessThan(few);
      }
      expect(await costOf(() => directory.gaps({ channel, limit }))).toBeLessThan(few);
    },
  );

  it('of gaps of the fleet costs a page', async () => {
    const ask = () => directory.gaps({ limit, after: { channel: 'r1500', from: 2 } });
    expect((await ask()).gaps).toHaveLength(limit);
    expect(await costOf(ask)).toBeLessThan(few);
  });

  it('of messages that wait or are late costs a page', async () => {
    for (const after of [undefined, 500, 880]) {
      expect(await directory.late('m', { after, limit })).toHaveLength(limit);
      expect(await costOf(() => directory.late('m', { after, limit }))).toBeLessThan(few);
    }
    for (const after of [undefined, 4000, 6900]) {
      expect(await directory.waiting('m', { after, limit })).toHaveLength(limit);
      expect(await costOf(() => directory.waiting('m', { after, limit }))).toBeLessThan(few);
    }
  });

  it('of overdue gaps costs a page', async () => {
    expect(await directory.overdueGaps(0, limit)).toHaveLength(limit);
    expect(await costOf(() => directory.overdueGaps(0, limit))).toBeLessThan(few);
  });

  it.each(['channel', 'type', 'mission', 'status', 'launchedAt'] as const)(
    'of rockets by %s costs a page, either way and wherever it begins',
    async (sort) => {
      for (const order of ['asc', 'desc'] as const) {
        const first = await directory.list({ sort, order, limit });
        const far = (await directory.list({ sort, order, limit: ROCKETS / 2 })).next;
        for (const after of [undefined, first.next, far]) {
          expect(await costOf(() => directory.list({ sort, order, limit, after }))).toBeLessThan(few);
        }
      }
    },
  );

  it('of few rockets among many costs no more than they do', async () => {
    const asked = { sort: 'channel', order: 'asc', limit } as const;
    expect((await directory.list({ ...asked, status: ['exploded'] })).rockets).toHaveLength(ROCKETS / 500);
    for (const filter of [
      { status: ['exploded'] as const },
      { mission: 'M777' },
      { mission: 'nobody flies there' },
      { type: 'T9' },
    ]) {
      expect(await costOf(() => directory.list({ ...asked, ...filter }))).toBeLessThan(few);
    }
  });
});
