import { renameSync, rmSync } from 'node:fs';
import { backup } from '@photostructure/sqlite';
import { allChannels, type ChannelRow } from './channel-row.js';
import type { Cell } from './checksum.js';
import {
  openForReading,
  openForWriting,
  prepareFile,
  readMeta,
  requireFile,
  type Database,
} from './database.js';
import { checkedEvents, eventColumns, type EventRow } from './event-rows.js';
import { FileLock } from './file-lock.js';
import { checkAtStart, checkTree } from './integrity.js';
import { Replay, type Replayed } from './replay.js';
import { rocketColumns } from './rocket-row.js';
import { ROWS, rowsInPages } from './row-pages.js';
import { snapshotColumns } from './snapshot-rows.js';
import { asStoreError, StoreDamaged } from './store-errors.js';
import { refuseDamagedLog } from './write-ahead-log.js';

export interface VerifyReport {
  readonly rockets: number;
  readonly events: number;
  readonly early: number;
  /** In words, what is wrong; empty when everything is right. */
  readonly damages: readonly string[];
}

/** Proves a file: every page, every row, every chain, and every state against the fold of its events. */
export const verifyFile = (file: string): VerifyReport => {
  requireFile(file);
  const counted = { rockets: 0, events: 0, early: 0 };
  const damages: string[] = [];
  const attempt = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      damages.push(asStoreError(error).message);
    }
  };
  let database: Database | undefined;
  attempt(() => {
    if (!isInUse(file)) refuseDamagedLog(file);
    database = openForReading(file);
    database.exec('BEGIN');
    readMeta(database);
  });
  if (database !== undefined) {
    const open = database;
    attempt(() => checkTree(open));
    attempt(() => checkAtStart(open));
    attempt(() => checkFeed(open));
    attempt(() => {
      for (const [channel, replayed] of replayAll(open)) {
        counted.rockets++;
        counted.events += replayed.events;
        counted.early += replayed.early;
        attempt(() => compare(open, channel, replayed));
      }
    });
    attempt(() => open.close());
  }
  return { ...counted, damages: [...new Set(damages)] };
};

export interface RebuildReport {
  readonly rockets: number;
  readonly events: number;
  /** Rows that were not as the events say. */
  readonly changed: number;
}

/** Drops every state and folds it anew from the events, in one transaction: half of it is never to be seen. */
export const rebuildFile = (file: string): RebuildReport => {
  requireFile(file);
  const lock = FileLock.acquire(file);
  const options = { file, synchronous: 'full' } as const;
  try {
    prepareFile(options);
    const database = openForWriting(options);
    try {
      return rebuild(database);
    } finally {
      database.close();
    }
  } finally {
    lock.release();
  }
};

/** Copies the file as it is at one moment, while it may be in use. A file of that name is replaced at the very end. */
export const backupFile = async (file: string, target: string): Promise<void> => {
  requireFile(file);
  const unfinished = `${target}.part`;
  rmSync(unfinished, { force: true });
  const database = openForReading(file);
  try {
    await backup(database, unfinished, { rate: 4096 });
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw asStoreError(error);
  } finally {
    database.close();
  }
  renameSync(unfinished, target);
};

/** While somebody writes, the log changes under whoever looks at it. */
const isInUse = (file: string): boolean => {
  try {
    FileLock.acquire(file).release();
    return false;
  } catch {
    return true;
  }
};

const replayAll = function* (database: Database): Generator<[ChannelRow, Replayed]> {
  const replay = new Replay(database);
  for (const row of allChannels(database)) yield [row, replay.of(row)];
};

/** Every position once, every row of a rocket that is known. */
const checkFeed = (database: Database): void => {
  let place = 0;
  let rows = 0;
  const feed = database.prepare(
    `SELECT ${eventColumns} FROM events WHERE position > ? ORDER BY position LIMIT ${ROWS}`,
  );
  const read = (last: EventRow | undefined) => feed.all(last?.position ?? 0) as EventRow[];
  for (const row of rowsInPages(read)) {
    const { position, count } = checkedEvents(row);
    if (position - count !== place)
      throw new StoreDamaged(`damaged: the feed breaks behind position ${place}`);
    place = position;
    rows++;
  }
  const known = database
    .prepare('SELECT count(*) AS rows FROM events WHERE rocket IN (SELECT id FROM channels)')
    .get() as { rows: number };
  if (known.rows !== rows) throw new StoreDamaged('damaged: there are events of rockets that are not known');
};

const compare = (database: Database, { id, channel }: ChannelRow, { rocket, snapshots }: Replayed): void => {
  const stored = database.prepare(`SELECT ${rocketColumns} FROM rockets WHERE id = ?`).get(id);
  if (!sameCells(stored, rocket)) {
    throw new StoreDamaged(`damaged: the state of ${channel} is not what its events lead to`);
  }
  const kept = database
    .prepare(`SELECT ${snapshotColumns} FROM snapshots WHERE rocket = ? ORDER BY version`)
    .all(id);
  if (kept.length !== snapshots.length || !kept.every((row, i) => sameCells(row, snapshots[i]!))) {
    throw new StoreDamaged(`damaged: the earlier states of ${channel} are not what its events lead to`);
  }
};

const sameCells = (row: unknown, cells: readonly Cell[]): boolean =>
  JSON.stringify(Object.values(row ?? {})) === JSON.stringify(cells);

const rebuild = (database: Database): RebuildReport => {
  const report = { rockets: 0, events: 0, changed: 0 };
  const before = database.prepare(`SELECT ${rocketColumns} FROM rockets WHERE id = ?`);
  const remove = database.prepare('DELETE FROM rockets WHERE id = ?');
  const insert = insertInto(database, 'rockets', rocketColumns);
  const insertSnapshot = insertInto(database, 'snapshots', snapshotColumns);
  database.exec('BEGIN IMMEDIATE; DELETE FROM snapshots');
  for (const [{ id }, { rocket, snapshots, events }] of replayAll(database)) {
    if (!sameCells(before.get(id), rocket)) report.changed++;
    remove.run(id);
    insert.run(...rocket);
    for (const snapshot of snapshots) insertSnapshot.run(...snapshot);
    report.rockets++;
    report.events += events;
  }
  database.exec('DELETE FROM rockets WHERE id NOT IN (SELECT id FROM channels); COMMIT; REINDEX');
  return report;
};

const insertInto = (database: Database, table: string, columns: string) =>
  database.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.replace(/\w+/g, '?')})`);
