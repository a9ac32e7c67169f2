import { isNativeError } from 'node:util/types';
import pg from 'pg';
import { StoreUnavailable, TooManyReads } from '../../../application/ports/event-store.js';
import type { Ask } from '../relational/ask.js';
import type { Cell } from '../relational/rows.js';
import { StoreRefused } from '../relational/store-errors.js';
import { textOf } from './events.js';
import { asStoreError, isBroken, sqlState } from './postgres-errors.js';
import type { Pulse } from './pulse.js';
import { timelineNow } from './timeline.js';

export interface PoolOptions {
  /** Without it the variables of PostgreSQL's own programs hold: PGHOST, PGUSER … */
  readonly url?: string;
  readonly connections: number;
  readonly queryTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Where it is, nobody waits long for a database that does not answer. */
  readonly pulse?: Pulse;
  /** Told with each new connection on which timeline the server is, as it names it. */
  readonly onTimeline?: (timeline: string) => void;
}

const QUERY_TIMEOUT_MS = 5000;
const CONNECT_TIMEOUT_MS = 3000;
/** So many may wait; whoever comes then would wait for seconds. */
const MOST_WAITING = 1000;

/**
 * What a client that has gone leaves behind holds the locks of its lanes: the server looks after its clients, while they wait
 * and while it does.
 */
const notingWhoHasGone = [
  'client_connection_check_interval=1000',
  'tcp_keepalives_idle=2',
  'tcp_keepalives_interval=1',
  'tcp_keepalives_count=3',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** A protocol violation says PgBouncer; the other a server on whose system one of them can't be. */
const refusesSettings = new Set(['08P01', '22023']);

const INT8 = 20;
const JSON_TEXT = 114;
const JSONB = 3802;

const parserOf = (oid: number): ((text: string) => unknown) | undefined => {
  if (oid === INT8) return Number;
  if (oid === JSONB) return (text) => textOf(JSON.parse(text) as object);
  return oid === JSON_TEXT ? (text) => text : undefined;
};

/** Numbers as numbers and JSON as text, for the clients of this store only. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    parserOf(oid) ?? pg.types.getTypeParser(oid, format),
} as pg.CustomTypesConfig;

const HIGHEST = 2n ** 63n - 1n;

/**
 * Of what people ask for, PostgreSQL refuses numbers beyond its own and texts with a NUL; none of them is stored, so the next
 * best stands where they would.
 */
const asParameter = (cell: Cell): Cell => {
  if (typeof cell === 'string') return cell.includes('\0') ? cell.replaceAll('\0', '\u0001') : cell;
  if (cell === null || Number.isSafeInteger(cell)) return cell;
  if (Math.abs(cell) > 2 ** 62) return String(cell > 0 ? HIGHEST : -HIGHEST);
  return Math.floor(cell);
};

/** The driver reads the address with each connection, and what it throws then may have the password in it. */
const requireAddress = (url: string | undefined): void => {
  let why = '';
  try {
    const { port } = new pg.Client({ connectionString: url });
    if (port >= 1 && port <= 65_535) return;
  } catch (error) {
    if (isNativeError(error) && 'path' in error) why = `: ${error.message}`;
  }
  throw new StoreRefused(
    `DATABASE_URL makes no sense${why}. It must be an address as postgres://user:password@host:5432/database, with % in a name or a password written as %25.`,
  );
};

/** The driver's own makes connections in answer to events, too, where nobody would catch what it throws. */
class SteadyPool extends pg.Pool {
  protected newClient(waiting: { readonly callback: (error: unknown) => void }): void {
    try {
      (pg.Pool.prototype as unknown as SteadyPool).newClient.call(this, waiting);
    } catch (error) {
      // As a certificate that DATABASE_URL names and that is gone.
      waiting.callback(error);
    }
  }
}

/** What is asked on one connection, with the errors of the driver as they are. */
export const askOn =
  (client: pg.ClientBase): Ask =>
  async <Row>(sql: string, values: readonly unknown[]) =>
    (await client.query<Record<string, unknown>>(sql, [...values])).rows as Row[];

/** Some connections, each made when it is needed. Nothing in here lasts longer than a transaction on one of them. */
export class Pool {
  private pool: pg.Pool;
  private waiting = 0;
  private readonly out = new Set<pg.PoolClient>();
  private limitsAtServer = true;

  constructor(private readonly options: PoolOptions) {
    requireAddress(options.url);
    this.pool = this.poolWith(true);
  }

  readonly ask: Ask = async (sql, values, signal) => {
    if (this.waiting >= MOST_WAITING) {
      throw new TooManyReads(`${MOST_WAITING} questions wait to be answered.`);
    }
    this.waiting++;
    try {
      return (await this.query(sql, values.map(asParameter), signal)) as never[];
    } catch (error) {
      throw signal?.aborted ? signal.reason : asStoreError(error);
    } finally {
      this.waiting--;
    }
  };

  /** With the errors of the driver as they are. */
  async query(sql: string, values: readonly Cell[], signal?: AbortSignal): Promise<unknown[]> {
    const rows = await this.using(async (client) =>
      signal?.aborted ? undefined : askOn(client)(sql, values),
    );
    // What nobody waits for any more is no fault of the connection.
    if (rows === undefined) throw signal!.reason;
    return rows;
  }

  /** One connection for all of the work. */
  async using<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.checkOut();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(isBroken(error));
      throw error;
    }
  }

  /** Those to the server, and who waits for one. */
  get connections(): { readonly idle: number; readonly busy: number; readonly waiting: number } {
    const { idleCount: idle, totalCount, waitingCount: waiting } = this.pool;
    return { idle, busy: totalCount - idle, waiting };
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  /** To be released. */
  async checkOut(): Promise<pg.PoolClient> {
    const { pulse } = this.options;
    pulse?.begin();
    try {
      const client = await this.connect();
      this.out.add(client);
      return client;
    } catch (error) {
      pulse?.end(!isBroken(error));
      throw error;
    }
  }

  /** PgBouncer takes no settings with a connection: then its own, or those of the role, hold. */
  private async connect(): Promise<pg.PoolClient> {
    const { pool } = this;
    try {
      return await pool.connect();
    } catch (error) {
      const isFirst = pool === this.pool;
      if (!refusesSettings.has(sqlState(error) ?? '') || (isFirst && !this.limitsAtServer)) throw error;
      this.limitsAtServer = false;
      if (isFirst) this.pool = this.poolWith(false);
      return this.pool.connect();
    }
  }

  private poolWith(limitsAtServer: boolean): pg.Pool {
    const { url, connections, queryTimeoutMs = QUERY_TIMEOUT_MS, pulse, onTimeline } = this.options;
    const limits = {
      statement_timeout: queryTimeoutMs,
      lock_timeout: queryTimeoutMs,
      idle_in_transaction_session_timeout: queryTimeoutMs,
    };
    const pool = new SteadyPool({
      ...withOptions(url, limitsAtServer ? notingWhoHasGone : ''),
      application_name: 'rockets',
      max: connections,
      types,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: this.options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      // A little later than the server: its answer says more.
      query_timeout: queryTimeoutMs + 500,
      ...(limitsAtServer ? limits : {}),
      ...(pulse && { stream: pulse.socket, verify: verifying(onTimeline) }),
    });
    pool.on('error', () => undefined);
    pool.on('connect', (client) => {
      pulse?.heard();
      // Whoever uses a connection that breaks hears of it from the query.
      client.on('error', () => undefined);
    });
    // Said of one that is broken is `true`, or why.
    pool.on('release', (broken: unknown, client) => {
      if (this.out.delete(client)) pulse?.end(broken === undefined || broken === false);
    });
    return pool;
  }
}

/** What a replica knows may be behind what was acknowledged. One that has taken over is none any more. */
const verifying =
  (onTimeline: PoolOptions['onTimeline']): pg.PoolConfig['verify'] =>
  (client, done) => {
    client.query<{ timeline: string | null }>(timelineNow).then(({ rows }) => {
      const { timeline } = rows[0]!;
      if (timeline === null) return done(new StoreUnavailable(replica));
      onTimeline?.(timeline);
      done();
    }, done);
  };

const replica = 'PostgreSQL: this server is a replica, and takes no writes.';

/** Behind ours come the options that were given, which win. */
const withOptions = (url: string | undefined, ours: string): pg.ClientConfig => {
  if (url === undefined) return { options: [ours, process.env['PGOPTIONS']].join(' ').trim() };
  if (ours === '') return { connectionString: url };
  const option = `options=${encodeURIComponent(ours)}`;
  const given = /([?&])options=/;
  if (given.test(url)) return { connectionString: url.replace(given, `$1${option}%20`) };
  return { connectionString: `${url}${url.includes('?') ? '&' : '?'}${option}` };
};
