import { drawPlan, hasKafka, hasSubscriptions, isShared, type Plan } from './plan.js';
import { Random } from './random.js';
import { Scheduler } from './scheduler.js';
import { meet, type Met, type Situation } from './situations.js';
import { Trace } from './trace.js';

export interface Violation {
  /** The promise that was broken. */
  readonly check: string;
  readonly detail: string;
  readonly at: number;
}

/** What all actors of one run share. */
export class World {
  readonly random: Random;
  readonly plan: Plan;
  readonly trace: Trace;
  readonly scheduler: Scheduler;
  violation: Violation | undefined;
  /** Counts the histories of the disk: a copy that is put back begins another one. */
  epoch = 1;
  /** From here on nothing goes wrong any more, and everybody tries until it is done. */
  healed = false;
  /** Commits still fail at times, for whom they ever do. */
  shaky = false;
  /** From here on nothing is left of what went wrong before. */
  sound = false;

  constructor(
    readonly seed: number,
    readonly met: Met,
    verbose = false,
  ) {
    this.random = new Random(seed);
    this.plan = drawPlan(this.random, isShared(seed), {
      kafka: hasKafka(seed),
      subscriptions: hasSubscriptions(seed),
    });
    this.trace = new Trace(verbose);
    this.scheduler = new Scheduler(this.random, this.trace);
  }

  meet(situation: Situation): void {
    meet(this.met, situation);
  }

  /** Only the first violation counts: what follows may be its consequence. */
  violated(check: string, detail: string): void {
    this.violation ??= { check, detail, at: this.scheduler.now };
  }

  /** Whether a fault of this rate strikes now. */
  strikes(rate: number): boolean {
    return !this.healed && this.random.chance(rate);
  }

  /** How long something takes: mostly little, at times long. */
  delay(): number {
    const { plan, random } = this;
    return this.strikes(plan.slow) ? random.between(1, plan.slowest) : random.between(0, 3);
  }
}
