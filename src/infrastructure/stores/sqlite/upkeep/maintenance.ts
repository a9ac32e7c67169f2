import { StoreUnavailable } from '../../../../application/ports/event-store.js';
import { Proof } from '../../upkeep/proof.js';
import type { ProvenRocket } from '../../upkeep/rocket-proof.js';
import { rocketCells, rocketColumns } from '../../relational/rocket-rows.js';
import { missingColumns } from '../../relational/rows.js';
import { snapshotColumns } from '../../relational/snapshots.js';
import { StoreDamaged, StoreRefused } from '../../relational/store-errors.js';
import { totalCells, totalColumns, totalOf, type TotalRow } from '../../relational/totals.js';
import { isInUse, isUnreadable, whyUnreadable } from './backup.js';
import { askOf, closeDatabase, openForReading, openForWriting, type Database } from '../database.js';
import { FileLock } from '../file-lock.js';
import { refuseOtherFiles, refuseOtherSchema, requireFile } from '../known-file.js';
import { asStoreError } from '../sqlite-errors.js';
import { endSession, prepareFile, readMeta, refuseLostCommits } from '../store-file.js';

export interface VerifyReport {
  readonly rockets: number;
  readonly events: number;
  readonly waiting: number;
  readonly late: number;
  /** In words, what is wrong; empty when everything is right. */
  readonly damages: readonly string[];
}

/**
 * Proves a file: every page, every row, the feed without a hole, and all that is stored of each rocket against a fold of
 * its events. Throws when it can't be read, which says nothing about what is in it.
 */
export const verifyFile = async (file: string): Promise<VerifyReport> => {
  requireFile(file);
  const damages = new Set<string>();
  const attempt = async (check: () => void | Promise<void>): Promise<void> => {
    try {
      await check();
    } catch (error) {
      damages.add(findingIn(error, file));
    }
  };
  let counted = { rockets: 0, events: 0, waiting: 0, late: 0 };
  let database: Database | undefined;
  try {
    await attempt(() => {
      database = openForReading(file);
      database.exec('BEGIN');
      readMeta(database);
    });
    await attempt(() => {
      if (!isInUse(file)) refuseLostCommits(file);
    });
    const open = database;
    if (open !== undefined) {
      await attempt(() => refuseOtherSchema(open));
      await attempt(() => checkPages(open));
      await attempt(async () => {
        const proof = new Proof(askOf(open), readMeta(open).listened);
        for await (const { differences } of proof.rockets()) for (const one of differences) damages.add(one);
        const { totals, ...counts } = proof.totals;
        counted = counts;
        for (const one of outOfPlace(open)) damages.add(one);
        const other = otherTotal(open, totals);
        if (other !== undefined) damages.add(other);
      });
    }
  } finally {
    if (database !== undefined) closeDatabase(database);
  }
  return { ...counted, damages: [...damages] };
};

export interface RebuildReport {
  readonly rockets: number;
  readonly events: number;
  /** Rockets of which something was not as the events say. */
  readonly changed: number;
  /** Whether the figures of the fleet were others. */
  readonly totalsChanged: boolean;
}

/**
 * Makes the read model and the indexes anew from the events, in one transaction: half of it is never to be seen. What was
 * lost of the events and messages themselves can't be mended, and is not to be covered up.
 */
export const rebuildFile = async (file: string): Promise<RebuildReport> => {
  requireFile(file);
  refuseOtherFiles(file);
  const lock = FileLock.acquire(file);
  try {
    const { listened } = prepareFile(lock, 'full');
    const database = openForWriting({ file: lock.file, synchronous: 'full' });
    try {
      return await rebuild(database, listened);
    } finally {
      closeDatabase(database);
      endSession(lock);
    }
  } finally {
    lock.release();
  }
};

const rebuild = async (database: Database, listened: number): Promise<RebuildReport> => {
  database.exec('BEGIN IMMEDIATE; REINDEX');
  const proof = new Proof(askOf(database), listened);
  const write = rocketWriter(database);
  let changed = 0;
  for await (const proven of proof.rockets()) {
    const { channel, stored, expected, differences, lost } = proven;
    // Of a row that is damaged it can't be known which rocket it is of.
    const isUnknown = stored === undefined && !isFoundBy(database, channel, expected.id);
    if (isUnknown || lost.length > 0) throw beyondRepair(lost[0] ?? differences[0]!);
    if (differences.length > 0) changed++;
    write(proven);
  }
  for (const table of ['snapshots', 'missing']) database.exec(`DELETE FROM ${table} WHERE ${ofNoRocket}`);
  const [misplaced] = outOfPlace(database);
  if (misplaced !== undefined) throw beyondRepair(misplaced);
  const totalsChanged = otherTotal(database, proof.totals.totals) !== undefined;
  database.exec('DELETE FROM totals');
  const putTotal = inserting(database, 'totals', totalColumns);
  for (const [total, count] of proof.totals.totals)
    if (count !== 0) putTotal.run(...totalCells(total, count));
  database.exec('COMMIT');
  return { rockets: proof.totals.rockets, events: proof.totals.events, changed, totalsChanged };
};

const rocketWriter = (database: Database): ((proven: ProvenRocket) => void) => {
  const set = rocketColumns.split(', ').map((name) => `${name} = ?`);
  const update = database.prepare(`UPDATE rockets SET ${set.join(', ')} WHERE id = ?`);
  const clear = ['snapshots', 'missing'].map((table) =>
    database.prepare(`DELETE FROM ${table} WHERE rocket = ?`),
  );
  const release = database.prepare('DELETE FROM waiting_messages WHERE rocket = ? AND number <= ?');
  const putSnapshot = inserting(database, 'snapshots', snapshotColumns);
  const putMissing = inserting(database, 'missing', missingColumns);
  return ({ expected, snapshots, missing }) => {
    const { id, version } = expected;
    update.run(...rocketCells(expected), id);
    for (const statement of clear) statement.run(id);
    release.run(id, version);
    for (const cells of snapshots) putSnapshot.run(...cells);
    for (const cells of missing) putMissing.run(...cells);
  };
};

const inserting = (database: Database, table: string, names: string) =>
  database.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.replace(/\w+/g, '?')})`);

const beyondRepair = (what: string): StoreDamaged =>
  new StoreDamaged(
    `${what}. The states can be made anew, what they are made of can't: nothing was changed. Restore a copy, or see what "rockets export" still says.`,
  );

const checkPages = (database: Database): void => {
  const [first] = database.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
  if (first?.integrity_check !== 'ok') throw new StoreDamaged(`damaged: file: ${first?.integrity_check}`);
};

const ofNoRocket = 'rocket NOT IN (SELECT id FROM rockets)';

/** Holes in the feed, and rows of no rocket. */
const outOfPlace = (database: Database): string[] => {
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
const otherTotal = (database: Database, expected: ReadonlyMap<string, number>): string | undefined => {
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

const isFoundBy = (database: Database, channel: string, id: number): boolean =>
  (database.prepare('SELECT id FROM rockets WHERE channel = ?').get(channel) as { id: number } | undefined)
    ?.id === id;

/** What was found, in words; throws what is no finding: the file could not be read, or is not for this program. */
const findingIn = (error: unknown, file: string): string => {
  const { message } = asStoreError(error);
  if (error instanceof StoreRefused) throw error;
  if (!isUnreadable(error)) return message;
  throw new StoreUnavailable(`${file} can't be read: ${whyUnreadable(file) ?? message}`, { cause: error });
};
