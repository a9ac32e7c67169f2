import type { Clock } from '../ports/clock.js';

/** Wakes one who sleeps, or who is about to. */
export class Bell {
  private wake: (() => void) | undefined;
  private hasRung = false;

  constructor(private readonly clock: Clock) {}

  ring(): void {
    this.hasRung = true;
    this.wake?.();
  }

  /** Until it rings, but no longer than that; at once when it has rung since. */
  async wait(ms: number): Promise<void> {
    if (!this.hasRung && ms > 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        void this.clock.sleep(ms).then(resolve);
      });
    }
    this.wake = undefined;
    this.hasRung = false;
  }
}
