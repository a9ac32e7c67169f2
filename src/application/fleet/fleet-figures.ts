import type { Clock } from '../ports/clock.js';
import type { EventStore } from '../ports/event-store.js';
import type { RocketDirectory, RocketTotals } from '../ports/rocket-directory.js';
import type { SubscriptionCounts } from '../ports/subscription-store.js';
import type { SubscriptionReport, Subscriptions } from '../subscriptions/subscriptions.js';
import type { Fleet } from './fleet.js';

/** So long somebody waits for the store at the most, and so long what it said is told again. */
const PATIENCE_MS = 2000;
const LASTS_MS = 1000;
/** What is looked for, and took long, is told again for so many times as long: that takes no more than a part of the store. */
const LASTS_TIMES = 10;
const LASTS_AT_MOST_MS = 60_000;

/** What the store says of the fleet. Of what it does not say in time, nothing. */
export interface FleetFiguresNow {
  readonly totals: RocketTotals;
  readonly silent?: number;
  /** 0 where there is no gap. */
  readonly oldestGapMs?: number;
  readonly heldBackMs?: number;
  readonly subscriptions?: SubscriptionCounts;
  readonly lags?: readonly SubscriptionReport[];
}

/** The figures of the whole fleet for whoever watches the service: one asks the store at a time, and for all who ask meanwhile. */
export class FleetFigures {
  private readonly totals: Shared<RocketTotals>;
  private readonly silent: Shared<number>;
  private readonly oldestGap: Shared<number | undefined>;
  private readonly heldBack: Shared<number>;
  private readonly counts: Shared<SubscriptionCounts>;
  private readonly lags: Shared<readonly SubscriptionReport[]>;

  constructor(
    directory: Pick<RocketDirectory, 'totals' | 'overdueGaps'>,
    store: Pick<EventStore, 'heldBack'>,
    fleet: Pick<Fleet, 'silent'>,
    subscriptions: Pick<Subscriptions, 'counts' | 'reports'>,
    private readonly clock: Clock,
  ) {
    const shared = <T>(ask: () => Promise<T>, times = 0): Shared<T> => new Shared(ask, clock, times);
    this.totals = shared(() => directory.totals());
    this.silent = shared(() => fleet.silent(), LASTS_TIMES);
    this.oldestGap = shared(async () => (await directory.overdueGaps(Infinity, 1))[0]?.since);
    this.heldBack = shared(async () => (await store.heldBack?.())?.ms ?? 0);
    this.counts = shared(() => subscriptions.counts());
    this.lags = shared(() => subscriptions.reports(), LASTS_TIMES);
  }

  /** Undefined when the store does not answer. */
  async now(): Promise<FleetFiguresNow | undefined> {
    const late = this.clock.sleep(PATIENCE_MS).then(() => undefined);
    const [totals, silent, oldestGap, heldBackMs, subscriptions, lags] = await Promise.all([
      this.totals.answer(late),
      this.silent.answer(late),
      this.oldestGap.answer(late),
      this.heldBack.answer(late),
      this.counts.answer(late),
      this.lags.answer(late),
    ]);
    if (totals === undefined) return undefined;
    const since = oldestGap?.is;
    const oldestGapMs = since === undefined ? 0 : Math.max(0, this.clock.now() - since);
    return {
      totals: totals.is,
      ...(silent && { silent: silent.is }),
      ...(oldestGap && { oldestGapMs }),
      ...(heldBackMs && { heldBackMs: heldBackMs.is }),
      ...(subscriptions && { subscriptions: subscriptions.is }),
      ...(lags && { lags: lags.is }),
    };
  }
}

interface Answer<T> {
  readonly is: T;
}

/** A question to the store: asked once for everybody who wants to know meanwhile, and not again as long as it is not answered. */
class Shared<T> {
  private asked: Promise<Answer<T> | undefined> | undefined;
  private lastsUntil = -Infinity;

  constructor(
    private readonly ask: () => Promise<T>,
    private readonly clock: Clock,
    private readonly lastsTimes: number,
  ) {}

  /** Undefined when there is none before `late`. */
  async answer(late: Promise<undefined>): Promise<Answer<T> | undefined> {
    if (this.asked === undefined || this.clock.elapsed() >= this.lastsUntil) this.asked = this.askAnew();
    return Promise.race([this.asked, late]);
  }

  private async askAnew(): Promise<Answer<T> | undefined> {
    const begun = this.clock.elapsed();
    this.lastsUntil = Infinity;
    let lasts = LASTS_MS;
    try {
      const is = await this.ask();
      const took = this.clock.elapsed() - begun;
      lasts = Math.max(LASTS_MS, Math.min(LASTS_AT_MOST_MS, this.lastsTimes * took));
      return { is };
    } catch {
      // It may be there again in a moment.
      return undefined;
    } finally {
      this.lastsUntil = this.clock.elapsed() + lasts;
    }
  }
}
