import type { Database } from './database.js';
import { checkedEarly, earlyColumns, type EarlyRow } from './event-rows.js';
import { checkedRocket, rocketColumns, type RocketRow } from './rocket-row.js';
import { ROWS, rowsInPages } from './row-pages.js';
import { StoreDamaged } from './store-errors.js';

/**
 * What is looked at before anything is served: the tables that are found through indexes and have no chain, so that
 * a lost entry can never pass for a rocket that was never heard of. Takes time in proportion to rockets and early
 * messages, not to events; those are checked as they are read.
 */
export const checkAtStart = (database: Database): void => {
  for (const table of ['meta', 'channels', 'rockets', 'early', 'snapshots']) checkTree(database, table);
  const early = countEarly(database);
  let last = 0;
  const rockets = database.prepare(
    `SELECT ${rocketColumns} FROM rockets WHERE id > ? ORDER BY id LIMIT ${ROWS}`,
  );
  for (const row of rowsInPages<RocketRow>((before) => rockets.all(before?.id ?? 0) as RocketRow[])) {
    const { id, channel, pending, highest, version, position } = checkedRocket(row);
    const found = early.get(id) ?? { count: 0, highest: version };
    if (found.count !== pending || Math.max(found.highest, version) !== highest) {
      throw new StoreDamaged(`damaged: early messages of ${channel} are missing`);
    }
    early.delete(id);
    last = Math.max(last, position);
  }
  if (early.size > 0) throw new StoreDamaged('damaged: early messages of an unknown rocket');
  const end = database.prepare('SELECT max(position) AS position FROM events').get() as {
    position: number | null;
  };
  if ((end.position ?? 0) !== last) {
    throw new StoreDamaged(`damaged: the feed ends at ${end.position ?? 0}, the rockets know of ${last}`);
  }
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

const countEarly = (database: Database): Map<number, { count: number; highest: number }> => {
  const counts = new Map<number, { count: number; highest: number }>();
  const page = database.prepare(
    `SELECT ${earlyColumns} FROM early WHERE (rocket, number) > (?, ?) ORDER BY rocket, number LIMIT ${ROWS}`,
  );
  const read = (last: EarlyRow | undefined) => page.all(last?.rocket ?? 0, last?.number ?? 0) as EarlyRow[];
  for (const row of rowsInPages(read)) {
    const { rocket, number } = checkedEarly(row);
    const known = counts.get(rocket);
    if (known === undefined) counts.set(rocket, { count: 1, highest: number });
    else {
      known.count++;
      known.highest = number;
    }
  }
  return counts;
};
