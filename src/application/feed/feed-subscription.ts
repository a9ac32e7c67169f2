import { UnknownPosition, type Position } from '../ports/event-store.js';
import type { DropReason, FeedMessage, FeedReader, FeedStart } from './feed-message.js';
import type { FeedSelection } from './feed-selection.js';
import type { SharedPage } from './shared-pages.js';
import { noticesMissed, type Burst, type FeedTail } from './feed-tail.js';

/** What a subscription needs of the feed it belongs to. */
export interface FeedHub {
  /** The newest part of the feed. */
  tail(): Promise<FeedTail>;
  readonly beginning: Position;
  compare(one: Position, other: Position): number;
  /** One page of what is stored, when it is this reader's turn. */
  page(after: Position, filter: FeedSelection): Promise<SharedPage>;
  /** Does a little work as soon as there is time for it. */
  turn(work: () => void): Promise<void>;
  /** Resolves when the tail has grown. */
  news(): Promise<void>;
  now(): number;
  /** Forgets the subscription altogether. */
  remove(subscription: FeedSubscription): void;
  /** Something failed that is not the reader's fault. */
  report(error: unknown): void;
}

/**
 * One reader on its way through the feed, at its own pace: pages of the store until the tail holds what comes next, then
 * burst by burst of the tail. Whoever falls behind the tail reads pages again, so nothing piles up for anybody.
 */
export class FeedSubscription {
  private at: Position;
  /** The position the reader knows of. */
  private told: Position | undefined;
  private ended = false;
  private caughtUp = false;
  /** It was caught up, and then the tail went on without it: what was noticed there beside the events it was not told. */
  private fellBehind = false;
  private sentBefore = -1;
  /** When the reader was told everything there was. */
  private currentAt: number | undefined;

  constructor(
    private readonly hub: FeedHub,
    private readonly reader: FeedReader,
    private readonly start: FeedStart,
  ) {
    const { after } = start;
    // Also when the reader is dropped before anything was read, it comes back behind what it knows.
    this.at = after === undefined || after === 'latest' ? hub.beginning : after;
  }

  /** Tells the feed until the subscription ends. */
  async run(): Promise<void> {
    try {
      await this.tell();
    } catch (error) {
      if (this.ended) return;
      this.hub.report(error);
      this.drop('store-unavailable');
    }
  }

  get isOwn(): boolean {
    return this.reader.isOwn === true;
  }

  /** For how long a reader that keeps up has not been told everything, in milliseconds. */
  lag(now: number): number {
    const isBehind = this.currentAt !== undefined && this.reader.backlog === 0 && !this.isOwn;
    return isBehind ? now - this.currentAt! : 0;
  }

  /** Called now and then: shows that the connection lives, or finds out that it does not. */
  beat(ping: FeedMessage): void {
    if (this.ended || this.isOwn) return;
    const { backlog, sent } = this.reader;
    if (backlog > 0 && sent === this.sentBefore) return this.drop('too-slow');
    this.sentBefore = sent;
    if (backlog > 0) return;
    if (this.caughtUp && this.told !== this.at) this.say({ kind: 'progress', position: this.at });
    else this.reader.take(ping);
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
    this.hub.remove(this);
  }

  private async tell(): Promise<void> {
    const { hub, start } = this;
    const tail = await hub.tail();
    if (start.after === 'latest') this.at = this.told = tail.end;
    else if (start.after !== undefined) await this.goOnBehind(start.after);
    while (!this.ended) {
      const number = tail.numberBehind(this.at, hub.compare);
      if (number === undefined) await this.readPage();
      else await this.followTail(tail, number);
    }
  }

  /** A position that is not of this history is as good as none, and the reader has to know that. */
  private async goOnBehind(after: Position): Promise<void> {
    this.at = this.told = after;
    try {
      await this.readPage();
    } catch (error) {
      if (!(error instanceof UnknownPosition)) throw error;
      this.at = this.hub.beginning;
      if (!this.ended) this.say({ kind: 'reset', reason: 'unknown-position', position: this.at });
    }
  }

  private async readPage(): Promise<void> {
    await this.reader.room();
    if (this.ended) return;
    const page = await this.hub.page(this.at, this.start);
    await this.hub.turn(() => this.takePage(page));
  }

  private takePage({ news, told, next }: SharedPage): void {
    if (this.ended) return;
    if (news !== undefined) this.reader.take(news);
    this.told = told ?? this.told;
    this.at = next;
    if (this.told !== this.at) this.say({ kind: 'progress', position: this.at });
  }

  /** Burst by burst, as long as the tail has the next one or it is still to come. */
  private async followTail(tail: FeedTail, first: number): Promise<void> {
    if (this.fellBehind) for (const notice of noticesMissed(this.start)) this.pass(notice);
    this.fellBehind = false;
    for (let number = first; !this.ended; number++) {
      while (number === tail.nextNumber && !this.ended) await this.waitForNews();
      await this.reader.room();
      const burst = tail.burst(number);
      if (burst === undefined) {
        this.fellBehind = this.caughtUp;
        return;
      }
      await this.hub.turn(() => this.takeBurst(burst));
    }
  }

  private takeBurst(burst: Burst): void {
    if (this.ended) return;
    const { hub, start } = this;
    const isWhole = burst.after === this.at;
    const messages = isWhole
      ? burst.messagesFor(start)
      : burst.messagesBehind((position) => hub.compare(position, this.at) > 0, start);
    for (const message of messages) this.pass(message);
    if (hub.compare(burst.next, this.at) > 0) this.at = burst.next;
    if (this.isOwn && this.told !== this.at) this.say({ kind: 'progress', position: this.at });
  }

  private async waitForNews(): Promise<void> {
    this.currentAt = undefined;
    if (!this.caughtUp) this.say({ kind: 'caught-up', position: this.at });
    this.caughtUp = true;
    await this.hub.news();
    this.currentAt = this.hub.now();
  }

  private pass(message: FeedMessage): void {
    this.reader.take(message);
    if (message.kind === 'news') this.told = message.events.at(-1)!.position;
  }

  private say(message: FeedMessage): void {
    this.reader.take(message);
    this.told = this.at;
  }
}
