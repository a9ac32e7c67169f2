import type { RocketEvent } from '../../../../domain/rocket-event.js';
import type { HeadQuery } from '../event-reader.js';
import type { FoldedTables } from './folded-tables.js';
import { entryOf, type LogRow, placeOf } from '../log/log.js';
import { linesOf, numberedEvents, parseLine } from '../log/log-line.js';
import type { RocketFold } from './rocket-fold.js';

/** Lines of one rocket that are in the log and not folded yet. */
interface Unfolded {
  readonly fold: RocketFold;
  revision: number;
  version: number;
  events: number;
  readonly lines: string[];
  readonly places: number[];
  /** Of the rocket after each line, or after the change that it is a part of. */
  readonly versions: number[];
}

/** How far a rocket is folded. */
export interface FoldedTo {
  readonly revision: number;
  /** The place of its last event; the lines of one change have the same revision. */
  readonly position: number;
}

export interface ChannelHead {
  readonly revision: number;
  readonly version: number;
}

/** What `Folding` remembers of rockets with nothing to fold, so that the next line needs no reading. */
const ROCKETS_AT_HAND = 16_384;
/** A rocket of which so much waits is folded now: more would keep everybody waiting later. */
const MOST_OF_ONE = 2048;
/** Characters: a line with many early messages counts for as much as it is. */
const TEXT_OF_ONE = 256;

/**
 * The lines between the log and what is folded from it. A rocket is folded when its lines have waited longest, when
 * somebody wants to read, and at the end: under load one fold serves many messages, where writing each rocket's row and
 * index with every message cost three times as much as the message itself (measured).
 *
 * Nothing here is durable or has to be: the log is, and a rocket's revision says which of its lines are folded.
 */
export class Folding {
  /** Those that waited longest come first. */
  private readonly unfolded = new Map<string, Unfolded>();
  private readonly atHand = new Map<string, RocketFold>();
  private full: string[] = [];
  /** About as many as events and early messages are in `unfolded`. */
  waiting = 0;

  constructor(private readonly tables: FoldedTables) {}

  has(channel: string): boolean {
    return this.unfolded.has(channel);
  }

  /** Revision and version of a channel, everything that is in the log included. */
  head(channel: string): ChannelHead {
    return this.unfolded.get(channel) ?? this.foldOf(channel).tail;
  }

  /** A line that now stands in the log. `place` is that of its first event. */
  add(channel: string, line: string, place: number, head: ChannelHead, events: number): void {
    const size = 1 + Math.max(events, Math.floor(line.length / TEXT_OF_ONE));
    let entry = this.unfolded.get(channel);
    if (entry === undefined) {
      const fold = this.foldOf(channel);
      entry = { fold, revision: 0, version: 0, events: 0, lines: [], places: [], versions: [] };
      this.unfolded.set(channel, entry);
    }
    entry.revision = head.revision;
    entry.version = head.version;
    entry.lines.push(line);
    entry.places.push(place);
    entry.versions.push(head.version);
    if (entry.events < MOST_OF_ONE && entry.events + size >= MOST_OF_ONE) this.full.push(channel);
    entry.events += size;
    this.waiting += size;
  }

  /** The lines of a row of the log that are not folded yet; no more than the file has folded of their rocket, when that is given. */
  addRow({ entry, body }: LogRow, upTo?: (channel: string) => FoldedTo): void {
    let index = 0;
    for (const text of linesOf(body)) {
      const line = parseLine(text);
      const [channel, revision, , , events] = line;
      const place = placeOf(entry, index);
      // With more than one line of a revision, all of them have events.
      const isIn = (folded: FoldedTo): boolean =>
        revision === folded.revision && events.length > 0
          ? place <= folded.position
          : revision <= folded.revision;
      const version = numberedEvents(line).at(-1)?.number ?? this.head(channel).version;
      const isWanted = !isIn(this.foldOf(channel).tail) && (upTo === undefined || isIn(upTo(channel)));
      if (isWanted) this.add(channel, text, place, { revision, version }, events.length);
      index += events.length;
    }
  }

  /** The events that cover these numbers, as far as they are not folded yet. */
  recorded({ channel, numbers }: HeadQuery): [number, RocketEvent][] {
    const unfolded = this.unfolded.get(channel);
    if (unfolded === undefined) return [];
    const { fold, version } = unfolded;
    return numbers
      .filter((number) => number > fold.tail.version && number <= version)
      .map((number) => [number, covering(unfolded, number)]);
  }

  fold(channel: string): void {
    const unfolded = this.unfolded.get(channel);
    if (unfolded === undefined) return;
    const { fold, lines, places, events } = unfolded;
    fold.apply(lines, places);
    this.tables.save(fold);
    this.unfolded.delete(channel);
    this.waiting -= events;
  }

  /** Folds the rockets that waited longest, until no more than `keep` events wait or `most` rockets were folded. */
  foldOldest(keep: number, most = Infinity): void {
    for (const channel of this.full.splice(0)) this.fold(channel);
    let folded = 0;
    for (const channel of this.unfolded.keys()) {
      if (this.waiting <= keep || folded++ >= most) return;
      this.fold(channel);
    }
  }

  /** Everything up to this entry of the log is folded; `end` is the last one. */
  foldedUpTo(end: number): number {
    for (const { places } of this.unfolded.values()) return entryOf(places[0]!) - 1;
    return end;
  }

  private foldOf(channel: string): RocketFold {
    const known = this.unfolded.get(channel)?.fold ?? this.atHand.get(channel);
    if (known !== undefined) return known;
    const fold = this.tables.load(channel);
    this.atHand.set(channel, fold);
    // The first one came first, not last used: a hot rocket that falls out is read again, once in so many others.
    if (this.atHand.size > ROCKETS_AT_HAND) this.atHand.delete(this.atHand.keys().next().value!);
    return fold;
  }
}

/** Only the lines in question are parsed: of a busy rocket very many may wait, and whoever repeats himself asks often. */
const covering = ({ lines, versions }: Unfolded, wanted: number): RocketEvent => {
  for (let i = versions.findIndex((version) => version >= wanted); i < lines.length; i++) {
    const found = numberedEvents(parseLine(lines[i]!)).find(({ number }) => number >= wanted);
    if (found !== undefined) return found.event;
  }
  throw new Error(`No line that waits covers number ${wanted}.`);
};
