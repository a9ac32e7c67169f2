import type { FeedRequest } from '../../../application/ports/event-store.js';
import type { Ask } from '../relational/ask.js';
import type { ChannelNames } from '../relational/channel-names.js';
import type { Histories } from '../relational/histories.js';
import { findRocket, type StoredRocket } from '../relational/rocket-rows.js';
import { eventColumns, eventOf, type Cell, type EventRow, type PlacedEvent } from '../relational/rows.js';
import { StoreDamaged } from '../relational/store-errors.js';
import { type RareType, rareTypes } from '../relational/totals.js';

type FeedEvent = PlacedEvent & { readonly channel: string };

export interface PlacedPage {
  readonly events: readonly FeedEvent[];
  readonly next: number;
  readonly end: boolean;
}

/**
 * A filter without an index answers a short page after so many events. All of them are read, and then left out: of a row
 * that is damaged the type may be another one.
 */
const LOOKED_AT = 2048;

type Request = Omit<FeedRequest, 'after'>;

/** The feed of all rockets: the events by position, which has no hole. */
export class FeedReading {
  constructor(
    private readonly ask: Ask,
    private readonly names: ChannelNames,
    private readonly histories: Histories,
  ) {}

  /** What stands behind `after`, up to `last`, the last position there is. */
  async page(after: number, last: number, request: Request, signal?: AbortSignal): Promise<PlacedPage> {
    const { channel } = request;
    const isEnd = (next: number): boolean => next === last;
    if (channel !== undefined) {
      const rocket = await findRocket(this.ask, channel, signal);
      if (rocket === undefined) return { events: [], next: last, end: true };
      const from = await this.numberUpTo(rocket, after);
      const page = { after: from, limit: lookedAt(request) };
      const events = await this.histories.events(rocket, page, signal);
      // What came meanwhile is for a later page.
      const known = events.filter(({ place }) => place <= last).map((event) => ({ ...event, channel }));
      return pageOf(known, request, last, isEnd);
    }
    const type = rareType(request);
    const range = [after, last];
    const rows = await this.rows(
      `position > $1 AND position <= $2 ${only(type)} ORDER BY position`,
      range,
      request,
      signal,
    );
    if (type === undefined) requireUnbroken(rows, after + 1, Math.min(last - after, lookedAt(request)));
    else requireType(rows, type);
    return pageOf(await this.named(rows), request, last, isEnd);
  }

  /** What stands before `before`, the newest first. */
  async pageBack(before: number, request: Request, signal?: AbortSignal): Promise<PlacedPage> {
    const { channel } = request;
    const isEnd = (next: number): boolean => next <= 1;
    if (channel !== undefined) {
      const rocket = await findRocket(this.ask, channel, signal);
      if (rocket === undefined) return { events: [], next: 0, end: true };
      const from = await this.numberUpTo(rocket, before - 1);
      const page = { after: from + 1, limit: lookedAt(request), order: 'desc' } as const;
      const events = await this.histories.events(rocket, page, signal);
      return pageOf(
        events.map((event) => ({ ...event, channel })),
        request,
        0,
        isEnd,
      );
    }
    const type = rareType(request);
    const rows = await this.rows(
      `position < $1 ${only(type)} ORDER BY position DESC`,
      [before],
      request,
      signal,
    );
    if (type !== undefined) requireType(rows.toReversed(), type);
    else requireUnbroken(rows.toReversed(), before - rows.length, Math.min(before - 1, lookedAt(request)));
    return pageOf(await this.named(rows), request, 0, isEnd);
  }

  async at(position: number): Promise<FeedEvent | undefined> {
    const rows = await this.rows('position = $1', [position], { limit: 1 });
    return (await this.named(rows))[0];
  }

  /** The number of the last event of a rocket at or before a position; found in a few steps, as both rise together. */
  private async numberUpTo({ id, version }: StoredRocket, position: number): Promise<number> {
    const sql = `SELECT ${eventColumns} FROM events WHERE rocket = $1 AND number >= $2 ORDER BY number LIMIT 1`;
    let low = 0;
    for (let high = position === 0 ? 0 : version; low < high;) {
      const middle = low + Math.ceil((high - low) / 2);
      const [row] = await this.ask<EventRow>(sql, [id, middle]);
      if (row === undefined)
        throw new StoreDamaged(`damaged: the history of rocket ${id} ends before ${middle}`);
      const { place, number } = eventOf(row);
      if (place <= position) low = number;
      else high = middle - 1;
    }
    return low;
  }

  private rows(
    condition: string,
    values: readonly Cell[],
    request: Request,
    signal?: AbortSignal,
  ): Promise<EventRow[]> {
    const sql = `SELECT ${eventColumns} FROM events WHERE ${condition} LIMIT $${values.length + 1}`;
    return this.ask<EventRow>(sql, [...values, lookedAt(request)], signal);
  }

  private async named(rows: readonly EventRow[]): Promise<FeedEvent[]> {
    const channelOf = await this.names.of(rows.map(({ rocket }) => rocket));
    return rows.map((row) => ({ ...eventOf(row), channel: channelOf(row.rocket) }));
  }
}

/** Of what was looked at what was asked for; behind it, or before it, nothing is left but at `end`. */
const pageOf = (
  looked: readonly FeedEvent[],
  request: Request,
  end: number,
  isEnd: (next: number) => boolean,
): PlacedPage => {
  const { type, limit } = request;
  const events = looked.filter(({ event }) => type === undefined || event.type === type).slice(0, limit);
  const upTo = looked.length < lookedAt(request) ? end : looked.at(-1)!.place;
  const next = events.length === limit ? events.at(-1)!.place : upTo;
  return { events, next, end: isEnd(next) };
};

const rareType = ({ type }: Request): RareType | undefined => rareTypes.find((rare) => rare === type);

const lookedAt = (request: Request): number =>
  request.type === undefined || rareType(request) !== undefined
    ? request.limit
    : Math.max(request.limit, LOOKED_AT);

/** As a literal: only so does SQLite see that the index of just these events will do. */
const only = (type: RareType | undefined): string => (type === undefined ? '' : `AND type = '${type}'`);

const requireUnbroken = (rows: readonly EventRow[], first: number, count: number): void => {
  let expected = first;
  for (const { position } of rows) {
    if (position !== expected) throw missing(expected);
    expected++;
  }
  if (rows.length < count) throw missing(expected);
};

const requireType = (rows: readonly EventRow[], type: RareType): void => {
  let last = 0;
  for (const row of rows) {
    if (row.type !== type || row.position <= last)
      throw new StoreDamaged(`damaged: the index of "${type}" leads to position ${row.position}`);
    last = row.position;
  }
};

const missing = (position: number): StoreDamaged =>
  new StoreDamaged(`damaged: there is no event at position ${position}`);
