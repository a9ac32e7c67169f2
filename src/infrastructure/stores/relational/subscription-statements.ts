import type { ParkedChanges, Subscription } from '../../../application/ports/subscription-store.js';
import type { Cell } from './rows.js';
import type { SubscriptionRows } from './subscription-rows.js';

/** A statement that writes, with its values in the place of `$1`, `$2` …; the text is understood by both SQL stores. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly Cell[];
  /** Where it answers no row, nothing of the transaction is written. */
  readonly isNeeded?: boolean;
}

/** What else must hold for a row to be written; its values stand behind `before` others. */
export type Condition = (before: number) => { readonly sql: string; readonly values: readonly Cell[] };

export const noCondition: Condition = () => ({ sql: '', values: [] });

/** So many rows are put in one statement: a statement has room for so many values. */
const AT_ONCE = 500;

export const creating = (rows: SubscriptionRows, subscription: Subscription): Statement => {
  const values = rows.cells(subscription);
  const sql = `INSERT INTO subscriptions (${rows.columns.join(', ')}) VALUES (${listed(values.length)})
    ON CONFLICT (name) DO NOTHING RETURNING name`;
  return { sql, values, isNeeded: true };
};

/** `after` in the place of what `before` was read as, where that is still there. */
export const saving = (
  rows: SubscriptionRows,
  before: Subscription,
  after: Subscription,
  condition: Condition,
): Statement => {
  const cells = rows.cells(after);
  const [, ...others] = rows.columns;
  const set = others.map((column, i) => `${column} = $${i + 2}`).join(', ');
  const last = cells.length + 2;
  const more = condition(last);
  return {
    sql: `UPDATE subscriptions SET ${set}
      WHERE name = $1 AND revision = $${last - 1} AND created_at = $${last} ${more.sql} RETURNING name`,
    values: [...cells, before.revision, before.createdAt, ...more.values],
    isNeeded: true,
  };
};

export const changingParked = (
  rows: SubscriptionRows,
  name: string,
  { put = [], drop = [] }: ParkedChanges,
): Statement[] => {
  const dropping = chunks(drop).map((channels) => ({
    sql: `DELETE FROM parked_sequences WHERE subscription = $1 AND channel IN (${listed(channels.length, 1)})`,
    values: [name, ...channels],
  }));
  const columns = rows.parkedColumns;
  const set = columns.slice(2).map((column) => `${column} = excluded.${column}`);
  const putting = chunks(put).map((some) => ({
    sql: `INSERT INTO parked_sequences (${columns.join(', ')})
      VALUES ${some.map((_, i) => `(${listed(columns.length, i * columns.length)})`).join(', ')}
      ON CONFLICT (subscription, channel) DO UPDATE SET ${set.join(', ')}`,
    values: some.flatMap((one) => rows.parkedCells(name, one)),
  }));
  return [...dropping, ...putting];
};

const chunks = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, i) =>
    all.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  );

/** `$2, $3` for two values behind one. */
const listed = (count: number, before = 0): string =>
  Array.from({ length: count }, (_, i) => `$${before + i + 1}`).join(', ');
