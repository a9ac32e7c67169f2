import { NONE, type EventLog } from './event-log.js';

/** Every 16th row of a channel is marked: half a byte an event buys a place by number in a few steps. */
const STRIDE = 16;

/** Where the events of one channel stand in the log. */
export class ChannelRows {
  private count = 0;
  private first = NONE;
  private last = NONE;
  /** The rows 16, 32, 48, … of the channel; most channels of a large fleet have none. */
  private marks: number[] | undefined;

  constructor(private readonly log: EventLog) {}

  append(row: number): void {
    if (this.count === 0) this.first = row;
    else this.log.link(this.last, row);
    if (this.count > 0 && this.count % STRIDE === 0) {
      if (this.marks === undefined) this.marks = [row];
      else this.marks.push(row);
    }
    this.last = row;
    this.count++;
  }

  /** The first row that stands above message `number`, or `NONE`. */
  above(number: number): number {
    return this.seek((row) => this.log.numberAt(row) > number);
  }

  /** The rows before the first one that is beyond, the last one first. */
  *before(isBeyond: (row: number) => boolean): Generator<number> {
    for (let isOver = isBeyond; this.first !== NONE;) {
      const from = this.markBefore(isOver);
      const stretch: number[] = [];
      for (let row = from; row !== NONE && !isOver(row); row = this.log.next(row)) stretch.push(row);
      if (stretch.length === 0) return;
      yield* stretch.reverse();
      isOver = (row) => row >= from;
    }
  }

  /** The first row of this channel behind any row of the log, or `NONE`. */
  behind(place: number): number {
    return this.seek((row) => row > place);
  }

  private seek(isFound: (row: number) => boolean): number {
    if (this.last === NONE || !isFound(this.last)) return NONE;
    let row = this.markBefore(isFound);
    while (!isFound(row)) row = this.log.next(row);
    return row;
  }

  /** The last mark that is not found yet, from where the way to the first found row is short. */
  private markBefore(isFound: (row: number) => boolean): number {
    const { marks = [] } = this;
    let low = 0;
    let high = marks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isFound(marks[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low === 0 ? this.first : marks[low - 1]!;
  }
}
