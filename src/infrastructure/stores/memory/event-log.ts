import type { RocketEvent } from '../../../domain/rocket-event.js';
import { utcMillis } from '../../../domain/rocket-time.js';
import { EventTable } from './event-table.js';
import type { StringTable } from './string-table.js';
import { TimeTable } from './time-table.js';

/** A row is 8 words of 32 bits: half a cache line, so that following one channel costs one miss an event. */
const WORDS = 8;
const channelWord = 0;
const numberWord = 1;
const valueWord = 2;
const secondsWord = 3;
const fractionWord = 4;
/** Style of the time in the upper half, then the kind, then `IRREGULAR`. */
const shapeWord = 5;
const recordedWord = 6;
const nextWord = 7;

const SEGMENT_BITS = 13;
const SEGMENT_ROWS = 1 << SEGMENT_BITS;
const IRREGULAR = 1;
const MAX_WORD = 0xffff_ffff;
/** A segment's times of recording are kept relative to its first: 24 days either way. */
const HALF_RANGE = 2 ** 31;

/** No row: nothing ever follows with row 0. */
export const NONE = 0;

interface Segment {
  readonly words: Uint32Array;
  readonly recordedBase: number;
}

/** An event that does not fit a row. */
interface Irregular {
  readonly number: number;
  readonly recordedAt: number;
  readonly json: string;
}

/**
 * Every event in the order of commit, 32 bytes each outside the JavaScript heap. The same events as objects take
 * six times the memory, and the garbage collector walks all of them again and again. Rows count from 1.
 */
export class EventLog {
  private readonly segments: Segment[] = [];
  private readonly times = new TimeTable();
  private readonly events: EventTable;
  private readonly irregular = new Map<number, Irregular>();
  private rows = 0;

  constructor(strings: StringTable) {
    this.events = new EventTable(strings);
  }

  get size(): number {
    return this.rows;
  }

  append(channel: number, number: number, event: RocketEvent, recordedAt: number): number {
    const row = ++this.rows;
    const { words, recordedBase } = this.segmentFor(row, recordedAt);
    const at = placeOf(row);
    const { kind, value } = this.events.encode(event);
    const time = this.times.encode(event.time);
    const recorded = recordedAt - recordedBase;
    words[at + channelWord] = channel;
    words[at + numberWord] = Math.min(number, MAX_WORD);
    const isText = event.type === 'MessagesSkipped';
    if (isText || time === undefined || number >= MAX_WORD || value > MAX_WORD || !isWord(recorded)) {
      words[at + shapeWord] = (kind << 8) | IRREGULAR;
      this.irregular.set(row, { number, recordedAt, json: JSON.stringify(event) });
      return row;
    }
    words[at + valueWord] = value;
    words[at + secondsWord] = time.seconds;
    words[at + fractionWord] = time.fraction;
    words[at + shapeWord] = (time.style << 16) | (kind << 8);
    words[at + recordedWord] = recorded;
    return row;
  }

  /** Makes `next` the row that follows `row` in the history of its channel. */
  link(row: number, next: number): void {
    this.segmentOf(row).words[placeOf(row) + nextWord] = next;
  }

  /** The next row of the same channel, or `NONE`. */
  next(row: number): number {
    return this.word(row, nextWord);
  }

  /** The next row of all, or `NONE`; the first one behind 0. */
  following(row: number): number {
    return row < this.rows ? row + 1 : NONE;
  }

  channelAt(row: number): number {
    return this.word(row, channelWord);
  }

  numberAt(row: number): number {
    const number = this.word(row, numberWord);
    return number === MAX_WORD ? this.irregular.get(row)!.number : number;
  }

  recordedAt(row: number): number {
    const { words, recordedBase } = this.segmentOf(row);
    const irregular = this.irregularAt(row);
    return irregular?.recordedAt ?? recordedBase + words[placeOf(row) + recordedWord]!;
  }

  typeAt(row: number): RocketEvent['type'] {
    return this.events.typeOf((this.word(row, shapeWord) >>> 8) & 0xff);
  }

  timeAt(row: number): string {
    const irregular = this.irregularAt(row);
    if (irregular) return read(irregular).time;
    const style = this.word(row, shapeWord) >>> 16;
    return this.times.decode(this.word(row, secondsWord), this.word(row, fractionWord), style);
  }

  /** When the event was sent, UTC milliseconds. */
  millisAt(row: number): number {
    const irregular = this.irregularAt(row);
    if (irregular) return utcMillis(read(irregular).time);
    const style = this.word(row, shapeWord) >>> 16;
    return this.times.millis(this.word(row, secondsWord), this.word(row, fractionWord), style);
  }

  /** The event as it was written, made anew each time. */
  eventAt(row: number): RocketEvent {
    const irregular = this.irregularAt(row);
    if (irregular) return read(irregular);
    const kind = (this.word(row, shapeWord) >>> 8) & 0xff;
    const { type, data } = this.events.decode(kind, this.word(row, valueWord));
    return { type, data, time: this.timeAt(row) } as RocketEvent;
  }

  /**
   * The event to be folded at once and forgotten. A fold asks few events for their time, and making a text of it is
   * by far the most work.
   */
  unreadAt(row: number): RocketEvent {
    const { words } = this.segmentOf(row);
    const at = placeOf(row);
    const shape = words[at + shapeWord]!;
    if (shape & IRREGULAR) return this.eventAt(row);
    const { type, data } = this.events.decode((shape >>> 8) & 0xff, words[at + valueWord]!);
    return new UnreadEvent(type, data, this, row) as RocketEvent;
  }

  private irregularAt(row: number): Irregular | undefined {
    return this.word(row, shapeWord) & IRREGULAR ? this.irregular.get(row) : undefined;
  }

  private word(row: number, word: number): number {
    return this.segmentOf(row).words[placeOf(row) + word]!;
  }

  private segmentOf(row: number): Segment {
    return this.segments[row >>> SEGMENT_BITS]!;
  }

  private segmentFor(row: number, recordedAt: number): Segment {
    const index = row >>> SEGMENT_BITS;
    return (this.segments[index] ??= {
      words: new Uint32Array(SEGMENT_ROWS * WORDS),
      recordedBase: recordedAt - HALF_RANGE,
    });
  }
}

class UnreadEvent {
  constructor(
    readonly type: RocketEvent['type'],
    readonly data: RocketEvent['data'],
    private readonly log: EventLog,
    private readonly row: number,
  ) {}

  get time(): string {
    return this.log.timeAt(this.row);
  }
}

const placeOf = (row: number): number => (row & (SEGMENT_ROWS - 1)) * WORDS;

const isWord = (value: number): boolean => value >= 0 && value <= MAX_WORD;

const read = ({ json }: Irregular): RocketEvent => JSON.parse(json) as RocketEvent;
