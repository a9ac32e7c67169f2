import type { ChangeRows } from '../relational/change-rows.js';
import { withSum, type Cell } from '../relational/rows.js';
import { totalCells, type Deltas } from '../relational/totals.js';
import { arrayOf, listOf } from './arrays.js';
import { otherArrays, rowsIn } from './commit-function.js';
import { columnsOf } from './tables.js';

/** What one change writes. */
export interface WrittenChange {
  readonly rows: ChangeRows;
  readonly lane: number;
  readonly deltas: Deltas;
}

/** The values of a call of `commit_changes`, behind the epoch. */
export const commitCall = (changes: readonly WrittenChange[], listened: number): Cell[] => {
  const rows = (of: (change: ChangeRows) => readonly Cell[][]): Cell[][] =>
    changes.flatMap((change) => of(change.rows));
  const tables: Readonly<Record<string, readonly Cell[][]>> = {
    r: changes.map((change) => change.rows.rocket),
    e: rows(({ events }) => events),
    w: rows(({ added }) => added),
    l: rows(({ late }) => late),
    g: rows((change) => openedGaps(change, Math.floor(listened))),
    s: rows(({ snapshots }) => snapshots),
  };
  const totals = changes.flatMap(({ rows: { id }, deltas }) =>
    [...deltas].map(([total, by]) => totalRow(id, total, by)),
  );
  const released = changes.filter((change) => change.rows.released);
  const passing = changes.filter((change) => change.rows.passesGaps);
  const upTo = (some: readonly WrittenChange[], cell: 'id' | 'version') =>
    listOf(some.map((change) => change.rows[cell]));
  const others: Readonly<Record<string, string>> = {
    r_was: listOf(changes.map((change) => change.rows.revision)),
    f_rocket: upTo(released, 'id'),
    f_version: upTo(released, 'version'),
    p_rocket: upTo(passing, 'id'),
    p_version: upTo(passing, 'version'),
    t_rocket: arrayOf(totals, 0),
    t_kind: arrayOf(totals, 1),
    t_name: arrayOf(totals, 2),
    t_count: arrayOf(totals, 3),
    t_base: arrayOf(totals, 4),
  };
  const lanes = [...new Set(changes.map(({ lane }) => lane))].sort((a, b) => a - b);
  return [
    listOf(lanes),
    ...rowsIn.flatMap(([prefix, table]) => columnsOf(table).map((_, i) => arrayOf(tables[prefix]!, i))),
    ...otherArrays.map((name) => others[name]!),
  ];
};

/** The numbers above the highest heard that a message left out; those below it are found in the database. */
export const openedGaps = (
  { id, added, recordedAt, highestHeard }: ChangeRows,
  listened: number,
): Cell[][] => {
  const gaps: Cell[][] = [];
  let highest = highestHeard;
  for (const cells of added) {
    const number = Number(cells[1]);
    if (number > highest + 1) gaps.push(withSum([id, number - 1, highest + 1, recordedAt, listened]));
    highest = Math.max(highest, number);
  }
  return gaps;
};

const totalRow = (id: number, total: string, by: number): Cell[] => {
  const [kind, name, , base] = totalCells(total, 0);
  return [id, kind!, name!, by, base!];
};
