import type { FoldedTables } from './folded-tables.js';
import { entryOf, type LogRow, placeOf } from '../log/log.js';
import { linesOf, parseLine, parseLines, type ChangeNumbers, type Course } from '../log/log-line.js';
import type { RocketFold } from './rocket-fold.js';

/** How far a rocket is folded. */
export interface FoldedTo {
  readonly revision: number;
  /** The place of its last event; the lines of one change have the same revision. */
  readonly position: number;
}

/** What `Folding` remembers of rockets with nothing to fold, so that the next line needs no reading. */
const ROCKETS_AT_HAND = 16_384;
/** A rocket of which so much waits is folded now: more would keep everybody waiting later. */
const MOST_OF_ONE = 2048;

/**
 * Between the log and what is folded from it: the rockets with lines that are not in the tables yet. A rocket is stored
 * when it has waited longest, when somebody wants to read, and at the end: under load one writing serves many messages,
 * where writing each rocket's row and index with every message cost three times as much as the message itself (measured).
 *
 * Nothing here is durable or has to be: the log is, and a rocket's revision says which of its lines are folded.
 */
export class Folding {
  /** Those that waited longest come first. */
  private readonly unstored = new Map<string, RocketFold>();
  /** Rockets with nothing to store. */
  private readonly atHand = new Map<string, RocketFold>();
  private full: RocketFold[] = [];
  /** About as many as events and early messages are in `unstored`. */
  waiting = 0;

  constructor(private readonly tables: FoldedTables) {}

  has(channel: string): boolean {
    return this.unstored.has(channel);
  }

  /** A rocket with everything that is in the log. */
  of(channel: string): RocketFold {
    const known = this.unstored.get(channel) ?? this.atHand.get(channel);
    if (known !== undefined) return known;
    const fold = this.tables.load(channel);
    this.keepAtHand(fold);
    return fold;
  }

  /** A line that now stands in the log. */
  add(fold: RocketFold, text: string, place: number): void {
    const { unstored } = fold;
    fold.add(text, place, parseLine(text));
    this.grown(fold, unstored);
  }

  /** The same, when it is known where the line leads. */
  addCourse(fold: RocketFold, text: string, place: number, change: ChangeNumbers, course: Course): void {
    const { unstored } = fold;
    fold.addCourse(text, place, change, course);
    this.grown(fold, unstored);
  }

  /** The lines of a row of the log that are not folded yet; no more than the file has folded of their rocket, when that is given. */
  addRow({ entry, body }: LogRow, upTo?: (channel: string) => FoldedTo): void {
    let index = 0;
    const texts = linesOf(body);
    for (const [i, line] of parseLines(texts).entries()) {
      const [channel, revision, , , events] = line;
      const place = placeOf(entry, index);
      // With more than one line of a revision, all of them have events.
      const isIn = (folded: FoldedTo): boolean =>
        revision === folded.revision && events.length > 0
          ? place <= folded.position
          : revision <= folded.revision;
      const fold = this.of(channel);
      if (!isIn(fold.tail) && (upTo === undefined || isIn(upTo(channel)))) {
        const { unstored } = fold;
        fold.add(`${texts[i]!}\n`, place, line);
        this.grown(fold, unstored);
      }
      index += events.length;
    }
  }

  /** In which entry of the log the event that covers a number stands, when it is not in the tables yet. */
  entryOf(channel: string, number: number): number | undefined {
    const place = this.unstored.get(channel)?.placeOf(number);
    return place === undefined ? undefined : entryOf(place);
  }

  store(channel: string): void {
    const fold = this.unstored.get(channel);
    if (fold === undefined) return;
    const { unstored } = fold;
    this.tables.save(fold);
    this.unstored.delete(channel);
    this.waiting -= unstored;
    this.keepAtHand(fold);
  }

  /** Stores the rockets that waited longest, until no more than `keep` events wait or `most` rockets were stored. */
  storeOldest(keep: number, most = Infinity): void {
    for (const { tail } of this.full.splice(0)) this.store(tail.channel);
    let stored = 0;
    for (const channel of this.unstored.keys()) {
      if (this.waiting <= keep || stored++ >= most) return;
      this.store(channel);
    }
  }

  /** Everything up to this entry of the log is in the tables; `end` is the last one. */
  storedUpTo(end: number): number {
    for (const { firstUnstored } of this.unstored.values()) return entryOf(firstUnstored) - 1;
    return end;
  }

  private grown(fold: RocketFold, before: number): void {
    const { tail, unstored } = fold;
    this.waiting += unstored - before;
    if (before < MOST_OF_ONE && unstored >= MOST_OF_ONE) this.full.push(fold);
    if (before > 0) return;
    this.atHand.delete(tail.channel);
    this.unstored.set(tail.channel, fold);
  }

  private keepAtHand(fold: RocketFold): void {
    this.atHand.set(fold.tail.channel, fold);
    // The first one came first, not last used: a hot rocket that falls out is read again, once in so many others.
    if (this.atHand.size > ROCKETS_AT_HAND) this.atHand.delete(this.atHand.keys().next().value!);
  }
}
