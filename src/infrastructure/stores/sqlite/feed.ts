import type { FeedPage, FeedRequest, Position, StoredEvent } from '../../../application/ports/event-store.js';
import type { Ask } from '../relational/ask.js';
import type { ChannelNames } from '../relational/channel-names.js';
import type { Histories } from '../relational/histories.js';
import { findRocket, type StoredRocket } from '../relational/rocket-rows.js';
import { eventColumns, eventOf, type NumberedRow, type PlacedEvent } from '../relational/rows.js';
import { StoreDamaged } from '../relational/store-errors.js';
import { type RareType, rareTypes } from '../relational/totals.js';
import type { Positions } from './positions.js';

/**
 * A filter without an index answers a short page after so many events. All of them are read, and then left out: of a row
 * that is damaged the type may be another one.
 */
const LOOKED_AT = 2048;

type FeedEvent = PlacedEvent & { readonly channel: string };

/** Places of the feed: those above `low`, up to `high`. */
interface Range {
  readonly low: number;
  readonly high: number;
}

/** The feed of all rockets: the events by position, which has no hole. */
export class Feed {
  constructor(
    private readonly ask: Ask,
    private readonly names: ChannelNames,
    private readonly histories: Histories,
    private readonly positions: Positions,
  ) {}

  /** `last` is the place of the last event there is. */
  async read(request: FeedRequest, last: number, signal?: AbortSignal): Promise<FeedPage> {
    const { after, limit, type, channel } = request;
    const isUp = request.order !== 'desc';
    const place = after === undefined ? undefined : this.positions.placeOf(after);
    const range = isUp ? { low: place ?? 0, high: last } : { low: 0, high: (place ?? last + 1) - 1 };
    const looked =
      channel === undefined
        ? await this.ofAll(request, range, signal)
        : await this.ofOne(channel, request, range, signal);
    const events = looked.filter(({ event }) => type === undefined || event.type === type).slice(0, limit);
    // What was looked at and left out is passed, too; behind it, or before it, nothing is left but at the end.
    const far = isUp ? range.high : range.low;
    const upTo = looked.length < lookedAt(request) ? far : looked.at(-1)!.place;
    const next = events.length === limit ? events.at(-1)!.place : upTo;
    const end = isUp ? next === far : next <= 1;
    const stored = events.map((event) => this.stored(event));
    return { events: stored, next: this.positions.at(end ? far : next), end };
  }

  async at(position: Position): Promise<StoredEvent | undefined> {
    const sql = `SELECT ${eventColumns} FROM events WHERE position = $1`;
    const rows = await this.ask<NumberedRow>(sql, [this.positions.placeOf(position)]);
    const [found] = await this.named(rows);
    return found && this.stored(found);
  }

  private async ofOne(
    channel: string,
    request: FeedRequest,
    { low, high }: Range,
    signal: AbortSignal | undefined,
  ): Promise<FeedEvent[]> {
    const rocket = low >= high ? undefined : await findRocket(this.ask, channel, signal);
    if (rocket === undefined) return [];
    const { order = 'asc' } = request;
    const after =
      order === 'asc' ? await this.numberUpTo(rocket, low) : (await this.numberUpTo(rocket, high)) + 1;
    const events = await this.histories.events(rocket, { after, limit: lookedAt(request), order }, signal);
    // What came meanwhile is for a later page.
    return events.filter(({ place }) => place <= high).map((event) => ({ ...event, channel }));
  }

  private async ofAll(
    request: FeedRequest,
    { low, high }: Range,
    signal: AbortSignal | undefined,
  ): Promise<FeedEvent[]> {
    if (low >= high) return [];
    const type = rareType(request);
    const isUp = request.order !== 'desc';
    const sql = `SELECT ${eventColumns} FROM events WHERE position > $1 AND position <= $2 ${only(type)}
      ORDER BY position ${isUp ? 'ASC' : 'DESC'} LIMIT $3`;
    const rows = await this.ask<NumberedRow>(sql, [low, high, lookedAt(request)], signal);
    const upwards = isUp ? rows : rows.toReversed();
    if (type !== undefined) requireType(upwards, type);
    else {
      const first = isUp ? low + 1 : high + 1 - rows.length;
      requireUnbroken(upwards, first, Math.min(high - low, lookedAt(request)));
    }
    return this.named(rows);
  }

  /** The number of the last event of a rocket at or before a position; found in a few steps, as both rise together. */
  private async numberUpTo({ id, version }: StoredRocket, position: number): Promise<number> {
    const sql = `SELECT ${eventColumns} FROM events WHERE rocket = $1 AND number >= $2 ORDER BY number LIMIT 1`;
    let low = 0;
    for (let high = position === 0 ? 0 : version; low < high;) {
      const middle = low + Math.ceil((high - low) / 2);
      const [row] = await this.ask<NumberedRow>(sql, [id, middle]);
      if (row === undefined)
        throw new StoreDamaged(`damaged: the history of rocket ${id} ends before ${middle}`);
      const { place, number } = eventOf(row);
      if (place <= position) low = number;
      else high = middle - 1;
    }
    return low;
  }

  private async named(rows: readonly NumberedRow[]): Promise<FeedEvent[]> {
    const channelOf = await this.names.of(rows.map(({ rocket }) => rocket));
    return rows.map((row) => ({ ...eventOf(row), channel: channelOf(row.rocket) }));
  }

  private stored({ place, channel, number, event, recordedAt }: FeedEvent): StoredEvent {
    return { position: this.positions.at(place), channel, number, event, recordedAt };
  }
}

const rareType = ({ type }: FeedRequest): RareType | undefined => rareTypes.find((rare) => rare === type);

const lookedAt = (request: FeedRequest): number =>
  request.type === undefined || rareType(request) !== undefined
    ? request.limit
    : Math.max(request.limit, LOOKED_AT);

/** As a literal: only so does SQLite see that the index of just these events will do. */
const only = (type: RareType | undefined): string => (type === undefined ? '' : `AND type = '${type}'`);

const requireUnbroken = (rows: readonly NumberedRow[], first: number, count: number): void => {
  let expected = first;
  for (const { position } of rows) {
    if (position !== expected) throw missing(expected);
    expected++;
  }
  if (rows.length < count) throw missing(expected);
};

const requireType = (rows: readonly NumberedRow[], type: RareType): void => {
  let last = 0;
  for (const row of rows) {
    if (row.type !== type || row.position <= last)
      throw new StoreDamaged(`damaged: the index of "${type}" leads to position ${row.position}`);
    last = row.position;
  }
};

const missing = (position: number): StoreDamaged =>
  new StoreDamaged(`damaged: there is no event at position ${position}`);
