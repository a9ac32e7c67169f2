import {
  StoreUnavailable,
  type Change,
  type Durability,
  type EventStore,
  type FeedBatch,
  type FeedPage,
  type FeedRequest,
  type Following,
  type Head,
  type HeadRequest,
  type HeldBack,
  type HistoryPage,
  type NoticeBoard,
  type Position,
  type SnapshotBound,
  type StoredEvent,
} from '../../../application/ports/event-store.js';
import type { RocketState } from '../../../domain/rocket.js';
import { Histories } from '../relational/histories.js';
import { unfinishedChannels } from '../relational/rocket-rows.js';
import { Commits } from './commits.js';
import { comparePlaces, eventFormat, noPlace, Positions, type Place } from './events.js';
import { Feed } from './feed.js';
import { FeedHolds } from './feed-holds.js';
import { Follower } from './follower.js';
import { PostgresParts, type PostgresOptions } from './postgres-parts.js';

/** One database, and any number of instances that write to it: none knows more of it than what it says. */
export class PostgresEventStore implements EventStore {
  readonly durability: Durability = {
    level: 'disk',
    description:
      'PostgreSQL, synchronous_commit=on: what was acknowledged is on the disk of the server and survives the loss of any instance',
  };
  readonly beginning: Position;
  readonly notices: NoticeBoard;
  private readonly positions: Positions;
  private readonly histories: Histories<Place>;
  private readonly feed: Feed;
  private readonly holds: FeedHolds;
  private readonly commits: Commits;
  private readonly follower: Follower;
  private closing: Promise<void> | undefined;

  private constructor(readonly parts: PostgresParts) {
    const { ask, names, session } = parts;
    this.positions = new Positions(session.epoch);
    this.notices = parts.notices;
    this.beginning = this.positions.at(noPlace);
    this.histories = new Histories(ask, eventFormat, (place) => this.positions.at(place));
    this.feed = new Feed(ask, names, this.histories, this.positions, parts);
    this.holds = new FeedHolds(ask, session.base);
    this.commits = new Commits(parts);
    this.follower = new Follower(this.feed, this.positions, parts.called);
  }

  static async open(options: PostgresOptions): Promise<PostgresEventStore> {
    return new PostgresEventStore(await PostgresParts.open(options));
  }

  /** What comes while a batch is on its way is the next one: a round trip is long enough to gather. */
  async gather(): Promise<void> {}

  load(requests: readonly HeadRequest[]): Promise<Head[]> {
    return this.commits.load(requests);
  }

  async commit(changes: readonly Change[]): Promise<Head[]> {
    if (this.closing !== undefined) throw new StoreUnavailable('The store is closed.');
    try {
      return await this.commits.commit(changes);
    } finally {
      // Of one that failed, too: it may be written all the same.
      this.follower.wake();
      this.parts.calls?.call('events');
    }
  }

  letGo(some: readonly { readonly channel: string }[]): void {
    this.parts.held.letGo(some);
  }

  read(channel: string, page: HistoryPage, signal?: AbortSignal): Promise<StoredEvent[]> {
    return this.histories.read(channel, page, signal);
  }

  readAll(request: FeedRequest, signal?: AbortSignal): Promise<FeedPage> {
    return this.feed.read(request, signal);
  }

  readAt(position: Position): Promise<StoredEvent | undefined> {
    return this.feed.at(position);
  }

  async lastPosition(): Promise<Position> {
    return this.positions.at(await this.feed.lastPlace());
  }

  heldBack(): Promise<HeldBack | undefined> {
    return this.holds.now();
  }

  compare(one: Position, other: Position): number {
    return comparePlaces(this.positions.placeOf(one), this.positions.placeOf(other));
  }

  follow(listener: (batch: FeedBatch) => void): Promise<Following> {
    return this.follower.follow(listener);
  }

  snapshot(channel: string, bound: SnapshotBound): Promise<RocketState | undefined> {
    return this.histories.snapshot(channel, bound);
  }

  unfinished(): Promise<string[]> {
    return unfinishedChannels(this.parts.ask);
  }

  listened(ms: number): Promise<number> {
    return this.parts.noteListened(ms);
  }

  close(): Promise<void> {
    this.follower.close();
    this.closing ??= this.parts.close();
    return this.closing;
  }
}
