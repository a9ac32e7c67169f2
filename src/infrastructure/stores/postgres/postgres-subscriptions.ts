import type { Position } from '../../../application/ports/event-store.js';
import type { Lease, Secret, SinkSettings } from '../../../application/ports/subscription-store.js';
import type { Ask } from '../relational/ask.js';
import type { SubscriptionSource } from '../relational/relational-subscription-store.js';
import type { Condition, Statement } from '../relational/subscription-statements.js';
import { checked, sumOf } from '../relational/rows.js';
import type { PlaceColumns } from '../relational/subscription-rows.js';
import { listOf } from './arrays.js';
import { Positions } from './events.js';
import { FewAtOnce } from '../../../application/few-at-once.js';
import { askOn } from './pool.js';
import { asStoreError } from './postgres-errors.js';
import type { PostgresParts } from './postgres-parts.js';

/** What stands still within a transaction holds back the feed, and keeps the lease from whoever could take it. */
const STALLED_AFTER = '2s';
/** Of the connections that those who report write on, and of those that others read on, subscriptions take no more than half. */
const OF_ALL = 1 / 4;

/** Those whose lease is free, or the holder's own; of one that somebody writes it is not known now. */
const holding = `
  UPDATE subscriptions AS s SET
    lease_number = CASE WHEN s.lease_holder = $1 THEN s.lease_number ELSE s.lease_number + 1 END,
    lease_holder = $1,
    lease_until = clock_timestamp() + $3::float8 * interval '1 millisecond'
  FROM (
    SELECT name FROM subscriptions
    WHERE is_paused = 0 AND sink ->> 'type' = ANY ($2)
      AND (lease_holder = $1 OR lease_until IS NULL OR lease_until <= clock_timestamp())
      AND EXISTS (SELECT FROM meta WHERE key = 'epoch' AND value = $4)
    ORDER BY name FOR UPDATE SKIP LOCKED
  ) AS free
  WHERE s.name = free.name
  RETURNING s.name, s.lease_number AS number, s.revision, s.created_at AS "createdAt"`;

/** Subscriptions of any number of instances. Nothing in here lasts longer than a transaction on one connection. */
export class PostgresSubscriptions implements SubscriptionSource {
  readonly source: string;
  readonly ask: Ask;
  readonly places: PlaceColumns;
  private readonly positions: Positions;
  private readonly reading: FewAtOnce;
  private readonly writing: FewAtOnce;

  constructor(private readonly parts: PostgresParts) {
    const { store, epoch } = parts.session;
    this.source = `urn:rockets:${store}:${epoch}`;
    const most = Math.max(1, Math.floor(parts.options.connections * OF_ALL));
    this.reading = new FewAtOnce(most);
    this.writing = new FewAtOnce(most);
    this.ask = (...asked) => this.reading.run(() => parts.ask(...asked));
    this.positions = new Positions(epoch);
    this.places = placesByTransaction(this.positions);
  }

  async write(statements: readonly Statement[]): Promise<boolean> {
    const isWritten = await this.writing.run(() => this.attempt(statements));
    // It may be because this history is over: whoever reads and writes again and again would never come to an end.
    if (!isWritten) await this.parts.timelineOfHistory();
    return isWritten;
  }

  /** By the clock of the database. What is about a history that another has taken the place of is not written into that. */
  inForce(lease: number | undefined): Condition {
    const { epoch } = this.parts.session;
    return (before) => {
      const ofHistory = `AND EXISTS (SELECT FROM meta WHERE key = 'epoch' AND value = $${before + 1})`;
      if (lease === undefined) return { sql: ofHistory, values: [epoch] };
      const held = `AND lease_number = $${before + 2} AND lease_until > clock_timestamp()`;
      return { sql: `${ofHistory} ${held}`, values: [epoch, lease] };
    };
  }

  create(name: string, row: Statement, secrets: readonly Secret[]): Promise<boolean> {
    return this.write(secrets.length === 0 ? [row] : [row, putting(name, secrets)]);
  }

  remove(name: string): Promise<boolean> {
    const sql = 'DELETE FROM subscriptions WHERE name = $1 RETURNING name';
    return this.write([{ sql, values: [name], isNeeded: true }]);
  }

  async secrets(name: string): Promise<readonly Secret[]> {
    const [row] = await this.ask<{ subscription: string; secrets: string; sum: number }>(
      'SELECT subscription, secrets, sum FROM subscription_secrets WHERE subscription = $1',
      [name],
    );
    if (row === undefined) return [];
    return JSON.parse(checked(row, () => `what signs the webhooks of ${name}`).secrets) as Secret[];
  }

  async putSecrets(name: string, secrets: readonly Secret[]): Promise<void> {
    await this.write([putting(name, secrets)]);
  }

  async countBehind(position: Position, most: number): Promise<number> {
    const { xid, position: order } = this.positions.placeOf(position);
    const [row] = await this.ask<{ count: number }>(
      `SELECT count(*) AS count FROM (
        SELECT FROM events WHERE (xid, position) > ($1, $2) ORDER BY xid, position LIMIT $3
      ) AS behind`,
      [xid, order, most],
    );
    return row!.count;
  }

  hold(holder: string, sinks: readonly SinkSettings['type'][], ms: number): Promise<Lease[]> {
    return this.parts.writes.ask<Lease>(holding, [holder, listOf(sinks), ms, this.parts.session.epoch]);
  }

  async letGo(holder: string): Promise<void> {
    await this.parts.writes.ask(
      'UPDATE subscriptions SET lease_holder = NULL, lease_until = NULL WHERE lease_holder = $1',
      [holder],
    );
  }

  private async attempt(statements: readonly Statement[]): Promise<boolean> {
    const { writes } = this.parts;
    const [only, ...others] = statements;
    if (others.length === 0) return isDone(only!, await writes.ask(only!.sql, only!.values));
    try {
      return await writes.using((client) => inTransaction(askOn(client), statements));
    } catch (error) {
      throw asStoreError(error);
    }
  }
}

const inTransaction = async (ask: Ask, statements: readonly Statement[]): Promise<boolean> => {
  await ask(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = '${STALLED_AFTER}'`, []);
  try {
    for (const statement of statements) {
      if (isDone(statement, await ask(statement.sql, statement.values))) continue;
      await ask('ROLLBACK', []);
      return false;
    }
    await ask('COMMIT', []);
    return true;
  } catch (error) {
    await ask('ROLLBACK', []).catch(() => undefined);
    throw error;
  }
};

const isDone = ({ isNeeded = false }: Statement, rows: readonly unknown[]): boolean =>
  rows.length > 0 || !isNeeded;

/** Only of a subscription that is there. */
const putting = (name: string, secrets: readonly Secret[]): Statement => {
  const text = JSON.stringify(secrets);
  return {
    sql: `INSERT INTO subscription_secrets (subscription, secrets, sum)
      SELECT name, $2::json, $3::bigint FROM subscriptions WHERE name = $1
      ON CONFLICT (subscription) DO UPDATE SET secrets = excluded.secrets, sum = excluded.sum`,
    values: [name, text, sumOf([name, text])],
  };
};

export const placesByTransaction = (positions: Positions): PlaceColumns => ({
  names: ['xid', 'position'],
  cellsOf: (position) => {
    const place = positions.placeOf(position);
    return [place.xid, place.position];
  },
  positionOf: ([xid, position]) => positions.at({ xid: xid!, position: position! }),
});
