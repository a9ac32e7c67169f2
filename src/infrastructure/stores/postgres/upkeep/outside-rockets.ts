import type { Ask } from '../../relational/ask.js';
import { minuteColumns, notedMinute, type MinuteRow } from '../../relational/minutes.js';

export const ofNoRocket = 'NOT EXISTS (SELECT FROM rockets WHERE id = rocket)';

/** In words, the tables with rows of no rocket. */
export const strays = async (ask: Ask): Promise<string[]> => {
  const found: string[] = [];
  for (const table of ['events', 'waiting_messages', 'late_messages', 'missing', 'snapshots']) {
    const [row] = await ask<{ strays: number }>(
      `SELECT count(*) AS strays FROM ${table} WHERE ${ofNoRocket}`,
      [],
    );
    if (row!.strays > 0) found.push(`damaged: rows of no rocket in "${table}": ${row!.strays}`);
  }
  return found;
};

/** The minutes that do not match their checksums, and why. */
export const damagedMinutes = async (ask: Ask): Promise<(MinuteRow & { readonly why: string })[]> => {
  const rows = await ask<MinuteRow>(`SELECT ${minuteColumns} FROM minutes`, []);
  return rows.flatMap((row) => {
    try {
      notedMinute(row);
      return [];
    } catch (error) {
      return [{ ...row, why: String(error instanceof Error ? error.message : error) }];
    }
  });
};
