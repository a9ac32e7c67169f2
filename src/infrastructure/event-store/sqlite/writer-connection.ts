import type { RocketEvent } from '../../../domain/rocket-event.js';
import type { Database, Statement } from './database.js';
import { EventReader, type HeadQuery } from './event-reader.js';
import { FoldedTables } from './folded-tables.js';
import { Folding } from './folding.js';
import { Log, logColumns, type LogEnd } from './log.js';
import type { LogGroup } from './log-line.js';
import { readersOf } from './readers.js';
import { RowsToAppend } from './rows-to-append.js';
import { StoreDamaged } from './store-errors.js';
import type { GroupReply, Question } from './thread-protocol.js';

/** What may wait to be folded: some MiB of memory, and 0.1 s of work at the start after a crash. */
const MOST_UNFOLDED = 32_768;
/** What one transaction folds at most beside its own: the next commit waits for it. */
const FOLDED_AT_ONCE = 4096;
/** More than a crash leaves: after a migration nothing is folded. */
const MOST_AT_START = 4 * MOST_UNFOLDED;
/** How far the note of what is folded may lag behind: what stands after it is looked at again at the start. */
const ENTRIES_BETWEEN_NOTES = 256;

/** A connection that writes, its prepared statements, and what it knows of the end of the log. */
export class WriterConnection {
  readonly events: EventReader;
  private readonly begin: Statement;
  private readonly commit: Statement;
  private readonly rollback: Statement;
  private readonly append: Statement;
  private readonly log: Log;
  private readonly tables: FoldedTables;
  private readonly readers: ReturnType<typeof readersOf>;
  private last: LogEnd;
  private folding: Folding;
  /** The last entry that the file says is folded. */
  private noted: number;

  constructor(private readonly database: Database) {
    this.begin = database.prepare('BEGIN IMMEDIATE');
    this.commit = database.prepare('COMMIT');
    this.rollback = database.prepare('ROLLBACK');
    this.append = database.prepare(`INSERT INTO log (${logColumns}) VALUES (?, ?, ?, ?, ?)`);
    this.log = new Log(database);
    this.tables = new FoldedTables(database);
    this.events = new EventReader(database);
    this.readers = readersOf(database);
    this.last = this.log.last();
    this.noted = this.tables.foldedUpTo;
    this.folding = this.unfolded();
  }

  get lastEntry(): number {
    return this.last.entry;
  }

  write(group: LogGroup): GroupReply {
    this.begin.run();
    const rows = new RowsToAppend(this.last);
    const reply = this.take(group, rows);
    rows.finish();
    for (const { entry, total, place, hash, body } of rows.rows) {
      this.append.run(entry, total, place, hash, body);
    }
    this.last = rows.last;
    this.folding.foldOldest(MOST_UNFOLDED, 64 + 2 * group.channels.length);
    this.note(ENTRIES_BETWEEN_NOTES);
    this.commit.run();
    return reply;
  }

  hasUnfolded(channel: string): boolean {
    return this.folding.has(channel);
  }

  isFolded(upTo: number): boolean {
    return this.folding.foldedUpTo(this.last.entry) >= upTo;
  }

  foldChannel(channel: string): void {
    this.begin.run();
    this.folding.fold(channel);
    this.commit.run();
  }

  /** Answers whether everything up to this entry is folded now. */
  foldSome(upTo: number): boolean {
    this.begin.run();
    this.folding.foldOldest(Math.max(0, this.folding.waiting - FOLDED_AT_ONCE));
    const done = this.isFolded(upTo);
    this.note(done ? 1 : ENTRIES_BETWEEN_NOTES);
    this.commit.run();
    return done;
  }

  /** What is recorded under these numbers, folded or not. */
  recorded(query: HeadQuery): [number, RocketEvent][] {
    return [...this.events.recorded(query), ...this.folding.recorded(query)];
  }

  /** Reads as if everything was folded, and forgets it again. */
  withAllFolded<T>(read: () => T): T {
    this.begin.run();
    try {
      this.folding.foldOldest(0);
      return read();
    } finally {
      this.reset();
    }
  }

  answer({ method, args }: Question): unknown {
    return this.readers[method](...(args as [never, never, never]));
  }

  /** Every event of the log is one of a rocket, and all of them are folded. */
  checkTotals(): void {
    const { events } = this.tables;
    if (events === this.last.total) return;
    throw new StoreDamaged(`damaged: the log has ${this.last.total} events, the rockets have ${events}`);
  }

  /** Back to what the file says. */
  reset(): void {
    if (this.database.isTransaction) this.rollback.run();
    this.last = this.log.last();
    this.noted = this.tables.foldedUpTo;
    this.folding = this.unfolded();
  }

  close(): void {
    this.database.close();
  }

  /** Adds the lines of each change to the rows, unless its channel has moved or goes on elsewhere. */
  private take({ text, channels, changes, lines }: LogGroup, rows: RowsToAppend): GroupReply {
    const reply: GroupReply = { moved: [], contradictions: [] };
    let at = 0;
    let line = 0;
    for (let place = 0; place < channels.length; place++) {
      const channel = channels[place]!;
      const revision = changes[4 * place]!;
      const since = changes[4 * place + 1]!;
      const next = { revision: revision + 1, version: changes[4 * place + 2]! };
      const head = this.folding.head(channel);
      const isMoved = head.revision !== revision;
      const expected = head.version + 1;
      const isContradiction = !isMoved && since > 0 && since !== expected;
      if (isMoved) reply.moved.push(place);
      if (isContradiction) {
        reply.contradictions.push([place, `${channel} goes on at number ${expected}, not at ${since}`]);
      }
      for (const end = line + changes[4 * place + 3]!; line < end; line++) {
        const length = lines[2 * line]!;
        const events = lines[2 * line + 1]!;
        if (!isMoved && !isContradiction) {
          const each = text.slice(at, at + length);
          this.folding.add(channel, each, rows.add(each, events), next, events);
        }
        at += length + 1;
      }
    }
    return reply;
  }

  /** What the log has and the tables have not. */
  private unfolded(): Folding {
    const folding = new Folding(this.tables);
    for (const row of this.log.rows(this.noted)) {
      folding.addRow(row);
      if (folding.waiting > MOST_AT_START) this.foldAll(folding, row.entry);
    }
    return folding;
  }

  private foldAll(folding: Folding, upTo: number): void {
    this.begin.run();
    folding.foldOldest(0);
    this.tables.foldedUpTo = upTo;
    this.commit.run();
    this.noted = upTo;
  }

  private note(atLeast: number): void {
    const folded = this.folding.foldedUpTo(this.last.entry);
    if (folded - this.noted < atLeast) return;
    this.tables.foldedUpTo = folded;
    this.noted = folded;
  }
}
