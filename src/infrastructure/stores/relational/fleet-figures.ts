import type { FrequentNames, NameCount } from '../../../application/ports/rocket-directory.js';
import type { Ask } from './ask.js';
import { minuteOf } from './rocket-rows.js';
import { totalColumns, totalOf, type TotalRow } from './totals.js';

/** From an index by the minute: when exactly they were heard is looked up for those of the last one only. */
export const countSilent = async (ask: Ask, since: number): Promise<number> => {
  const flying = "SELECT count(*) FROM rockets WHERE status <> 'exploded'";
  const [row] = await ask<{ readonly silent: number }>(
    `SELECT (${flying} AND heard_minute < $1) + (${flying} AND heard_minute = $1 AND heard_at < $2) AS silent`,
    [minuteOf(since), since],
  );
  return Number(row?.silent ?? 0);
};

export const frequentNames = async (ask: Ask, limit: number): Promise<FrequentNames> => {
  const most = async (kind: 'type' | 'mission'): Promise<NameCount[]> => {
    const sql = `SELECT ${totalColumns} FROM totals WHERE kind = $1 ORDER BY count DESC, name LIMIT $2`;
    return (await ask<TotalRow>(sql, [kind, limit])).map((row) => {
      const [, rockets] = totalOf(row);
      return { name: row.name, rockets };
    });
  };
  const [types, missions] = await Promise.all([most('type'), most('mission')]);
  return { types, missions };
};
