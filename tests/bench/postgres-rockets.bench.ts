import { runIn } from '../support/postgres-server.js';
import { withDatabase, type Database } from './database.js';
import { scaled, type Row } from './measure.js';
import { serviceOn } from './postgres.bench.js';
import { postLines } from './post-lines.js';
import { postAll, type ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

/** More than an instance keeps the heads of. */
const MANY = scaled(300_000);
const FEW = 1000;
const PIECE = scaled(100_000);
const REQUESTS = scaled(20_000);
const CONNECTIONS = 64;

/** What a rocket takes beside its events, in PostgreSQL and in an instance; and what a message is in the WAL. */
export const postgresRocketsBench = (): Promise<Row[]> =>
  withDatabase(async (database) => [...(await manyRows(database)), ...(await fewRows(database))]);

const manyRows = async (database: Database): Promise<Row[]> => {
  const reporting = await Reporting.start(database, MANY);
  const before = await reporting.memory();
  const launches = await reporting.lines(MANY);
  const memory = await reporting.memory();
  const [sizes] = await runIn(
    reporting.url,
    "SELECT pg_relation_size('rockets')::float8 AS heap, pg_indexes_size('rockets')::float8 AS indexes",
  );
  await runIn(reporting.url, 'CHECKPOINT');
  const afterCheckpoint = await reporting.lines(PIECE);
  // By then the pages of most rockets were written out whole once.
  for (let sent = 0; sent < MANY; sent += PIECE) await reporting.lines(PIECE);
  const later = await reporting.lines(PIECE);
  const atLast = await reporting.memory();
  await reporting.server.stop();
  const rockets = `${MANY.toLocaleString('en')} rockets`;
  const bytes = (what: string, measured: number): Row => ({ goal: '', what, measured, unit: ' bytes' });
  return [
    bytes(`a rocket in PostgreSQL beside its events, ${rockets}: table`, Number(sizes!['heap']) / MANY),
    bytes('the same: indexes', Number(sizes!['indexes']) / MANY),
    { goal: '', what: 'memory of an instance with nothing stored', measured: before, unit: ' MiB' },
    { goal: '', what: `the same after it heard ${rockets}`, measured: memory, unit: ' MiB' },
    { goal: '', what: 'the same after it heard them twice more', measured: atLast, unit: ' MiB' },
    bytes(`WAL of a message, NDJSON: ${rockets}, each for the first time`, launches),
    bytes('the same, each again, straight after a checkpoint', afterCheckpoint),
    bytes('the same, later', later),
  ];
};

const fewRows = async (database: Database): Promise<Row[]> => {
  const reporting = await Reporting.start(database, FEW);
  await reporting.lines(PIECE);
  const rows = [
    {
      goal: '',
      what: `WAL of a message, NDJSON: ${FEW} rockets`,
      measured: await reporting.lines(PIECE),
      unit: ' bytes',
    },
    {
      goal: '',
      what: `WAL of a message, POST over ${CONNECTIONS} connections: ${FEW} rockets`,
      measured: await reporting.posts(REQUESTS),
      unit: ' bytes',
    },
  ];
  await reporting.server.stop();
  return rows;
};

/** Rockets that go on reporting; answers the bytes of WAL for each message. */
class Reporting {
  private sent = 0;

  private constructor(
    readonly url: string,
    readonly server: ServerUnderTest,
    private readonly rockets: number,
  ) {}

  static async start(database: Database, rockets: number): Promise<Reporting> {
    const url = await database.newSchema();
    return new Reporting(url, await serviceOn(url), rockets);
  }

  async memory(): Promise<number> {
    return (await this.server.usage()).rss / 2 ** 20;
  }

  lines(count: number): Promise<number> {
    return this.logged(count, async () => {
      for (let sent = 0; sent < count; sent += PIECE) {
        await postLines(this.server.port, this.next(Math.min(PIECE, count - sent)).join('\n'));
      }
    });
  }

  posts(count: number): Promise<number> {
    const bodies = this.next(count);
    return this.logged(count, () => postAll(this.server.port, bodies, CONNECTIONS));
  }

  private async logged(count: number, run: () => Promise<unknown>): Promise<number> {
    const before = await this.written();
    await run();
    return ((await this.written()) - before) / count;
  }

  private async written(): Promise<number> {
    const [row] = await runIn(this.url, "SELECT (pg_current_wal_lsn() - '0/0')::float8 AS bytes");
    return Number(row!['bytes']);
  }

  private next(count: number): string[] {
    const lines = stream(count, this.rockets, this.sent).map(wireOf);
    this.sent += count;
    return lines;
  }
}
