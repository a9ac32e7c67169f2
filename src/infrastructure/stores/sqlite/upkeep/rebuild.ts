import { rocketCells, rocketColumns } from '../../relational/rocket-rows.js';
import { missingColumns, numberedEvents } from '../../relational/rows.js';
import { snapshotColumns } from '../../relational/snapshots.js';
import { notedMinute } from '../../relational/minutes.js';
import { totalCells, totalColumns } from '../../relational/totals.js';
import { beyondRepair, requireMendable, type RebuildReport } from '../../upkeep/mending.js';
import { Proof } from '../../upkeep/proof.js';
import type { ProvenRocket } from '../../upkeep/rocket-proof.js';
import { askOf, closeDatabase, inserting, openForWriting, type Database } from '../database.js';
import { FileLock } from '../file-lock.js';
import { refuseOtherFiles, requireFile } from '../known-file.js';
import { endSession, prepareFile } from '../store-file.js';
import { minutesIn, ofNoRocket, otherTotal, outOfPlace } from './verify.js';

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
  const proof = new Proof(askOf(database), listened, numberedEvents);
  const write = rocketWriter(database);
  let changed = 0;
  for await (const proven of proof.rockets()) {
    const { channel, stored, expected, findings } = proven;
    const { differences } = findings;
    requireMendable(proven);
    // Of a row that is damaged it can't be known which rocket it is of.
    if (stored === undefined && !isFoundBy(database, channel, expected.id))
      throw beyondRepair(differences[0]!);
    if (differences.length > 0) changed++;
    write(proven);
  }
  for (const table of ['snapshots', 'missing']) database.exec(`DELETE FROM ${table} WHERE ${ofNoRocket}`);
  dropDamagedMinutes(database);
  const [misplaced] = outOfPlace(database);
  if (misplaced !== undefined) throw beyondRepair(misplaced);
  const totalsChanged = otherTotal(database, proof.totals.totals) !== undefined;
  database.exec('DELETE FROM totals');
  const putTotal = database.prepare(inserting('totals', totalColumns));
  for (const [total, count] of proof.totals.totals)
    if (count !== 0) putTotal.run(...totalCells(total, count));
  database.exec('COMMIT');
  return { rockets: proof.totals.rockets, events: proof.totals.events, changed, totalsChanged };
};

/** Nobody can say what they were, and nothing depends on them. */
const dropDamagedMinutes = (database: Database): void => {
  const drop = database.prepare('DELETE FROM minutes WHERE minute = ? AND instance = ?');
  for (const row of minutesIn(database)) {
    try {
      notedMinute(row);
    } catch {
      drop.run(row.minute, row.instance);
    }
  }
};

const rocketWriter = (database: Database): ((proven: ProvenRocket) => void) => {
  const set = rocketColumns.split(', ').map((name) => `${name} = ?`);
  const update = database.prepare(`UPDATE rockets SET ${set.join(', ')} WHERE id = ?`);
  const clear = ['snapshots', 'missing'].map((table) =>
    database.prepare(`DELETE FROM ${table} WHERE rocket = ?`),
  );
  const release = database.prepare('DELETE FROM waiting_messages WHERE rocket = ? AND number <= ?');
  const putSnapshot = database.prepare(inserting('snapshots', snapshotColumns));
  const putMissing = database.prepare(inserting('missing', missingColumns));
  return ({ expected, snapshots, missing }) => {
    const { id, version } = expected;
    update.run(...rocketCells(expected), id);
    for (const statement of clear) statement.run(id);
    release.run(id, version);
    for (const cells of snapshots) putSnapshot.run(...cells);
    for (const cells of missing) putMissing.run(...cells);
  };
};

const isFoundBy = (database: Database, channel: string, id: number): boolean =>
  (database.prepare('SELECT id FROM rockets WHERE channel = ?').get(channel) as { id: number } | undefined)
    ?.id === id;
