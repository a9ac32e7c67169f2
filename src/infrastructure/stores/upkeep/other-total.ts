import { totalOf, type TotalRow } from '../relational/totals.js';

/** In words, one of the figures of the fleet that is not what it should be. */
export const otherOf = (
  rows: readonly TotalRow[],
  expected: ReadonlyMap<string, number>,
): string | undefined => {
  try {
    const stored = new Map(rows.map(totalOf));
    for (const name of new Set([...stored.keys(), ...expected.keys()])) {
      const [is, shall] = [stored.get(name) ?? 0, expected.get(name) ?? 0];
      if (is !== shall) return `damaged: the number of "${name}" is ${is}, and there are ${shall}`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
