import { Latencies } from './latencies.js';

const count = (counts: Map<string, number>, key: string, by: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + by);
};

/** Everything a run counts. */
export class Tally {
  readonly startedAt = performance.now();
  private endedAt: number | undefined;
  /** Answered for good, by what the service said became of them. */
  readonly outcomes = new Map<string, number>();
  /** Attempts that will be or would have been repeated, by what went wrong. */
  readonly failures = new Map<string, number>();
  readonly latencies = new Latencies();
  delivered = 0;
  retries = 0;
  dropped = 0;
  connections = 0;
  malformedRefused = 0;
  malformedAccepted = 0;

  settled(outcome: string, by = 1): void {
    this.delivered += by;
    count(this.outcomes, outcome, by);
  }

  malformed(refused: boolean, by = 1): void {
    if (refused) this.malformedRefused += by;
    else this.malformedAccepted += by;
  }

  failed(why: string): void {
    count(this.failures, why, 1);
  }

  end(): void {
    this.endedAt ??= performance.now();
  }

  get seconds(): number {
    return ((this.endedAt ?? performance.now()) - this.startedAt) / 1000;
  }

  get rate(): number {
    return this.seconds > 0 ? this.delivered / this.seconds : 0;
  }
}
