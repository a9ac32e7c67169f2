import type { RocketEvent } from '../../../../domain/rocket-event.js';
import type { Database, Statement } from '../database.js';
import { coveringIn, EventReader, type HeadQuery } from '../event-reader.js';
import { FoldedTables } from '../folded/folded-tables.js';
import { Folding } from '../folded/folding.js';
import type { RocketFold } from '../folded/rocket-fold.js';
import { Log, logColumns, type LogEnd } from '../log/log.js';
import { RecentRows } from '../log/recent-rows.js';
import {
  changeAt,
  courseAt,
  linesOfChange,
  type ChangeNumbers,
  type Course,
  type LogGroup,
} from '../log/log-line.js';
import { readersOf } from './readers.js';
import { RowsToAppend } from '../log/rows-to-append.js';
import { StoreDamaged } from '../store-errors.js';
import type { GroupReply, Question } from './thread-protocol.js';

/** What may wait to be folded: each line counts one more than its events: some 32,000 messages to fold anew at a start. */
const MOST_UNFOLDED = 65_536;
/** What one transaction folds at most beside its own: the next commit waits for it. */
const FOLDED_AT_ONCE = 4096;
/** More than a crash leaves: after a migration nothing is folded. */
const MOST_AT_START = 4 * MOST_UNFOLDED;
/** How far the note of what is folded may lag behind: what stands after it is looked at again at the start. */
const ENTRIES_BETWEEN_NOTES = 256;

/** What is known of the end of the log, until something fails. */
interface Known {
  last: LogEnd;
  /** The last entry that the file says is folded. */
  noted: number;
  readonly folding: Folding;
  readonly recent: RecentRows;
}

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
  private known: Known | undefined;

  constructor(private readonly database: Database) {
    this.begin = database.prepare('BEGIN IMMEDIATE');
    this.commit = database.prepare('COMMIT');
    this.rollback = database.prepare('ROLLBACK');
    this.append = database.prepare(`INSERT INTO log (${logColumns}) VALUES (?, ?, ?, ?, ?)`);
    this.log = new Log(database);
    this.tables = new FoldedTables(database);
    this.events = new EventReader(database);
    this.readers = readersOf(database);
  }

  get lastEntry(): number {
    return this.end.last.entry;
  }

  write(group: LogGroup): GroupReply {
    const { end } = this;
    this.begin.run();
    const rows = new RowsToAppend(end.last);
    const reply = this.take(group, rows);
    rows.finish();
    for (const row of rows.rows) {
      const { entry, total, place, hash, body } = row;
      this.append.run(entry, total, place, hash, body);
      end.recent.add(row);
    }
    end.last = rows.last;
    this.foldSurplus(end.folding, 64 + 2 * group.channels.length);
    this.note(end, ENTRIES_BETWEEN_NOTES);
    this.commit.run();
    return reply;
  }

  hasUnfolded(channel: string): boolean {
    return this.end.folding.has(channel);
  }

  isFolded(upTo: number): boolean {
    const { folding, last } = this.end;
    return folding.storedUpTo(last.entry) >= upTo;
  }

  foldChannels(channels: readonly string[]): void {
    const { folding } = this.end;
    this.begin.run();
    for (const channel of channels) folding.store(channel);
    this.commit.run();
  }

  /** Answers whether everything up to this entry is folded now. */
  foldSome(upTo: number): boolean {
    const { end } = this;
    this.begin.run();
    end.folding.storeOldest(Math.max(0, end.folding.waiting - FOLDED_AT_ONCE));
    const done = this.isFolded(upTo);
    this.note(end, done ? 1 : ENTRIES_BETWEEN_NOTES);
    this.commit.run();
    return done;
  }

  /** What is recorded under these numbers, in the tables or not. */
  recorded({ channel, numbers }: HeadQuery): [number, RocketEvent][] {
    const { folding, recent } = this.end;
    const found: [number, RocketEvent][] = [];
    const stored: number[] = [];
    for (const number of numbers) {
      const entry = folding.entryOf(channel, number);
      if (entry === undefined) stored.push(number);
      else found.push([number, coveringIn(recent.at(entry) ?? this.log.row(entry), channel, number)]);
    }
    return stored.length === 0 ? found : [...found, ...this.events.recorded({ channel, numbers: stored })];
  }

  /** Reads as if everything was folded, and forgets it again. */
  withAllFolded<T>(read: () => T): T {
    const { folding } = this.end;
    this.begin.run();
    try {
      folding.storeOldest(0);
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
    const { total } = this.end.last;
    if (events === total) return;
    throw new StoreDamaged(`damaged: the log has ${total} events, the rockets have ${events}`);
  }

  /** Back to what the file says. */
  reset(): void {
    this.known = undefined;
    if (this.database.isTransaction) this.rollback.run();
  }

  /** Within a transaction it would keep its locks for as long as the process lives. */
  close(): void {
    this.reset();
    this.database.close();
  }

  /** Adds the lines of each change to the rows, unless its channel has moved or goes on elsewhere. */
  private take(group: LogGroup, rows: RowsToAppend): GroupReply {
    const reply: GroupReply = { moved: [], contradictions: [] };
    const { folding } = this.end;
    let end = 0;
    group.channels.forEach((channel, place) => {
      const change = changeAt(group, place);
      const start = end;
      end += change.length;
      const fold = folding.of(channel);
      const { revision, version } = fold.tail;
      if (revision !== change.revision) reply.moved.push(place);
      else if (change.since > 0 && change.since !== version + 1) {
        const reason = `${channel} goes on at number ${version + 1}, not at ${change.since}`;
        reply.contradictions.push([place, reason]);
      } else this.addLines(fold, change, group.text.slice(start, end), courseAt(group, place), rows);
    });
    return reply;
  }

  private addLines(
    fold: RocketFold,
    change: ChangeNumbers,
    text: string,
    course: Course | undefined,
    rows: RowsToAppend,
  ): void {
    const { folding } = this.end;
    if (course !== undefined) folding.addCourse(fold, text, rows.add(text, change.events), change, course);
    else {
      for (const [line, events] of linesOfChange(text, change.events)) {
        folding.add(fold, line, rows.add(line, events));
      }
    }
  }

  private get end(): Known {
    this.known ??= this.readEnd();
    return this.known;
  }

  /** What the log has and the tables have not. */
  private readEnd(): Known {
    const folding = new Folding(this.tables);
    let noted = this.tables.foldedUpTo;
    for (const row of this.log.rows(noted)) {
      folding.addRow(row);
      if (folding.waiting <= MOST_AT_START) continue;
      this.begin.run();
      folding.storeOldest(0);
      this.tables.foldedUpTo = row.entry;
      this.commit.run();
      noted = row.entry;
    }
    return { last: this.log.last(), noted, folding, recent: new RecentRows() };
  }

  /** Not a little each time but many rockets now and then: those that share a page of the file share its writing. */
  private foldSurplus(folding: Folding, rockets: number): void {
    const isTooMuch = folding.waiting > MOST_UNFOLDED;
    folding.storeOldest(isTooMuch ? MOST_UNFOLDED - FOLDED_AT_ONCE : MOST_UNFOLDED, rockets);
  }

  private note(end: Known, atLeast: number): void {
    const folded = end.folding.storedUpTo(end.last.entry);
    if (folded - end.noted < atLeast) return;
    this.tables.foldedUpTo = folded;
    end.noted = folded;
  }
}
