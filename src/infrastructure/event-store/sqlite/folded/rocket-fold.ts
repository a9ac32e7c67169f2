import { record } from '../../../../application/rocket-state.js';
import { utcMillis } from '../../../../domain/rocket-time.js';
import { chained, type Cell } from '../checksum.js';
import { earlyCells } from './early-rows.js';
import { HistoryPart } from './history-rows.js';
import {
  numberedEvents,
  type ChangeNumbers,
  type LoggedEarly,
  type LogLine,
  type Course,
} from '../log/log-line.js';
import { stateCells, stateOf } from './rocket-row.js';
import { isSnapshotDue, snapshotCells } from './snapshot-rows.js';
import { storable } from './storable-text.js';
import { StoreDamaged } from '../store-errors.js';
import { applyState, listedFields, type Tail } from './tail.js';

/** Characters: a line with many early messages counts for as much as it is. */
const TEXT_OF_ONE = 256;

/**
 * Folds the lines of one rocket, one after the other, into what is stored of it now and then. What is stored in the end
 * depends on the lines alone, never on how often it was: a rebuild leads to the same bytes.
 */
export class RocketFold {
  /** Those that changed; the last one is `part`. */
  private parts: HistoryPart[] = [];
  private snapshots: Cell[][] = [];
  private early: LoggedEarly[] = [];
  private releasedUpTo = 0;
  /** As they are stored. */
  private listed: string;
  private isNew: boolean;
  /** What is stored leads up to here. */
  private storedVersion: number;
  /** About as many as events and early messages were folded and are not stored. */
  unstored = 0;
  /** Of the first line that is not. */
  firstUnstored = 0;

  constructor(
    /** The row of the rocket after every line so far. */
    readonly tail: Tail,
    private part: HistoryPart | undefined,
  ) {
    this.listed = listedFields(tail);
    this.isNew = tail.revision === 0;
    this.storedVersion = tail.version;
  }

  /** A line with its line break, what it says, and the place of its first event. */
  add(text: string, place: number, line: LogLine): void {
    const { tail } = this;
    const [, revision, , since, events, added = [], releasedUpTo = 0] = line;
    this.begin(text, place, revision, events.length);
    if (events.length > 0) {
      const before = tail.version;
      let state = stateOf(tail);
      let latest = -Infinity;
      for (const { number, event } of numberedEvents(line)) {
        state = record(state, number, event);
        latest = Math.max(latest, utcMillis(event.time));
      }
      applyState(tail, stateCells(state));
      this.record(before, since, latest, place, events.length);
    }
    for (const early of added) this.wait(early);
    if (releasedUpTo > 0) this.release(releasedUpTo);
  }

  /** The same, when it is known where the line leads: nothing of it has to be read. */
  addCourse(
    text: string,
    place: number,
    { revision, since, version, events }: ChangeNumbers,
    { speed, mission, time, latest }: Course,
  ): void {
    const { tail } = this;
    this.begin(text, place, revision + 1, events);
    const before = tail.version;
    tail.version = version;
    tail.speed = speed;
    if (mission !== undefined) tail.mission = storable(mission);
    tail.updated_at = time;
    this.record(before, since, latest, place, events);
  }

  /** Where the event that covers a number stands, or one behind it in the same entry; only of what is not stored. */
  placeOf(number: number): number | undefined {
    if (number <= this.storedVersion || number > this.tail.version) return undefined;
    for (const part of this.parts) {
      const place = part.placeOf(number);
      if (place !== undefined) return place;
    }
    return undefined;
  }

  /** What has to be written since the last call; the row of the rocket is `tail`. */
  take() {
    const { tail, parts, snapshots, early, releasedUpTo } = this;
    const listed = listedFields(tail);
    const taken = {
      isNew: this.isNew,
      isListedAnew: listed !== this.listed,
      history: parts.map((part) => part.cells(tail.channel)),
      snapshots,
      early: early.map((each) => earlyCells(tail.channel, each)),
      releasedUpTo,
    };
    this.listed = listed;
    this.isNew = false;
    this.storedVersion = tail.version;
    this.unstored = 0;
    this.parts = [];
    this.snapshots = [];
    this.early = [];
    this.releasedUpTo = 0;
    return taken;
  }

  private begin(text: string, place: number, revision: number, events: number): void {
    const { tail } = this;
    tail.chain = chained(tail.chain, text);
    tail.revision = revision;
    if (this.unstored === 0) this.firstUnstored = place;
    this.unstored += 1 + Math.max(events, Math.floor(text.length / TEXT_OF_ONE));
  }

  /** The events of a line, of which the tail has the state already. */
  private record(before: number, since: number, latest: number, place: number, events: number): void {
    const { tail } = this;
    if (since !== before + 1) {
      throw new StoreDamaged(`damaged: the history of ${tail.channel} goes on at ${since} behind ${before}`);
    }
    if (tail.latest === null || latest > tail.latest) tail.latest = latest;
    tail.events += events;
    tail.position = place + events - 1;
    if (tail.version > tail.highest) tail.highest = tail.version;
    this.index(since);
    if (isSnapshotDue(before, tail.version)) this.snapshots.push(snapshotCells(tail));
  }

  private index(since: number): void {
    const { position, version } = this.tail;
    if (this.part?.add(position, version) !== true) {
      this.part = new HistoryPart(since);
      this.part.add(position, version);
    }
    if (this.parts.at(-1) !== this.part) this.parts.push(this.part);
  }

  private wait(early: LoggedEarly): void {
    const [number] = early;
    this.early.push(early);
    if (number > this.tail.highest) this.tail.highest = number;
  }

  /** Most early messages are gone before anybody would have stored them. */
  private release(upTo: number): void {
    this.releasedUpTo = upTo;
    if (this.early.length > 0) this.early = this.early.filter(([number]) => number > upTo);
  }
}
