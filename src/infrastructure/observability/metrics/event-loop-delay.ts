import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const HALF_MS = 30_000;

/**
 * How late the event loop was in the last 30 to 60 seconds, whoever asks and however often: two windows overlap by half, and
 * the older one is told.
 */
export class EventLoopDelay {
  private older: IntervalHistogram | undefined;
  private newer: IntervalHistogram | undefined;

  begin(): void {
    this.older = newWindow();
    this.newer = newWindow();
    setInterval(() => {
      this.older?.disable();
      this.older = this.newer;
      this.newer = newWindow();
    }, HALF_MS).unref();
  }

  /** In seconds; `quantile` 1 is the longest. */
  at(quantile: number): number {
    const { older } = this;
    if (older === undefined || older.count === 0) return 0;
    const ns = quantile === 1 ? older.max : older.percentile(quantile * 100);
    // What is measured is the time from one look to the next.
    return Math.max(0, ns / 1e6 - RESOLUTION_MS) / 1000;
  }
}

const newWindow = (): IntervalHistogram => {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return delay;
};
