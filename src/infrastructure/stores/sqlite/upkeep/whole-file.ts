import { totalColumns, totalOf, type TotalRow } from '../../relational/totals.js';
import type { Database } from '../database.js';

/* What shows only when all rockets are looked at together. */

export const ofNoRocket = 'rocket NOT IN (SELECT id FROM rockets)';

/** Holes in the feed, and rows of no rocket. */
export const outOfPlace = (database: Database): string[] => {
  const count = (what: string): number =>
    (database.prepare(`SELECT (SELECT ${what}) AS n`).get() as { n: number | null }).n ?? 0;
  const [events, last] = [count('count(*) FROM events'), count('max(position) FROM events')];
  const rows = ['events', 'waiting_messages', 'late_messages', 'missing', 'snapshots'].map((table) => ({
    table,
    strays: count(`count(*) FROM ${table} WHERE ${ofNoRocket}`),
  }));
  return [
    ...(events === last ? [] : [`damaged: the feed ends at ${last} and has ${events} events`]),
    ...rows
      .filter(({ strays }) => strays > 0)
      .map(({ table, strays }) => `damaged: rows of no rocket in "${table}": ${strays}`),
  ];
};

/** In words, one of the figures of the fleet that is not what it should be. */
export const otherTotal = (database: Database, expected: ReadonlyMap<string, number>): string | undefined => {
  const rows = database.prepare(`SELECT ${totalColumns} FROM totals`).all() as unknown as TotalRow[];
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
