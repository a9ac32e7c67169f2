import { linkOf, PLACES_PER_ENTRY, placeOf, type LogEnd, type LogRow } from './log.js';
import { EVENTS_PER_LINE } from './log-line.js';

/** Lines of a row: whoever looks for one event reads all of its row. */
const LINES = 64;
/** One more line always has room behind so many events. */
const EVENTS = PLACES_PER_ENTRY - EVENTS_PER_LINE;

/** Cuts the lines of a group into rows, each chained to the one before. */
export class RowsToAppend {
  readonly rows: LogRow[] = [];
  private body = '';
  private lines = 0;
  private events = 0;

  /** `last` is the end of the log: before these rows, and with each of them finished. */
  constructor(public last: LogEnd) {}

  /** A line with its line break; answers the place of the first event in it. */
  add(line: string, events: number): number {
    if (this.lines >= LINES || this.events > EVENTS) this.finish();
    const place = placeOf(this.last.entry + 1, this.events);
    this.body += line;
    this.lines++;
    this.events += events;
    return place;
  }

  finish(): void {
    if (this.lines === 0) return;
    const { body, events, last } = this;
    const entry = last.entry + 1;
    const place = events === 0 ? last.place : placeOf(entry, events - 1);
    const end = { entry, total: last.total + events, place };
    this.last = { ...end, hash: linkOf(last.hash, { ...end, body }) };
    this.rows.push({ ...this.last, body });
    this.body = '';
    this.lines = 0;
    this.events = 0;
  }
}
