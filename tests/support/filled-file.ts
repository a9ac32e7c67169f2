import { DatabaseSync } from '@photostructure/sqlite';
import { exploded, faster, launched, received, skipped, write } from './builders.js';
import type { SqliteStores } from './sqlite-stores.js';

/** Three rockets: a long history with gaps behind it, skipped and late messages, an explosion. Closed in order. */
export const fillFile = async (stores: SqliteStores, file: string): Promise<void> => {
  const store = await stores.open(file);
  const long = Array.from({ length: 1500 }, (_, i) => faster(i));
  await write(store, 'a', { events: [launched(), ...long.slice(0, 700)] });
  await write(store, 'a', { events: long.slice(700), added: [received('a', 2000), received('a', 2002)] });
  await write(store, 'b', { added: [received('b', 2), received('b', 3)] });
  await write(store, 'b', { events: [skipped(1, 1), faster(2), faster(3)], released: [2, 3] });
  await write(store, 'b', { added: [received('b', 9)], late: [received('b', 1)] });
  await write(store, 'c', { events: [launched(), exploded()] });
  await stores.closeAll();
};

export const filledFile = { rockets: 3, events: 1506, waiting: 3, late: 1, damages: [] };

/** Somebody changes the file by hand. */
export const changeByHand = (file: string, sql: string): void => {
  const database = new DatabaseSync(file);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
};

export const versionOf = (file: string): number => {
  const database = new DatabaseSync(file, { readOnly: true });
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  database.close();
  return version;
};

const tables = ['rockets', 'events', 'waiting_messages', 'late_messages', 'missing', 'snapshots', 'totals'];

/** Every row of every table but those that speak of the file itself, and of subscriptions. */
export const rowsIn = (file: string): unknown => rowsOf(file, tables);

export const subscriptionRowsIn = (file: string): unknown =>
  rowsOf(file, ['subscriptions', 'parked_sequences']);

const rowsOf = (file: string, some: readonly string[]): unknown => {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = some.map((table) => [table, database.prepare(`SELECT * FROM ${table}`).all()]);
  database.close();
  return rows;
};
