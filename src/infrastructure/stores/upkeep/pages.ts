import type { Ask } from '../relational/ask.js';
import type { Cell } from '../relational/rows.js';

const PAGE = 2000;

/** All rows that a question leads to, some at once: its first values say behind which row it goes on, the last one how many. */
export const pages = async function* <Row>(
  ask: Ask,
  sql: string,
  start: readonly Cell[],
  placeOf: (row: Row) => readonly Cell[],
): AsyncGenerator<Row[]> {
  for (let after = start; ;) {
    const rows = await ask<Row>(sql, [...after, PAGE]);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    after = placeOf(rows.at(-1)!);
  }
};
