import type { Cell } from '../relational/rows.js';

/** One column of some rows as PostgreSQL writes an array. */
export const arrayOf = (rows: readonly (readonly Cell[])[], column: number): string => {
  let text = '{';
  for (let i = 0; i < rows.length; i++) {
    if (i > 0) text += ',';
    text += elementOf(rows[i]![column]!);
  }
  return `${text}}`;
};

export const listOf = (cells: readonly Cell[]): string => {
  let text = '{';
  for (let i = 0; i < cells.length; i++) {
    if (i > 0) text += ',';
    text += elementOf(cells[i]!);
  }
  return `${text}}`;
};

const elementOf = (cell: Cell): string => {
  if (typeof cell === 'number') return String(cell);
  if (cell === null) return 'NULL';
  return needsCare.test(cell) ? `"${cell.replace(special, '\\$&')}"` : `"${cell}"`;
};

const needsCare = /["\\]/;
const special = /["\\]/g;
