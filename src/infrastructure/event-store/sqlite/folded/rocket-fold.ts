import type { RocketState } from '../../../../application/ports/event-store.js';
import { record } from '../../../../application/rocket-state.js';
import { utcMillis } from '../../../../domain/rocket-time.js';
import { chained, type Cell } from '../checksum.js';
import { earlyCells } from './early-rows.js';
import { HistoryPart } from './history-rows.js';
import { numberedEvents, parseLines, type LoggedEarly, type LogLine } from '../log/log-line.js';
import { stateCells, stateOf } from './rocket-row.js';
import { isSnapshotDue, snapshotCells } from './snapshot-rows.js';
import { StoreDamaged } from '../store-errors.js';
import { applyState, listedFields, type Tail } from './tail.js';

/**
 * Folds the lines of one rocket into what is stored of it. What comes out depends on the lines alone, never on how many
 * of them were folded at once: a rebuild leads to the same bytes.
 */
export class RocketFold {
  private state: RocketState;
  private readonly parts = new Set<HistoryPart>();
  private snapshots: Cell[][] = [];
  private early: LoggedEarly[] = [];
  private releasedUpTo = 0;
  /** As they are stored. */
  private listed: string;
  private isNew: boolean;

  constructor(
    readonly tail: Tail,
    private part: HistoryPart | undefined,
  ) {
    this.state = stateOf(tail);
    this.listed = listedFields(tail);
    this.isNew = tail.revision === 0;
  }

  /** Lines of the rocket in their order, each with the place of its first event. */
  apply(lines: readonly string[], places: readonly number[]): void {
    const { tail } = this;
    tail.chain = chained(tail.chain, lines);
    parseLines(lines).forEach((line, i) => {
      const [, revision, , , events, added = [], releasedUpTo = 0] = line;
      tail.revision = revision;
      if (events.length > 0) this.record(line, places[i]!);
      for (const early of added) this.wait(early);
      if (releasedUpTo > 0) this.releasedUpTo = releasedUpTo;
    });
  }

  /** What has to be written since the last call; the row of the rocket is `tail`. */
  take() {
    const { tail, parts, snapshots, early, releasedUpTo } = this;
    applyState(tail, stateCells(this.state));
    const listed = listedFields(tail);
    const taken = {
      isNew: this.isNew,
      isListedAnew: listed !== this.listed,
      history: Array.from(parts, (part) => part.cells(tail.channel)),
      snapshots,
      early: early.filter(([number]) => number > releasedUpTo).map((each) => earlyCells(tail.channel, each)),
      releasedUpTo,
    };
    this.listed = listed;
    this.isNew = false;
    parts.clear();
    this.snapshots = [];
    this.early = [];
    this.releasedUpTo = 0;
    return taken;
  }

  private record(line: LogLine, place: number): void {
    const { tail } = this;
    const [channel, , , since, events] = line;
    const before = this.state.version;
    if (since !== before + 1) {
      throw new StoreDamaged(`damaged: the history of ${channel} goes on at ${since} behind ${before}`);
    }
    for (const { number, event } of numberedEvents(line)) {
      this.state = record(this.state, number, event);
      const sent = utcMillis(event.time);
      if (tail.latest === null || sent > tail.latest) tail.latest = sent;
    }
    const { version } = this.state;
    tail.events += events.length;
    tail.position = place + events.length - 1;
    if (version > tail.highest) tail.highest = version;
    this.index(since, version);
    if (!isSnapshotDue(before, version)) return;
    applyState(tail, stateCells(this.state));
    this.snapshots.push(snapshotCells(tail));
  }

  private index(since: number, version: number): void {
    const { position } = this.tail;
    if (this.part?.add(position, version) !== true) {
      this.part = new HistoryPart(since);
      this.part.add(position, version);
    }
    this.parts.add(this.part);
  }

  private wait(early: LoggedEarly): void {
    const [number] = early;
    this.early.push(early);
    if (number > this.tail.highest) this.tail.highest = number;
  }
}
