import type { SubscriptionJson } from './wire.js';

interface Sample {
  /** By the clock of the service. */
  readonly at: number;
  readonly events: number;
  readonly seconds: number;
}

/** What a chart draws; x in milliseconds. */
export interface LagSeries {
  readonly xs: number[];
  readonly events: (number | null)[];
  readonly seconds: (number | null)[];
}

/** Nobody asks more rarely than this while all is well: between two answers that are further apart nothing is known. */
const mostApartMs = 12_000;
const keptMs = 60 * 60 * 1000;

/** How far a subscription was behind, as far as this page was told. */
export class LagLog {
  #samples: Sample[] = [];
  /** How far the clock of the service is ahead of that of the browser. */
  #aheadMs = 0;

  get latest(): Sample | undefined {
    return this.#samples.at(-1);
  }

  /** One a second is kept, as the service tells its time by the second. */
  add(at: number, { lag: { events, seconds } }: Pick<SubscriptionJson, 'lag'>, heardAt = Date.now()): void {
    this.#aheadMs = at - heardAt;
    // A clock that was set back begins anew.
    this.#samples = this.#samples.filter((sample) => sample.at < at && sample.at > at - keptMs);
    this.#samples.push({ at, events, seconds });
  }

  /** Up to now, whether or not anything was heard lately: a curve that ended long ago must not end at the edge. */
  series(now = Date.now()): LagSeries {
    const xs: number[] = [];
    const events: (number | null)[] = [];
    const seconds: (number | null)[] = [];
    const put = (at: number, sample?: Sample): void => {
      xs.push(at);
      events.push(sample?.events ?? null);
      seconds.push(sample?.seconds ?? null);
    };
    for (const sample of this.#samples) {
      const before = xs.at(-1) ?? sample.at;
      if (sample.at - before > mostApartMs) put(before + 1);
      put(sample.at, sample);
    }
    if (this.isOld(now)) put(now + this.#aheadMs);
    return { xs, events, seconds };
  }

  /** Whether what it was told last says nothing of now any more. */
  isOld(now = Date.now()): boolean {
    const { latest } = this;
    return latest !== undefined && now + this.#aheadMs - latest.at > mostApartMs;
  }
}
