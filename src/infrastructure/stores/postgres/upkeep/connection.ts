import { LANES } from '../../../../application/ingest/lanes.js';
import type { Ask } from '../../relational/ask.js';
import { listOf } from '../arrays.js';
import { lockLanes } from '../commit-function.js';
import { requireTables } from '../migrating.js';
import { askOn, Pool } from '../pool.js';
import { asStartError } from '../postgres-errors.js';
import { beginSession, type Session } from '../session.js';

const DAY_MS = 86_400_000;
/** A commit of the service holds the locks of its lanes for moments. */
const LOCKS_WITHIN = '60s';
/** Behind PgBouncer the limits of the role hold, which are for the service. */
const noLimits = 'SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0';

/** One connection for a long piece of work; what was not committed by its end never was. */
class Connection {
  private constructor(
    private readonly pool: Pool,
    readonly ask: Ask,
    private readonly drop: () => void,
  ) {}

  static async open(pool: Pool): Promise<Connection> {
    const client = await pool.checkOut();
    const plain = askOn(client);
    const ask: Ask = (sql, values) => plain(sql, values).catch(explained) as Promise<never[]>;
    return new Connection(pool, ask, () => client.release(true));
  }

  async close(): Promise<void> {
    this.drop();
    await this.pool.close();
  }
}

const explained = (error: unknown): never => {
  throw asStartError(error);
};

/** `prepare` comes before the transaction that all of the work is to be done in. */
const connect = async <T>(url: string | undefined, prepare: (pool: Pool) => Promise<T>) => {
  const pool = new Pool({ url, connections: 1, queryTimeoutMs: DAY_MS });
  try {
    const prepared = await prepare(pool);
    return { prepared, connection: await Connection.open(pool) };
  } catch (error) {
    await pool.close();
    throw asStartError(error);
  }
};

/** All that is asked within is answered as of one moment, while the service may go on writing. */
export const atOneMoment = async function* <T>(
  url: string | undefined,
  work: (ask: Ask) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const { connection } = await connect(url, async () => undefined);
  const { ask } = connection;
  try {
    await ask(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${noLimits}`, []);
    await requireTables(ask);
    yield* work(ask);
  } finally {
    await connection.close();
  }
};

/**
 * The only one who writes: whatever instances are asked to commit meanwhile waits for the locks of its lanes, and is refused
 * when that takes too long. All of the work is there at its end, or nothing.
 */
export const alone = async <T>(
  url: string | undefined,
  work: (ask: Ask, session: Session) => Promise<T>,
  prepare: (ask: Ask) => Promise<void> = async () => undefined,
): Promise<T> => {
  const { prepared: session, connection } = await connect(url, async (pool) => {
    await pool.using((client) => prepare(askOn(client)));
    return beginSession(pool);
  });
  const { ask } = connection;
  try {
    await ask(`BEGIN; ${noLimits}; SET LOCAL lock_timeout = '${LOCKS_WITHIN}'`, []);
    // A snapshot from before the locks would show what was there before their holders were done: each statement has its own.
    await ask(lockLanes, [listOf(Array.from({ length: LANES }, (_, lane) => lane))]);
    const result = await work(ask, session);
    await ask('COMMIT', []);
    return result;
  } finally {
    await connection.close();
  }
};
