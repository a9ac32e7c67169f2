import type { Ask } from '../relational/ask.js';
import { unheardRocket } from '../relational/change-rows.js';
import type { Counted } from './export-line.js';
import { pages } from './pages.js';
import { RocketProof, type ProvenRocket } from './rocket-proof.js';
import type { EventFormat } from '../relational/rows.js';
import { rocketColumns, type RocketRow } from '../relational/rocket-rows.js';
import { addTo, countChange, type Deltas } from '../relational/totals.js';

export interface ProofTotals extends Record<Counted, number> {
  readonly totals: Deltas;
}

export interface VerifyReport extends Readonly<Record<Counted, number>> {
  /** In words, what is wrong; empty when everything is right. */
  readonly damages: readonly string[];
}

/**
 * Folds everything anew, rocket by rocket, and compares: every row against its checksum, each rocket's running checksum,
 * its numbers without a hole, its state, what waits and what is missing. What the events do not tell, when it was heard
 * and for how long something is missing, is taken as it is stored.
 */
export class Proof {
  /** Of the rockets proven so far. */
  readonly totals: ProofTotals = { rockets: 0, events: 0, waiting: 0, late: 0, totals: new Map() };

  constructor(
    private readonly ask: Ask,
    private readonly listened: number,
    private readonly format: EventFormat<unknown>,
  ) {}

  async *rockets(): AsyncGenerator<ProvenRocket> {
    const sql = `SELECT ${rocketColumns} FROM rockets WHERE id > $1 ORDER BY id LIMIT $2`;
    for await (const rows of pages<RocketRow>(this.ask, sql, [0], ({ id }) => [id])) {
      for (const row of rows) {
        const proven = await new RocketProof(this.ask, row, this.listened, this.format).prove();
        this.count(proven);
        yield proven;
      }
    }
  }

  private count({ channel, expected, events, rare, missing }: ProvenRocket): void {
    const { totals } = this;
    totals.rockets++;
    totals.events += events;
    totals.waiting += expected.waiting;
    totals.late += expected.late;
    countChange(totals.totals, unheardRocket(expected.id, channel), expected);
    for (const [name, by] of [...rare, ['gaps', missing.length] as const]) addTo(totals.totals, name, by);
  }
}
