import type { Cell } from './rows.js';

/**
 * Runs one statement that only reads, with its values in the place of `$1`, `$2` …; the text is understood by both SQL
 * stores. Not run when its signal is aborted before its turn.
 */
export type Ask = <Row>(sql: string, values: readonly Cell[], signal?: AbortSignal) => Promise<Row[]>;
