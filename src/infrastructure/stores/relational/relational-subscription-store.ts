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
import {
  changingParked,
  creating,
  saving,
  type Condition,
  type Statement,
} from './subscription-statements.js';
import {
  SubscriptionRows,
  type ParkedRow,
  type PlaceColumns,
  type SubscriptionRow,
} from './subscription-rows.js';

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
    return this.store.create(subscription.name, creating(this.rows, subscription), secrets);
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
    const isWritten = await this.store.write([
      saving(this.rows, subscription, after, this.store.inForce(lease)),
      ...changingParked(this.rows, subscription.name, changes),
    ]);
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
}
