import type { Ask } from '../../relational/ask.js';
import type { Cell } from '../../relational/rows.js';
import { arrayOf } from '../arrays.js';
import { asStored, columnsOf, plainType, type TableName } from '../tables.js';

/** Rows of a table, as many as there are, in one statement. */
export const insertRows = async (
  ask: Ask,
  table: TableName,
  rows: readonly (readonly Cell[])[],
): Promise<void> => {
  if (rows.length === 0) return;
  await ask(
    insertions[table],
    columnsOf(table).map((_, i) => arrayOf(rows, i)),
  );
};

/** Events stand in the feed behind one another in one transaction, the first of these behind `position`. */
export const insertEvents = async (
  ask: Ask,
  rows: readonly (readonly Cell[])[],
  place: { readonly xid: number; readonly position: number },
): Promise<void> => {
  if (rows.length === 0) return;
  const columns = columnsOf('events');
  await ask(insertionOfEvents, [...columns.map((_, i) => arrayOf(rows, i)), place.xid, place.position]);
};

const parts = (table: TableName) => {
  const columns = columnsOf(table);
  return {
    columns: columns.join(', '),
    values: columns.map((column) => asStored(table, column, 'r')).join(', '),
    arrays: columns.map((column, i) => `$${i + 1}::${plainType(table, column)}[]`).join(', '),
    next: columns.length + 1,
  };
};

const insertion = (table: TableName): string => {
  const { columns, values, arrays } = parts(table);
  return `INSERT INTO ${table} (${columns}) SELECT ${values} FROM unnest(${arrays}) AS r(${columns})`;
};

const insertionOfEvents = ((): string => {
  const { columns, values, arrays, next } = parts('events');
  return `INSERT INTO events (xid, position, ${columns}) SELECT $${next}::bigint, $${next + 1}::bigint + r.place, ${values}
    FROM unnest(${arrays}) WITH ORDINALITY AS r(${columns}, place)`;
})();

const insertions = Object.fromEntries(
  (['rockets', 'waiting_messages', 'late_messages', 'missing', 'snapshots'] as const).map((table) => [
    table,
    insertion(table),
  ]),
) as Readonly<Record<TableName, string>>;
