import type { Clock } from '../ports/clock.js';

/** So much of the time of this process do all deliveries together take while messages come in. */
const SHARE = 0.15;
/** What is seen of a batch is that it is made ready and handed over: a third of it. Its feed and the network have the rest. */
const SEEN = 0.35;
/** As long as nobody has seen what a batch costs. */
const FIRST_GUESS_MS = 0.3;
/** Who had to wait for the processor looks dearer than he is: what a batch costs is believed to grow slowly, and to fall fast. */
const BELIEVED_MORE = 1 / 16;
const BELIEVED_LESS = 1 / 4;
/** So long after the last commit, messages are taken to come in still. */
const BUSY_FOR_MS = 20;

/** The turns of all deliveries of an instance, so that those who report notice little of them. */
export class Share {
  private costMs = FIRST_GUESS_MS;
  /** Since it was learned last what a batch costs. */
  private seenMs = 0;
  private turns = 0;
  private freeAt = -Infinity;
  private commitsBefore = 0;
  private busyUntil = -Infinity;
  private readonly waiting = new Set<() => void>();
  private isOpen = false;

  constructor(
    private readonly clock: Clock,
    /** How many there have been. */
    private readonly commits: () => number,
  ) {}

  /** Resolves when a batch may go: one after the other while messages come in, else at once. */
  async turn(): Promise<void> {
    this.learn();
    const now = this.clock.elapsed();
    if (this.isOpen || !this.isBusy(now)) return;
    const at = Math.max(now, this.freeAt);
    this.freeAt = at + this.costMs / SHARE;
    if (at === now) return;
    await new Promise<void>((resolve) => {
      this.waiting.add(resolve);
      void this.clock.sleep(at - now).then(() => {
        this.waiting.delete(resolve);
        resolve();
      });
    });
  }

  /** Does what can be seen of what a batch costs. */
  seen<Result>(work: () => Result): Result {
    const began = this.clock.elapsed();
    try {
      return work();
    } finally {
      this.seenMs += this.clock.elapsed() - began;
    }
  }

  /** Nobody waits any more. */
  open(): void {
    this.isOpen = true;
    for (const go of this.waiting) go();
  }

  /** Several may have asked for their turns before the first one went. */
  private learn(): void {
    this.turns++;
    if (this.seenMs === 0) return;
    const more = this.seenMs / SEEN / this.turns - this.costMs;
    this.costMs += more > 0 ? BELIEVED_MORE * Math.min(more, this.costMs) : BELIEVED_LESS * more;
    this.seenMs = this.turns = 0;
  }

  private isBusy(now: number): boolean {
    const commits = this.commits();
    if (commits !== this.commitsBefore) this.busyUntil = now + BUSY_FOR_MS;
    this.commitsBefore = commits;
    return now < this.busyUntil;
  }
}
