import { utcKey } from '../../../domain/rocket-time.js';
import { initialState, record } from '../../../domain/rocket.js';
import type { Ask } from '../relational/ask.js';
import { chainOn } from '../relational/change-rows.js';
import { gapRows, type Received } from './gap-rows.js';
import { firstNumber } from '../relational/heads.js';
import { rocketCells, rocketOf, type RocketRow, type StoredRocket } from '../relational/rocket-rows.js';
import {
  eventColumns,
  eventOf,
  messageColumns,
  messageOf,
  missingColumns,
  missingOf,
  type Cell,
  type EventRow,
  type MessageRow,
  type MissingRow,
} from '../relational/rows.js';
import {
  isDue,
  snapshotCells,
  snapshotColumns,
  snapshotOf,
  type SnapshotRow,
} from '../relational/snapshots.js';
import { StoreDamaged } from '../relational/store-errors.js';
import { countEvent, type Deltas } from '../relational/totals.js';

/** What is read at once of a table. */
const PAGE = 2000;

/** A rocket as its events and messages say it is, beside what is stored of it. */
export interface ProvenRocket {
  readonly channel: string;
  readonly stored: StoredRocket | undefined;
  readonly expected: StoredRocket;
  readonly events: number;
  /** How many of the types that are counted. */
  readonly rare: Deltas;
  readonly snapshots: readonly Cell[][];
  readonly missing: readonly Cell[][];
  /** In words, what is stored and is not as it should be. */
  readonly differences: readonly string[];
  /** Of these what can't be made anew, because everything else is made of it. */
  readonly lost: readonly string[];
}

type Range = readonly [from: number, to: number];

/** Folds one rocket anew and compares it with what is stored of it. */
export class RocketProof {
  private readonly differences: string[] = [];
  private readonly lost: string[] = [];
  private readonly snapshots: Cell[][] = [];
  private readonly skipped: Range[] = [];
  private state = initialState;
  private latest: string | null = null;
  private chain = 0;
  private events = 0;
  private readonly rare: Deltas = new Map();

  constructor(
    private readonly ask: Ask,
    private readonly row: RocketRow,
    /** For how long had been listened by now, where nothing tells when a gap was opened. */
    private readonly listened: number,
  ) {}

  async prove(): Promise<ProvenRocket> {
    const { row, differences, lost, snapshots } = this;
    const { channel } = row;
    const stored = this.read(() => rocketOf(row), true);
    await this.fold();
    const { version } = this.state;
    const all = await this.messages('waiting_messages');
    const waiting = all.filter(({ number }) => number > version);
    if (waiting.length < all.length) this.differs(`some of what waits of ${channel} is history`);
    const late = await this.messages('late_messages');
    this.checkLate(late);
    const expected = this.expected(waiting, late);
    const missing = await this.missing(waiting);
    if (stored !== undefined) this.compare(stored, expected);
    const { events, rare } = this;
    return { channel, stored, expected, events, rare, snapshots, missing, differences, lost };
  }

  private async fold(): Promise<void> {
    const { channel } = this.row;
    const kept = await this.keptStates();
    for await (const row of this.rowsOf<EventRow>('events', eventColumns)) {
      const found = this.read(() => eventOf(row));
      if (found === undefined) continue;
      const first = firstNumber(found);
      const before = this.state.version;
      if (first !== before + 1) this.isLost(`the history of ${channel} has no number ${before + 1}`);
      if (found.event.type === 'MessagesSkipped') this.skipped.push([first, found.number]);
      this.state = record(this.state, found.number, found.event);
      this.chain = chainOn(this.chain, row.sum);
      this.events++;
      countEvent(this.rare, found.event);
      const time = utcKey(row.time);
      if (this.latest === null || time > this.latest) this.latest = time;
      if (isDue(before, found.number)) this.keepState(kept);
    }
    for (const version of kept.keys()) {
      this.differs(`a state is kept of ${channel} at version ${version}, where none should be`);
    }
  }

  private keepState(kept: Map<number, number>): void {
    const { channel, id } = this.row;
    const { version } = this.state;
    const cells = snapshotCells(id, this.state, this.latest!);
    if (kept.get(version) !== cells.at(-1)) {
      this.differs(`the state kept of ${channel} at version ${version} is another one, or none`);
    }
    kept.delete(version);
    this.snapshots.push(cells);
  }

  /** The checksums of the states that are kept, by version. */
  private async keptStates(): Promise<Map<number, number>> {
    const kept = new Map<number, number>();
    for await (const row of this.rowsOf<SnapshotRow>('snapshots', snapshotColumns, 'version')) {
      if (this.read(() => snapshotOf(row), true) !== undefined) kept.set(row.version, row.sum);
    }
    return kept;
  }

  private async messages(table: string): Promise<Received[]> {
    const messages: Received[] = [];
    for await (const row of this.rowsOf<MessageRow>(table, messageColumns)) {
      const found = this.read(() => messageOf(this.row.channel, row));
      if (found !== undefined) messages.push({ number: row.number, receivedAt: row.received_at });
    }
    return messages;
  }

  private checkLate(late: readonly Received[]): void {
    for (const { number } of late) {
      if (this.skipped.some(([from, to]) => from <= number && number <= to)) continue;
      this.isLost(`message ${number} of ${this.row.channel} is late, and was never skipped`);
    }
  }

  private expected(waiting: readonly Received[], late: readonly Received[]): StoredRocket {
    const { row, state, latest, chain } = this;
    const { id, channel, revision } = row;
    const updated = state.updatedAt === null ? null : utcKey(state.updatedAt);
    return {
      ...state,
      id,
      channel,
      revision,
      heardAt: row.heard_at,
      latest: latest === updated ? null : latest,
      highestHeard: waiting.at(-1)?.number ?? state.version,
      waiting: waiting.length,
      late: late.length,
      chain,
    };
  }

  private async missing(waiting: readonly Received[]): Promise<readonly Cell[][]> {
    const { row, listened, state } = this;
    const stored: MissingRow[] = [];
    for await (const one of this.rowsOf<MissingRow>('missing', missingColumns, 'last')) {
      const gap = this.read(() => missingOf(one), true);
      if (gap !== undefined) stored.push(gap);
    }
    const found = gapRows({ rocket: row.id, version: state.version, waiting, stored, listened });
    if (!found.areStored) this.differs(`the gaps stored of ${row.channel} are others`);
    return found.rows;
  }

  /** A row that is sound was written together with what it speaks of: what is not there any more is lost. */
  private compare(stored: StoredRocket, expected: StoredRocket): void {
    const { channel } = stored;
    if (String(rocketCells(stored)) !== String(rocketCells(expected))) {
      this.differs(`what is stored of ${channel} is not what its events lead to`);
    }
    if (
      stored.version > expected.version ||
      (stored.version === expected.version && stored.chain !== expected.chain)
    ) {
      this.isLost(`the events of ${channel} are not all of those it had`);
    }
    for (const kind of ['waiting', 'late'] as const) {
      if (stored[kind] <= expected[kind]) continue;
      this.isLost(`of ${stored[kind]} ${kind} messages of ${channel} ${expected[kind]} are there`);
    }
  }

  private async *rowsOf<Row>(table: string, columns: string, key = 'number'): AsyncGenerator<Row> {
    const sql = `SELECT ${columns} FROM ${table} WHERE rocket = $1 AND ${key} > $2 ORDER BY ${key} LIMIT $3`;
    for (let last = 0; ;) {
      const rows = await this.ask<Row>(sql, [this.row.id, last, PAGE]);
      yield* rows;
      if (rows.length < PAGE) return;
      last = Number((rows.at(-1) as Readonly<Record<string, unknown>>)[key]);
    }
  }

  /** A row that does not match its checksum says nothing. */
  private read<T>(row: () => T, isMadeAnew = false): T | undefined {
    try {
      return row();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const what =
        error instanceof StoreDamaged
          ? reason
          : `damaged: a row of ${this.row.channel} is not what it should be: ${reason}`;
      this.differences.push(what);
      if (!isMadeAnew) this.lost.push(what);
      return undefined;
    }
  }

  private differs(what: string): void {
    this.differences.push(`damaged: ${what}`);
  }

  private isLost(what: string): void {
    this.differs(what);
    this.lost.push(`damaged: ${what}`);
  }
}
