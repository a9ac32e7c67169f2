import type { Clock } from '../ports/clock.js';
import type { FrequentNames, RocketDirectory, RocketTotals } from '../ports/rocket-directory.js';
import type { ActivityLog, FleetActivity } from './activity-log.js';

/** So many of the most frequent types and missions are told. */
const MOST_FREQUENT = 10;
/** What has to be looked for is looked for again after a moment; among very many rockets, where that is dear, after longer. */
const LOOKED_FOR = { few: 10_000, againAfterMs: 1000, amongManyAfterMs: 10_000 };

export interface FleetReport extends RocketTotals, FrequentNames {
  /** Rockets that have not exploded and were not heard for so long. */
  readonly silent: number;
  readonly silentAfterMs: number;
  readonly activity: FleetActivity;
}

type LookedFor = FrequentNames & { readonly silent: number };

/** The whole fleet in figures. */
export class Fleet {
  private found: { readonly at: number; readonly answer: Promise<LookedFor> } | undefined;

  constructor(
    private readonly directory: RocketDirectory,
    private readonly activity: ActivityLog,
    private readonly clock: Clock,
    readonly silentAfterMs: number,
  ) {}

  async report(): Promise<FleetReport> {
    const totals = await this.directory.totals();
    const lookedFor = await this.lookedFor(totals.rockets);
    return { ...totals, ...lookedFor, silentAfterMs: this.silentAfterMs, activity: this.activity.report() };
  }

  /** How many rockets are. */
  async silent(): Promise<number> {
    const { rockets } = await this.directory.totals();
    return (await this.lookedFor(rockets)).silent;
  }

  /** Once for everybody who asks meanwhile. */
  private lookedFor(rockets: number): Promise<LookedFor> {
    const now = this.clock.elapsed();
    const lasts = rockets > LOOKED_FOR.few ? LOOKED_FOR.amongManyAfterMs : LOOKED_FOR.againAfterMs;
    if (this.found !== undefined && now - this.found.at < lasts) return this.found.answer;
    const answer = this.look();
    const found = { at: now, answer };
    this.found = found;
    answer.catch(() => {
      if (this.found === found) this.found = undefined;
    });
    return answer;
  }

  private async look(): Promise<LookedFor> {
    const silentSince = this.clock.now() - this.silentAfterMs;
    const [silent, names] = await Promise.all([
      this.directory.silent(silentSince),
      this.directory.frequent(MOST_FREQUENT),
    ]);
    return { ...names, silent };
  }
}
