import type { Ask } from '../../relational/ask.js';
import { sumOf } from '../../relational/rows.js';
import { totalCells, type Deltas } from '../../relational/totals.js';
import { arrayOf } from '../arrays.js';

/** The figures of the fleet in the place of all that were there, while nobody commits. */
export const putTotals = async (ask: Ask, totals: Deltas): Promise<void> => {
  const rows = [...totals]
    .filter(([, count]) => count !== 0)
    .map(([total, count]) => {
      const [kind, name, , sum] = totalCells(total, count);
      return [kind!, name!, count, sumOf([kind!, name!]), sum!];
    });
  await ask('DELETE FROM total_parts', []);
  await ask(
    `INSERT INTO total_parts (kind, name, part, count, base, sum)
      SELECT kind, name, 0, count, base, sum
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS t(kind, name, count, base, sum)`,
    [0, 1, 2, 3, 4].map((column) => arrayOf(rows, column)),
  );
};
