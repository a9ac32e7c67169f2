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
import { flatCopy } from '../own-copies.js';
import { type ChannelNames } from '../relational/channel-names.js';
import { changeRows, unheardRocket, type ChangeRows } from '../relational/change-rows.js';
import { HeadCache } from '../relational/head-cache.js';
import { headOf, isEnough } from '../relational/heads.js';
import { Histories } from '../relational/histories.js';
import { rocketOf, type StoredRocket } from '../relational/rocket-rows.js';
import { countChange, countEvent, type Deltas } from '../relational/totals.js';
import type { DatabaseOptions } from './database.js';
import { FeedReading, type PlacedPage } from './feed-reading.js';
import type { HeadRows } from './head-reader.js';
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
  private readonly cache: HeadCache;
  private readonly names: ChannelNames;
  private readonly histories: Histories;
  private readonly feed: FeedReading;
  private listener: ((batch: FeedBatch) => void) | undefined;
  private closing: Promise<void> | undefined;

  private constructor(readonly parts: SqliteParts) {
    const { ask } = parts.reads;
    this.durability = durabilities[parts.options.synchronous];
    this.beginning = this.position(0);
    this.cache = new HeadCache(parts.options.heads);
    this.names = parts.names;
    this.histories = new Histories(ask, ({ place }) => this.position(place));
    this.feed = new FeedReading(ask, this.names, this.histories);
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

  async load(requests: readonly HeadRequest[]): Promise<Head[]> {
    this.parts.requireUsable();
    const known = requests.map(({ channel }) => this.cache.get(channel));
    const isComplete = requests.every((request, i) => known[i] !== undefined && isEnough(known[i], request));
    if (isComplete) return requests.map((request, i) => headOf(request, known[i], undefined));
    const queries = requests.map(({ channel, numbers, skips = false }, i) => {
      return { channel, numbers, skips, known: known[i] };
    });
    const rows = await this.parts.attempt(() => this.parts.writing.heads(queries));
    // What was known may have moved while the rest was read beside it.
    const isSame = requests.every(({ channel }, i) => !known[i] || this.cache.get(channel) === known[i]);
    return isSame
      ? requests.map((request, i) => this.headIn(request, known[i], rows[i]!))
      : this.load(requests);
  }

  /** One transaction, and one fsync, for all of them. */
  async commit(changes: readonly Change[]): Promise<Head[]> {
    if (this.closing !== undefined) throw new StoreUnavailable('The store is closed.');
    if (changes.length === 0) return [];
    const moved = await this.parts.writing.exclusively(() => this.write(changes));
    return moved.length === 0 ? [] : this.load(moved);
  }

  read(channel: string, page: HistoryPage, signal?: AbortSignal): Promise<StoredEvent[]> {
    return this.histories.read(channel, page, signal);
  }

  async readAll({ after, order, ...request }: FeedRequest, signal?: AbortSignal): Promise<FeedPage> {
    this.parts.requireUsable();
    const { last } = this.parts;
    if (order === 'desc') {
      const before = after === undefined ? last + 1 : this.existingPlace(after);
      const page = await this.feed.pageBack(before, request, signal);
      return this.pageOf(page.end ? { ...page, next: 0 } : page);
    }
    const place = after === undefined ? 0 : this.existingPlace(after);
    if (place === last) return { events: [], next: this.position(last), end: true };
    return this.pageOf(await this.feed.page(place, last, request, signal));
  }

  async readAt(position: Position): Promise<StoredEvent | undefined> {
    const found = await this.feed.at(this.placeOf(position));
    return found && this.pageOf({ events: [found], next: 0, end: true }).events[0];
  }

  async lastPosition(): Promise<Position> {
    this.parts.requireUsable();
    return this.position(this.parts.last);
  }

  compare(one: Position, other: Position): number {
    return this.placeOf(one) - this.placeOf(other);
  }

  async follow(listener: (batch: FeedBatch) => void): Promise<Following> {
    this.listener = listener;
    const stop = (): void => {
      if (this.listener === listener) this.listener = undefined;
    };
    return { from: this.position(this.parts.last), stop };
  }

  snapshot(channel: string, bound: SnapshotBound): Promise<RocketState | undefined> {
    return this.histories.snapshot(channel, bound);
  }

  unfinished(): Promise<string[]> {
    return this.parts.unfinished();
  }

  async listened(ms: number): Promise<number> {
    return this.parts.writing.exclusively(() => this.parts.noteListened(ms));
  }

  close(): Promise<void> {
    this.closing ??= this.parts.close();
    return this.closing;
  }

  private headIn(request: HeadRequest, known: StoredRocket | undefined, rows: HeadRows): Head {
    if (known === undefined && rows.rocket === undefined) return headOf(request, undefined, undefined);
    const rocket = known ?? rocketOf(rows.rocket!);
    if (known === undefined) this.cache.put(rocket);
    return headOf(request, rocket, rows);
  }

  /** Answers what has moved; everything else is in the file when it is over. */
  private async write(changes: readonly Change[]): Promise<Change[]> {
    const { parts, cache } = this;
    parts.requireUsable();
    const before = await this.rocketsOf(changes);
    const moved: Change[] = [];
    const written: Change[] = [];
    const rows: ChangeRows[] = [];
    const now = new Map<string, StoredRocket>();
    const deltas: Deltas = new Map();
    let { last, lastRocket } = parts;
    changes.forEach((change, i) => {
      const { channel } = change;
      const rocket = now.get(channel) ?? before[i] ?? unheardRocket(lastRocket + 1, flatCopy(channel));
      if (rocket.revision !== change.revision) return void moved.push(change);
      if (rocket.revision === 0) lastRocket++;
      const made = changeRows(change, rocket, last);
      last += change.events.length;
      countChange(deltas, rocket, made.after);
      for (const { event } of change.events) countEvent(deltas, event);
      written.push(change);
      rows.push(made.rows);
      now.set(channel, made.after);
    });
    if (rows.length === 0) return moved;
    try {
      const order = { changes: rows, deltas, listened: parts.listenedMs };
      const gaps = await parts.attempt(() => parts.writing.write(order));
      parts.wrote({ last, lastRocket, deltas: deltas.set('gaps', gaps) });
    } catch (error) {
      // A transaction that failed at its very end may be in the file all the same.
      cache.clear();
      await this.announceMissed(parts.readEnds());
      throw error;
    }
    for (const rocket of now.values()) cache.put(rocket);
    this.announce(written, rows);
    return moved;
  }

  private async rocketsOf(changes: readonly Change[]): Promise<(StoredRocket | undefined)[]> {
    const known = changes.map(({ channel }) => this.cache.get(channel));
    const unknown = changes.filter((_, i) => known[i] === undefined);
    if (unknown.length === 0) return known;
    const queries = unknown.map(({ channel }) => ({ channel, numbers: [], skips: false, known: undefined }));
    const rows = await this.parts.attempt(() => this.parts.writing.heads(queries));
    const found = new Map(unknown.map(({ channel }, i) => [channel, rows[i]!.rocket]));
    return changes.map(({ channel }, i) => {
      const row = found.get(channel);
      return known[i] ?? (row && rocketOf(row));
    });
  }

  /** Tells who follows what was written, without asking the file again; times may be parts of whole requests. */
  private announce(changes: readonly Change[], rows: readonly ChangeRows[]): void {
    const { listener } = this;
    if (listener === undefined) return;
    const events = changes.flatMap(({ channel, events, recordedAt }, i) =>
      events.map(({ number, event }, j): StoredEvent => {
        const position = this.position(Number(rows[i]!.events[j]![0]));
        return { position, channel, number, event: { ...event, time: flatCopy(event.time) }, recordedAt };
      }),
    );
    if (events.length === 0) return;
    const next = events.at(-1)!.position;
    listener({ after: this.position(this.placeOf(next) - events.length), next, events });
  }

  /** What was written although the commit failed is told like everything else. */
  private async announceMissed(before: number): Promise<void> {
    const { listener, parts } = this;
    const { last } = parts;
    if (listener === undefined || last <= before) return;
    const after = this.position(before);
    const { events, next } = await this.readAll({ after, limit: last - before });
    listener({ after, next, events });
  }

  private pageOf({ events, next, end }: PlacedPage): FeedPage {
    const stored = events.map(({ place, channel, number, event, recordedAt }): StoredEvent => {
      return { position: this.position(place), channel, number, event, recordedAt };
    });
    return { events: stored, next: this.position(next), end };
  }

  private position(place: number): Position {
    return `${this.parts.epoch}-${place}`;
  }

  private placeOf(position: Position): number {
    const place = Number(position.slice(this.parts.epoch.length + 1));
    if (!Number.isSafeInteger(place) || place < 0 || position !== this.position(place)) {
      throw new UnknownPosition(position);
    }
    return place;
  }

  /** A position ahead of the end was never given out: to read on from there would skip what comes next. */
  private existingPlace(position: Position): number {
    const place = this.placeOf(position);
    if (place > this.parts.last) throw new UnknownPosition(position);
    return place;
  }
}
