import type { Skip } from '../../src/application/ingest/advance.js';
import type { Writer } from './disk.js';
import { unseen, type Said, type Sight, type Told } from './oracle.js';

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A gap as a directory should show it. */
export interface SeenGap extends Range {
  readonly since: number;
  /** Messages right behind it, up to the next gap. */
  readonly waiting: number;
}

/** What a process was asked to skip: until it has answered, gaps may be skipped for it at any time. */
export interface SkipIntent extends Skip {
  readonly process: string;
  readonly expected: Range | undefined;
  /** What was skipped for it. */
  readonly done: Range[];
  isOpen: boolean;
}

/** A channel as it was after one of its writes. */
interface Moment {
  readonly version: number;
  readonly gap: Range | undefined;
}

/** A number that was the highest heard of its channel when it was heard: with it, what is missing below opened as a gap. */
interface Highest {
  readonly number: number;
  /** By the clock of the service that stored it. */
  readonly at: number;
  /** For how long a service had listened by then: truly, and as the disk was told. */
  readonly listened: number;
  readonly counted: number;
  /** How many services had begun to listen. */
  readonly services: number;
}

/** All that is known of one rocket from outside: what was sent, what was answered, what was seen to be stored. */
export class RocketLedger {
  readonly sent = new Map<number, { readonly said: Said; readonly times: Set<string> }[]>();
  /** What stands under each number as an event or waits to be one, for ever. */
  standing = new Map<number, Told>();
  /** What was heard under each number after it was skipped, for ever. */
  late = new Map<number, Told>();
  skipped: readonly Range[] = [];
  intents: SkipIntent[] = [];
  answeredFirst = new Set<number>();
  history: { readonly number: number; readonly expected: Told }[] = [];
  sights: Sight[] = [unseen()];
  moments: Moment[] = [{ version: 0, gap: undefined }];
  highs: Highest[] = [];
  /** Who wrote last, who changed last what is missing, and who stored each late message. */
  writtenBy: Writer | undefined;
  gapsBy: Writer | undefined;
  lateBy = new Map<number, Writer>();

  constructor(readonly channel: string) {}

  get sight(): Sight {
    return this.sights.at(-1)!;
  }

  wasSkipped(number: number): boolean {
    return this.skipped.some(({ from, to }) => number >= from && number <= to);
  }

  willSkip(process: string, skip: Skip, expected: Range | undefined): SkipIntent {
    const intent = { ...skip, process, expected, done: [], isOpen: true };
    this.intents.push(intent);
    return intent;
  }

  /** Every range below the highest number heard that was neither heard nor given up. */
  gaps(): Range[] {
    const gaps: Range[] = [];
    const highest = this.highs.at(-1)?.number ?? 0;
    let from: number | undefined;
    for (let number = 1; number <= highest; number++) {
      if (!this.standing.has(number) && !this.wasSkipped(number)) from ??= number;
      else if (from !== undefined) {
        gaps.push({ from, to: number - 1 });
        from = undefined;
      }
    }
    return gaps;
  }

  seenGaps(): SeenGap[] {
    return this.gaps().map(({ from, to }) => {
      let waiting = 0;
      while (this.standing.has(to + 1 + waiting)) waiting++;
      return { from, to, since: this.opening(to).at, waiting };
    });
  }

  /** The next message that was heard above a number. */
  behind(number: number): Told | undefined {
    const highest = this.highs.at(-1)?.number ?? 0;
    let next = number + 1;
    while (next < highest && !this.standing.has(next)) next++;
    return this.standing.get(next);
  }

  /** When the gap that ends with this number began to be one. */
  opening(number: number): Highest {
    return this.highs.find((high) => high.number > number)!;
  }

  /** Everything as it is now, to be put back when the disk is. */
  copy(): Partial<RocketLedger> {
    const { skipped, writtenBy, gapsBy } = this;
    return {
      standing: new Map(this.standing),
      late: new Map(this.late),
      skipped,
      intents: [],
      answeredFirst: new Set(this.answeredFirst),
      history: [...this.history],
      sights: [...this.sights],
      moments: [...this.moments],
      highs: [...this.highs],
      writtenBy,
      gapsBy,
      lateBy: new Map(this.lateBy),
    };
  }
}
