import { sumOf, type Cell } from '../checksum.js';
import type { Database, Statement } from '../database.js';
import { earlyColumns } from './early-rows.js';
import { checkedHistory, HistoryPart, historyColumns, type HistoryRow } from './history-rows.js';
import { RocketFold } from './rocket-fold.js';
import { checkedRocket, rocketColumns, type RocketRow } from './rocket-row.js';
import { snapshotColumns } from './snapshot-rows.js';
import { StoreDamaged } from '../store-errors.js';
import { newTail, sealed, type Tail } from './tail.js';

/** Reads and writes what is folded from the log. */
export class FoldedTables {
  private readonly rocket: Statement;
  private readonly part: Statement;
  private readonly insert: Statement;
  private readonly update: Statement;
  private readonly updateListed: Statement;
  private readonly putHistory: Statement;
  private readonly insertEarly: Statement;
  private readonly deleteEarly: Statement;
  private readonly insertSnapshot: Statement;
  private readonly end: Statement;
  private readonly putEnd: Statement;
  private readonly totals: Statement;

  constructor(database: Database) {
    this.rocket = database.prepare(`SELECT ${rocketColumns} FROM rockets WHERE channel = ?`);
    this.part = database.prepare(
      `SELECT ${historyColumns} FROM history WHERE channel = ? ORDER BY since DESC LIMIT 1`,
    );
    this.insert = database.prepare(`INSERT INTO rockets (${rocketColumns}) VALUES (${marks(rocketColumns)})`);
    this.update = database.prepare(
      'UPDATE rockets SET revision = ?, version = ?, speed = ?, updated_at = ?, updated_key = ?, latest = ?,' +
        ' highest = ?, pending = ?, events = ?, position = ?, chain = ?, sum = ? WHERE channel = ?',
    );
    // A column that is named is written into its indexes again, changed or not.
    this.updateListed = database.prepare(
      'UPDATE rockets SET status = ?, complete = ?, type = ?, mission = ?, launched_at = ?, launched_key = ?,' +
        ' reason = ?, exploded_at = ? WHERE channel = ?',
    );
    this.putHistory = database.prepare(
      `INSERT INTO history (${historyColumns}) VALUES (${marks(historyColumns)}) ON CONFLICT DO UPDATE` +
        ' SET number = excluded.number, entry = excluded.entry, places = excluded.places, sum = excluded.sum',
    );
    this.insertEarly = database.prepare(
      `INSERT INTO early (${earlyColumns}) VALUES (${marks(earlyColumns)})`,
    );
    this.deleteEarly = database.prepare('DELETE FROM early WHERE channel = ? AND number <= ?');
    this.insertSnapshot = database.prepare(
      `INSERT INTO snapshots (${snapshotColumns}) VALUES (${marks(snapshotColumns)})`,
    );
    this.end = database.prepare(foldedQuery);
    this.putEnd = database.prepare('INSERT OR REPLACE INTO folded (id, entry, sum) VALUES (1, ?, ?)');
    this.totals = database.prepare('SELECT coalesce(sum(events), 0) AS events FROM rockets');
  }

  /** The fold of a rocket as far as it is stored. */
  load(channel: string): RocketFold {
    const row = this.rocket.get(channel) as RocketRow | undefined;
    if (row === undefined) return new RocketFold(newTail(channel), undefined);
    const part = this.part.get(channel) as HistoryRow | undefined;
    return new RocketFold({ ...checkedRocket(row) }, part && HistoryPart.of(checkedHistory(part)));
  }

  save(fold: RocketFold): void {
    const { tail } = fold;
    const { channel } = tail;
    const { isNew, history, snapshots, early, releasedUpTo, isListedAnew } = fold.take();
    for (const cells of history) this.putHistory.run(...cells);
    for (const cells of snapshots) this.insertSnapshot.run(...cells);
    if (releasedUpTo > 0) tail.pending -= Number(this.deleteEarly.run(channel, releasedUpTo).changes);
    for (const cells of early) this.insertEarly.run(...cells);
    tail.pending += early.length;
    const cells = sealed(tail);
    if (isNew) this.insert.run(...cells, tail.sum);
    else this.overwrite(tail, isListedAnew);
  }

  get foldedUpTo(): number {
    return foldedUpTo(this.end);
  }

  set foldedUpTo(entry: number) {
    this.putEnd.run(entry, sumOf([entry]));
  }

  get events(): number {
    return (this.totals.get() as { events: number }).events;
  }

  private overwrite(tail: Tail, listedToo: boolean): void {
    const { channel, revision, version, speed, updated_at, updated_key, latest } = tail;
    const { highest, pending, events, position, chain, sum } = tail;
    const state = [revision, version, speed, updated_at, updated_key, latest];
    const { changes } = this.update.run(...state, highest, pending, events, position, chain, sum, channel);
    if (changes !== 1) throw new StoreDamaged(`damaged: ${channel} has lost its row`);
    if (!listedToo) return;
    const { status, complete, type, mission, launched_at, launched_key, reason, exploded_at } = tail;
    const launch: Cell[] = [type, mission, launched_at, launched_key];
    this.updateListed.run(status, complete, ...launch, reason, exploded_at, channel);
  }
}

export const foldedQuery = 'SELECT entry, sum FROM folded WHERE id = 1';

/** The answer to `foldedQuery`: up to this entry of the log everything is folded. */
export const foldedUpTo = (query: Statement): number => {
  const row = query.get() as { entry: number; sum: number } | undefined;
  if (row === undefined) return 0;
  if (sumOf([row.entry]) === row.sum) return row.entry;
  throw new StoreDamaged('damaged: the table "folded" does not match its checksum');
};

const marks = (columns: string): string => columns.replace(/\w+/g, '?');
