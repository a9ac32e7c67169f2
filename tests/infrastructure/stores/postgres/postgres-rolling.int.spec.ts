import { PostgresEventStore } from '../../../../src/infrastructure/stores/postgres/postgres-event-store.js';
import { migrations, type Migration } from '../../../../src/infrastructure/stores/postgres/schema.js';
import { verifyDatabase } from '../../../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { StoreRefused } from '../../../../src/infrastructure/stores/relational/store-errors.js';
import { changeOn, faster, headOf, launched, received, write } from '../../../support/builders.js';
import { runIn } from '../../../support/postgres-server.js';
import { postgresForAll } from '../../../support/postgres-stores.js';

const postgres = postgresForAll();

/** What a later release may do while this one runs: columns and tables that nobody has to know. */
const additive: Migration = {
  oldest: 1,
  sql: () => `
    ALTER TABLE rockets ADD COLUMN note text COLLATE "C";
    ALTER TABLE events ADD COLUMN note text COLLATE "C" DEFAULT 'none';
    ALTER TABLE minutes ADD COLUMN note text COLLATE "C";
    CREATE TABLE notes (rocket bigint PRIMARY KEY, note text COLLATE "C" NOT NULL);`,
};

/** One that programs from before can't live with stops those that still run. */
const breaking: Migration = {
  oldest: migrations.length + 2,
  sql: () => 'DROP FUNCTION commit_changes; ALTER TABLE rockets DROP COLUMN late',
};

const open = (url: string, ...later: readonly Migration[]): Promise<PostgresEventStore> =>
  PostgresEventStore.open({ url, connections: 2, migrations: [...migrations, ...later] });

const valueOf = async (url: string, key: string): Promise<unknown> =>
  (await runIn(url, `SELECT value FROM meta WHERE key = '${key}'`))[0]?.['value'];

describe('during a rolling update', () => {
  it('instances of the release before go on, come back, and write what the new ones read', async () => {
    const url = await postgres.newSchema();
    const old = await open(url);
    await write(old, 'a', { events: [launched()], added: [received('a', 5)] });
    const before = await headOf(old, 'a');

    const fresh = await open(url, additive);
    expect([await valueOf(url, 'schema'), await valueOf(url, 'schema_oldest')]).toEqual(['3', '1']);
    expect(fresh.beginning).toBe(old.beginning);
    expect(await old.commit([changeOn(before, { events: [faster(1)] })])).toEqual([]);
    await write(fresh, 'a', { events: [faster(2)] });
    await write(old, 'b', { events: [launched()] });

    // It crashed, and its machine knows the release before only.
    const again = await open(url);
    expect(again.beginning).toBe(old.beginning);
    await write(again, 'b', { events: [faster(3)] });
    await write(again, 'c', { added: [received('c', 2)] });
    await write(fresh, 'b', { events: [faster(4)] });
    expect(await again.read('b', { limit: 5 })).toHaveLength(3);
    expect(await valueOf(url, 'schema')).toBe('3');
    await Promise.all([old, fresh, again].map((store) => store.close()));
    expect(await verifyDatabase(url)).toMatchObject({ rockets: 3, events: 6, waiting: 2, damages: [] });
  });

  it('what is written while the tables are brought forward makes no other history of it', async () => {
    const url = await postgres.newSchema();
    const old = await open(url);
    await write(old, 'a', { events: [launched()] });
    const untilMore: Migration = {
      oldest: 1,
      sql: () => `
        CREATE TABLE notes (rocket bigint PRIMARY KEY);
        DO $$ BEGIN WHILE (SELECT count(*) FROM events) < 2 LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;`,
    };
    const opening = open(url, untilMore);
    const atIt = `SELECT pid FROM pg_stat_activity WHERE query LIKE '%< 2 LOOP%' AND wait_event = 'PgSleep'`;
    while ((await runIn(url, atIt)).length === 0);
    await write(old, 'a', { events: [faster(1)] });
    const fresh = await opening;
    expect(fresh.beginning).toBe(old.beginning);
    await write(old, 'a', { events: [faster(2)] });
    await Promise.all([old, fresh].map((store) => store.close()));
  });

  it('one that the release before can not live with keeps it from writing, and from starting', async () => {
    const url = await postgres.newSchema();
    const old = await open(url);
    await write(old, 'a', { events: [launched()] });
    const head = await headOf(old, 'a');
    await (await open(url, additive, breaking)).close();

    await expect(old.commit([changeOn(head, { events: [faster()] })])).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    await old.close();
    const refusal: unknown = await open(url, additive).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StoreRefused);
    expect(String(refusal)).toContain(
      'version 4, for programs that know 4 or newer; this program knows up to 3',
    );
    await expect(verifyDatabase(url)).rejects.toThrow(StoreRefused);
  });

  it('whoever migrates waits for no table for long, as all others would wait behind him', async () => {
    const url = await postgres.newSchema();
    const old = await open(url);
    await write(old, 'a', { events: [launched()] });
    const busy = runIn(url, 'SELECT count(*), pg_sleep(60) FROM rockets').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
    // As what is away for now: the start tries again.
    await expect(open(url, additive)).rejects.toMatchObject({ code: 'store-unavailable' });
    expect((await headOf(old, 'a')).revision).toBe(1);
    expect(await valueOf(url, 'schema')).toBe('2');
    await runIn(
      url,
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
        WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`,
    );
    await busy;
    await (await open(url, additive)).close();
    await old.close();
  });
});
