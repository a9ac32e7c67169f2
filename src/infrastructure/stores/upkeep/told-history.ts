import { utcKey } from '../../../domain/rocket-time.js';
import { initialState, record } from '../../../domain/rocket.js';
import { chainOn } from '../relational/change-rows.js';
import { firstNumber } from '../relational/heads.js';
import type { RocketRow } from '../relational/rocket-rows.js';
import type { Cell, EventFormat, EventRow } from '../relational/rows.js';
import { isDue, snapshotCells } from '../relational/snapshots.js';
import { countEvent, type Deltas } from '../relational/totals.js';
import type { Findings } from './findings.js';

type Range = readonly [from: number, to: number];

/** What the events of a rocket lead to, folded anew. */
export class ToldHistory {
  state = initialState;
  /** The latest time of sending. */
  latest: string | null = null;
  chain = 0;
  events = 0;
  /** How many of the types that are counted. */
  readonly rare: Deltas = new Map();
  /** The states that are to be kept. */
  readonly snapshots: Cell[][] = [];
  private readonly skipped: Range[] = [];

  constructor(
    private readonly rocket: Pick<RocketRow, 'id' | 'channel'>,
    private readonly findings: Findings,
    private readonly format: EventFormat<unknown>,
  ) {}

  /** Takes the events in the order of their numbers. */
  take(row: EventRow): void {
    const found = this.findings.read(() => this.format.eventOf(row));
    if (found === undefined) return;
    const { number, event } = found;
    const first = firstNumber(found);
    const before = this.state.version;
    if (first !== before + 1) {
      this.findings.isLost(`the history of ${this.rocket.channel} has no number ${before + 1}`);
    }
    if (event.type === 'MessagesSkipped') this.skipped.push([first, number]);
    this.state = record(this.state, number, event);
    this.chain = chainOn(this.chain, row.sum);
    this.events++;
    countEvent(this.rare, event);
    const time = utcKey(row.time);
    if (this.latest === null || time > this.latest) this.latest = time;
    if (isDue(before, number)) this.snapshots.push(snapshotCells(this.rocket.id, this.state, this.latest));
  }

  hasSkipped(number: number): boolean {
    return this.skipped.some(([from, to]) => from <= number && number <= to);
  }
}
