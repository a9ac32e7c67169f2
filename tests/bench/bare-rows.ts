import type { ChangeRows, Touches } from '../../src/infrastructure/stores/relational/change-rows.js';
import { rocketColumns } from '../../src/infrastructure/stores/relational/rocket-rows.js';
import { eventColumns } from '../../src/infrastructure/stores/relational/rows.js';
import { snapshotColumns } from '../../src/infrastructure/stores/relational/snapshots.js';
import { totalCells } from '../../src/infrastructure/stores/relational/totals.js';
import type { Database, Statement } from '../../src/infrastructure/stores/sqlite/database.js';
import type { SqliteEventStore } from '../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import type { WriteOrder } from '../../src/infrastructure/stores/sqlite/writer.js';

const columns = rocketColumns.split(', ');
const always =
  'revision, version, speed, speed_change, updated_at, latest, heard_at, highest_heard, waiting, late, chain, sum';
const touched: Readonly<Record<keyof Touches, string>> = {
  minute: 'heard_minute',
  gaps: 'has_gaps',
  status: 'status, complete, reason, exploded_at',
  launch: 'type, launched_at',
  mission: 'mission',
};

/** What whoever has the rows of a commit at hand writes: one INSERT an event, one statement a rocket, one transaction. */
export class BareRows {
  private orders: WriteOrder[] = [];
  private readonly statements = new Map<string, Statement>();

  constructor(private readonly database: Database) {}

  /** Keeps what the store writes from now on. */
  record(store: SqliteEventStore): void {
    const { writing } = store.parts;
    const write = writing.write.bind(writing);
    writing.write = (order) => {
      this.orders.push(order);
      return write(order);
    };
  }

  /** Writes what was kept; answers the seconds that took. */
  write(): number {
    const began = performance.now();
    for (const { changes, deltas } of this.orders.splice(0)) {
      this.statement('BEGIN IMMEDIATE').run();
      for (const change of changes) this.writeChange(change);
      for (const [total, by] of deltas) {
        this.statement(
          'INSERT INTO totals VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count, sum = excluded.sum',
        ).run(...totalCells(total, by));
      }
      this.statement('COMMIT').run();
    }
    return (performance.now() - began) / 1000;
  }

  private writeChange({ id, revision, rocket, touches, events, snapshots }: ChangeRows): void {
    if (revision === 0) this.insert('rockets', rocketColumns).run(...rocket);
    else {
      const names = Object.entries(touched).flatMap(([key, some]) =>
        touches[key as keyof Touches] ? [some] : [],
      );
      const set = [always, ...names].join(', ').split(', ');
      const update = this.statement(
        `UPDATE rockets SET ${set.map((name) => `${name} = ?`).join(', ')} WHERE id = ?`,
      );
      update.run(...set.map((name) => rocket[columns.indexOf(name)]!), id);
    }
    const insert = this.insert('events', eventColumns);
    for (const event of events) insert.run(...event);
    for (const snapshot of snapshots) this.insert('snapshots', snapshotColumns).run(...snapshot);
  }

  private insert(table: string, names: string): Statement {
    return this.statement(`INSERT INTO ${table} (${names}) VALUES (${names.replace(/\w+/g, '?')})`);
  }

  private statement(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (statement === undefined) this.statements.set(sql, (statement = this.database.prepare(sql)));
    return statement;
  }
}
