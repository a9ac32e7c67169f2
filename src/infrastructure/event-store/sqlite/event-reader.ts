import type {
  EarlyMessage,
  FeedRequest,
  RocketState,
  SnapshotBound,
} from '../../../application/ports/event-store.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import { initialState } from '../../../application/rocket-state.js';
import { NO_HISTORY } from './checksum.js';
import { channelColumns, checkedChannel, type ChannelRow } from './channel-row.js';
import type { Database, Statement } from './database.js';
import {
  checkedEarly,
  checkedEvents,
  checkLink,
  earlyColumns,
  earlyOf,
  eventColumns,
  eventsOf,
  type EarlyRow,
  type EventRow,
  type PlacedEvent,
} from './event-rows.js';
import { checkedRocket, rocketColumns, stateOf, type RocketRow } from './rocket-row.js';
import { checkedSnapshot, snapshotColumns, stateAt, type SnapshotRow } from './snapshot-rows.js';
import { StoreDamaged } from './store-errors.js';

export interface HeadQuery {
  readonly channel: string;
  readonly numbers: readonly number[];
}

export interface StoredHead {
  readonly revision: number;
  readonly state: RocketState;
  readonly early: readonly EarlyMessage[];
  /** False when only the lowest early messages, and those asked for, are among `early`. */
  readonly earlyComplete: boolean;
  readonly recorded: readonly (readonly [number, RocketEvent])[];
}

type Link = Pick<EventRow, 'number' | 'hash'>;

export interface PlacedPage {
  readonly events: readonly PlacedEvent[];
  readonly next: number | undefined;
  readonly end: boolean;
}

/** More than one step of `advance` can drain, so that it always sees what comes after. */
const LOWEST_EARLY = 2048;
const COMPLETE_EARLY = 20_000;
const ROWS_PER_QUERY = 256;
/** A filter that finds little answers a short page after so many events: 16,384 took 120 ms. */
const SCAN = 1 << 12;

/** The reading half of the event store. Each call sees one state of the file, and checks every row it serves. */
export class EventReader {
  private readonly rocket: Statement;
  private readonly channelById: Statement;
  private readonly history: Statement;
  private readonly before: Statement;
  private readonly feed: Statement;
  private readonly feedOfRocket: Statement;
  private readonly last: Statement;
  private readonly early: Statement;
  private readonly earlyAt: Statement;
  private readonly snapshots: Statement;
  private readonly waiting: Statement;
  private readonly channels = new Map<number, string>();

  constructor(database: Database) {
    const events = `SELECT ${eventColumns} FROM events`;
    this.rocket = database.prepare(`SELECT ${rocketColumns} FROM rockets WHERE channel = ?`);
    this.channelById = database.prepare(`SELECT ${channelColumns} FROM channels WHERE id = ?`);
    this.history = database.prepare(`${events} WHERE rocket = ? AND number > ? ORDER BY number LIMIT ?`);
    this.before = database.prepare(`${events} WHERE rocket = ? AND number < ? ORDER BY number DESC LIMIT 1`);
    this.feed = database.prepare(`${events} WHERE position > ? ORDER BY position LIMIT ?`);
    this.feedOfRocket = database.prepare(
      `${events} WHERE rocket = ? AND position > ? AND number > ? ORDER BY number LIMIT ?`,
    );
    this.last = database.prepare('SELECT max(position) AS position FROM events');
    this.early = database.prepare(
      `SELECT ${earlyColumns} FROM early WHERE rocket = ? ORDER BY number LIMIT ?`,
    );
    this.earlyAt = database.prepare(`SELECT ${earlyColumns} FROM early WHERE rocket = ? AND number = ?`);
    this.snapshots = database.prepare(
      `SELECT ${snapshotColumns} FROM snapshots` +
        ' WHERE rocket = ? AND version <= ? AND latest <= ? ORDER BY version DESC LIMIT 1',
    );
    this.waiting = database.prepare(
      `SELECT ${rocketColumns} FROM rockets WHERE pending > 0 AND EXISTS` +
        ' (SELECT 1 FROM early WHERE early.rocket = rockets.id AND early.number = rockets.version + 1)',
    );
  }

  heads(queries: readonly HeadQuery[]): StoredHead[] {
    return queries.map((query) => this.head(query));
  }

  /** The events that cover these numbers, all of them recorded. */
  recorded({ channel, numbers }: HeadQuery): [number, RocketEvent][] {
    const row = this.find(channel);
    return row === undefined ? [] : this.recordedOf(row, numbers);
  }

  /** Each link is checked against the one before it, so a page is as good as the whole chain up to it. */
  read(channel: string, after: number, limit: number): PlacedEvent[] {
    const rocket = this.find(channel);
    if (rocket === undefined || after >= rocket.version) return [];
    const found: PlacedEvent[] = [];
    let link: Link | undefined;
    for (const row of this.historyFrom(rocket.id, after, limit)) {
      link ??= this.linkBefore(row);
      checkLink(row, channel, link);
      link = row;
      found.push(...eventsOf(row, channel).filter(({ number }) => number > after));
      if (found.length >= limit) return found.slice(0, limit);
    }
    if (link?.number !== rocket.version || link.hash !== rocket.hash) {
      throw new StoreDamaged(`damaged: the history of ${channel} ends before version ${rocket.version}`);
    }
    return found;
  }

  /** `after` is a place in the feed; undefined in the answer when there is no such place. */
  readAll(after: number, { limit, channel, type }: Omit<FeedRequest, 'after'>): PlacedPage | undefined {
    const end = this.lastPosition();
    if (after > end) return undefined;
    const rows =
      channel === undefined ? this.feedFrom(after, limit) : this.feedOfChannel(channel, after, limit);
    const events: PlacedEvent[] = [];
    let scanned = 0;
    for (const row of rows) {
      events.push(...this.matching(row, type).filter(({ position }) => position > after));
      const last = events.length >= limit ? events[limit - 1]!.position : row.position;
      scanned += row.count;
      if (events.length >= limit || scanned >= SCAN) return page(events.slice(0, limit), last, last === end);
    }
    return page(events, end, true);
  }

  readAt(position: number): PlacedEvent | undefined {
    if (position > this.lastPosition()) return undefined;
    const [row] = this.eventRows(this.feed, position - 1, 1);
    const event =
      row && eventsOf(row, this.channelOf(row.rocket)).find((placed) => placed.position === position);
    if (event === undefined) throw missingFeed(position);
    return event;
  }

  lastPosition(): number {
    return (this.last.get() as { position: number | null }).position ?? 0;
  }

  snapshot(channel: string, { version = Infinity, time = Infinity }: SnapshotBound): RocketState | undefined {
    const rocket = this.find(channel);
    if (rocket === undefined || rocket.version === 0) return undefined;
    if (rocket.version <= version && (rocket.latest ?? 0) <= time) return stateOf(rocket);
    const row = this.snapshots.get(rocket.id, finite(version), finite(time)) as SnapshotRow | undefined;
    return row && stateAt(checkedSnapshot(row));
  }

  unfinished(): string[] {
    return (this.waiting.all() as RocketRow[]).map((row) => checkedRocket(row).channel);
  }

  find(channel: string): RocketRow | undefined {
    const row = this.rocket.get(channel) as RocketRow | undefined;
    return row && checkedRocket(row);
  }

  private head({ channel, numbers }: HeadQuery): StoredHead {
    const row = this.find(channel);
    if (row === undefined) {
      return { revision: 0, state: initialState, early: [], earlyComplete: true, recorded: [] };
    }
    const earlyComplete = row.pending <= COMPLETE_EARLY;
    const early =
      row.pending === 0 ? [] : this.earlyMessages(row, earlyComplete ? COMPLETE_EARLY : LOWEST_EARLY);
    if (earlyComplete && early.length !== row.pending) throw missingEarly(channel);
    if (!earlyComplete) early.push(...this.earlyAmong(row, numbers, early.at(-1)?.message.number ?? 0));
    return {
      revision: row.revision,
      state: stateOf(row),
      early,
      earlyComplete,
      recorded: this.recordedOf(row, numbers),
    };
  }

  private earlyMessages(row: RocketRow, limit: number): EarlyMessage[] {
    const rows = this.early.all(row.id, limit) as EarlyRow[];
    return rows.map((early) => earlyOf(checkedEarly(early), row.channel));
  }

  private earlyAmong(row: RocketRow, numbers: readonly number[], above: number): EarlyMessage[] {
    const found: EarlyMessage[] = [];
    for (const number of new Set(numbers)) {
      const early = number > above ? (this.earlyAt.get(row.id, number) as EarlyRow | undefined) : undefined;
      if (early !== undefined) found.push(earlyOf(checkedEarly(early), row.channel));
    }
    return found;
  }

  private recordedOf(rocket: RocketRow, numbers: readonly number[]): [number, RocketEvent][] {
    let row: EventRow | undefined;
    let events: PlacedEvent[] = [];
    return [...new Set(numbers)]
      .filter((number) => number <= rocket.version)
      .sort((a, b) => a - b)
      .map((number) => {
        if (row === undefined || number > row.number) {
          [row] = this.eventRows(this.history, rocket.id, number - 1, 1);
          if (row === undefined || row.since > number) {
            throw new StoreDamaged(`damaged: the history of ${rocket.channel} has no number ${number}`);
          }
          events = eventsOf(row, rocket.channel);
        }
        return [number, events.find((placed) => placed.number >= number)!.event];
      });
  }

  private *historyFrom(rocket: number, after: number, limit: number): Generator<EventRow> {
    let number = after;
    for (;;) {
      const rows = this.eventRows(this.history, rocket, number, Math.min(limit, ROWS_PER_QUERY));
      yield* rows;
      if (rows.length === 0) return;
      number = rows.at(-1)!.number;
    }
  }

  private *feedFrom(after: number, limit: number): Generator<EventRow> {
    const end = this.lastPosition();
    let place = after;
    while (place < end) {
      const rows = this.eventRows(this.feed, place, Math.min(limit, ROWS_PER_QUERY));
      for (const row of rows) {
        const start = row.position - row.count;
        // Only the first row may begin before the place, in its middle.
        if (start > place || (start < place && place !== after)) throw missingFeed(place);
        yield row;
        place = row.position;
      }
      if (rows.length === 0) throw missingFeed(place);
    }
  }

  private *feedOfChannel(channel: string, after: number, limit: number): Generator<EventRow> {
    const rocket = this.find(channel);
    if (rocket === undefined) return;
    let number = 0;
    while (number < rocket.version && rocket.position > after) {
      const rows = this.eventRows(
        this.feedOfRocket,
        rocket.id,
        after,
        number,
        Math.min(limit, ROWS_PER_QUERY),
      );
      if (rows.length === 0) throw missingFeed(after);
      yield* rows;
      number = rows.at(-1)!.number;
    }
  }

  private linkBefore(row: EventRow): Link {
    if (row.since === 1) return { number: 0, hash: NO_HISTORY };
    const [before] = this.eventRows(this.before, row.rocket, row.number);
    return before ?? { number: 0, hash: NO_HISTORY };
  }

  private eventRows(statement: Statement, ...bounds: number[]): EventRow[] {
    return (statement.all(...bounds) as EventRow[]).map(checkedEvents);
  }

  private matching(row: EventRow, type: FeedRequest['type']): PlacedEvent[] {
    if (type !== undefined && !row.body.includes(`"type":"${type}"`)) return [];
    const events = eventsOf(row, this.channelOf(row.rocket));
    return type === undefined ? events : events.filter(({ event }) => event.type === type);
  }

  private channelOf(id: number): string {
    const known = this.channels.get(id);
    if (known !== undefined) return known;
    const row = this.channelById.get(id) as ChannelRow | undefined;
    if (row === undefined) throw new StoreDamaged(`damaged: events of an unknown rocket ${id}`);
    if (this.channels.size >= CHANNELS) this.channels.clear();
    this.channels.set(id, checkedChannel(row).channel);
    return row.channel;
  }
}

const CHANNELS = 50_000;

const finite = (bound: number): number => Math.min(bound, Number.MAX_SAFE_INTEGER);

const page = (events: readonly PlacedEvent[], next: number, end: boolean): PlacedPage => ({
  events,
  next: next === 0 ? undefined : next,
  end,
});

const missingFeed = (place: number): StoreDamaged =>
  new StoreDamaged(`damaged: the feed has no events right behind position ${place}`);

const missingEarly = (channel: string): StoreDamaged =>
  new StoreDamaged(`damaged: early messages of ${channel} are missing`);
