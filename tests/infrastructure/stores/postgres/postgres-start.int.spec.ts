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
    for (let i = 0; i < 300; i++) await runIn(url, 'SELECT pg_current_xact_id()');
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
    await runIn(url, `UPDATE meta SET value = '99', sum = ${sumOf(['schema', '99'])} WHERE key = 'schema'`);
    await expectRefused(url, /version 99; this program knows up to/);
  });

  it('with tables of another program is refused', async () => {
    const url = await newDatabase();
    await runIn(url, 'CREATE TABLE events (id int)');
    await expectRefused(url, /a database, or a schema, of its own/);
  });

  it('in which its role may not make tables is refused', async () => {
    const url = await newDatabase();
    await runIn(url, 'REVOKE ALL ON SCHEMA public FROM public; CREATE ROLE poor LOGIN');
    await expectRefused(url.replace('rockets@', 'poor@'), /GRANT CREATE/);
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
