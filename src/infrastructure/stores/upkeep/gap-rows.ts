import { withSum, type Cell, type MissingRow } from '../relational/rows.js';

/** Of a message that waits, or is late. */
export interface Received {
  readonly number: number;
  readonly receivedAt: number;
}

export interface GapsOfRocket {
  readonly rocket: number;
  readonly version: number;
  /** In the order of numbers. */
  readonly waiting: readonly Received[];
  /** What is stored of the gaps between them. */
  readonly stored: readonly MissingRow[];
  /** For how long had been listened by now. */
  readonly listened: number;
}

/**
 * The rows of the gaps there are, and whether they are those that are stored, which alone know how old a gap is. One that is
 * not stored was opened by the first message from beyond it; for how long was listened since then nobody knows.
 */
export const gapRows = ({
  rocket,
  version,
  waiting,
  stored,
  listened,
}: GapsOfRocket): { readonly rows: readonly Cell[][]; readonly areStored: boolean } => {
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
    rows.push(withSum([rocket, last, isSame ? known.first : first, age.since, age.listened]));
  }
  return { rows: rows.reverse(), areStored: same === rows.length && same === stored.length };
};
