import type { Clock } from '../ports/clock.js';

/** So long all readers of the feed together may hold the event loop in one turn. */
const SLICE_MS = 5;
/** When that was not enough and messages come in, ingest has twice as long before the readers go on. */
const REST_MS = 10;
/**
 * Else it is so many turns: Node takes one new connection in each, and were one all there is between two slices, those who
 * connect while many readers catch up would wait for seconds.
 */
const REST_TURNS = 16;

/** What all readers of the feed together may do in one turn of the event loop, however many there are. */
export class SharedTurns {
  /** Undefined before the first work of a turn. */
  private began: number | undefined;
  private readonly waiting: (() => void)[] = [];
  private resting = false;

  constructor(
    private readonly clock: Clock,
    private readonly isBusy: () => boolean,
  ) {}

  /** Does some work that takes no more than a millisecond or so: now, or as soon as there is time. */
  do<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      if (!this.resting && this.hasTime()) return run();
      this.waiting.push(run);
      if (!this.resting) void this.rest();
    });
  }

  private hasTime(): boolean {
    const now = this.clock.elapsed();
    if (this.began === undefined) this.begin(now);
    return now - this.began! < SLICE_MS;
  }

  private begin(now: number): void {
    this.began = now;
    void this.clock.sleep(0).then(() => (this.began = undefined));
  }

  private async rest(): Promise<void> {
    this.resting = true;
    while (this.waiting.length > 0) {
      await this.giveWay();
      this.began = undefined;
      while (this.waiting.length > 0 && this.hasTime()) this.waiting.shift()!();
    }
    this.resting = false;
  }

  private async giveWay(): Promise<void> {
    if (this.isBusy()) await this.clock.sleep(REST_MS);
    else for (let turn = 0; turn < REST_TURNS; turn++) await this.clock.sleep(0);
  }
}
