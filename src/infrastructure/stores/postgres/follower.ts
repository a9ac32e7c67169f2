import type { FeedBatch, Following, Position } from '../../../application/ports/event-store.js';
import type { CallListener } from './call-listener.js';
import type { Positions } from './events.js';
import type { Feed, News } from './feed.js';
import { Pause } from './pause.js';

/** So many events are handed over at a time. */
const PAGE = 1000;
/** How often it looks at the most, also while something is written all the time; after something came, less and less. */
const SHORTEST_MS = 10;
const LONGEST_MS = 100;
/** While calls of the others can be relied on. */
const IDLE_MS = 1000;
/** While the database can't be asked. */
const AGAIN_AFTER_MS = 500;

/**
 * Tells what is new in the feed, whoever wrote it: what is written here wakes it, and so do the calls of other instances.
 * Where these don't get through it looks again and again: an idle service asks ten times a second then, and only while
 * somebody reads the feed live.
 */
export class Follower {
  private listener: ((batch: FeedBatch) => void) | undefined;
  private readonly pause = new Pause();
  private hasNews = false;
  private stopHearing: (() => void) | undefined;

  constructor(
    private readonly feed: Feed,
    private readonly positions: Positions,
    private readonly calls: CallListener | undefined,
  ) {}

  async follow(listener: (batch: FeedBatch) => void): Promise<Following> {
    this.listener = listener;
    this.stopHearing = this.calls?.on('events', () => this.wake());
    const end = await this.feed.lastPlace().catch((error: unknown) => {
      this.stop(listener);
      throw error;
    });
    const from = this.positions.at(end);
    if (this.listener === listener) void this.run(listener, from);
    return { from, stop: () => this.stop(listener) };
  }

  /** Something was written. */
  wake(): void {
    this.hasNews = true;
    this.pause.end();
  }

  close(): void {
    this.listener = undefined;
    this.stopHearing?.();
    this.wake();
  }

  private stop(listener: (batch: FeedBatch) => void): void {
    if (this.listener !== listener) return;
    this.close();
  }

  private async run(listener: (batch: FeedBatch) => void, from: Position): Promise<void> {
    let after = from;
    let pause = SHORTEST_MS;
    /** Somebody said that there is something, or it was there and its turn had not come. */
    let isExpected = true;
    while (this.listener === listener) {
      isExpected ||= this.hasNews;
      this.hasNews = false;
      const began = performance.now();
      const news = await this.look(after);
      if (this.listener !== listener) return;
      if (news === undefined) {
        await this.pause.take(AGAIN_AFTER_MS);
        continue;
      }
      const { events, next, isMore } = news;
      if (events.length > 0) {
        if (!isExpected) this.calls?.doubt();
        listener({ after, events, next });
        after = next;
      }
      pause = events.length > 0 ? SHORTEST_MS : Math.min(LONGEST_MS, pause * 1.5);
      isExpected = isMore;
      const isIdle = !isMore && this.calls?.isReliable === true;
      if (events.length === PAGE) continue;
      await this.rest(began, isIdle ? IDLE_MS : pause);
    }
  }

  private async rest(began: number, ms: number): Promise<void> {
    if (!this.hasNews) await this.pause.take(ms);
    const early = began + SHORTEST_MS - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early).unref());
  }

  /** Undefined when it can't be read now: nothing is lost, as the next look begins where the last one ended. */
  private look(after: Position): Promise<News | undefined> {
    return this.feed.news(after, PAGE).catch(() => undefined);
  }
}
