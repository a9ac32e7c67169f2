import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExportLine, MessageRules } from '../../upkeep/export-line.js';
import { Export } from '../../upkeep/export.js';
import { Import, type Imported } from '../../upkeep/import.js';
import type { ImportedSubscriptions } from '../../upkeep/subscription-import.js';
import { eventColumns, numberedEvents, type NumberedRow } from '../../relational/rows.js';
import { RelationalSubscriptionStore } from '../../relational/relational-subscription-store.js';
import { StoreRefused } from '../../relational/store-errors.js';
import { askOf, checkpoint, closeDatabase, closing, openForReading, openForWriting } from '../database.js';
import { syncDirectory } from '../file-handles.js';
import { FileLock } from '../file-lock.js';
import { hasSubscriptions, refuseOtherFiles, requireFile } from '../known-file.js';
import { SqliteEventStore } from '../sqlite-event-store.js';
import { SqliteSubscriptions } from '../sqlite-subscriptions.js';
import { endSession, forgetHome, prepareFile, readMeta } from '../store-file.js';

/** Everything the file holds, as it is at one moment, while the service may go on writing. */
export const exportFile = async function* (file: string): AsyncGenerator<ExportLine> {
  requireFile(file);
  const database = openForReading(file);
  try {
    database.exec('BEGIN');
    const places = hasSubscriptions(database) ? placeOrder : undefined;
    const feed = { ...feedOrder, places };
    yield* new Export(askOf(database), readMeta(database).listened, feed).lines();
  } finally {
    closeDatabase(database);
  }
};

const feedOrder = {
  format: numberedEvents,
  sql: `SELECT ${eventColumns} FROM events WHERE position > $1 ORDER BY position LIMIT $2`,
  start: [0],
  placeOf: ({ position }: NumberedRow): readonly number[] => [position],
};

const placeOrder = {
  columns: ['position'],
  upTo: 'SELECT rocket, number FROM events WHERE position <= $1 ORDER BY position DESC LIMIT 1',
};

/** Writes the lines of an export into a new file, which is there when it is complete. */
export const importFile = async (
  lines: AsyncIterable<readonly string[]>,
  name: string,
  rules: MessageRules,
): Promise<Imported> => {
  refuseOtherFiles(name);
  const lock = FileLock.acquire(name);
  const { file } = lock;
  let folder: string | undefined;
  try {
    requireEmpty(lock);
    folder = mkdtempSync(`${file}.part-`);
    const unfinished = join(folder, 'new');
    const imported = await fill(unfinished, lines, rules);
    for (const rest of ['-wal', '-shm']) rmSync(`${file}${rest}`, { force: true });
    renameSync(unfinished, file);
    syncDirectory(dirname(file));
    return imported;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    lock.release();
  }
};

const fill = async (
  file: string,
  lines: AsyncIterable<readonly string[]>,
  rules: MessageRules,
): Promise<Imported> => {
  const store = await SqliteEventStore.open({ file, synchronous: 'full', place: 'here' });
  try {
    const work = new Import(store, rules, importedInto(store));
    for await (const some of lines) for (const line of some) await work.take(line);
    return await work.finish();
  } finally {
    await store.close();
    closing(openForWriting({ file, synchronous: 'full' }), (database) => {
      forgetHome(database);
      checkpoint(database);
    });
  }
};

const importedInto = (store: SqliteEventStore): ImportedSubscriptions => {
  const subscriptions = new RelationalSubscriptionStore(new SqliteSubscriptions(store.parts));
  return {
    beginning: store.beginning,
    create: (subscription, secrets) => subscriptions.create(subscription, secrets),
    save: (subscription, change) => subscriptions.save(subscription, change),
    positionOf: async ({ channel, number }) => {
      const [event] = await store.read(channel, { after: number - 1, limit: 1 });
      return event?.number === number ? event.position : undefined;
    },
  };
};

const requireEmpty = (lock: FileLock): void => {
  const { file } = lock;
  if (!existsSync(file) || (statSync(file).size === 0 && !existsSync(`${file}-wal`))) return;
  // Of what was not closed in order, the log may hold everything.
  prepareFile(lock, 'full');
  endSession(lock);
  closing(openForReading(file), (database) => {
    for (const what of ['rockets', 'subscriptions']) {
      if (database.prepare(`SELECT 1 FROM ${what} LIMIT 1`).get() === undefined) continue;
      throw new StoreRefused(`${file} holds ${what} already; name a new file.`);
    }
  });
};
