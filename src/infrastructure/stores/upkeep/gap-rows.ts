import type { StoredRocket } from '../relational/rocket-rows.js';
import { withSum, type Cell, type MissingRow } from '../relational/rows.js';

/** Of a message that waits, or is late. */
export interface Received {
  readonly number: number;
  readonly receivedAt: number;
}

/**
 * The rows of the gaps there are, and whether they are those that are stored, which alone know how old a gap is. One that is
 * not stored was opened by the first message from beyond it; for how long was listened since then nobody knows. `waiting` is
 * in the order of numbers; `listened` is for how long had been listened by now.
 */
export const gapRows = (
  { id, version }: Pick<StoredRocket, 'id' | 'version'>,
  waiting: readonly Received[],
  stored: readonly MissingRow[],
  listened: number,
): { readonly rows: readonly Cell[][]; readonly areStored: boolean } => {
  const byLast = new Map(stored.map((row) => [row.last, row]));
  const rows: Cell[][] = [];
  let same = 0;
  let since = Infinity;
  for (let i = waiting.length - 1; i >= 0; i--) {
    const { number, receivedAt } = waiting[i]!;
    since = Math.min(since, receivedAt);
    const [first, last] = [(waiting[i - 1]?.number ?? version) + 1, number - 1];
    if (last < first) continue;
    const known = byLast.get(last);
    const isSame = known !== undefined && Math.max(known.first, version + 1) === first;
    if (isSame) same++;
    const age = known ?? { since, listened };
    rows.push(withSum([id, last, isSame ? known.first : first, age.since, age.listened]));
  }
  return { rows: rows.reverse(), areStored: same === rows.length && same === stored.length };
};
