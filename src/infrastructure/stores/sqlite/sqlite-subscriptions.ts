import type { Position } from '../../../application/ports/event-store.js';
import type { Lease, Secret, SinkSettings } from '../../../application/ports/subscription-store.js';
import type { Ask } from '../relational/ask.js';
import type { SubscriptionSource } from '../relational/relational-subscription-store.js';
import { noCondition, type Condition, type Statement } from '../relational/subscription-statements.js';
import type { PlaceColumns } from '../relational/subscription-rows.js';
import { Positions } from './positions.js';
import { SecretsFile } from './secrets-file.js';
import type { SqliteParts } from './sqlite-parts.js';

interface Order {
  readonly statements: readonly Statement[];
  readonly resolve: (isWritten: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Subscriptions in the file of the events, of which this process is the only writer. */
export class SqliteSubscriptions implements SubscriptionSource {
  readonly source: string;
  readonly ask: Ask;
  readonly places: PlaceColumns;
  private readonly positions: Positions;
  private readonly file: SecretsFile;
  private waiting: Order[] = [];
  /** Only one writes secrets, or makes or removes what they are of, at a time. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: SqliteParts) {
    const { store, epoch, ask, options } = parts;
    this.source = `urn:rockets:${store}:${epoch}`;
    this.ask = ask;
    this.positions = new Positions(epoch);
    this.places = numberedPlaces(this.positions);
    this.file = new SecretsFile(options.file);
  }

  /** What comes while somebody else writes is one transaction, and one fsync. */
  write(statements: readonly Statement[]): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.parts.requireUsable();
      this.waiting.push({ statements, resolve, reject });
      if (this.waiting.length > 1) return;
      this.parts.writing.exclusively(() => this.writeWaiting()).catch((error) => this.refuseWaiting(error));
    });
  }

  inForce(): Condition {
    return noCondition;
  }

  /** A secret that belongs to nothing, as a crash can leave it behind, is overwritten by the next of its name. */
  create(name: string, row: Statement, secrets: readonly Secret[]): Promise<boolean> {
    return this.inTurn(async () => {
      if (await this.exists(name)) return false;
      await this.file.put(name, secrets);
      return this.write([row]);
    });
  }

  remove(name: string): Promise<boolean> {
    return this.inTurn(async () => {
      const isRemoved = await this.write([
        { sql: 'DELETE FROM subscriptions WHERE name = $1 RETURNING name', values: [name], isNeeded: true },
        { sql: 'DELETE FROM parked_sequences WHERE subscription = $1', values: [name] },
      ]);
      if (isRemoved) await this.file.put(name, []);
      return isRemoved;
    });
  }

  async secrets(name: string): Promise<readonly Secret[]> {
    return this.file.of(name);
  }

  putSecrets(name: string, secrets: readonly Secret[]): Promise<void> {
    return this.inTurn(async () => {
      if (await this.exists(name)) await this.file.put(name, secrets);
    });
  }

  async countBehind(position: Position, most: number): Promise<number> {
    return Math.max(0, Math.min(most, this.parts.ends.last - this.positions.placeOf(position)));
  }

  /** Nobody else can have them. */
  async hold(_holder: string, sinks: readonly SinkSettings['type'][]): Promise<Lease[]> {
    const rows = await this.ask<Omit<Lease, 'number'> & { readonly type: string }>(
      `SELECT name, revision, created_at AS "createdAt", sink ->> 'type' AS type FROM subscriptions
        WHERE is_paused = 0 ORDER BY name`,
      [],
    );
    return rows
      .filter(({ type }) => sinks.some((one) => one === type))
      .map(({ name, revision, createdAt }) => ({ name, revision, createdAt, number: 1 }));
  }

  async letGo(): Promise<void> {
    // Nobody waits for them.
  }

  private async writeWaiting(): Promise<void> {
    const orders = this.waiting;
    this.waiting = [];
    try {
      const written = await this.parts.writing.run(orders.map(({ statements }) => statements));
      orders.forEach(({ resolve }, i) => resolve(written[i]!));
    } catch (error) {
      for (const { reject } of orders) reject(error);
    }
  }

  private refuseWaiting(error: unknown): void {
    const orders = this.waiting;
    this.waiting = [];
    for (const { reject } of orders) reject(error);
  }

  private async exists(name: string): Promise<boolean> {
    return (await this.ask('SELECT name FROM subscriptions WHERE name = $1', [name])).length > 0;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work);
    this.last = mine.catch(() => undefined);
    return mine;
  }
}

export const numberedPlaces = (positions: Positions): PlaceColumns => ({
  names: ['position'],
  cellsOf: (position) => [positions.placeOf(position)],
  positionOf: ([place]) => positions.at(place!),
});
