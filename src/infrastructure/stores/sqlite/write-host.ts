import type { Statement } from '../relational/subscription-statements.js';
import type { Cell } from '../relational/rows.js';
import { totalColumns, totalOf, type TotalRow } from '../relational/totals.js';
import {
  checkpoint,
  closeDatabase,
  openForWriting,
  type Database,
  type DatabaseOptions,
} from './database.js';
import { HeadReader, type HeadQuery, type HeadRows } from './head-reader.js';
import { Writer, type WriteOrder } from './writer.js';

/** Every connection costs open files until the garbage collector comes by: a failing disk must not use them up. */
const REOPEN_AFTER_MS = 100;

/** What a store has to know before it writes. */
export interface StoreEnds {
  readonly position: number;
  readonly rocket: number;
  readonly totals: readonly (readonly [name: string, count: number])[];
}

interface Connection {
  readonly database: Database;
  readonly writer: Writer;
  readonly heads: HeadReader;
}

/** A connection that writes, made anew after an error: the old one may be in any state. Lives on any thread. */
export class WriteHost {
  private connection: Connection | undefined;
  private failure: unknown;
  private openedAt = -Infinity;

  constructor(
    private readonly options: DatabaseOptions,
    private readonly pagesInLog: number,
  ) {}

  write(order: WriteOrder): number {
    return this.attempt(() => this.fresh().writer.write(order));
  }

  noteListened(listened: number): void {
    this.attempt(() => this.fresh().writer.noteListened(listened));
  }

  putMinutes(rows: readonly Cell[][], before: number): void {
    this.attempt(() => this.fresh().writer.putMinutes(rows, before));
  }

  run(orders: readonly (readonly Statement[])[]): boolean[] {
    return this.attempt(() => this.fresh().writer.run(orders));
  }

  heads(queries: readonly HeadQuery[]): HeadRows[] {
    return this.any().heads.heads(queries);
  }

  ends(): StoreEnds {
    const { database } = this.any();
    const one = (sql: string): number => (database.prepare(sql).get() as { n: number | null }).n ?? 0;
    const totals = database
      .prepare(`SELECT ${totalColumns} FROM totals WHERE kind IN ('fleet', 'event')`)
      .all();
    return {
      position: one('SELECT max(position) AS n FROM events'),
      rocket: one('SELECT max(id) AS n FROM rockets'),
      totals: (totals as unknown as TotalRow[]).map(totalOf),
    };
  }

  close(): void {
    if (this.connection !== undefined) closeDatabase(this.connection.database);
    this.connection = undefined;
  }

  /** For reading: an old connection is better than none, and who only reads waits for no other program that writes. */
  private any(): Connection {
    return (this.connection ??= this.connect());
  }

  private fresh(): Connection {
    if (this.failure === undefined) return this.any();
    const now = performance.now();
    if (now - this.openedAt < REOPEN_AFTER_MS) throw this.failure;
    this.openedAt = now;
    const connection = this.reconnect();
    this.close();
    this.connection = connection;
    this.failure = undefined;
    return connection;
  }

  private reconnect(): Connection {
    const connection = this.connect();
    try {
      // On a disk that is read-only now, SQLite opens what can't write, and says so only when it has to.
      connection.database.exec("DELETE FROM meta WHERE key = ''");
      makeRoom(connection.database);
      return connection;
    } catch (error) {
      closeDatabase(connection.database);
      throw error;
    }
  }

  private connect(): Connection {
    const database = openForWriting(this.options, this.pagesInLog);
    try {
      return { database, writer: new Writer(database), heads: new HeadReader(database) };
    } catch (error) {
      closeDatabase(database);
      throw error;
    }
  }

  private attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

/** A full disk may be full of our own log: moved into the file, it gives back what it took. */
const makeRoom = (database: Database): void => {
  try {
    checkpoint(database);
  } catch {
    // The write that follows tells whether there is room.
  }
};
