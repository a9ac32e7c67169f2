import type { Clock } from '../ports/clock.js';

/** When the process has no more time left than that, those who report need it. */
const FULL = 0.9;
const LOOK_EVERY_MS = 50;
/** All deliveries together take then so much of the time, of which an event costs so much. */
const SHARE = 0.1;
const EVENT_MS = 0.005;

/** What goes on in this process; without it nobody is ever kept waiting. */
export interface Load {
  /** How many commits there have been. */
  readonly commits: () => number;
  /** In which part of the time since it was asked last there was something to do: 0 to 1. */
  readonly busy: () => number;
}

/** The turns of all deliveries of an instance, so that those who report notice little of them. */
export class Share {
  private freeAt = -Infinity;
  private lookAt = -Infinity;
  private commitsBefore = 0;
  private isScarce = false;
  private isOpen = false;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly clock: Clock,
    private readonly load: Load | undefined,
  ) {}

  /** Resolves when a batch may go: while messages come in and time is scarce one after the other, else at once. */
  async turn(events: number): Promise<void> {
    const now = this.clock.elapsed();
    this.look(now);
    if (!this.isScarce || this.isOpen) return;
    const at = Math.max(now, this.freeAt);
    this.freeAt = at + (events * EVENT_MS) / SHARE;
    if (at === now) return;
    await new Promise<void>((resolve) => {
      this.waiting.add(resolve);
      void this.clock.sleep(at - now).then(() => {
        this.waiting.delete(resolve);
        resolve();
      });
    });
  }

  /** Nobody waits any more. */
  open(): void {
    this.isOpen = true;
    for (const go of this.waiting) go();
  }

  private look(now: number): void {
    if (this.load === undefined || now < this.lookAt) return;
    const commits = this.load.commits();
    this.isScarce = this.load.busy() >= FULL && commits !== this.commitsBefore;
    this.commitsBefore = commits;
    this.lookAt = now + LOOK_EVERY_MS;
  }
}
