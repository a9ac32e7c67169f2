import type { RocketEvent } from '../../../domain/rocket-event.js';
import type { HeadQuery } from './event-reader.js';
import type { FoldedTables } from './folded-tables.js';
import { entryOf, type LogRow, placeOf } from './log.js';
import { numberedEvents, parseLine } from './log-line.js';
import type { RocketFold } from './rocket-fold.js';

/** Lines of one rocket that are in the log and not folded yet. */
interface Unfolded {
  readonly fold: RocketFold;
  revision: number;
  version: number;
  events: number;
  readonly lines: string[];
  readonly places: number[];
}

export interface ChannelHead {
  readonly revision: number;
  readonly version: number;
}

/** What `Folding` remembers of rockets with nothing to fold, so that the next line needs no reading. */
const ROCKETS_AT_HAND = 16_384;
/** A rocket of which so much waits is folded now: more would keep everybody waiting later. */
const MOST_OF_ONE = 2048;

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
  /** Events and early messages in `unfolded`. */
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
    const size = events + 1;
    let entry = this.unfolded.get(channel);
    if (entry === undefined) {
      const fold = this.foldOf(channel);
      entry = { fold, revision: 0, version: 0, events: 0, lines: [], places: [] };
      this.unfolded.set(channel, entry);
    }
    entry.revision = head.revision;
    entry.version = head.version;
    entry.lines.push(line);
    entry.places.push(place);
    if (entry.events < MOST_OF_ONE && entry.events + size >= MOST_OF_ONE) this.full.push(channel);
    entry.events += size;
    this.waiting += size;
  }

  /** The lines of a row of the log that are not folded yet; up to a revision of their rocket, when one is given. */
  addRow({ entry, body }: LogRow, upTo?: (channel: string) => number): void {
    let index = 0;
    for (let at = 0; at < body.length;) {
      const end = body.indexOf('\n', at);
      const text = body.slice(at, end);
      at = end + 1;
      const line = parseLine(text);
      const [channel, revision, , , events] = line;
      const place = placeOf(entry, index);
      const { tail } = this.foldOf(channel);
      // The lines of one change have the same revision; with more than one, all of them have events.
      const isFolded =
        revision === tail.revision && events.length > 0 ? place <= tail.position : revision <= tail.revision;
      const version = numberedEvents(line).at(-1)?.number ?? this.head(channel).version;
      const isWanted = !isFolded && (upTo === undefined || revision <= upTo(channel));
      if (isWanted) this.add(channel, text, place, { revision, version }, events.length);
      index += events.length;
    }
  }

  /** The events that cover these numbers, as far as they are not folded yet. */
  recorded({ channel, numbers }: HeadQuery): [number, RocketEvent][] {
    const unfolded = this.unfolded.get(channel);
    const wanted = unfolded && numbers.filter((number) => number > unfolded.fold.tail.version);
    if (wanted === undefined || wanted.length === 0) return [];
    const events = unfolded!.lines.flatMap((line) => numberedEvents(parseLine(line)));
    return wanted.flatMap((wantedNumber): [number, RocketEvent][] => {
      const found = events.find(({ number }) => number >= wantedNumber);
      return found === undefined ? [] : [[wantedNumber, found.event]];
    });
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
