import { rocketColumns } from '../relational/rocket-rows.js';
import { sumOf, type Cell } from '../relational/rows.js';
import { StoreDamaged } from '../relational/store-errors.js';
import { type RareType, rareTypes, totalColumns, totalOf, type TotalRow } from '../relational/totals.js';
import type { Database } from './database.js';

const tables = [
  'meta',
  'rockets',
  'waiting_messages',
  'late_messages',
  'missing',
  'snapshots',
  'totals',
  'minutes',
  'subscriptions',
  'parked_sequences',
];
/** So many rows are looked at in one step. */
const PORTION = 10_000;

/**
 * Looks for what nobody would notice who reads a row and checks it: a row or an entry of an index that is lost must never
 * pass for a rocket that was never heard of, and of some rows it is decided unread that they are not asked for. One step
 * after the other, each a moment long, since nothing can end what SQLite has begun; throws what it finds.
 */
export const checkSteps = function* (database: Database): Generator<void> {
  for (const table of tables) yield checkPages(database, 'quick_check', table);
  for (const table of ['missing', 'totals']) yield checkPages(database, 'integrity_check', table);
  yield* checkRockets(database);
  for (const type of rareTypes) yield* checkRare(database, type);
};

const checkPages = (database: Database, check: string, table: string): void => {
  const [first] = database.prepare(`PRAGMA ${check}(${table})`).all();
  const [found] = Object.values(first ?? { found: 'no answer' });
  if (found !== 'ok') throw new StoreDamaged(`damaged: ${table}: ${found}`);
};

/** Each row, and that each index has an entry for it and no others. SQLite's own check of them takes 12 s for 10⁶. */
const checkRockets = function* (database: Database): Generator<void> {
  const indexes = indexesOf(database, 'rockets');
  const lost = indexes.map(({ name, columns, where }) => {
    const isEntry = columns.map((column) => `x.${column} IS r.${column}`).join(' AND ');
    return database.prepare(
      `SELECT id FROM rockets r NOT INDEXED WHERE id > ? AND id <= ? AND ${where} AND NOT EXISTS
        (SELECT 1 FROM rockets x INDEXED BY ${name} WHERE ${isEntry} AND x.id = r.id AND ${where}) LIMIT 1`,
    );
  });
  const rows = database.prepare(`SELECT ${rocketColumns} FROM rockets WHERE id > ? AND id <= ?`);
  rows.setReturnArrays(true);
  const { last } = database.prepare('SELECT max(id) AS last FROM rockets').get() as { last: number | null };
  for (let id = 0; id < (last ?? 0); id += PORTION) {
    for (const cells of rows.all(id, id + PORTION) as unknown as Cell[][]) {
      if (cells.pop() !== sumOf(cells)) throw new StoreDamaged(`damaged: rocket ${cells[0]} (${cells[1]})`);
    }
    yield;
    for (const [i, { name }] of indexes.entries()) {
      if (lost[i]!.get(id, id + PORTION) !== undefined)
        throw new StoreDamaged(`damaged: ${name}: an entry is lost`);
      yield;
    }
  }
  for (const { name, where } of indexes) {
    const count = (by: string): string => `(SELECT count(*) FROM rockets ${by} WHERE ${where})`;
    const both = database.prepare(`SELECT ${count('NOT INDEXED')} - ${count(`INDEXED BY ${name}`)} AS more`);
    if ((both.get() as { more: number }).more !== 0)
      throw new StoreDamaged(`damaged: ${name}: entries of nothing`);
    yield;
  }
};

const indexesOf = (database: Database, table: string) => {
  const rows = database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?")
    .all(table) as { name: string; sql: string }[];
  return rows.map(({ name, sql }) => {
    const [, columns = '', where = 'true'] = /\((.*?)\)(?: WHERE (.*))?$/.exec(sql) ?? [];
    return { name, columns: columns.split(', '), where };
  });
};

/** How many there are is known, so none is lost when that many are found, each behind the one before. */
const checkRare = function* (database: Database, type: RareType): Generator<void> {
  const known = database
    .prepare(
      `SELECT ${totalColumns}, (SELECT max(position) FROM events) AS last FROM totals
        WHERE kind = 'event' AND name = ?`,
    )
    .get(type) as (TotalRow & { last: number }) | undefined;
  const [, count] = known === undefined ? [type, 0] : totalOf(known);
  const entries = database.prepare(
    `SELECT position FROM events WHERE type = '${type}' AND position > ? AND position <= ? ORDER BY position LIMIT ?`,
  );
  let found = 0;
  for (let after = 0, more = known !== undefined; more;) {
    const rows = entries.all(after, known!.last, PORTION) as { position: number }[];
    for (const { position } of rows) {
      if (position <= after) throw new StoreDamaged(`damaged: the index of "${type}" is out of order`);
      after = position;
    }
    found += rows.length;
    more = rows.length === PORTION;
    yield;
  }
  if (found !== count) throw new StoreDamaged(`damaged: of ${count} events "${type}" ${found} are found`);
};
