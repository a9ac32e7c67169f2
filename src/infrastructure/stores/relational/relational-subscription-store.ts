import type {
  Lease,
  NamePage,
  ParkedChanges,
  ParkedCounts,
  ParkedSequence,
  Secret,
  SinkSettings,
  Subscription,
  SubscriptionCounts,
  SubscriptionStore,
} from '../../../application/ports/subscription-store.js';
import type { Position } from '../../../application/ports/event-store.js';
import type { Ask } from './ask.js';
import type { Cell } from './rows.js';
import {
  SubscriptionRows,
  type ParkedRow,
  type PlaceColumns,
  type SubscriptionRow,
} from './subscription-rows.js';

/** A statement that writes, with its values in the place of `$1`, `$2` …; the text is understood by both SQL stores. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly Cell[];
  /** Where it answers no row, nothing of the transaction is written. */
  readonly isNeeded?: boolean;
}

/** What else must hold for a row to be written; its values follow on `$1` up to `$<before>`. */
export type Condition = (before: number) => { readonly sql: string; readonly values: readonly Cell[] };

/** What each SQL store does in its own way. */
export interface SubscriptionSource extends Pick<
  SubscriptionStore,
  'source' | 'remove' | 'secrets' | 'putSecrets' | 'countBehind' | 'hold' | 'letGo'
> {
  readonly ask: Ask;
  readonly places: PlaceColumns;
  /** All of it in one transaction, or nothing; answers whether it was written. */
  write(statements: readonly Statement[]): Promise<boolean>;
  create(name: string, row: Statement, secrets: readonly Secret[]): Promise<boolean>;
  inForce(lease: number | undefined): Condition;
}

/** So many rows are put in one statement: a statement has room for so many values. */
const AT_ONCE = 500;

/** The tables `subscriptions` and `parked_sequences` of both SQL stores. */
export class RelationalSubscriptionStore implements SubscriptionStore {
  readonly isKept = true;
  readonly source: string;
  private readonly rows: SubscriptionRows;
  private readonly columns: string;
  private readonly parkedColumns: string;

  constructor(private readonly store: SubscriptionSource) {
    this.source = store.source;
    this.rows = new SubscriptionRows(store.places);
    this.columns = this.rows.columns.join(', ');
    this.parkedColumns = this.rows.parkedColumns.join(', ');
  }

  create(subscription: Subscription, secrets: readonly Secret[]): Promise<boolean> {
    const values = this.rows.cells(subscription);
    const sql = `INSERT INTO subscriptions (${this.columns}) VALUES (${listed(values.length)})
      ON CONFLICT (name) DO NOTHING RETURNING name`;
    return this.store.create(subscription.name, { sql, values, isNeeded: true }, secrets);
  }

  async find(name: string): Promise<Subscription | undefined> {
    const sql = `SELECT ${this.columns} FROM subscriptions WHERE name = $1`;
    const [row] = await this.store.ask<SubscriptionRow>(sql, [name]);
    return row && this.rows.subscriptionOf(row);
  }

  async list({ after = '', limit }: NamePage): Promise<Subscription[]> {
    const sql = `SELECT ${this.columns} FROM subscriptions WHERE name > $1 ORDER BY name LIMIT $2`;
    const rows = await this.store.ask<SubscriptionRow>(sql, [after, limit]);
    return rows.map((row) => this.rows.subscriptionOf(row));
  }

  async count(): Promise<SubscriptionCounts> {
    const [row] = await this.store.ask<SubscriptionCounts>(
      `SELECT count(*) FILTER (WHERE is_paused = 0) AS running,
        count(*) FILTER (WHERE is_paused = 1) AS paused,
        count(*) FILTER (WHERE is_paused = 0 AND failing_since IS NOT NULL) AS failing
        FROM subscriptions`,
      [],
    );
    return { ...row! };
  }

  async save(
    subscription: Subscription,
    { lease, ...changes }: ParkedChanges & { readonly lease?: number } = {},
  ): Promise<Subscription | undefined> {
    const after = { ...subscription, revision: subscription.revision + 1 };
    const values = this.rows.cells(after);
    const [, ...others] = this.rows.columns;
    const set = others.map((column, i) => `${column} = $${i + 2}`).join(', ');
    const before = values.length + 2;
    const condition = this.store.inForce(lease)(before);
    const update = {
      sql: `UPDATE subscriptions SET ${set}
        WHERE name = $1 AND revision = $${before - 1} AND created_at = $${before} ${condition.sql} RETURNING name`,
      values: [...values, subscription.revision, subscription.createdAt, ...condition.values],
      isNeeded: true,
    };
    const isWritten = await this.store.write([update, ...this.changing(subscription.name, changes)]);
    return isWritten ? after : undefined;
  }

  remove(name: string): Promise<boolean> {
    return this.store.remove(name);
  }

  async parked(name: string, { after = '', limit }: NamePage): Promise<ParkedSequence[]> {
    const sql = `SELECT ${this.parkedColumns} FROM parked_sequences
      WHERE subscription = $1 AND channel > $2 ORDER BY channel LIMIT $3`;
    const rows = await this.store.ask<ParkedRow>(sql, [name, after, limit]);
    return rows.map((row) => this.rows.parkedOf(row));
  }

  async findParked(name: string, channel: string): Promise<ParkedSequence | undefined> {
    const sql = `SELECT ${this.parkedColumns} FROM parked_sequences WHERE subscription = $1 AND channel = $2`;
    const [row] = await this.store.ask<ParkedRow>(sql, [name, channel]);
    return row && this.rows.parkedOf(row);
  }

  async countParked(name: string): Promise<ParkedCounts> {
    const [row] = await this.store.ask<{ parked: number; again: number }>(
      'SELECT count(*) AS parked, count(next_try_at) AS again FROM parked_sequences WHERE subscription = $1',
      [name],
    );
    const { parked, again } = row!;
    return { parked, givenUp: parked - again };
  }

  secrets(name: string): Promise<readonly Secret[]> {
    return this.store.secrets(name);
  }

  putSecrets(name: string, secrets: readonly Secret[]): Promise<void> {
    return this.store.putSecrets(name, secrets);
  }

  countBehind(position: Position, most: number): Promise<number> {
    return this.store.countBehind(position, most);
  }

  hold(holder: string, sinks: readonly SinkSettings['type'][], ms: number): Promise<Lease[]> {
    return this.store.hold(holder, sinks, ms);
  }

  letGo(holder: string): Promise<void> {
    return this.store.letGo(holder);
  }

  private changing(name: string, { put = [], drop = [] }: ParkedChanges): Statement[] {
    const dropped = chunks(drop).map((channels) => ({
      sql: `DELETE FROM parked_sequences WHERE subscription = $1 AND channel IN (${listed(channels.length, 1)})`,
      values: [name, ...channels],
    }));
    return [...dropped, ...puttingParked(this.rows, name, put)];
  }
}

/** Each sequence in the place of the one of its channel. */
export const puttingParked = (
  rows: SubscriptionRows,
  name: string,
  sequences: readonly ParkedSequence[],
): Statement[] => {
  const columns = rows.parkedColumns;
  const set = columns.slice(2).map((column) => `${column} = excluded.${column}`);
  return chunks(sequences).map((some) => {
    const lists = some.map((_, i) => `(${listed(columns.length, i * columns.length)})`);
    return {
      sql: `INSERT INTO parked_sequences (${columns.join(', ')}) VALUES ${lists.join(', ')}
        ON CONFLICT (subscription, channel) DO UPDATE SET ${set.join(', ')}`,
      values: some.flatMap((one) => rows.parkedCells(name, one)),
    };
  });
};

const chunks = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, i) =>
    all.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  );

/** `$2, $3` for two values behind one. */
const listed = (count: number, before = 0): string =>
  Array.from({ length: count }, (_, i) => `$${before + i + 1}`).join(', ');
