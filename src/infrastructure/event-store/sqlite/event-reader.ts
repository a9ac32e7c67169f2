import type {
  EarlyMessage,
  FeedRequest,
  RocketState,
  SnapshotBound,
  StoredEvent,
} from '../../../application/ports/event-store.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import { reachable } from '../../../application/reachable.js';
import { initialState } from '../../../application/rocket-state.js';
import type { Database, Statement } from './database.js';
import { checkedEarly, earlyColumns, earlyOf, type EarlyRow } from './folded/early-rows.js';
import { foldedQuery, foldedUpTo } from './folded/folded-tables.js';
import { checkedHistory, placesOf, historyColumns, type HistoryRow } from './folded/history-rows.js';
import { entryOf, Log, placeOf, type LogRow } from './log/log.js';
import {
  firstNumber,
  linesOf,
  linesOfRocket,
  numberedEvents,
  parseLine,
  parseLines,
} from './log/log-line.js';
import { checkedRocket, rocketColumns, stateOf, type RocketRow } from './folded/rocket-row.js';
import { checkedSnapshot, snapshotColumns, stateAt, type SnapshotRow } from './folded/snapshot-rows.js';
import { StoreDamaged } from './store-errors.js';

export interface HeadQuery {
  readonly channel: string;
  readonly numbers: readonly number[];
}

export interface StoredHead {
  readonly revision: number;
  readonly state: RocketState;
  readonly early: readonly EarlyMessage[];
  /** False when only those early messages are among `early` that can matter to the numbers asked. */
  readonly earlyComplete: boolean;
  readonly recorded: readonly (readonly [number, RocketEvent])[];
}

/** An event with its place as a number; the store's id is put in front where it leaves the store. */
export type PlacedEvent = Omit<StoredEvent, 'position'> & { readonly position: number };

export interface PlacedPage {
  readonly events: readonly PlacedEvent[];
  readonly next: number | undefined;
  readonly end: boolean;
}

/** So few early messages are read whole, whatever there is room for. */
const FEW_EARLY = 64;
/** A filter that finds little answers a short page after so many events: four times as many took 120 ms. */
const SCAN = 1 << 12;

/** The reading half of the event store. Each call sees one state of the file, and checks every row it serves. */
export class EventReader {
  private readonly log: Log;
  private readonly rocket: Statement;
  private readonly historyFrom: Statement;
  private readonly earlyAbove: Statement;
  private readonly earlyUpTo: Statement;
  private readonly snapshots: Statement;
  private readonly waiting: Statement;
  private readonly folded: Statement;

  constructor(database: Database) {
    this.log = new Log(database);
    this.rocket = database.prepare(`SELECT ${rocketColumns} FROM rockets WHERE channel = ?`);
    this.historyFrom = database.prepare(
      `SELECT ${historyColumns} FROM history WHERE channel = ? AND since <= ? ORDER BY since DESC LIMIT 1`,
    );
    this.earlyAbove = database.prepare(
      `SELECT ${earlyColumns} FROM early WHERE channel = ? AND number > ? ORDER BY number LIMIT ?`,
    );
    this.earlyUpTo = database.prepare(
      `SELECT ${earlyColumns} FROM early WHERE channel = ? AND number <= ? ORDER BY number DESC LIMIT 2`,
    );
    this.snapshots = database.prepare(
      `SELECT ${snapshotColumns} FROM snapshots` +
        ' WHERE channel = ? AND version <= ? AND latest <= ? ORDER BY version DESC LIMIT 1',
    );
    this.folded = database.prepare(foldedQuery);
    this.waiting = database.prepare(
      `SELECT ${rocketColumns} FROM rockets WHERE pending > 0 AND EXISTS` +
        ' (SELECT 1 FROM early WHERE early.channel = rockets.channel AND early.number = rockets.version + 1)',
    );
  }

  /** Reads as many early messages whole as there is room for: what a head may have to drop at once is not worth it. */
  heads(queries: readonly HeadQuery[], room: number): StoredHead[] {
    let left = room;
    return queries.map((query) => {
      const head = this.head(query, left);
      if (head.earlyComplete) left = Math.max(0, left - head.early.length);
      return head;
    });
  }

  /** The events that cover these numbers, as far as they are folded. */
  recorded({ channel, numbers }: HeadQuery): [number, RocketEvent][] {
    const row = this.find(channel);
    return row === undefined ? [] : this.recordedOf(row, numbers);
  }

  read(channel: string, after: number, limit: number): PlacedEvent[] {
    const rocket = this.find(channel);
    if (rocket === undefined) return [];
    const found: PlacedEvent[] = [];
    for (const event of this.history(rocket, after)) {
      found.push(event);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** `after` is a place in the feed; undefined in the answer when there is no such place. */
  readAll(after: number, { limit, channel, type }: Omit<FeedRequest, 'after'>): PlacedPage | undefined {
    const end = this.lastPosition();
    if (after > end) return undefined;
    // Whoever waits at the end asks often, and rows with nothing but early messages may follow.
    if (after === end) return page([], end, true);
    const found: PlacedEvent[] = [];
    let scanned = 0;
    for (const { events, upTo } of channel === undefined ? this.feed(after) : this.feedOf(channel, after)) {
      for (const placed of events) {
        if (placed.position <= after || (type !== undefined && placed.event.type !== type)) continue;
        found.push(placed);
        if (found.length >= limit) return page(found, placed.position, placed.position === end);
      }
      scanned += 1 + events.length;
      if (scanned >= SCAN && upTo > after && upTo < end) return page(found, upTo, false);
    }
    return page(found, end, true);
  }

  readAt(place: number): PlacedEvent | undefined {
    if (place > this.lastPosition()) return undefined;
    const entry = entryOf(place);
    return entry < 1 ? undefined : eventsOf(this.log.row(entry)).find(({ position }) => position === place);
  }

  lastPosition(): number {
    return this.log.last().place;
  }

  snapshot(channel: string, { version = Infinity, time = Infinity }: SnapshotBound): RocketState | undefined {
    const rocket = this.find(channel);
    if (rocket === undefined || rocket.version === 0) return undefined;
    if (rocket.version <= version && (rocket.latest ?? 0) <= time) return stateOf(rocket);
    const row = this.snapshots.get(channel, finite(version), finite(time)) as SnapshotRow | undefined;
    return row && stateAt(checkedSnapshot(row));
  }

  unfinished(): string[] {
    return (this.waiting.all() as RocketRow[]).map((row) => checkedRocket(row).channel);
  }

  find(channel: string): RocketRow | undefined {
    const row = this.rocket.get(channel) as RocketRow | undefined;
    return row && checkedRocket(row);
  }

  private head({ channel, numbers }: HeadQuery, room: number): StoredHead {
    const row = this.find(channel);
    if (row === undefined) {
      return { revision: 0, state: initialState, early: [], earlyComplete: true, recorded: [] };
    }
    const earlyComplete = row.pending <= Math.max(room, FEW_EARLY, numbers.length);
    const early = earlyComplete ? this.allEarly(row) : this.someEarly(row, numbers);
    return {
      revision: row.revision,
      state: stateOf(row),
      early: early.map((each) => earlyOf(checkedEarly(each))),
      earlyComplete,
      recorded: this.recordedOf(row, numbers),
    };
  }

  private allEarly({ channel, pending }: RocketRow): readonly EarlyRow[] {
    if (pending === 0) return [];
    const rows = this.earlyAbove.all(channel, 0, pending + 1) as EarlyRow[];
    if (rows.length !== pending) throw missingEarly(channel);
    return rows;
  }

  private someEarly({ channel, version }: RocketRow, numbers: readonly number[]): EarlyRow[] {
    const lowest = reachable(version, numbers, this.lowestEarly(channel), ({ number }) => number);
    const found = new Map(lowest.map((row) => [row.number, row]));
    for (const number of numbers) {
      if (number <= version) continue;
      const around = [
        ...this.earlyUpTo.all(channel, number),
        ...this.earlyAbove.all(channel, number, 1),
      ] as EarlyRow[];
      for (const row of around) found.set(row.number, row);
    }
    return [...found.values()];
  }

  /** Mostly few of them are looked at. */
  private *lowestEarly(channel: string): Generator<EarlyRow> {
    let last = 0;
    for (let limit = 4; ; limit = Math.min(512, 4 * limit)) {
      const rows = this.earlyAbove.all(channel, last, limit) as EarlyRow[];
      yield* rows;
      if (rows.length < limit) return;
      last = rows.at(-1)!.number;
    }
  }

  private recordedOf(rocket: RocketRow, numbers: readonly number[]): [number, RocketEvent][] {
    return [...new Set(numbers)]
      .filter((number) => number <= rocket.version)
      .map((number) => {
        // The first event behind the number before it covers it: a skipped range is one event.
        for (const { event } of this.history(rocket, number - 1)) return [number, event];
        throw brokenHistory(rocket.channel, number);
      });
  }

  /** The events behind a number, each right behind the one before, up to the version of the rocket. */
  private *history(rocket: RocketRow, after: number): Generator<PlacedEvent> {
    for (const events of this.entries(rocket, after)) yield* events.filter(({ number }) => number > after);
  }

  /** The same by entries of the log. The first one may begin before. */
  private *entries({ channel, version }: RocketRow, after: number): Generator<PlacedEvent[]> {
    for (let number = after; number < version;) {
      const row = this.historyFrom.get(channel, number + 1) as HistoryRow | undefined;
      if (row === undefined || row.number <= number) throw brokenHistory(channel, number + 1);
      const places = placesOf(checkedHistory(row));
      for (let i = 0; i < places.length; i += 2) {
        const [place, last] = [places[i]!, places[i + 1]!];
        if (last <= number) continue;
        const events = eventsOfRocket(this.log.row(entryOf(place)), channel, place);
        const since = events[0] === undefined ? NaN : firstNumber(events[0]);
        const isNext = number === after ? since <= number + 1 : since === number + 1;
        if (!isNext || events.at(-1)!.number !== last) throw brokenHistory(channel, number + 1);
        yield events;
        number = last;
      }
    }
  }

  /** The last number in a row of `history` that ends before an entry of the log; 0 when there is none. */
  private numberBefore(rocket: RocketRow, entry: number): number {
    // Entries rise with the numbers, so the row is found in a few steps, however long the history is.
    let number = 0;
    for (let end = rocket.version; number < end;) {
      const middle = number + Math.ceil((end - number) / 2);
      const row = this.historyFrom.get(rocket.channel, middle) as HistoryRow | undefined;
      if (row === undefined || row.number < middle) throw brokenHistory(rocket.channel, middle);
      if (checkedHistory(row).entry < entry) number = row.number;
      else end = row.since - 1;
    }
    return number;
  }

  private *feed(after: number): Generator<FeedPart> {
    for (const row of this.log.rows(Math.max(0, entryOf(after) - 1))) {
      yield { events: eventsOf(row), upTo: row.place };
    }
  }

  /** First what is folded, then what the log has behind that. */
  private *feedOf(channel: string, after: number): Generator<FeedPart> {
    const rocket = this.find(channel);
    const folded = rocket?.position ?? 0;
    if (rocket !== undefined && folded > after) {
      for (const events of this.entries(rocket, this.numberBefore(rocket, entryOf(after)))) {
        yield { events, upTo: events.at(-1)!.position };
      }
    }
    const known = Math.max(entryOf(after), entryOf(folded), foldedUpTo(this.folded));
    for (const row of this.log.rows(Math.max(0, known - 1))) {
      if (linesOfRocket(row.body, channel).length === 0) continue;
      const events = eventsOf(row).filter((placed) => placed.channel === channel && placed.position > folded);
      yield { events, upTo: row.place };
    }
  }
}

/** Events of one entry of the log, and the place of an event up to which that shows the feed. */
interface FeedPart {
  readonly events: readonly PlacedEvent[];
  readonly upTo: number;
}

const eventsOf = ({ entry, place, body }: LogRow): PlacedEvent[] => {
  const found: PlacedEvent[] = [];
  if (entryOf(place) !== entry) return found;
  for (const line of parseLines(linesOf(body))) {
    const [channel, , recordedAt] = line;
    for (const { number, event } of numberedEvents(line)) {
      found.push({ position: placeOf(entry, found.length), channel, number, event, recordedAt });
    }
  }
  return found;
};

/** The events of a rocket in a row of the log, the last of which stands at this place. */
const eventsOfRocket = (row: LogRow, channel: string, place: number): PlacedEvent[] => {
  const lines = linesOfRocket(row.body, channel);
  if (lines.length !== 1) return eventsOf(row).filter((placed) => placed.channel === channel);
  const line = parseLine(lines[0]!);
  const events = numberedEvents(line);
  return events.map(({ number, event }, i): PlacedEvent => {
    return { position: place - events.length + 1 + i, channel, number, event, recordedAt: line[2] };
  });
};

/** The event of a rocket that covers a number, which is known to be in this row of the log. */
export const coveringIn = (row: LogRow, channel: string, wanted: number): RocketEvent => {
  for (const line of linesOfRocket(row.body, channel)) {
    const found = numberedEvents(parseLine(line)).find(({ number }) => number >= wanted);
    if (found !== undefined) return found.event;
  }
  throw brokenHistory(channel, wanted);
};

const finite = (bound: number): number => Math.min(bound, Number.MAX_SAFE_INTEGER);

const page = (events: readonly PlacedEvent[], next: number, end: boolean): PlacedPage => ({
  events,
  next: next === 0 ? undefined : next,
  end,
});

const brokenHistory = (channel: string, number: number): StoreDamaged =>
  new StoreDamaged(`damaged: the history of ${channel} has no number ${number}`);

const missingEarly = (channel: string): StoreDamaged =>
  new StoreDamaged(`damaged: early messages of ${channel} are missing`);
