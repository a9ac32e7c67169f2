import type { ChangeRows, Touches } from '../relational/change-rows.js';
import { rocketColumns } from '../relational/rocket-rows.js';
import {
  eventColumns,
  messageColumns,
  missingColumns,
  missingOf,
  withSum,
  type Cell,
  type MissingRow,
} from '../relational/rows.js';
import { snapshotColumns } from '../relational/snapshots.js';
import { type Deltas, SUM_OF_ONE, totalCells, totalColumns } from '../relational/totals.js';
import { minuteColumns } from '../relational/minutes.js';
import type { Statement as SharedStatement } from '../relational/subscription-statements.js';
import { inserting, rowReader, type Database, type Statement } from './database.js';

export interface WriteOrder {
  readonly changes: readonly ChangeRows[];
  readonly deltas: Deltas;
  /** For how long a service has listened. */
  readonly listened: number;
}

const columns = rocketColumns.split(', ');
/** Without an index. */
const quickColumns =
  'revision, version, speed, speed_change, updated_at, latest, heard_at, highest_heard, waiting, late, chain, sum';

const touchedColumns: Readonly<Record<keyof Touches, readonly string[]>> = {
  minute: ['heard_minute'],
  gaps: ['has_gaps'],
  status: ['status', 'complete', 'reason', 'exploded_at'],
  launch: ['type', 'launched_at'],
  mission: ['mission'],
};

interface RocketUpdate {
  readonly statement: Statement;
  /** Their places among the cells of a row. */
  readonly columns: readonly number[];
}

const statementsOf = (database: Database) => {
  const prepare = (sql: string): Statement => database.prepare(sql);
  return {
    begin: prepare('BEGIN IMMEDIATE'),
    commit: prepare('COMMIT'),
    rollback: prepare('ROLLBACK'),
    beginPart: prepare('SAVEPOINT part'),
    undoPart: prepare('ROLLBACK TO part'),
    endPart: prepare('RELEASE part'),
    insertRocket: prepare(inserting('rockets', rocketColumns)),
    insertEvent: prepare(inserting('events', eventColumns)),
    insertWaiting: prepare(inserting('waiting_messages', messageColumns)),
    releaseWaiting: prepare('DELETE FROM waiting_messages WHERE rocket = ? AND number <= ?'),
    insertLate: prepare(inserting('late_messages', messageColumns)),
    gapAround: prepare(
      `SELECT ${missingColumns} FROM missing WHERE rocket = ? AND last >= ? ORDER BY last LIMIT 1`,
    ),
    putGap: prepare(inserting('missing', missingColumns, 'INSERT OR REPLACE')),
    deleteGap: prepare('DELETE FROM missing WHERE rocket = ? AND last = ?'),
    closeGaps: prepare('DELETE FROM missing WHERE rocket = ? AND last <= ?'),
    insertSnapshot: prepare(inserting('snapshots', snapshotColumns)),
    addTotal: prepare(
      `${inserting('totals', totalColumns)}
        ON CONFLICT DO UPDATE SET count = count + excluded.count, sum = sum + ${SUM_OF_ONE} * excluded.count`,
    ),
    dropTotal: prepare('DELETE FROM totals WHERE kind = ? AND name = ? AND count = 0'),
    setListened: prepare('UPDATE meta SET value = ?2, sum = ?3 WHERE key = ?1'),
    putMinute: prepare(inserting('minutes', minuteColumns, 'INSERT OR REPLACE')),
    dropMinutes: prepare('DELETE FROM minutes WHERE minute < ?'),
  };
};

/** Writes through a connection, wherever it lives: on the main thread or on one of its own. */
export class Writer {
  private readonly statements: ReturnType<typeof statementsOf>;
  private readonly updates: RocketUpdate[] = [];
  private readonly rows: ReturnType<typeof rowReader>;

  constructor(private readonly database: Database) {
    this.statements = statementsOf(database);
    this.rows = rowReader(database);
  }

  /** When it returns, all of it is as safe as the connection makes it; answers by how much there are more gaps now. */
  write({ changes, deltas, listened }: WriteOrder): number {
    return this.inTransaction(() => {
      let gaps = 0;
      for (const change of changes) gaps += this.writeChange(change, listened);
      for (const [name, by] of deltas) this.count(name, by);
      this.count('gaps', gaps);
      return gaps;
    });
  }

  noteListened(listened: number): void {
    this.inTransaction(() => this.statements.setListened.run(...withSum(['listened', String(listened)])));
  }

  /** What an instance has counted, in the place of what it had before; those before a minute go. */
  putMinutes(rows: readonly Cell[][], before: number): void {
    this.inTransaction(() => {
      for (const row of rows) this.statements.putMinute.run(...row);
      this.statements.dropMinutes.run(before);
    });
  }

  /** Each order whole or not at all, with one fsync for all of them; answers which were written. */
  run(orders: readonly (readonly SharedStatement[])[]): boolean[] {
    return this.inTransaction(() => orders.map((order) => this.runOne(order)));
  }

  private runOne(order: readonly SharedStatement[]): boolean {
    this.statements.beginPart.run();
    const isWritten = order.every(
      ({ sql, values, isNeeded = false }) => this.rows(sql, values).length > 0 || !isNeeded,
    );
    if (!isWritten) this.statements.undoPart.run();
    this.statements.endPart.run();
    return isWritten;
  }

  private inTransaction<T>(work: () => T): T {
    this.statements.begin.run();
    try {
      const result = work();
      this.statements.commit.run();
      return result;
    } catch (error) {
      // Within a transaction it would keep its locks for as long as the process lives.
      if (this.database.isTransaction) this.statements.rollback.run();
      throw error;
    }
  }

  private writeChange(change: ChangeRows, listened: number): number {
    const { id, rocket, revision } = change;
    if (revision === 0) this.statements.insertRocket.run(...rocket);
    else {
      const { statement, columns: changed } = this.updateOf(change.touches);
      const done = statement.run(...changed.map((column) => rocket[column]!), id, revision);
      if (done.changes !== 1) throw new Error(`${rocket[1]} is not at revision ${revision} in the file.`);
    }
    for (const event of change.events) this.statements.insertEvent.run(...event);
    if (change.released) this.statements.releaseWaiting.run(id, change.version);
    for (const message of change.added) this.statements.insertWaiting.run(...message);
    for (const message of change.late) this.statements.insertLate.run(...message);
    for (const snapshot of change.snapshots) this.statements.insertSnapshot.run(...snapshot);
    return this.writeGaps(change, listened);
  }

  /** SQLite writes the entries of every index whose columns are named, changed or not: so only those that change are. */
  private updateOf(touches: Touches): RocketUpdate {
    const key =
      (touches.minute ? 1 : 0) |
      (touches.gaps ? 2 : 0) |
      (touches.status ? 4 : 0) |
      (touches.launch ? 8 : 0) |
      (touches.mission ? 16 : 0);
    return (this.updates[key] ??= this.prepareUpdate(touches));
  }

  private prepareUpdate(touches: Touches): RocketUpdate {
    const names = quickColumns.split(', ');
    for (const [touched, others] of Object.entries(touchedColumns)) {
      if (touches[touched as keyof Touches]) names.push(...others);
    }
    const set = names.map((name) => `${name} = ?`).join(', ');
    const statement = this.database.prepare(`UPDATE rockets SET ${set} WHERE id = ? AND revision = ?`);
    return { statement, columns: names.map((name) => columns.indexOf(name)) };
  }

  /** The numbers of the added messages are no longer missing; those below them that were never heard are. */
  private writeGaps({ id, version, added, recordedAt, ...change }: ChangeRows, listened: number): number {
    let opened = 0;
    let highest = change.highestHeard;
    if (change.passesGaps) opened -= Number(this.statements.closeGaps.run(id, version).changes);
    for (const cells of added) {
      const number = Number(cells[1]);
      if (number <= highest) opened += this.splitGap(id, number);
      else if (number > highest + 1) {
        this.statements.putGap.run(...withSum([id, number - 1, highest + 1, recordedAt, listened]));
        opened++;
      }
      highest = Math.max(highest, number);
    }
    return opened;
  }

  private splitGap(id: number, number: number): number {
    const row = this.statements.gapAround.get(id, number) as MissingRow | undefined;
    if (row === undefined) return 0;
    const { first, last, since, listened } = missingOf(row);
    if (first > number) return 0;
    if (last === number) this.statements.deleteGap.run(id, last);
    else this.statements.putGap.run(...withSum([id, last, number + 1, since, listened]));
    if (first < number) this.statements.putGap.run(...withSum([id, number - 1, first, since, listened]));
    return Number(first < number) - Number(last === number);
  }

  private count(total: string, by: number): void {
    if (by === 0) return;
    const cells = totalCells(total, by);
    this.statements.addTotal.run(...cells);
    if (by < 0) this.statements.dropTotal.run(...cells.slice(0, 2));
  }
}
