import {
  StoreUnavailable,
  UnknownPosition,
  type Change,
  type Durability,
  type EventStore,
  type FeedBatch,
  type FeedPage,
  type FeedRequest,
  type Following,
  type Head,
  type HeadRequest,
  type HistoryPage,
  type Position,
  type SnapshotBound,
  type StoredEvent,
} from '../../../application/ports/event-store.js';
import type { RocketState } from '../../../domain/rocket.js';
import { Histories } from '../relational/histories.js';
import { unfinishedChannels } from '../relational/rocket-rows.js';
import { numberedEvents } from '../relational/rows.js';
import { Commits } from './commits.js';
import type { DatabaseOptions } from './database.js';
import { Feed } from './feed.js';
import { Positions } from './positions.js';
import { SqliteParts, type SqliteOptions } from './sqlite-parts.js';

const durabilities: Readonly<Record<DatabaseOptions['synchronous'], Durability>> = {
  full: {
    level: 'disk',
    description:
      'SQLite, synchronous=FULL: what was acknowledged is on the disk and survives kill -9 and power loss',
  },
  normal: {
    level: 'process',
    description:
      'SQLite, synchronous=NORMAL: what was acknowledged survives kill -9; a power loss can take the last moments',
  },
};

/** More senders share an fsync when their messages are waited for: so many turns of the event loop at the most. */
const MOST_TURNS = 8;
const ENOUGH = 256;

/** One file on one machine, of which this process is the only writer: what stands at its end is known here. */
export class SqliteEventStore implements EventStore {
  readonly durability: Durability;
  readonly beginning: Position;
  private readonly positions: Positions;
  private readonly histories: Histories;
  private readonly feed: Feed;
  private readonly commits: Commits;
  private closing: Promise<void> | undefined;

  private constructor(readonly parts: SqliteParts) {
    const { ask, names, epoch, options } = parts;
    this.durability = durabilities[options.synchronous];
    this.positions = new Positions(epoch);
    this.beginning = this.positions.at(0);
    this.histories = new Histories(ask, numberedEvents, (place) => this.positions.at(place));
    this.feed = new Feed(ask, names, this.histories, this.positions);
    this.commits = new Commits(parts, this.feed, this.positions);
  }

  static async open(options: SqliteOptions): Promise<SqliteEventStore> {
    return new SqliteEventStore(await SqliteParts.open(options));
  }

  /** As long as turns bring more, and not for long; a message that comes alone waits for two empty turns. */
  async gather(waiting: () => number): Promise<void> {
    let quiet = 0;
    for (let turn = 0; quiet < 2 && turn < MOST_TURNS; turn++) {
      const before = waiting();
      if (before >= ENOUGH) return;
      await new Promise((resolve) => setImmediate(resolve));
      quiet = waiting() === before ? quiet + 1 : 0;
    }
  }

  load(requests: readonly HeadRequest[]): Promise<Head[]> {
    return this.commits.load(requests);
  }

  commit(changes: readonly Change[]): Promise<Head[]> {
    if (this.closing !== undefined) return Promise.reject(new StoreUnavailable('The store is closed.'));
    return this.commits.commit(changes);
  }

  read(channel: string, page: HistoryPage, signal?: AbortSignal): Promise<StoredEvent[]> {
    return this.histories.read(channel, page, signal);
  }

  async readAll(request: FeedRequest, signal?: AbortSignal): Promise<FeedPage> {
    this.parts.requireUsable();
    const { after } = request;
    const { last } = this.parts.ends;
    // A position ahead of the end was never given out: to read on from there would skip what comes next.
    if (after !== undefined && this.positions.placeOf(after) > last) throw new UnknownPosition(after);
    return this.feed.read(request, last, signal);
  }

  async readAt(position: Position): Promise<StoredEvent | undefined> {
    return this.feed.at(position);
  }

  async lastPosition(): Promise<Position> {
    this.parts.requireUsable();
    return this.positions.at(this.parts.ends.last);
  }

  compare(one: Position, other: Position): number {
    return this.positions.placeOf(one) - this.positions.placeOf(other);
  }

  async follow(listener: (batch: FeedBatch) => void): Promise<Following> {
    return this.commits.follow(listener);
  }

  snapshot(channel: string, bound: SnapshotBound): Promise<RocketState | undefined> {
    return this.histories.snapshot(channel, bound);
  }

  unfinished(): Promise<string[]> {
    return unfinishedChannels(this.parts.ask);
  }

  async listened(ms: number): Promise<number> {
    return this.parts.writing.exclusively(() => this.parts.noteListened(ms));
  }

  close(): Promise<void> {
    this.closing ??= this.parts.close();
    return this.closing;
  }
}
