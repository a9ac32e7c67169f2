/** How far behind its schedule a sender may be and still catch up; timers are no finer than a millisecond. */
const SLACK_MS = 50;

/** Hands out the moments at which messages leave, one for all who send. */
export class Pacer {
  private slot = -Infinity;
  private readonly intervalMs: number;
  private readonly slackMs: number;

  /** A delay is kept between any two messages; a rate holds on average. */
  constructor(delayMs: number, perSecond: number | undefined) {
    const rateMs = perSecond === undefined ? 0 : 1000 / perSecond;
    this.intervalMs = Math.max(delayMs, rateMs);
    this.slackMs = rateMs > delayMs ? SLACK_MS : 0;
  }

  /** Milliseconds to wait before the next `messages` leave. */
  wait(now: number, messages = 1): number {
    if (this.intervalMs === 0) return 0;
    const slot = Math.max(this.slot, now - this.slackMs);
    this.slot = slot + this.intervalMs * messages;
    return Math.max(0, slot - now);
  }
}
