import type { Clock } from '../../src/application/ports/clock.js';

const TURNS_AT_ONCE = 1000;

const realMillisecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** Time stands still until it is moved; a sleep of 0 is a turn of the event loop. */
export class ManualClock implements Clock {
  private wall = Date.UTC(2026, 9, 1, 12);
  private time = 1000;
  private readonly sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();

  now(): number {
    return this.wall;
  }

  elapsed(): number {
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

  /** Somebody sets the clock on, or back; no time passes. */
  set(ms: number): void {
    this.wall += ms;
  }

  /** Wakes whoever sleeps no longer than that. */
  move(ms: number): void {
    this.wall += ms;
    this.time += ms;
    for (const { due, wake } of [...this.sleepers]) if (due <= this.time) wake();
  }

  /** Lets so much time pass, each millisecond with a turn of the event loop. */
  async pass(ms: number): Promise<void> {
    for (let i = 0; i < ms; i++) {
      this.move(1);
      await turns(1);
    }
  }

  /** Lets time pass in the same way until the condition holds. */
  until(condition: () => boolean, what?: string): Promise<void> {
    return until(condition, what, () => this.move(1));
  }

  /** The same for what may hang on another process: behind a second no more time passes than really does. */
  async untilAnswered(condition: () => boolean, what?: string): Promise<void> {
    let turn = 0;
    const isSo = (): boolean => condition() || turn === TURNS_AT_ONCE;
    await until(isSo, what, () => (turn++, this.move(1)));
    // Whoever waits for another process takes time that is real: from here on no more passes than that.
    for (const began = Date.now(); !condition(); await realMillisecond()) {
      if (Date.now() - began > PATIENCE_MS) throw new Error(`Waited in vain until ${what ?? 'it happens'}.`);
      this.move(1);
    }
  }
}

export const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Ends a test that waits in vain before the runner does, so that a property can shrink. */
const PATIENCE_MS = 15_000;

/** Gives everything else its turn until the condition holds. */
export const until = async (
  condition: () => boolean,
  what = 'it happens',
  inEachTurn = (): void => undefined,
): Promise<void> => {
  for (const began = Date.now(); !condition();) {
    if (Date.now() - began > PATIENCE_MS) throw new Error(`Waited in vain until ${what}.`);
    inEachTurn();
    await turns(1);
  }
};
