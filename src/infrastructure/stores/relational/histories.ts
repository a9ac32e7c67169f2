import type {
  HistoryPage,
  Position,
  SnapshotBound,
  StoredEvent,
} from '../../../application/ports/event-store.js';
import type { RocketState } from '../../../domain/rocket.js';
import type { Ask } from './ask.js';
import { brokenHistory, firstNumber } from './heads.js';
import { findRocket, type StoredRocket } from './rocket-rows.js';
import type { EventFormat, PlacedEvent } from './rows.js';
import { snapshotColumns, snapshotOf, type SnapshotRow } from './snapshots.js';

/** The histories of single rockets, as both SQL stores read them. */
export class Histories<Place = number> {
  constructor(
    private readonly ask: Ask,
    private readonly format: EventFormat<Place, never>,
    private readonly positionOf: (place: Place) => Position,
  ) {}

  async read(channel: string, page: HistoryPage, signal?: AbortSignal): Promise<StoredEvent[]> {
    const rocket = await findRocket(this.ask, channel, signal);
    if (rocket === undefined) return [];
    const events = await this.events(rocket, page, signal);
    return events.map((placed) => {
      const { number, event, recordedAt } = placed;
      return { position: this.positionOf(placed.place), channel, number, event, recordedAt };
    });
  }

  /** Some of what a rocket's history holds, without a hole. */
  async events(rocket: StoredRocket, page: HistoryPage, signal?: AbortSignal): Promise<PlacedEvent<Place>[]> {
    if (rocket.version === 0) return [];
    const { limit, order = 'asc' } = page;
    const after = page.after ?? (order === 'asc' ? 0 : rocket.version + 1);
    const [beyond, direction] = order === 'asc' ? ['>', 'ASC'] : ['<', 'DESC'];
    const rows = await this.ask<never>(
      `SELECT ${this.format.columns} FROM events WHERE rocket = $1 AND number ${beyond} $2 ORDER BY number ${direction} LIMIT $3`,
      [rocket.id, after, limit],
      signal,
    );
    const events = rows.map((row) => this.format.eventOf(row));
    const isShort = events.length < limit;
    if (order === 'asc') requireUnbroken(rocket, events, after, isShort ? rocket.version : 0);
    else {
      const upTo = await this.endBefore(rocket, after, signal);
      requireUnbroken(rocket, events.toReversed(), isShort ? 0 : Infinity, upTo);
    }
    return events;
  }

  /** The number with which the last event below `number` has to end: what stands there may be a range that begins before. */
  private async endBefore(
    { id, version }: StoredRocket,
    number: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    if (number > version) return version;
    const sql = `SELECT ${this.format.columns} FROM events WHERE rocket = $1 AND number >= $2 ORDER BY number LIMIT 1`;
    const [row] = await this.ask<never>(sql, [id, number], signal);
    return row === undefined ? version : Math.min(number, firstNumber(this.format.eventOf(row))) - 1;
  }

  async snapshot(channel: string, { version, time }: SnapshotBound): Promise<RocketState | undefined> {
    const rocket = await findRocket(this.ask, channel);
    if (rocket === undefined || rocket.version === 0) return undefined;
    const { rocket: shown, updatedAt } = rocket;
    const latest = rocket.latest ?? updatedAt?.slice(0, -1) ?? '';
    if (rocket.version <= (version ?? Infinity) && (time === undefined || latest <= time)) {
      return { version: rocket.version, rocket: shown, updatedAt };
    }
    const [row] = await this.ask<SnapshotRow>(
      `SELECT ${snapshotColumns} FROM snapshots WHERE rocket = $1 AND version <= $2 AND latest <= $3 ORDER BY version DESC LIMIT 1`,
      [rocket.id, Math.min(version ?? Infinity, Number.MAX_SAFE_INTEGER), time ?? '~'],
    );
    return row && snapshotOf(row);
  }
}

/**
 * One number leaves one event: events that have a hole between them, begin behind the number that follows on `after` or
 * end before `upTo`, lack something that was stored.
 */
const requireUnbroken = (
  { channel }: StoredRocket,
  events: readonly PlacedEvent<unknown>[],
  after: number,
  upTo: number,
): void => {
  let last = after;
  for (const [i, event] of events.entries()) {
    const first = firstNumber(event);
    // The first of a page may be a range that begins before it.
    if (i === 0 ? first > last + 1 : first !== last + 1) throw brokenHistory(channel, last + 1);
    last = event.number;
  }
  if (last < upTo) throw brokenHistory(channel, last + 1);
};
