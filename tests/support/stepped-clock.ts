import { SystemClock } from '../../src/infrastructure/system-clock.js';

/** The time of day stands still until it is moved, from so many minutes ago on; everything else takes its time. */
export class SteppedClock extends SystemClock {
  private time: number;

  constructor(minutesAgo: number) {
    super();
    this.time = Math.floor(Date.now() - minutesAgo * 60_000);
  }

  step(minutes = 1): void {
    this.time += minutes * 60_000;
  }

  override now(): number {
    return this.time;
  }
}
