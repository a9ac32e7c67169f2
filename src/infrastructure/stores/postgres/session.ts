import { randomInt } from 'node:crypto';
import { sumOf } from '../relational/rows.js';
import { StoreDamaged, StoreRefused } from '../relational/store-errors.js';
import { SCHEMA_LOCK } from './commit-function.js';
import type { Pool } from './pool.js';
import { migrations, ourTables } from './schema.js';

/** The oldest server that the tests run on. */
const OLDEST_SERVER = 150000;

/** What the database says of itself. */
export interface Session {
  /** Names the history that it holds now, in positions. */
  readonly epoch: string;
  /** What is added to transaction ids: a database that was restored may count them from lower on. */
  readonly base: number;
  readonly listened: number;
}

type Query = (sql: string, values?: readonly (string | number)[]) => Promise<Record<string, unknown>[]>;

/**
 * Brings the tables to the version of this program and finds out whether the database is still the one it was. Whoever comes
 * second waits, and finds it done.
 */
export const beginSession = (pool: Pool): Promise<Session> =>
  pool.using(async (client) => {
    const query: Query = async (sql, values = []) =>
      (await client.query<Record<string, unknown>>(sql, [...values])).rows;
    await query('BEGIN');
    try {
      await query(`SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '60s'`);
      await query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
      const isNew = await migrate(query);
      const session = await settle(query, isNew);
      await query('COMMIT');
      return session;
    } catch (error) {
      await query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  });

/** Answers whether there was nothing before. */
const migrate = async (query: Query): Promise<boolean> => {
  const [server] = await query(`SELECT current_setting('server_version_num')::int AS version,
    current_setting('server_version') AS name, current_setting('server_encoding') AS encoding`);
  const serverVersion = Number(server!['version']);
  if (serverVersion < OLDEST_SERVER) {
    throw new StoreRefused(
      `PostgreSQL ${String(server!['name'])} is too old: 15 is the oldest that will do.`,
    );
  }
  if (server!['encoding'] !== 'UTF8') {
    throw new StoreRefused(`The database is encoded in ${String(server!['encoding'])}: create one in UTF8.`);
  }
  const found = await query(
    `SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1)`,
    [`{${ourTables.join(',')}}`],
  );
  const version = found.length === 0 ? 0 : await versionOf(query, found.length);
  if (version > migrations.length) {
    throw new StoreRefused(
      `The database has version ${version}; this program knows up to ${migrations.length}. Use the program that made it, or a newer one.`,
    );
  }
  if (version === migrations.length) return false;
  for (const migration of migrations.slice(version)) await query(migration(serverVersion));
  await put(query, 'schema', String(migrations.length));
  return version === 0;
};

const versionOf = async (query: Query, tables: number): Promise<number> => {
  const columns = await query(
    `SELECT attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relnamespace = current_schema()::regnamespace AND relname = 'meta' AND attnum > 0 ORDER BY attnum`,
  );
  const isOurs = columns.map(({ attname }) => attname).join() === 'key,value,sum';
  if (!isOurs || tables < ourTables.length) {
    throw new StoreRefused(
      'The database has tables of another program with names of ours: give Rockets a database, or a schema, of its own.',
    );
  }
  return Number(await get(query, 'schema'));
};

/** A database in another cluster, or another database, holds a copy: what was told of the one before is not told of it. */
const settle = async (query: Query, isNew: boolean): Promise<Session> => {
  const [here] = await query(`SELECT
    (SELECT system_identifier FROM pg_control_system())::text || ' ' || oid::text AS home,
    pg_current_xact_id()::text::bigint AS xid,
    coalesce((SELECT max(xid) FROM events), 0) AS last
    FROM pg_database WHERE datname = current_database()`);
  if (isNew) {
    for (const [key, value] of [
      ['store', randomText()],
      ['listened', '0'],
    ] as const)
      await put(query, key, value);
  }
  const { home, xid, last } = here as { home: string; xid: number; last: number };
  const known = isNew ? undefined : await get(query, 'home');
  const base = isNew ? 0 : Number(await get(query, 'xid_base'));
  const isBehind = xid + base <= last;
  if (known !== home || isBehind) {
    await put(query, 'home', home);
    await put(query, 'epoch', randomText());
    await put(query, 'xid_base', String(isBehind ? last + 1 - xid : base));
  }
  return {
    epoch: await get(query, 'epoch'),
    base: Number(await get(query, 'xid_base')),
    listened: Number(await get(query, 'listened')),
  };
};

const get = async (query: Query, key: string): Promise<string> => {
  const [row] = await query('SELECT value, sum FROM meta WHERE key = $1', [key]);
  if (row === undefined) throw new StoreDamaged(`damaged: meta has no ${key}`);
  if (sumOf([key, String(row['value'])]) !== row['sum'])
    throw new StoreDamaged(`damaged: ${key} in meta does not match its checksum`);
  return String(row['value']);
};

const put = (query: Query, key: string, value: string): Promise<unknown> =>
  query(
    `INSERT INTO meta VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum`,
    [key, value, sumOf([key, value])],
  );

export const randomText = (): string =>
  randomInt(36 ** 8)
    .toString(36)
    .padStart(8, '0');
