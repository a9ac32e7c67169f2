import type { FeedHolder, HeldBack } from '../../../application/ports/event-store.js';
import type { Ask } from '../relational/ask.js';
import { asInFeed } from './timeline.js';

/** More are not counted. */
const MOST_COUNTED = 10_000;
/** Commits hold the feed back for moments all the time: that is nobody's trouble. */
const LONG_MS = 1000;

interface End {
  /** The first transaction that may still commit. */
  readonly open: number;
  /** What is stored behind it. */
  readonly events: number;
}

interface Holder {
  readonly kind: 'open' | 'prepared';
  readonly pid: number | null;
  readonly name: string | null;
  readonly application: string | null;
  readonly user: string | null;
  readonly database: string | null;
  readonly state: string | null;
  readonly ms: number | null;
}

const findEnd = `SELECT open, (
    SELECT count(*)::int FROM (SELECT FROM events WHERE xid >= ${asInFeed('open', '$1')} LIMIT ${MOST_COUNTED}) AS waiting
  ) AS events
  FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS open) AS now`;

const millisSince = (time: string): string =>
  `(extract(epoch FROM clock_timestamp() - ${time}) * 1000)::bigint AS ms`;

/** These views have the lower half of a transaction's id. */
const findHolder = `SELECT 'open' AS kind, pid, NULL AS name, application_name AS application, usename AS user,
    datname AS database, state, ${millisSince('xact_start')}
  FROM pg_stat_activity WHERE backend_xid = $1::text::xid
  UNION ALL
  SELECT 'prepared', NULL, gid, NULL, owner, database, NULL, ${millisSince('prepared')}
  FROM pg_prepared_xacts WHERE transaction = $1::text::xid`;

/** Finds out who keeps out of the feed what is stored: the oldest transaction of the cluster that has not ended. */
export class FeedHolds {
  /** When a transaction was seen for the first time: a role without pg_read_all_stats is not told when it began. */
  private seen = { open: 0, at: 0 };

  constructor(
    private readonly ask: Ask,
    private readonly base: number,
  ) {}

  async now(): Promise<HeldBack | undefined> {
    const [end] = await this.ask<End>(findEnd, [this.base]);
    const { open, events } = end!;
    if (this.seen.open !== open) this.seen = { open, at: performance.now() };
    if (events === 0) return undefined;
    const holder = await this.holder(open);
    const ms = Math.max(holder?.ms ?? 0, performance.now() - this.seen.at);
    return ms < LONG_MS ? undefined : { events, ms, by: shown(holder) };
  }

  /** Undefined when it has just ended, and where the views are not for this role. */
  private async holder(open: number): Promise<Holder | undefined> {
    const rows = await this.ask<Holder>(findHolder, [String(open % 2 ** 32)]).catch(() => []);
    return rows[0];
  }
}

const shown = (holder: Holder | undefined): FeedHolder => {
  if (holder === undefined) return { what: 'a transaction that this role may not see' };
  const { kind, pid, name, application, user, database, state } = holder;
  const names = known({ pid, name, application, user, database });
  const who = Object.entries(names).map(([word, value]) => `${word} ${value}`);
  if (state !== null) who.push(state);
  const what = `${kind === 'open' ? 'a transaction' : 'a prepared transaction'}: ${who.join(', ')}`;
  return { what, ...names, ...known({ state }) };
};

const known = (cells: Readonly<Record<string, string | number | null>>): Record<string, string | number> =>
  Object.fromEntries(Object.entries(cells).flatMap(([name, cell]) => (cell ? [[name, cell]] : [])));
