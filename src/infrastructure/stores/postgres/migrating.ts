import type { Ask } from '../relational/ask.js';
import { StoreRefused } from '../relational/store-errors.js';
import { findMeta, metaOf, putMeta } from './meta.js';
import { migrations, ourTables, type Migration } from './schema.js';

/** The oldest server that the tests run on. */
const OLDEST_SERVER = 150000;

/** An instance that waits for a table longer than that would keep all others from it. */
const LOCKS_FOR = '2s';

/** Brings the tables to the version of this program; answers whether there was nothing before. */
export const migrate = async (ask: Ask, steps: readonly Migration[] = migrations): Promise<boolean> => {
  const serverVersion = await requireServer(ask);
  const version = await versionIn(ask, steps);
  if (version >= steps.length) return false;
  const more = steps.slice(version);
  const makes = more.flatMap((step) => step.makes ?? []);
  if ((await found(ask, makes)).length > 0) throw otherProgram();
  if (version > 0) await ask(`SET LOCAL lock_timeout = '${LOCKS_FOR}'`, []);
  for (const { sql } of more) await ask(sql(serverVersion), []);
  await putMeta(ask, 'schema', String(steps.length));
  await putMeta(ask, 'schema_oldest', String(steps.at(-1)!.oldest));
  return version === 0;
};

/** For programs that only look: there are tables, and this program knows them. */
export const requireTables = async (ask: Ask): Promise<void> => {
  await requireServer(ask);
  const version = await versionIn(ask, migrations);
  if (version === 0) throw new StoreRefused('The database has no tables of Rockets.');
  if (version < migrations.length) {
    throw new StoreRefused(
      `The database has version ${version}, and this program makes ${migrations.length}: start its service on it first, or use the program that made it.`,
    );
  }
};

const requireServer = async (ask: Ask): Promise<number> => {
  const [server] = await ask<{ version: number; name: string; encoding: string }>(
    `SELECT current_setting('server_version_num')::int AS version,
      current_setting('server_version') AS name, current_setting('server_encoding') AS encoding`,
    [],
  );
  const { version, name, encoding } = server!;
  if (version < OLDEST_SERVER) {
    throw new StoreRefused(
      `PostgreSQL ${name} is too old: 15 is the oldest that will do. Upgrade the server, or name another in DATABASE_URL.`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new StoreRefused(
      `The database is encoded in ${encoding}: create one in UTF8 (createdb --encoding=UTF8 --template=template0).`,
    );
  }
  return version;
};

/** 0: there is nothing yet. One that is newer than this program is answered when it may be used all the same. */
const versionIn = async (ask: Ask, { length }: readonly Migration[]): Promise<number> => {
  const ours = await found(ask, ourTables);
  if (ours.length === 0) return 0;
  const columns = await ask<{ attname: string }>(
    `SELECT attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relnamespace = current_schema()::regnamespace AND relname = 'meta' AND attnum > 0 ORDER BY attnum`,
    [],
  );
  const isOurs = columns.map(({ attname }) => attname).join() === 'key,value,sum';
  if (!isOurs || ours.length < ourTables.length) throw otherProgram();
  const version = Number(await metaOf(ask, 'schema'));
  const oldest = Number((await findMeta(ask, 'schema_oldest'))?.value ?? version);
  if (version > length && oldest > length) {
    throw new StoreRefused(
      `The database has version ${version}, for programs that know ${oldest} or newer; this program knows up to ${length}. Use the program that made it, or a newer one.`,
    );
  }
  return version;
};

/** Those of these tables that are there. */
const found = (ask: Ask, tables: readonly string[]): Promise<unknown[]> =>
  ask(
    `SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1)`,
    [`{${tables.join(',')}}`],
  );

const otherProgram = (): StoreRefused =>
  new StoreRefused(
    'The database has tables of another program with names of ours: give Rockets a database, or a schema, of its own.',
  );
