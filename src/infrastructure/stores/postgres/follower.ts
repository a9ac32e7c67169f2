import type { FeedBatch, Following, Position } from '../../../application/ports/event-store.js';
import type { Feed } from './feed.js';
import type { Positions } from './events.js';

/** So many events are handed over at a time. */
const PAGE = 1000;
/** How often it looks for what others wrote: at once after something came, then less and less. */
const SHORTEST_MS = 10;
const LONGEST_MS = 100;
/** While the database can't be asked. */
const AGAIN_AFTER_MS = 500;

/**
 * Tells what is new in the feed, whoever wrote it: what is written here wakes it, for everything else it looks again and
 * again. An idle service asks ten times a second, and only while somebody reads the feed live.
 */
export class Follower {
  private listener: ((batch: FeedBatch) => void) | undefined;
  private wakeUp: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private hasNews = false;

  constructor(
    private readonly feed: Feed,
    private readonly positions: Positions,
  ) {}

  async follow(listener: (batch: FeedBatch) => void): Promise<Following> {
    this.listener = listener;
    const from = this.positions.at(await this.feed.lastPlace());
    if (this.listener === listener) void this.run(listener, from);
    return { from, stop: () => this.stop(listener) };
  }

  /** Something was written here. */
  wake(): void {
    this.hasNews = true;
    this.wakeUp?.();
  }

  close(): void {
    this.listener = undefined;
    this.wake();
  }

  private stop(listener: (batch: FeedBatch) => void): void {
    if (this.listener !== listener) return;
    this.close();
  }

  private async run(listener: (batch: FeedBatch) => void, from: Position): Promise<void> {
    let after = from;
    let pause = SHORTEST_MS;
    while (this.listener === listener) {
      this.hasNews = false;
      const page = await this.look(after);
      if (this.listener !== listener) return;
      if (page === undefined) pause = AGAIN_AFTER_MS;
      else if (page.events.length === 0) pause = Math.min(LONGEST_MS, pause * 1.5);
      else {
        listener({ after, ...page });
        after = page.next;
        pause = SHORTEST_MS;
      }
      const isMore = this.hasNews || page?.events.length === PAGE;
      if (page === undefined || !isMore) await this.sleep(pause);
    }
  }

  /** Undefined when it can't be read now: nothing is lost, as the next look begins where the last one ended. */
  private async look(after: Position): Promise<Omit<FeedBatch, 'after'> | undefined> {
    try {
      const { events, next } = await this.feed.read({ after, limit: PAGE });
      return { events, next };
    } catch {
      return undefined;
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = () => {
        clearTimeout(this.timer);
        this.wakeUp = undefined;
        resolve();
      };
      this.timer = setTimeout(() => this.wakeUp?.(), ms);
      this.timer.unref();
    });
  }
}
