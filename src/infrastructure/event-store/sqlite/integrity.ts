import type { Database } from './database.js';
import { checkedEarly, earlyColumns, type EarlyRow } from './folded/early-rows.js';
import { checkedRocket, rocketColumns, type RocketRow } from './folded/rocket-row.js';
import { ROWS, rowsInPages } from './folded/row-pages.js';
import { StoreDamaged } from './store-errors.js';

/**
 * What is looked at before anything is served: the tables that are found through indexes and have no chain, so that
 * a lost entry can never pass for a rocket that was never heard of. Takes time in proportion to rockets and early
 * messages, not to events; those are checked as they are read.
 */
export const checkAtStart = (database: Database): void => {
  for (const table of ['meta', 'rockets', 'early', 'snapshots', 'folded']) checkTree(database, table);
  const early = countEarly(database);
  const rockets = database.prepare(
    `SELECT ${rocketColumns} FROM rockets WHERE channel > ? ORDER BY channel LIMIT ${ROWS}`,
  );
  for (const row of rowsInPages<RocketRow>((last) => rockets.all(last?.channel ?? '') as RocketRow[])) {
    const { channel, pending, highest, version } = checkedRocket(row);
    const found = early.get(channel) ?? { count: 0, highest: version };
    if (found.count !== pending || Math.max(found.highest, version) !== highest) {
      throw new StoreDamaged(`damaged: early messages of ${channel} are missing`);
    }
    early.delete(channel);
  }
  if (early.size > 0) throw new StoreDamaged('damaged: early messages of an unknown rocket');
};

/** Pages, order and indexes of one table, or of the whole file. */
export const checkTree = (database: Database, table?: string): void => {
  const argument = table === undefined ? '' : `(${table})`;
  const [first] = database.prepare(`PRAGMA integrity_check${argument}`).all() as {
    integrity_check: string;
  }[];
  if (first?.integrity_check !== 'ok') {
    throw new StoreDamaged(`damaged: ${table ?? 'file'}: ${first?.integrity_check ?? 'no answer'}`);
  }
};

const countEarly = (database: Database): Map<string, { count: number; highest: number }> => {
  const counts = new Map<string, { count: number; highest: number }>();
  const page = database.prepare(
    `SELECT ${earlyColumns} FROM early WHERE (channel, number) > (?, ?) ORDER BY channel, number LIMIT ${ROWS}`,
  );
  const read = (last: EarlyRow | undefined) => page.all(last?.channel ?? '', last?.number ?? 0) as EarlyRow[];
  for (const row of rowsInPages(read)) {
    const { channel, number } = checkedEarly(row);
    const known = counts.get(channel);
    if (known === undefined) counts.set(channel, { count: 1, highest: number });
    else {
      known.count++;
      known.highest = number;
    }
  }
  return counts;
};
