import { ShuttingDown } from '../ingest/intake.js';
import type { Clock } from '../ports/clock.js';
import type {
  Change,
  EventStore,
  FeedBatch,
  Following,
  Head,
  LateNotice,
  Notices,
} from '../ports/event-store.js';
import type { Logger } from '../ports/logger.js';
import { TooManyReaders, type FeedMessage, type FeedReader, type FeedStart } from './feed-message.js';
import { FeedSubscription, type FeedHub } from './feed-subscription.js';
import { FeedTail } from './feed-tail.js';
import { SharedPages } from './shared-pages.js';
import { SharedTurns } from './shared-turns.js';

const BEAT_MS = 15_000;
/** What is committed within so long is told together: a write to a socket costs as much as rendering ten events. */
const GATHER_MS = 10;
/** Notices of gaps name a rocket once, however often its gaps have changed since the last ones. */
const NOTICES_EVERY_MS = 200;
/** Beyond that, whoever wants to know of late messages has to ask. */
const MOST_LATE = 1000;

/**
 * The feed of all rockets for any number of readers: first what is stored, then what is committed. Those who are caught
 * up are told from the tail, which the store itself keeps growing, and cost the store nothing; those who catch up read
 * pages of the store, a few at a time.
 */
export class EventFeed {
  private readonly subscriptions = new Set<FeedSubscription>();
  private readonly turns: SharedTurns;
  private readonly hub: FeedHub;
  private following: Promise<Following> | undefined;
  private current: FeedTail | undefined;
  /** What came since the last burst. */
  private batches: FeedBatch[] = [];
  private gapsOf = new Set<string>();
  private late: LateNotice[] = [];
  private stopListening: (() => void) | undefined;
  private pumping = false;
  private toldAt = -Infinity;
  private noticedAt = -Infinity;
  /** How many there have been here. */
  commits = 0;
  private commitsBefore = 0;
  private grown: { promise: Promise<void>; tell: () => void } = signal();
  private beating = false;
  /** Of those who read, so many are parts of the service. */
  private own = 0;
  private closed = false;

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
    /** More are told to come back: whoever asks anything else needs a connection, too. */
    private readonly maxReaders = Infinity,
  ) {
    this.turns = new SharedTurns(clock, () => this.isBusy());
    this.hub = this.hubOf(store, clock, new SharedPages(store, this.turns));
  }

  /** How many readers are connected. */
  get readers(): number {
    return this.subscriptions.size - this.own;
  }

  /** How far the reader that is furthest behind is, of those that keep up with what they are told. */
  get lagMs(): number {
    const now = this.clock.elapsed();
    let lag = 0;
    for (const subscription of this.subscriptions) lag = Math.max(lag, subscription.lag(now));
    return lag;
  }

  /** A change was committed here: of what is no event in it, readers are told that it has changed. */
  committed(change: Change, before: Head): void {
    this.commits++;
    const { notices } = this.store;
    if (this.current === undefined && notices === undefined) return;
    const { added, released, events, late, channel } = change;
    const moved = events.length > 0 && before.waiting.size > 0;
    const isOfGaps = moved || added.length > 0 || released.length > 0;
    if (!isOfGaps && late.length === 0) return;
    const told: Notices = {
      gapsOf: new Set(isOfGaps ? [channel] : []),
      late: late.map(({ message }) => ({ channel, number: message.number })),
    };
    notices?.tell(told);
    this.notice(told);
  }

  private notice({ gapsOf, late }: Notices): void {
    if (this.current === undefined) return;
    for (const channel of gapsOf) this.gapsOf.add(channel);
    this.late.push(...late);
    this.wake();
  }

  /** Tells the reader the feed until it is dropped or the function that is returned is called. */
  subscribe(reader: FeedReader, start: FeedStart): () => void {
    if (this.closed) throw new ShuttingDown();
    const isOwn = reader.isOwn === true;
    if (!isOwn && this.readers >= this.maxReaders) throw new TooManyReaders(this.maxReaders);
    const subscription = new FeedSubscription(this.hub, reader, start);
    this.subscriptions.add(subscription);
    if (isOwn) this.own++;
    void subscription.run();
    if (!this.beating) void this.beat();
    return () => subscription.close();
  }

  /** Does some work that takes no more than a millisecond or so, as soon as those who read leave time for it. */
  turn<Result>(work: () => Result): Promise<Awaited<Result>> {
    return this.turns.do(work) as Promise<Awaited<Result>>;
  }

  /** Hangs up on everybody, each with the position to come back with. */
  close(): void {
    this.closed = true;
    for (const subscription of [...this.subscriptions]) subscription.drop('shutting-down');
  }

  private hubOf(store: EventStore, clock: Clock, pages: SharedPages): FeedHub {
    return {
      beginning: store.beginning,
      tail: () => this.tail(),
      compare: (one, other) => store.compare(one, other),
      page: (after, filter) => pages.page(after, filter),
      turn: (work) => this.turns.do(work),
      news: () => this.grown.promise,
      now: () => clock.elapsed(),
      remove: (subscription) => this.remove(subscription),
      report: (error) => this.logger.error('a feed could not be read', { error: String(error) }),
    };
  }

  /** The store tells what is new for as long as anybody wants to know. */
  private async tail(): Promise<FeedTail> {
    const following = (this.following ??= this.follow());
    try {
      const { from } = await following;
      if (this.following !== following) return new FeedTail(from);
      const tail = (this.current ??= new FeedTail(from));
      // The first news may be here before the store has answered.
      this.wake();
      return tail;
    } catch (error) {
      if (this.following === following) {
        this.following = undefined;
        this.stopListening?.();
      }
      throw error;
    }
  }

  private follow(): Promise<Following> {
    // What may have come since the last reader left is nothing that a new tail begins with.
    this.batches = [];
    this.stopListening = this.store.notices?.listen((notices) => this.notice(notices));
    return this.store.follow((batch) => this.take(batch));
  }

  private remove(subscription: FeedSubscription): void {
    if (this.subscriptions.delete(subscription) && subscription.isOwn) this.own--;
    if (this.subscriptions.size > 0 || this.following === undefined) return;
    void this.following.then(({ stop }) => stop()).catch(() => undefined);
    this.stopListening?.();
    this.following = undefined;
    this.current = undefined;
    this.batches = [];
    this.gapsOf.clear();
    this.late = [];
    // Those who waited for news find out that they have ended.
    this.announce();
  }

  private take(batch: FeedBatch): void {
    this.batches.push(batch);
    this.wake();
  }

  private wake(): void {
    if (!this.pumping) void this.pump();
  }

  private async pump(): Promise<void> {
    this.pumping = true;
    while (this.current !== undefined && this.hasNews) {
      await this.clock.sleep(0);
      const early = this.toldAt + GATHER_MS - this.clock.elapsed();
      if (early > 0) await this.clock.sleep(early);
      const wait = this.batches.length === 0 ? this.noticedAt + NOTICES_EVERY_MS - this.clock.elapsed() : 0;
      if (wait > 0) await this.clock.sleep(Math.min(wait, GATHER_MS));
      this.grow();
    }
    this.pumping = false;
  }

  private get hasNews(): boolean {
    return this.batches.length + this.gapsOf.size + this.late.length > 0;
  }

  private grow(): void {
    if (this.current === undefined) return;
    const now = this.clock.elapsed();
    const { batches, gapsOf } = this;
    const isTime = now >= this.noticedAt + NOTICES_EVERY_MS && gapsOf.size + this.late.length > 0;
    if (batches.length === 0 && !isTime) return;
    const notices = isTime ? { gapsOf, late: this.late.slice(0, MOST_LATE) } : undefined;
    this.current.push(batches, notices);
    this.batches = [];
    this.toldAt = now;
    if (isTime) {
      this.gapsOf = new Set();
      this.late = [];
      this.noticedAt = now;
    }
    this.announce();
  }

  private announce(): void {
    const { tell } = this.grown;
    this.grown = signal();
    tell();
  }

  /** Whether something was committed since this was asked last. */
  private isBusy(): boolean {
    const busy = this.commits !== this.commitsBefore;
    this.commitsBefore = this.commits;
    return busy;
  }

  private async beat(): Promise<void> {
    this.beating = true;
    const ping: FeedMessage = { kind: 'ping' };
    while (this.subscriptions.size > 0) {
      await this.clock.sleep(BEAT_MS);
      for (const subscription of [...this.subscriptions]) {
        await this.turns.do(() => subscription.beat(ping));
      }
    }
    this.beating = false;
  }
}

const signal = (): { promise: Promise<void>; tell: () => void } => {
  let tell = (): void => undefined;
  const promise = new Promise<void>((resolve) => (tell = resolve));
  return { promise, tell };
};
