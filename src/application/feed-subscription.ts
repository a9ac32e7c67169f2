import type { FeedBurst, FeedFilter, FeedNews } from './feed-burst.js';
import { UnknownPosition, type FeedPage, type Position } from './ports/event-store.js';

export type DropReason = 'too-slow' | 'shutting-down' | 'store-unavailable';

export type FeedMessage =
  | FeedNews
  /** From here on the reader is told what happens when it happens. */
  | { readonly kind: 'caught-up'; readonly position: Position | undefined }
  /** Nothing for this reader up to here; a reconnect need not look again. */
  | { readonly kind: 'progress'; readonly position: Position | undefined }
  | { readonly kind: 'ping' }
  /** The position given is not of this store: everything follows from the beginning. */
  | { readonly kind: 'reset'; readonly reason: 'unknown-position' }
  /** The last message. */
  | { readonly kind: 'dropped'; readonly position: Position | undefined; readonly reason: DropReason };

/** The far end of a connection, as the transport knows it. */
export interface FeedReader {
  /** Takes a message without waiting; readers that get the same news get the same object. */
  take(message: FeedMessage): void;
  /** Bytes taken that wait to be sent. */
  readonly backlog: number;
  /** Bytes that have left. */
  readonly sent: number;
  /** Resolves when there is room for more, or nobody is there any longer. */
  room(): Promise<void>;
  /** Sends what was taken, then hangs up. */
  end(): void;
}

export interface FeedStart extends FeedFilter {
  readonly after?: Position | 'latest';
}

/** What a subscription needs of the feed it belongs to. */
export interface FeedHub {
  end(): Promise<Position | undefined>;
  /** One page, when it is this reader's turn. */
  page(after: Position | undefined, filter: FeedFilter): Promise<FeedPage>;
  /** From now on every burst is handed to this subscription. */
  follow(subscription: FeedSubscription, from: Position | undefined): void;
  unfollow(subscription: FeedSubscription): void;
  /** Forgets the subscription altogether. */
  remove(subscription: FeedSubscription): void;
  /** Something failed that is not the reader's fault. */
  report(error: unknown): void;
}

/** More than this behind, a live reader is dropped; it comes back with its position and reads at its own pace. */
export const MAX_BACKLOG_BYTES = 1024 * 1024;

/**
 * One reader on its way through the feed.
 *
 *   reading pages at the reader's own pace ──► keeping the bursts while the last page is read ──► live
 *
 * Positions are opaque: nobody can say which of two is further on. So the seam works like this. While the subscription
 * reads what it takes for the last page it is already handed every burst. When that page really ended the feed, the
 * shared cursor cannot have been further when the reading began; it has passed the end of the page within the bursts
 * kept, or it is going to. The subscription takes up wherever a burst mentions its own position, and not before.
 */
export class FeedSubscription {
  private at: Position | undefined;
  /** The position the reader knows of. */
  private told: Position | undefined;
  private kept: FeedBurst[] | undefined;
  private ended = false;
  private sentBefore = -1;

  constructor(
    private readonly hub: FeedHub,
    private readonly reader: FeedReader,
    private readonly start: FeedStart,
  ) {}

  /** Catches up and goes live; returns when that is done or the subscription has ended. */
  async run(): Promise<void> {
    const { after } = this.start;
    try {
      await this.catchUp(after === 'latest' ? await this.hub.end() : after, after === 'latest');
    } catch (error) {
      if (error instanceof UnknownPosition) await this.restart();
      else this.fail(error);
    }
  }

  /** News for everybody who is live, or about to be. */
  take(burst: FeedBurst): void {
    if (this.ended) return;
    if (this.kept === undefined) this.pass(burst);
    else this.kept.push(burst);
  }

  /** Called now and then: shows that the connection lives, or finds out that it does not. */
  beat(progress: FeedMessage, ping: FeedMessage): void {
    const { backlog, sent } = this.reader;
    if (backlog > 0 && sent === this.sentBefore) return this.drop('too-slow');
    this.sentBefore = sent;
    if (backlog > 0) return;
    const behind = progress.kind === 'progress' && this.at === progress.position && this.told !== this.at;
    if (behind) this.told = this.at;
    this.reader.take(behind ? progress : ping);
  }

  drop(reason: DropReason): void {
    if (this.ended) return;
    this.close();
    this.reader.take({ kind: 'dropped', position: this.at, reason });
    this.reader.end();
  }

  /** Nobody reads any more. */
  close(): void {
    this.ended = true;
    this.kept = undefined;
    this.hub.remove(this);
  }

  private async restart(): Promise<void> {
    this.reader.take({ kind: 'reset', reason: 'unknown-position' });
    await this.catchUp(undefined, false).catch((error: unknown) => this.fail(error));
  }

  private fail(error: unknown): void {
    if (this.ended) return;
    this.hub.report(error);
    this.drop('store-unavailable');
  }

  private async catchUp(from: Position | undefined, fromEnd: boolean): Promise<void> {
    this.at = from;
    this.told = from;
    for (let last = fromEnd; !this.ended;) {
      if (last) this.joinBursts();
      const page = await this.hub.page(this.at, this.start);
      if (this.ended) return;
      this.passPage(page);
      if (page.end && last) return this.goLive();
      this.leaveBursts();
      last = page.end;
      await this.reader.room();
    }
  }

  private joinBursts(): void {
    this.kept = [];
    this.hub.follow(this, this.at);
  }

  private leaveBursts(): void {
    this.kept = undefined;
    this.hub.unfollow(this);
  }

  private passPage({ events, next }: FeedPage): void {
    if (events.length > 0) this.reader.take({ kind: 'news', events, closed: [], opened: [] });
    this.told = events.at(-1)?.position ?? this.told;
    this.at = next ?? this.at;
    if (this.told !== this.at) this.tell({ kind: 'progress', position: this.at });
  }

  private goLive(): void {
    this.tell({ kind: 'caught-up', position: this.at });
    const kept = this.kept ?? [];
    this.kept = undefined;
    for (const burst of kept) this.take(burst);
  }

  private tell(message: FeedMessage): void {
    this.reader.take(message);
    this.told = this.at;
  }

  private pass(burst: FeedBurst): void {
    let news = burst.newsBehind(this.at, this.start);
    if (news === 'not-here') news = burst.gapNewsFor(this.start);
    else this.at = burst.next;
    if (news === undefined) return;
    this.reader.take(news);
    this.told = news.events.at(-1)?.position ?? this.told;
    if (this.reader.backlog > MAX_BACKLOG_BYTES) this.drop('too-slow');
  }
}
