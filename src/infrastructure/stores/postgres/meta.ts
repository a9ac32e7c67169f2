import type { Ask } from '../relational/ask.js';
import { sumOf } from '../relational/rows.js';
import { StoreDamaged } from '../relational/store-errors.js';

/** What is known of the database itself. `xid` is the transaction that wrote it, as far as a row can tell. */
export interface MetaRow {
  readonly value: string;
  readonly xid: number;
}

/** A row keeps 32 bits of the transaction that wrote it. */
export const inRow = (xid: number): number => xid % 2 ** 32;

export const findMeta = async (ask: Ask, key: string): Promise<MetaRow | undefined> => {
  const [row] = await ask<{ value: string; sum: number; xid: number }>(
    'SELECT value, sum, xmin::text::bigint AS xid FROM meta WHERE key = $1',
    [key],
  );
  if (row === undefined) return undefined;
  if (sumOf([key, row.value]) !== row.sum)
    throw new StoreDamaged(`damaged: ${key} in meta does not match its checksum`);
  return row;
};

export const metaOf = async (ask: Ask, key: string): Promise<string> => {
  const row = await findMeta(ask, key);
  if (row === undefined) throw new StoreDamaged(`damaged: meta has no ${key}`);
  return row.value;
};

export const putMeta = (ask: Ask, key: string, value: string): Promise<unknown> =>
  ask(
    `INSERT INTO meta VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum`,
    [key, value, sumOf([key, value])],
  );
