import { checkedRow, withSum, type Cell } from '../checksum.js';
import { entryOf } from '../log/log.js';

/** A row of `history`. */
export interface HistoryRow {
  readonly channel: string;
  /** The first number of a rocket that the row leads to. */
  readonly since: number;
  /** The last one. */
  readonly number: number;
  /** The last entry of the log. */
  readonly entry: number;
  /** JSON: the places of the last events in each entry, each followed by its number. */
  readonly places: string;
  readonly sum: number;
}

export const historyColumns = 'channel, since, number, entry, places, sum';

/** Of a row, in numbers: pairs. Each fold writes the last row of a rocket anew, so it is kept small. */
const NUMBERS_PER_ROW = 64;

/** The last row of a rocket, which goes on growing until it is full. */
export class HistoryPart {
  constructor(
    readonly since: number,
    private readonly places: number[] = [],
  ) {}

  static of(row: HistoryRow): HistoryPart {
    return new HistoryPart(row.since, placesOf(row));
  }

  /** The last event of one more line. False, and nothing taken, when the next row must begin. */
  add(place: number, number: number): boolean {
    const { places } = this;
    const isSameEntry = places.length > 0 && entryOf(places.at(-2)!) === entryOf(place);
    if (isSameEntry) places.length -= 2;
    else if (places.length >= NUMBERS_PER_ROW) return false;
    places.push(place, number);
    return true;
  }

  /** Of the last event in the entry of the log in which a number stands; undefined when none is left here. */
  placeOf(number: number): number | undefined {
    const { places } = this;
    for (let i = 1; i < places.length; i += 2) if (places[i]! >= number) return places[i - 1]!;
    return undefined;
  }

  cells(channel: string): Cell[] {
    const { since, places } = this;
    const cells = [channel, since, places.at(-1)!, entryOf(places.at(-2)!), JSON.stringify(places)];
    return withSum(cells);
  }
}

export const checkedHistory = (row: HistoryRow): HistoryRow =>
  checkedRow(row, ({ channel }) => `the index of the history of ${channel}`);

export const placesOf = (row: HistoryRow): number[] => JSON.parse(row.places) as number[];
