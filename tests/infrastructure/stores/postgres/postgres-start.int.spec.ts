import { UnknownPosition } from '../../../../src/application/ports/event-store.js';
import { PostgresEventStore } from '../../../../src/infrastructure/stores/postgres/postgres-event-store.js';
import { sumOf } from '../../../../src/infrastructure/stores/relational/rows.js';
import { StoreRefused } from '../../../../src/infrastructure/stores/relational/store-errors.js';
import { walkFeed } from '../../../contracts/open-store.js';
import { faster, headOf, launched, received, write } from '../../../support/builders.js';
import { OwnServer, runIn } from '../../../support/postgres-server.js';
import { openBoth } from '../../../support/postgres-stores.js';

let server: OwnServer;
let other: OwnServer;
beforeAll(async () => {
  [server, other] = await Promise.all([OwnServer.start(), OwnServer.start()]);
});
afterAll(() => Promise.all([server.remove(), other.remove()]));

let databases = 0;
const newDatabase = async (on = server): Promise<string> => {
  const name = `d${++databases}`;
  await runIn(on.url, `CREATE DATABASE ${name}`);
  return on.url.replace(/postgres$/, name);
};

const tables = ['meta', 'rockets', 'events', 'waiting_messages', 'late_messages', 'missing', 'snapshots'];
const copied = [...tables, 'total_parts', 'minutes'];

/** Transactions that leave nothing. */
const burning = 'DO $$ BEGIN FOR i IN 1..300 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$';

/** What a dump and a restore do with the rows. */
const copyRows = async (from: string, to: string): Promise<void> => {
  for (const table of copied) {
    const rows = await runIn(from, `SELECT coalesce(json_agg(t), '[]')::text AS rows FROM ${table} AS t`);
    const text = String(rows[0]!['rows']).replaceAll("'", "''");
    await runIn(
      to,
      `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM json_populate_recordset(null::${table}, '${text}')`,
    );
  }
};

describe('a database', () => {
  it('that was restored where transactions are counted from lower on begins another history behind the old one', async () => {
    const url = await newDatabase();
    await runIn(url, burning);
    const { store } = await openBoth(url);
    await write(store, 'a', { events: [launched(), faster(1)], added: [received('a', 9)] });
    await write(store, 'b', { events: [launched()] });
    const before = await walkFeed(store, { limit: 100 });
    await store.close();

    const copy = await newDatabase(other);
    await (await openBoth(copy)).store.close();
    await copyRows(url, copy);
    const { store: restored } = await openBoth(copy);
    await expect(restored.readAll({ after: before[0]!.position, limit: 10 })).rejects.toThrow(
      UnknownPosition,
    );
    await write(restored, 'a', { events: [faster(2)] });
    const after = await walkFeed(restored, { limit: 100 });
    expect(after.map(({ channel, number }) => `${channel}${number}`)).toEqual(['a1', 'a2', 'b1', 'a3']);
    expect((await headOf(restored, 'a')).revision).toBe(2);
    // Nothing of it moves when it is opened again.
    const { store: again } = await openBoth(copy);
    expect(await walkFeed(again, { limit: 100 })).toEqual(after);
    await Promise.all([restored.close(), again.close()]);
  });

  it('into which a dump was restored where it was begins another history, too', async () => {
    const url = await newDatabase();
    const { store } = await openBoth(url);
    await write(store, 'a', { events: [launched()] });
    const before = store.beginning;
    await store.close();
    await runIn(
      url,
      'CREATE TABLE dump AS SELECT * FROM meta; DELETE FROM meta; INSERT INTO meta SELECT * FROM dump; DROP TABLE dump',
    );
    const { store: restored } = await openBoth(url);
    expect(restored.beginning).not.toBe(before);
    await write(restored, 'a', { events: [faster()] });
    await restored.close();
    await openBoth(url).then(({ store: again }) => {
      expect(again.beginning).toBe(restored.beginning);
      return again.close();
    });
  });

  it('that was vacuumed, frozen and written anew is still the one it was', async () => {
    const url = await newDatabase();
    const { store } = await openBoth(url);
    await write(store, 'a', { events: [launched()] });
    await store.close();
    for (const upkeep of ['VACUUM FREEZE', 'VACUUM FULL meta', 'VACUUM FREEZE meta', 'REINDEX TABLE meta']) {
      await runIn(url, upkeep);
      const { store: again } = await openBoth(url);
      expect([upkeep, again.beginning]).toEqual([upkeep, store.beginning]);
      await again.close();
    }
  });

  it('begins another history when an operator says so', async () => {
    const url = await newDatabase();
    const { store } = await openBoth(url);
    await store.close();
    await runIn(url, "UPDATE meta SET value = value WHERE key = 'home'");
    const { store: again } = await openBoth(url);
    expect(again.beginning).not.toBe(store.beginning);
    await again.close();
  });

  it('in which another history began is of no use to who goes on with the one before, and he says so', async () => {
    const url = await newDatabase();
    const { store, directory } = await openBoth(url);
    await write(store, 'a', { events: [launched()] });
    await runIn(url, "UPDATE meta SET value = value WHERE key = 'home'");
    await (await openBoth(url)).store.close();
    await expect(write(store, 'a', { events: [faster()] })).rejects.toThrow('has to be started again');
    // What /readyz and /health ask for.
    await expect(directory.totals()).rejects.toThrow('has to be started again');
    await store.close();
  });

  it('that was restored under a running instance takes nothing more from the one that ran, also where no other was started', async () => {
    const url = await newDatabase();
    const { store } = await openBoth(url);
    await write(store, 'a', { events: [launched()] });
    await runIn(
      url,
      'CREATE TABLE restored (LIKE meta INCLUDING ALL); INSERT INTO restored SELECT * FROM meta',
    );
    await runIn(url, 'DROP TABLE meta; ALTER TABLE restored RENAME TO meta');
    await expect(write(store, 'a', { events: [faster()] })).rejects.toThrow('has to be started again');
    await store.close();
  });

  it('is made ready once, however many instances start on it together', async () => {
    const url = await newDatabase();
    const opened = await Promise.all(Array.from({ length: 4 }, () => openBoth(url, 2)));
    expect(new Set(opened.map(({ store }) => store.beginning)).size).toBe(1);
    await Promise.all(opened.map(({ store }) => store.close()));
  });

  it('is used by a role that owns nothing but its tables', async () => {
    const url = await newDatabase();
    await runIn(url, 'CREATE ROLE plain LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO plain');
    const { store } = await openBoth(url.replace('rockets@', 'plain@'));
    await write(store, 'a', { events: [launched()] });
    await store.close();
    // Once they are there, it need not be able to make any.
    await runIn(url, 'REVOKE CREATE ON SCHEMA public FROM plain');
    const { store: again } = await openBoth(url.replace('rockets@', 'plain@'));
    await write(again, 'a', { events: [faster()] });
    expect(again.beginning).toBe(store.beginning);
    await again.close();
  });

  it('of which commits are not to be waited for waits for ours all the same', async () => {
    const url = new URL(await newDatabase());
    url.searchParams.set('options', '-c synchronous_commit=off');
    const { store } = await openBoth(url.href);
    let behind = 0;
    for (let i = 0; i < 20; i++) {
      await write(store, `r${i}`, { events: [launched()] });
      const [row] = await runIn(
        url.href,
        'SELECT pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn() AS behind',
      );
      if (row!['behind'] === true) behind++;
    }
    await store.close();
    // Now and then the server notes something of its own.
    expect(behind).toBeLessThan(10);
  });

  const open = (url: string) => PostgresEventStore.open({ url, connections: 2 });

  const expectRefused = async (url: string, words: RegExp): Promise<void> => {
    const error: unknown = await open(url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreRefused);
    expect((error as Error).message).toMatch(words);
  };

  it('of a newer release is refused', async () => {
    const url = await newDatabase();
    await (await openBoth(url)).store.close();
    for (const key of ['schema', 'schema_oldest'])
      await runIn(url, `UPDATE meta SET value = '99', sum = ${sumOf([key, '99'])} WHERE key = '${key}'`);
    await expectRefused(url, /version 99, for programs that know 99 or newer; this program knows up to/);
  });

  it('on a server that is too old is refused', async () => {
    const url = new URL(await newDatabase());
    const older = (setting: string, said: string): string => `WHEN '${setting}' THEN '${said}'`;
    await runIn(
      url.href,
      `CREATE SCHEMA older; CREATE FUNCTION older.current_setting(text) RETURNS text LANGUAGE sql RETURN
        CASE $1 ${older('server_version_num', '140012')} ${older('server_version', '14.12')} ELSE 'UTF8' END`,
    );
    url.searchParams.set('options', '-c search_path=older,pg_catalog');
    await expectRefused(url.href, /^PostgreSQL 14\.12 is too old: 15 is the oldest/);
  });

  it('in another encoding is refused', async () => {
    const name = `d${++databases}`;
    await runIn(server.url, `CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    await expectRefused(server.url.replace(/postgres$/, name), /encoded in LATIN1: create one in UTF8/);
  });

  it.each(['TABLE events (id int)', 'TABLE minutes (id int)', 'VIEW history AS SELECT 1'])(
    'with something of another program is refused, and left as it was: %s',
    async (other) => {
      const url = await newDatabase();
      await runIn(url, `CREATE ${other}`);
      await expectRefused(url, /a database, or a schema, of its own/);
      const left = 'SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace';
      expect(await runIn(url, left)).toHaveLength(1);
    },
  );

  it('in which its role may not make tables is refused', async () => {
    const url = await newDatabase();
    await runIn(url, 'REVOKE ALL ON SCHEMA public FROM public; CREATE ROLE poor LOGIN');
    await expectRefused(url.replace('rockets@', 'poor@'), /GRANT CREATE/);
  });

  it('whose role may not come in, or use what another role made, is refused', async () => {
    const url = await newDatabase();
    await (await openBoth(url)).store.close();
    await runIn(url, 'CREATE ROLE stranger LOGIN');
    const strange = url.replace('rockets@', 'stranger@');
    await expectRefused(strange, /belong to another role: restore with --no-owner/);
    await runIn(url, `REVOKE CONNECT ON DATABASE d${databases} FROM public`);
    await expectRefused(strange, /GRANT CONNECT/);
  });

  it('whose server wants TLS or a password otherwise than it is given is refused', async () => {
    await expectRefused(`${server.url}?sslmode=verify-full`, /sslmode/);
    await runIn(
      server.url,
      "CREATE ROLE scram LOGIN PASSWORD 's3cret'; GRANT CREATE ON SCHEMA public TO scram",
    );
    await server.admit('host all scram all scram-sha-256');
    for (const who of ['scram', 'scram:', 'scram:wr0ng']) {
      const url = server.url.replace('rockets@', `${who}@`);
      await expectRefused(url, /password/);
      await expect(open(url)).rejects.not.toThrow(/s3cret|wr0ng/);
    }
    await (await open(server.url.replace('rockets@', 'scram:s3cret@'))).close();
  });

  it.each([
    'postgres://me:s3cret@127.0.0.1/rockets%b',
    'postgres://me:s3cret@127.0.0.1/rockets?port=none',
    'postgres://me:s3cret@127.0.0.1/rockets?sslmode=verify-full&sslrootcert=/nowhere/ca.pem',
  ])('whose address can not be read is refused without its password: %s', async (url) => {
    await expectRefused(url, /^DATABASE_URL makes no sense(?!.*s3cret)/);
  });

  it('that does not exist, or a role that may not come in, is refused', async () => {
    await expectRefused(server.url.replace(/postgres$/, 'nowhere'), /create the database first/);
    await expectRefused(server.url.replace('rockets@', 'nobody@'), /user and the password/);
  });

  it('that does not answer is not there yet', async () => {
    await expect(open('postgres://rockets@127.0.0.1:9/postgres')).rejects.toMatchObject({
      code: 'store-unavailable',
    });
  });
});
