/** Rows of one query; every query that is read this way ends in `LIMIT ${ROWS}`. */
export const ROWS = 256;

/**
 * Walks through any number of rows, a page at a time, each beginning behind the last row of the one before. The
 * driver's own `iterate` does not keep its statement alive: it ended with an error, or with the process, as soon as
 * the garbage collector came by.
 */
export const rowsInPages = function* <Row>(read: (last: Row | undefined) => readonly Row[]): Generator<Row> {
  let last: Row | undefined;
  for (;;) {
    const rows = read(last);
    yield* rows;
    if (rows.length < ROWS) return;
    last = rows.at(-1);
  }
};
