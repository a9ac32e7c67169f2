import { decodeChanges, type ChangeCells, type DecodedChange } from './change-cells.js';
import { linkOf, sumOf } from './checksum.js';
import { openForWriting, type Database, type DatabaseOptions, type Statement } from './database.js';
import { earlyColumns, eventColumns } from './event-rows.js';
import { checkedRocket, rocketColumns, type RocketRow } from './rocket-row.js';
import { isSnapshotDue, snapshotCells, snapshotColumns } from './snapshot-rows.js';
import { applyState, listedFields, newTail, sealed, type Tail } from './tail.js';

export interface GroupReply {
  /** Places, within the group, of changes whose channel had moved; they were not written. */
  readonly moved: readonly number[];
  /** Places of changes that contradict the history, and why; they were not written either. */
  readonly contradictions: readonly (readonly [place: number, reason: string])[];
}

/** Rows of hot rockets kept at hand. */
const TAILS = 50_000;

/** Writes groups of changes, each group in one transaction with one fsync. The only writer of its file. */
export class Writer {
  private connection: Connection | undefined;
  private hasFailed = false;
  private readonly tails = new Map<string, Tail>();

  constructor(private readonly options: DatabaseOptions) {}

  /** When it returns, the group is on disk; when it throws, nothing of it may be believed to be. */
  write(cells: ChangeCells): GroupReply {
    this.connection ??= this.connect();
    try {
      return this.writeGroup(this.connection, cells);
    } catch (error) {
      this.startOver();
      throw error;
    }
  }

  close(): void {
    this.connection?.close();
    this.connection = undefined;
  }

  private connect(): Connection {
    const database = openForWriting(this.options);
    if (this.hasFailed) makeRoom(database);
    this.hasFailed = false;
    return new Connection(database);
  }

  private writeGroup(connection: Connection, cells: ChangeCells): GroupReply {
    const moved: number[] = [];
    const contradictions: [number, string][] = [];
    connection.begin.run();
    connection.findEnd();
    let place = 0;
    for (const change of decodeChanges(cells)) {
      const tail = this.tail(connection, change.channel);
      if ((tail?.revision ?? 0) !== change.revision) {
        moved.push(place);
      } else {
        const since = change.events[0]?.since;
        const expected = (tail?.version ?? 0) + 1;
        if (since === undefined || since === expected) this.writeChange(connection, tail, change);
        else contradictions.push([place, `${change.channel} goes on at number ${expected}, not at ${since}`]);
      }
      place++;
    }
    connection.commit.run();
    return { moved, contradictions };
  }

  private writeChange(connection: Connection, known: Tail | undefined, change: DecodedChange): void {
    const tail = known ?? connection.newTail(change.channel);
    const listed = listedFields(tail);
    tail.revision++;
    connection.appendEvents(tail, change);
    connection.moveEarly(tail, change);
    applyState(tail, change.state, change.latest);
    if (known === undefined) {
      connection.insertRocket(tail);
      this.remember(tail);
    } else {
      connection.updateRocket(tail, listed !== listedFields(tail));
    }
    connection.keepSnapshot(tail, change);
  }

  private tail(connection: Connection, channel: string): Tail | undefined {
    const known = this.tails.get(channel);
    if (known !== undefined) return known;
    const row = connection.rocket.get(channel) as RocketRow | undefined;
    return row && this.remember({ ...checkedRocket(row) });
  }

  private remember(tail: Tail): Tail {
    this.tails.set(tail.channel, tail);
    // The first one came first, not last used: a hot rocket that falls out is read again, once in so many others.
    if (this.tails.size > TAILS) this.tails.delete(this.tails.keys().next().value!);
    return tail;
  }

  /** After an error the connection may be in any state, and so may what we remember. */
  private startOver(): void {
    this.hasFailed = true;
    this.tails.clear();
    try {
      this.close();
    } catch {
      this.connection = undefined;
    }
  }
}

/** One connection and its prepared statements. */
class Connection {
  readonly begin: Statement;
  readonly commit: Statement;
  readonly rocket: Statement;
  private readonly insertChannel: Statement;
  private readonly insert: Statement;
  private readonly update: Statement;
  private readonly updateListed: Statement;
  private readonly insertEvents: Statement;
  private readonly insertEarly: Statement;
  private readonly deleteEarly: Statement;
  private readonly insertSnapshot: Statement;
  private readonly ends: Statement;
  /** Of the last event in the feed. */
  private position = 0;
  private lastRocket = 0;

  constructor(private readonly database: Database) {
    this.begin = database.prepare('BEGIN IMMEDIATE');
    this.commit = database.prepare('COMMIT');
    this.rocket = database.prepare(`SELECT ${rocketColumns} FROM rockets WHERE channel = ?`);
    this.insertChannel = database.prepare(`INSERT INTO channels (id, channel, sum) VALUES (${marks(3)})`);
    this.insert = database.prepare(`INSERT INTO rockets (${rocketColumns}) VALUES (${marks(21)})`);
    this.update = database.prepare(
      'UPDATE rockets SET revision = ?, version = ?, speed = ?, updated_at = ?, updated_key = ?, latest = ?,' +
        ' highest = ?, pending = ?, position = ?, hash = ?, sum = ? WHERE id = ?',
    );
    // A column that is named is written into its indexes again, changed or not.
    this.updateListed = database.prepare(
      'UPDATE rockets SET status = ?, complete = ?, type = ?, mission = ?, launched_at = ?, launched_key = ?,' +
        ' reason = ?, exploded_at = ? WHERE id = ?',
    );
    this.insertEvents = database.prepare(`INSERT INTO events (${eventColumns}) VALUES (${marks(10)})`);
    this.insertEarly = database.prepare(`INSERT INTO early (${earlyColumns}) VALUES (${marks(6)})`);
    this.deleteEarly = database.prepare('DELETE FROM early WHERE rocket = ? AND number <= ?');
    this.insertSnapshot = database.prepare(`INSERT INTO snapshots (${snapshotColumns}) VALUES (${marks(5)})`);
    this.ends = database.prepare(
      'SELECT (SELECT max(position) FROM events) AS position, (SELECT max(id) FROM channels) AS rocket',
    );
  }

  /** Asked in each transaction: what a failed one assumed is forgotten by itself. */
  findEnd(): void {
    const ends = this.ends.get() as { position: number | null; rocket: number | null };
    this.position = ends.position ?? 0;
    this.lastRocket = ends.rocket ?? 0;
  }

  newTail(channel: string): Tail {
    const tail = newTail(++this.lastRocket, channel);
    this.insertChannel.run(tail.id, channel, sumOf([tail.id, channel]));
    return tail;
  }

  appendEvents(tail: Tail, { channel, events, recordedAt }: DecodedChange): void {
    for (const { since, number, count, body } of events) {
      this.position += count;
      tail.hash = linkOf(tail.hash, channel, since, number, recordedAt, body);
      tail.position = this.position;
      const { id, position, revision } = tail;
      const cells = [position, id, since, number, count, revision, recordedAt, body, tail.hash];
      this.insertEvents.run(...cells, sumOf(cells));
    }
  }

  moveEarly(tail: Tail, { added, releasedUpTo }: DecodedChange): void {
    for (const { number, receivedAt, body } of added) {
      const cells = [tail.id, number, tail.revision, receivedAt, body];
      this.insertEarly.run(...cells, sumOf(cells));
      if (number > tail.highest) tail.highest = number;
    }
    tail.pending += added.length;
    if (releasedUpTo > 0) tail.pending -= this.deleteEarly.run(tail.id, releasedUpTo).changes;
  }

  insertRocket(tail: Tail): void {
    this.insert.run(...sealed(tail), tail.sum);
  }

  updateRocket(tail: Tail, listedToo: boolean): void {
    sealed(tail);
    const { id, revision, version, speed, updated_at, updated_key } = tail;
    const { latest, highest, pending, position, hash, sum } = tail;
    const changes = this.update.run(
      revision,
      version,
      speed,
      updated_at,
      updated_key,
      latest,
      highest,
      pending,
      position,
      hash,
      sum,
      id,
    );
    if (changes.changes !== 1) throw new Error(`Rocket ${id} has no row.`);
    if (!listedToo) return;
    const { status, complete, type, mission, launched_at, launched_key, reason, exploded_at } = tail;
    this.updateListed.run(
      status,
      complete,
      type,
      mission,
      launched_at,
      launched_key,
      reason,
      exploded_at,
      id,
    );
  }

  keepSnapshot(tail: Tail, { events }: DecodedChange): void {
    const before = (events[0]?.since ?? tail.version + 1) - 1;
    if (!isSnapshotDue(before, tail.version)) return;
    const cells = snapshotCells(tail);
    this.insertSnapshot.run(...cells, sumOf(cells));
  }

  close(): void {
    this.database.close();
  }
}

/** A full disk may be full of our own log: moved into the file, it gives back what it took. */
const makeRoom = (database: Database): void => {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // The write that follows tells whether there is room.
  }
};

const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ');
