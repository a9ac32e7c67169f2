import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { runIn } from '../support/postgres-server.js';
import type { Database } from './database.js';

/** Where Debian has it, or on the PATH. */
const program = (): string => {
  const releases = '/usr/lib/postgresql';
  const found = (existsSync(releases) ? readdirSync(releases) : [])
    .map((release) => `${releases}/${release}/bin/pgbench`)
    .find((file) => existsSync(file));
  return found ?? 'pgbench';
};

const columns = 'rocket, number, type, time, data, recorded_at, sum';

/** Transactions a second of one INSERT each into a table like `events`, with its key and the index of the feed. */
export const pgbenchRate = async (
  database: Database,
  url: string,
  clients: number,
  seconds: number,
): Promise<number> => {
  await runIn(
    url,
    `DROP TABLE IF EXISTS bare; CREATE SEQUENCE IF NOT EXISTS bare_numbers CACHE 100;
      CREATE TABLE bare (LIKE events); ALTER TABLE bare ADD PRIMARY KEY (rocket, number);
      CREATE UNIQUE INDEX ON bare (xid, position)`,
  );
  const script = database.file('pgbench.sql');
  writeFileSync(
    script,
    `\\set rocket random(1, 1000)
INSERT INTO bare (xid, position, ${columns}) VALUES (pg_current_xact_id()::text::bigint, 1, :rocket, nextval('bare_numbers'),
  'RocketSpeedIncreased', '2026-10-01T17:00:01.1000001+02:00', '{"by": 1500}', 1790000000000, 1234567890);
`,
  );
  const options = new URL(url).searchParams.get('options') ?? '';
  const printed = execFileSync(
    program(),
    [
      ...['--no-vacuum', '--protocol=prepared', `--client=${clients}`, '--jobs=2', `--time=${seconds}`],
      ...[
        `--file=${script}`,
        '--host=127.0.0.1',
        `--port=${database.port}`,
        '--username=rockets',
        'postgres',
      ],
    ],
    { encoding: 'utf8', env: { ...process.env, PGOPTIONS: options } },
  );
  const found = /tps = ([\d.]+)/.exec(printed);
  if (found === null) throw new Error(printed);
  return Number(found[1]);
};

export const hasPgbench = (): boolean => {
  try {
    execFileSync(program(), ['--version']);
    return true;
  } catch {
    return false;
  }
};
