import {
  UnknownPosition,
  type FeedPage,
  type FeedRequest,
  type Position,
  type StoredEvent,
} from '../../../application/ports/event-store.js';
import type { Ask } from '../relational/ask.js';
import type { ChannelNames } from '../relational/channel-names.js';
import type { Histories } from '../relational/histories.js';
import { findRocket, type StoredRocket } from '../relational/rocket-rows.js';
import type { PlacedEvent } from '../relational/rows.js';
import { StoreDamaged } from '../relational/store-errors.js';
import { rareTypes } from '../relational/totals.js';
import type { PostgresParts } from './postgres-parts.js';
import { asInFeed } from './timeline.js';
import { comparePlaces, eventFormat, noPlace, type Place, type PlacedRow, type Positions } from './events.js';

/** A filter without an index answers a short page after so many events. */
const LOOKED_AT = 2048;

type FeedEvent = PlacedEvent<Place> & { readonly channel: string };

/** Places of the feed: those above `low`, up to `high`. */
interface Range {
  readonly low: Place;
  readonly high: Place;
}

/** Up to where the feed can be read, and where the last event of all stands, which may not be its turn yet. */
interface End {
  readonly readable: Place;
  readonly last: Place;
  /** The first transaction that may still commit. */
  readonly horizon: number;
}

/** What stands behind a position, and whether something does that is not in it, as its turn has not come. */
export interface News extends Pick<FeedPage, 'events' | 'next'> {
  readonly isMore: boolean;
}

/** Who has written something here finds it in the feed, as long as what holds it back ends soon. */
const PATIENCE_MS = 250;

/**
 * The feed of all rockets: the events by transaction and place in it, of those transactions only behind which none can
 * commit any more. One that is open somewhere in the cluster holds it back for as long as it lasts.
 */
export class Feed {
  /** Up to here somebody else holds back for long what was written here: nobody waits for it. */
  private heldBack = 0;

  constructor(
    private readonly ask: Ask,
    private readonly names: ChannelNames,
    private readonly histories: Histories<Place>,
    private readonly positions: Positions,
    private readonly parts: Pick<PostgresParts, 'session' | 'lastXid'>,
  ) {}

  async read(request: FeedRequest, signal?: AbortSignal): Promise<FeedPage> {
    if (request.after !== undefined) this.positions.placeOf(request.after);
    return this.page(request, await this.end(signal), signal);
  }

  /** What can be read now, without waiting for more. */
  async news(after: Position, limit: number): Promise<News> {
    const end = await this.readEnd(undefined);
    const { events, next } = await this.page({ after, limit }, end);
    return { events, next, isMore: events.length === limit || comparePlaces(end.last, end.readable) > 0 };
  }

  private async page(request: FeedRequest, { readable, last }: End, signal?: AbortSignal): Promise<FeedPage> {
    const { after, limit, type, channel } = request;
    const place = after === undefined ? undefined : this.positions.placeOf(after);
    // A position ahead of the end was never given out: to read on from there would skip what comes next.
    if (place !== undefined && comparePlaces(place, last) > 0) throw new UnknownPosition(after!);
    const isUp = request.order !== 'desc';
    const range = isUp
      ? { low: place ?? noPlace, high: latest(readable, place) }
      : { low: noPlace, high: place === undefined ? readable : below(place, readable) };
    const looked =
      channel === undefined
        ? await this.ofAll(request, range, signal)
        : await this.ofOne(channel, request, range, signal);
    const events = looked.filter(({ event }) => type === undefined || event.type === type).slice(0, limit);
    // What was looked at and left out is passed, too; behind it, or before it, nothing is left but at the end.
    const far = isUp ? range.high : range.low;
    const upTo = looked.length < lookedAt(request) ? far : looked.at(-1)!.place;
    const next = events.length === limit ? events.at(-1)!.place : upTo;
    const end = comparePlaces(next, far) === 0 || (!isUp && (await this.isFirst(next)));
    const stored = events.map((event) => this.stored(event));
    return { events: stored, next: this.positions.at(end ? far : next), end };
  }

  async lastPlace(): Promise<Place> {
    return (await this.end()).readable;
  }

  async at(position: Position): Promise<StoredEvent | undefined> {
    const { xid, position: order } = this.positions.placeOf(position);
    const sql = `SELECT ${eventFormat.columns} FROM events WHERE xid = $1 AND position = $2`;
    const [found] = await this.named(await this.ask<PlacedRow>(sql, [xid, order]));
    return found && this.stored(found);
  }

  private async end(signal?: AbortSignal): Promise<End> {
    const own = this.parts.lastXid;
    const began = performance.now();
    for (let pause = 2; ; pause *= 2) {
      const end = await this.readEnd(signal);
      if (end.horizon > own || own <= this.heldBack) return end;
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (performance.now() - began > PATIENCE_MS) this.heldBack = own;
    }
  }

  private async readEnd(signal: AbortSignal | undefined): Promise<End> {
    const lastOf = (where: string): string => `(SELECT ARRAY[xid, position] FROM events ${where}
      ORDER BY xid DESC, position DESC LIMIT 1)`;
    const [row] = await this.ask<{ readable: number[] | null; last: number[] | null; horizon: number }>(
      `SELECT horizon, ${lastOf('WHERE xid < horizon')} AS readable, ${lastOf('')} AS last
        FROM (SELECT ${asInFeed('pg_snapshot_xmin(pg_current_snapshot())', '$1')} AS horizon) AS now`,
      [this.parts.session.base],
      signal,
    );
    const placeOf = (cells: readonly number[] | null): Place =>
      cells === null ? noPlace : { xid: Number(cells[0]), position: Number(cells[1]) };
    return { readable: placeOf(row!.readable), last: placeOf(row!.last), horizon: row!.horizon };
  }

  private async isFirst({ xid, position }: Place): Promise<boolean> {
    const rows = await this.ask('SELECT FROM events WHERE (xid, position) < ($1, $2) LIMIT 1', [
      xid,
      position,
    ]);
    return rows.length === 0;
  }

  private async ofOne(
    channel: string,
    request: FeedRequest,
    { low, high }: Range,
    signal: AbortSignal | undefined,
  ): Promise<FeedEvent[]> {
    const isEmpty = comparePlaces(low, high) >= 0;
    const rocket = isEmpty ? undefined : await findRocket(this.ask, channel, signal);
    if (rocket === undefined) return [];
    const { order = 'asc' } = request;
    const after =
      order === 'asc' ? await this.numberUpTo(rocket, low) : (await this.numberUpTo(rocket, high)) + 1;
    const events = await this.histories.events(rocket, { after, limit: lookedAt(request), order }, signal);
    // What came meanwhile is for a later page.
    return events
      .filter(({ place }) => comparePlaces(place, high) <= 0)
      .map((event) => ({ ...event, channel }));
  }

  private async ofAll(
    request: FeedRequest,
    { low, high }: Range,
    signal: AbortSignal | undefined,
  ): Promise<FeedEvent[]> {
    if (comparePlaces(low, high) >= 0) return [];
    const direction = request.order === 'desc' ? 'DESC' : 'ASC';
    const rare = rareTypes.find((type) => type === request.type);
    const only = rare === undefined ? '' : `AND type = '${rare}'`;
    const sql = `SELECT ${eventFormat.columns} FROM events
      WHERE (xid, position) > ($1, $2) AND (xid, position) <= ($3, $4) ${only}
      ORDER BY xid ${direction}, position ${direction} LIMIT $5`;
    const values = [low.xid, low.position, high.xid, high.position, lookedAt(request)];
    return this.named(await this.ask<PlacedRow>(sql, values, signal));
  }

  /** The number of the last event of a rocket at or before a place; found in a few steps, as both rise together. */
  private async numberUpTo({ id, version }: StoredRocket, place: Place): Promise<number> {
    const sql = `SELECT ${eventFormat.columns} FROM events WHERE rocket = $1 AND number >= $2 ORDER BY number LIMIT 1`;
    let low = 0;
    for (let high = place.xid === 0 ? 0 : version; low < high;) {
      const middle = low + Math.ceil((high - low) / 2);
      const [row] = await this.ask<PlacedRow>(sql, [id, middle]);
      if (row === undefined)
        throw new StoreDamaged(`damaged: the history of rocket ${id} ends before ${middle}`);
      const found = eventFormat.eventOf(row);
      if (comparePlaces(found.place, place) <= 0) low = found.number;
      else high = middle - 1;
    }
    return low;
  }

  private async named(rows: readonly PlacedRow[]): Promise<FeedEvent[]> {
    const channelOf = await this.names.of(rows.map(({ rocket }) => rocket));
    return rows.map((row) => ({ ...eventFormat.eventOf(row), channel: channelOf(row.rocket) }));
  }

  private stored({ place, channel, number, event, recordedAt }: FeedEvent): StoredEvent {
    return { position: this.positions.at(place), channel, number, event, recordedAt };
  }
}

const latest = (one: Place, other: Place | undefined): Place =>
  other !== undefined && comparePlaces(other, one) > 0 ? other : one;

/** The last place before one that can be read. */
const below = (place: Place, readable: Place): Place =>
  comparePlaces(place, readable) > 0 ? readable : { xid: place.xid, position: place.position - 1 };

const lookedAt = (request: FeedRequest): number =>
  request.type === undefined || rareTypes.some((rare) => rare === request.type)
    ? request.limit
    : Math.max(request.limit, LOOKED_AT);
