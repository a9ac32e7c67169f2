import { randomInt } from 'node:crypto';
import type { Ask } from '../relational/ask.js';
import { SCHEMA_LOCK } from './commit-function.js';
import { findMeta, inRow, metaOf, putMeta } from './meta.js';
import { migrate } from './migrating.js';
import { askOn, type Pool } from './pool.js';
import type { Migration } from './schema.js';
import { earlierTimelines } from './timeline.js';

/** What the database says of itself. */
export interface Session {
  /** The same for all copies. */
  readonly store: string;
  /** Names the history that it holds now, in positions. */
  readonly epoch: string;
  /** The table that says so; what was restored is in another. */
  readonly meta: number;
  /** What is added to transaction ids: a database that was restored may count them from lower on. */
  readonly base: number;
  readonly listened: number;
  /** Grows whenever a replica becomes the server. */
  readonly timeline: number;
}

/**
 * Brings the tables to the version of this program and finds out whether the database is still the one it was. Whoever comes
 * second waits, and finds it done.
 */
export const beginSession = (pool: Pool, steps?: readonly Migration[]): Promise<Session> =>
  pool.using(async (client) => {
    const ask = askOn(client);
    await ask('BEGIN', []);
    try {
      await ask(`SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '60s'`, []);
      await ask('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
      const session = await settle(ask, await migrate(ask, steps));
      await ask('COMMIT', []);
      return session;
    } catch (error) {
      await ask('ROLLBACK', []).catch(() => undefined);
      throw error;
    }
  });

/**
 * A database that was restored from a dump, or copied, holds a copy: what was told of the one before is not told of it. By the
 * row that says where it was last it shows: every other way than this one writes it in another transaction.
 */
const settle = async (ask: Ask, isNew: boolean): Promise<Session> => {
  const [here] = await ask<{
    place: string;
    xid: number;
    next: number;
    last: number;
    earlier: number;
    timeline: number;
    meta: number;
  }>(
    `SELECT oid::text || ' ' || 'meta'::regclass::oid::text AS place, 'meta'::regclass::oid AS meta,
      pg_current_xact_id()::text::bigint AS xid, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next,
      ${earlierTimelines} AS earlier, timeline() AS timeline,
      coalesce((SELECT max(xid) FROM events), 0) AS last
    FROM pg_database WHERE datname = current_database()`,
    [],
  );
  if (isNew) {
    await putMeta(ask, 'store', randomText());
    await putMeta(ask, 'listened', '0');
  }
  const { place, xid, next, last, earlier, timeline, meta } = here!;
  const known = isNew ? undefined : await findMeta(ask, 'home');
  const base = isNew ? 0 : Number(await metaOf(ask, 'xid_base'));
  // Others may have written since this transaction was counted: what this statement sees of them is counted below the next one.
  const isBehind = next + earlier + base <= last;
  if (known?.value !== `${place} ${known?.xid}` || isBehind) {
    await putMeta(ask, 'home', `${place} ${inRow(xid)}`);
    await putMeta(ask, 'epoch', randomText());
    await putMeta(ask, 'xid_base', String(isBehind ? last + 1 - next - earlier : base));
  }
  return {
    store: await metaOf(ask, 'store'),
    epoch: await metaOf(ask, 'epoch'),
    meta,
    base: Number(await metaOf(ask, 'xid_base')),
    listened: Number(await metaOf(ask, 'listened')),
    timeline,
  };
};

export const randomText = (): string =>
  randomInt(36 ** 8)
    .toString(36)
    .padStart(8, '0');
