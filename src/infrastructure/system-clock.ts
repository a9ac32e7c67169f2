import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../application/ports/clock.js';

export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  elapsed(): number {
    return performance.now();
  }

  /** A real pause does not keep the process alive; a turn of the event loop does. */
  async sleep(ms: number): Promise<void> {
    if (ms === 0) return new Promise((resolve) => setImmediate(resolve));
    await delay(ms, undefined, { ref: false });
  }
}
