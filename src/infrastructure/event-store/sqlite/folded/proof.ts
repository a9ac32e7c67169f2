import { pathToFileURL } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { closeReading, type Database } from '../database.js';
import { foldedUpTo, FoldedTables } from './folded-tables.js';
import { Folding, type FoldedTo } from './folding.js';
import { Log } from '../log/log.js';
import { foldedTables } from '../schema.js';

/** What is folded from the log, and what that is of a rocket. */
const TABLES = {
  rockets: 'the state',
  history: 'the index of the history',
  early: 'the early messages',
  snapshots: 'the earlier states',
} as const;

export interface Difference {
  readonly channel: string;
  readonly what: (typeof TABLES)[keyof typeof TABLES];
}
/** So much of the log is folded at once: a gigabyte has room in memory. */
const UNFOLDED = 262_144;

/**
 * Folds the whole log of a file anew into tables of its own, in a temporary database, to be held against those of the
 * file or put in their place. The file is attached as `stored`.
 */
export class Proof {
  private readonly database: Database;
  private readonly tables: FoldedTables;
  private readonly log: Log;

  constructor(file: string, mode: 'ro' | 'rw') {
    // Without a name: SQLite keeps it in memory while it is small, and removes it in any case.
    this.database = new DatabaseSync('', { timeout: 5000 });
    this.database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536`);
    this.database.exec(foldedTables);
    this.database.exec(`ATTACH '${pathToFileURL(file).href.replaceAll("'", "''")}?mode=${mode}' AS stored`);
    this.database.exec('PRAGMA stored.synchronous = FULL; PRAGMA stored.fullfsync = ON');
    this.tables = new FoldedTables(this.database);
    this.log = new Log(this.database);
    this.database.exec(mode === 'rw' ? 'BEGIN IMMEDIATE' : 'BEGIN');
  }

  /**
   * Folds every entry of the log. A file in use, or one that crashed, may not have folded the last ones yet: of those,
   * behind `settled`, only what its own rockets have is folded here, too.
   */
  fold(settled = Infinity): void {
    const stored = this.database.prepare('SELECT revision, position FROM stored.rockets WHERE channel = ?');
    const foldedTo = (channel: string): FoldedTo =>
      (stored.get(channel) as FoldedTo | undefined) ?? { revision: 0, position: 0 };
    this.foldBehind(0, (entry) => (entry > settled ? foldedTo : undefined));
  }

  /** Folds what `fold` left out. */
  foldRest(settled: number): void {
    this.foldBehind(settled, () => undefined);
  }

  /** Up to where the file says its tables are folded. */
  storedEnd(): number {
    return foldedUpTo(this.database.prepare('SELECT entry, sum FROM stored.folded WHERE id = 1'));
  }

  counts(): { rockets: number; events: number; early: number } {
    return this.database
      .prepare(
        `SELECT count(*) AS rockets, coalesce(sum(events), 0) AS events, coalesce(sum(pending), 0) AS early
         FROM main.rockets`,
      )
      .get() as { rockets: number; events: number; early: number };
  }

  /** What is stored and not what the log leads to. */
  differences(): Difference[] {
    return Object.entries(TABLES).flatMap(([table, what]) => {
      const only = (these: string, those: string): string =>
        `SELECT channel FROM (SELECT * FROM ${these}.${table} EXCEPT SELECT * FROM ${those}.${table})`;
      const rows = this.database
        .prepare(`${only('main', 'stored')} UNION ${only('stored', 'main')} ORDER BY channel`)
        .all() as { channel: string }[];
      return rows.map(({ channel }) => ({ channel, what }));
    });
  }

  /** Puts the tables in the place of those of the file, in one transaction. */
  replace(): void {
    for (const table of Object.keys(TABLES)) {
      this.database.exec(
        `DELETE FROM stored.${table}; INSERT INTO stored.${table} SELECT * FROM main.${table}`,
      );
    }
    this.tables.foldedUpTo = this.log.last().entry;
    this.database.exec(
      'DELETE FROM stored.folded; INSERT INTO stored.folded SELECT * FROM main.folded; COMMIT',
    );
  }

  private foldBehind(
    after: number,
    limitOf: (entry: number) => ((channel: string) => FoldedTo) | undefined,
  ): void {
    const folding = new Folding(this.tables);
    for (const row of this.log.rows(after)) {
      folding.addRow(row, limitOf(row.entry));
      folding.storeOldest(UNFOLDED);
    }
    folding.storeOldest(0);
  }

  close(): void {
    closeReading(this.database);
  }
}
