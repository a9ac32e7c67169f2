import type { Clock } from '../../src/application/ports/clock.js';

/** Time stands still until it is moved; a sleep of 0 is a turn of the event loop. */
export class ManualClock implements Clock {
  private time = Date.UTC(2026, 9, 1, 12);
  private readonly sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();

  now(): number {
    return this.time;
  }

  sleep(ms: number): Promise<void> {
    if (ms === 0) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      const sleeper = {
        due: this.time + ms,
        wake: () => {
          this.sleepers.delete(sleeper);
          resolve();
        },
      };
      this.sleepers.add(sleeper);
    });
  }

  /** Wakes whoever sleeps no longer than that. */
  move(ms: number): void {
    this.time += ms;
    for (const { due, wake } of [...this.sleepers]) if (due <= this.time) wake();
  }
}

export const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Ends a test that waits in vain before the runner does, so that a property can shrink. */
const PATIENCE_MS = 5000;

/** Gives everything else its turn until the condition holds. */
export const until = async (condition: () => boolean, what = 'it happens'): Promise<void> => {
  for (const began = Date.now(); !condition();) {
    if (Date.now() - began > PATIENCE_MS) throw new Error(`Waited in vain until ${what}.`);
    await turns(1);
  }
};
