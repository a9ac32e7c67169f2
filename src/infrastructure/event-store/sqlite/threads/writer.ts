import type { RocketEvent } from '../../../../domain/rocket-event.js';
import { checkpoint, openForWriting, type Database, type DatabaseOptions } from '../database.js';
import type { HeadQuery, StoredHead } from '../event-reader.js';
import type { LogGroup } from '../log/log-line.js';
import { StoreDamaged } from '../store-errors.js';
import type { FoldStep, GroupReply, Question } from './thread-protocol.js';
import { WriterConnection } from './writer-connection.js';

/** Every connection costs open files until the garbage collector comes by: a failing disk must not use them up. */
const REOPEN_AFTER_MS = 100;

/** Writes groups of changes, each group in one transaction with one fsync. The only writer of its file. */
export class Writer {
  private connection: WriterConnection | undefined;
  /** Why the connection is not to be written to any more. */
  private failure: unknown;
  private openedAt = -Infinity;

  constructor(
    private readonly options: DatabaseOptions,
    private readonly reopenAfterMs = REOPEN_AFTER_MS,
  ) {}

  /** Opens the file and folds what a crash left over; refuses a file that lost something. */
  open(): void {
    this.fresh();
    try {
      this.foldAll();
      this.connection!.checkTotals();
    } catch (error) {
      // A full disk is no reason not to serve what is there.
      if (error instanceof StoreDamaged) throw error;
    }
  }

  /** When it returns, the group is on disk; when it throws, nothing of it may be believed to be. */
  write(group: LogGroup): GroupReply {
    const connection = this.fresh();
    return this.attempt(() => connection.write(group));
  }

  heads(queries: readonly HeadQuery[], room: number): StoredHead[] {
    let isFolded = true;
    try {
      this.foldChannels(queries.map(({ channel }) => channel));
    } catch (error) {
      if (error instanceof StoreDamaged) throw error;
      isFolded = false;
    }
    const connection = this.any();
    const read = (): StoredHead[] => connection.events.heads(queries, room);
    return this.attempt(() => (isFolded ? read() : connection.withAllFolded(read)));
  }

  recorded(queries: readonly HeadQuery[]): [number, RocketEvent][][] {
    const connection = this.any();
    return this.attempt(() => queries.map((query) => connection.recorded(query)));
  }

  foldChannels(channels: readonly string[]): void {
    const open = this.any();
    const unfolded = channels.filter((channel) => open.hasUnfolded(channel));
    if (unfolded.length === 0) return;
    const connection = this.fresh();
    this.attempt(() => connection.foldChannels(unfolded));
  }

  /** Folds a part of what is in the log; to be called again, with the same end, until it is done. */
  foldSome(upTo: number | undefined): FoldStep {
    const end = upTo ?? this.any().lastEntry;
    if (this.any().isFolded(end)) return { upTo: end, done: true };
    const connection = this.fresh();
    return { upTo: end, done: this.attempt(() => connection.foldSome(end)) };
  }

  /** Answers with everything that is in the log, when the disk does not take what is folded from it. */
  ask(question: Question): unknown {
    const connection = this.any();
    return this.attempt(() => connection.withAllFolded(() => connection.answer(question)));
  }

  close(): void {
    try {
      if (this.connection !== undefined) this.foldAll();
    } catch {
      // The log has it: what could not be folded now is folded at the next start.
    }
    this.connection?.close();
    this.connection = undefined;
  }

  private foldAll(): void {
    let step = this.foldSome(undefined);
    while (!step.done) step = this.foldSome(step.upTo);
  }

  /** For reading: an old connection is better than none. */
  private any(): WriterConnection {
    return this.connection ?? this.fresh();
  }

  /** For writing: after an error the old connection may be in any state, and the file may be full of our own log. */
  private fresh(): WriterConnection {
    if (this.connection !== undefined && this.failure === undefined) return this.connection;
    const now = performance.now();
    if (this.failure !== undefined && now - this.openedAt < this.reopenAfterMs) throw this.failure;
    this.openedAt = now;
    try {
      const connection = this.connect();
      this.connection?.close();
      this.connection = connection;
      this.failure = undefined;
      return connection;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  private connect(): WriterConnection {
    const database = openForWriting(this.options);
    try {
      // On a disk that is read-only now, SQLite opens what can't write, and says so only when it has to.
      database.exec('DELETE FROM folded WHERE id = 0');
      if (this.failure !== undefined) makeRoom(database);
      return new WriterConnection(database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      // What is damaged stays so with another connection.
      if (!(error instanceof StoreDamaged)) this.failure = error;
      this.reset();
      throw error;
    }
  }

  private reset(): void {
    try {
      this.connection?.reset();
    } catch {
      // Not even that: then there is nothing to read from.
      this.connection = undefined;
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
