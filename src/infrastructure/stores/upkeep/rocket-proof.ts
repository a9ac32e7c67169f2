import { utcKey } from '../../../domain/rocket-time.js';
import type { Ask } from '../relational/ask.js';
import { rocketCells, rocketOf, type RocketRow, type StoredRocket } from '../relational/rocket-rows.js';
import {
  messageColumns,
  messageOf,
  missingColumns,
  missingOf,
  type Cell,
  type EventFormat,
  type EventRow,
  type MessageRow,
  type MissingRow,
} from '../relational/rows.js';
import { snapshotColumns, snapshotOf, type SnapshotRow } from '../relational/snapshots.js';
import type { Deltas } from '../relational/totals.js';
import { Findings } from './findings.js';
import { gapRows, type Received } from './gap-rows.js';
import { pages } from './pages.js';
import { ToldHistory } from './told-history.js';

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
  readonly findings: Findings;
}

/** Folds one rocket anew and compares it with what is stored of it. */
export class RocketProof {
  private readonly findings: Findings;
  private readonly history: ToldHistory;

  constructor(
    private readonly ask: Ask,
    private readonly row: RocketRow,
    /** For how long had been listened by now, where nothing tells when a gap was opened. */
    private readonly listened: number,
    private readonly format: EventFormat<unknown>,
  ) {
    this.findings = new Findings(row.channel);
    this.history = new ToldHistory(row, this.findings, format);
  }

  async prove(): Promise<ProvenRocket> {
    const { row, findings, history } = this;
    const { channel } = row;
    const stored = findings.read(() => rocketOf(row), true);
    const kept = await this.keptStates();
    for await (const event of this.rowsOf<EventRow>('events', this.format.columns)) history.take(event);
    this.compareStates(kept);
    const { version } = history.state;
    const all = await this.messages('waiting_messages');
    const waiting = all.filter(({ number }) => number > version);
    if (waiting.length < all.length) findings.differs(`some of what waits of ${channel} is history`);
    const late = await this.messages('late_messages');
    for (const { number } of late) {
      if (!history.hasSkipped(number))
        findings.isLost(`message ${number} of ${channel} is late, and was never skipped`);
    }
    const expected = this.expected(waiting, late);
    const missing = await this.missing(expected, waiting);
    if (stored !== undefined) this.compare(stored, expected);
    const { events, rare, snapshots } = history;
    return { channel, stored, expected, events, rare, snapshots, missing, findings };
  }

  /** The checksums of the states that are kept, by version. */
  private async keptStates(): Promise<Map<number, number>> {
    const kept = new Map<number, number>();
    for await (const row of this.rowsOf<SnapshotRow>('snapshots', snapshotColumns, 'version')) {
      if (this.findings.read(() => snapshotOf(row), true) !== undefined) kept.set(row.version, row.sum);
    }
    return kept;
  }

  private compareStates(kept: Map<number, number>): void {
    const { channel } = this.row;
    for (const cells of this.history.snapshots) {
      const version = Number(cells[1]);
      if (kept.get(version) !== cells.at(-1)) {
        this.findings.differs(`the state kept of ${channel} at version ${version} is another one, or none`);
      }
      kept.delete(version);
    }
    for (const version of kept.keys()) {
      this.findings.differs(`a state is kept of ${channel} at version ${version}, where none should be`);
    }
  }

  private async messages(table: string): Promise<Received[]> {
    const messages: Received[] = [];
    for await (const row of this.rowsOf<MessageRow>(table, messageColumns)) {
      const found = this.findings.read(() => messageOf(this.row.channel, row));
      if (found !== undefined) messages.push({ number: row.number, receivedAt: row.received_at });
    }
    return messages;
  }

  private expected(waiting: readonly Received[], late: readonly Received[]): StoredRocket {
    const { row } = this;
    const { state, latest, chain } = this.history;
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

  private async missing(expected: StoredRocket, waiting: readonly Received[]): Promise<readonly Cell[][]> {
    const stored: MissingRow[] = [];
    for await (const one of this.rowsOf<MissingRow>('missing', missingColumns, 'last')) {
      const gap = this.findings.read(() => missingOf(one), true);
      if (gap !== undefined) stored.push(gap);
    }
    const found = gapRows(expected, waiting, stored, this.listened);
    if (!found.areStored) this.findings.differs(`the gaps stored of ${expected.channel} are others`);
    return found.rows;
  }

  /** A row that is sound was written together with what it speaks of: what is not there any more is lost. */
  private compare(stored: StoredRocket, expected: StoredRocket): void {
    const { channel } = stored;
    if (String(rocketCells(stored)) !== String(rocketCells(expected))) {
      this.findings.differs(`what is stored of ${channel} is not what its events lead to`);
    }
    if (
      stored.version > expected.version ||
      (stored.version === expected.version && stored.chain !== expected.chain)
    ) {
      this.findings.isLost(`the events of ${channel} are not all of those it had`);
    }
    for (const kind of ['waiting', 'late'] as const) {
      if (stored[kind] <= expected[kind]) continue;
      this.findings.isLost(`of ${stored[kind]} ${kind} messages of ${channel} ${expected[kind]} are there`);
    }
  }

  private async *rowsOf<Row>(table: string, columns: string, key = 'number'): AsyncGenerator<Row> {
    const { id } = this.row;
    const sql = `SELECT ${columns} FROM ${table} WHERE rocket = $1 AND ${key} > $2 ORDER BY ${key} LIMIT $3`;
    const place = (row: Readonly<Record<string, unknown>>): number[] => [id, Number(row[key])];
    for await (const rows of pages(this.ask, sql, [id, 0], place)) yield* rows as Row[];
  }
}
