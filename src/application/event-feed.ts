import { FeedBurst, type FeedFilter } from './feed-burst.js';
import {
  FeedSubscription,
  type FeedHub,
  type FeedMessage,
  type FeedReader,
  type FeedStart,
} from './feed-subscription.js';
import { GapNotices } from './gap-notices.js';
import { ShuttingDown } from './ingest-messages.js';
import type { Clock } from './ports/clock.js';
import type { Change, EventStore, FeedPage, Head, Position } from './ports/event-store.js';
import type { Logger } from './ports/logger.js';
import type { GapPage, GapQuery, RocketDirectory } from './ports/rocket-directory.js';

const CATCH_UP_PAGE = 256;
const BURST = 512;
const BEAT_MS = 15_000;
/** So long the event loop may be held before everything else has a turn. */
const SLICE_MS = 5;
/** While messages come in, live readers get one part in this many of the time: ingest comes first, the feed lags. */
const PARTS_OF_TIME = 16;
const MAX_REST_MS = 10_000;
/** So long without a commit, and nobody needs the time but the readers. */
const QUIET_MS = 20;

/**
 * The feed of all rockets for any number of readers: first what is stored, then what is committed.
 *
 * Live readers share one reading: after a commit, and once for all commits of one turn of the event loop, the next
 * page is read and handed to everybody. The store is the only queue, so memory does not grow with the lag. Readers
 * that catch up read for themselves, all of them together one page in a turn of the event loop.
 */
export class EventFeed {
  private readonly subscriptions = new Set<FeedSubscription>();
  private readonly followers = new Set<FeedSubscription>();
  private readonly notices = new GapNotices();
  /** Where the shared reading has come to; means something only while somebody follows. */
  private cursor: Position | undefined;
  private commits = 0;
  private hasNews = false;
  private pumping = false;
  private beating = false;
  private closed = false;
  private turns: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    private readonly directory: RocketDirectory,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** How many readers are connected. */
  get readers(): number {
    return this.subscriptions.size;
  }

  /** A change was committed here. */
  committed(change: Change, before: Head): void {
    if (this.followers.size === 0) return;
    this.commits++;
    this.notices.note(change, before);
    this.wake();
  }

  /** As the directory has them; what a reader learns here of a gap goes together with what it is told. */
  gaps(query: GapQuery): Promise<GapPage> {
    return this.notices.reading(() => this.directory.gaps(query));
  }

  /** There may be something new in the store, whoever wrote it. */
  wake(): void {
    this.hasNews = true;
    if (!this.pumping && this.followers.size > 0) void this.pump();
  }

  /** Tells the reader the feed until it is dropped or the function that is returned is called. */
  subscribe(reader: FeedReader, start: FeedStart): () => void {
    if (this.closed) throw new ShuttingDown();
    const subscription = new FeedSubscription(this.hub, reader, start);
    this.subscriptions.add(subscription);
    void subscription.run();
    if (!this.beating) void this.beat();
    return () => subscription.close();
  }

  /** Hangs up on everybody, each with the position to come back with. */
  close(): void {
    this.closed = true;
    for (const subscription of [...this.subscriptions]) subscription.drop('shutting-down');
  }

  private readonly hub: FeedHub = {
    end: () => this.store.lastPosition(),
    page: (after, filter) => this.page(after, filter),
    follow: (subscription, from) => this.follow(subscription, from),
    unfollow: (subscription) => this.followers.delete(subscription),
    remove: (subscription) => {
      this.followers.delete(subscription);
      this.subscriptions.delete(subscription);
    },
    report: (error) => this.logger.error('a feed could not be read', { error: String(error) }),
  };

  private async page(after: Position | undefined, { channel, type }: FeedFilter): Promise<FeedPage> {
    const turn = this.turns.then(() => this.clock.sleep(0));
    this.turns = turn;
    await turn;
    return this.store.readAll({ after, limit: CATCH_UP_PAGE, channel, type });
  }

  private follow(subscription: FeedSubscription, from: Position | undefined): void {
    if (this.followers.size === 0 && !this.pumping) {
      this.cursor = from;
      this.notices.clear();
    }
    this.followers.add(subscription);
    // What was committed before anybody followed has to be passed as well.
    this.wake();
  }

  private async pump(): Promise<void> {
    this.pumping = true;
    try {
      while (this.hasNews && this.followers.size > 0) {
        await this.clock.sleep(0);
        this.hasNews = false;
        const page = await this.store.readAll({ after: this.cursor, limit: BURST });
        if (!page.end) this.hasNews = true;
        await this.tell(page);
        if (!this.notices.isEmpty) this.hasNews = true;
      }
    } catch (error) {
      // Nobody is told half of it: everybody comes back with a position, and catches up.
      this.hub.report(error);
      for (const subscription of [...this.followers]) subscription.drop('store-unavailable');
    } finally {
      this.pumping = false;
    }
  }

  private async tell(page: FeedPage): Promise<void> {
    const began = this.clock.now();
    const burst = new FeedBurst(this.cursor, page, await this.notices.take(this.directory));
    const reading = this.clock.now() - began;
    // Moved before anybody is told: who joins meanwhile begins behind this burst.
    this.cursor = burst.next;
    if (burst.isEmpty) return;
    const telling = await this.toEach(this.followers, (follower) => follower.take(burst));
    await this.rest((reading + telling) * (PARTS_OF_TIME - 1));
  }

  /** Leaves the time to ingest, for as long as there is any. */
  private async rest(ms: number): Promise<void> {
    let left = Math.min(ms, MAX_REST_MS);
    for (let before = -1; left > 0 && before !== this.commits; left -= QUIET_MS) {
      before = this.commits;
      await this.clock.sleep(Math.min(QUIET_MS, left));
    }
  }

  private async beat(): Promise<void> {
    this.beating = true;
    const ping: FeedMessage = { kind: 'ping' };
    while (this.subscriptions.size > 0) {
      await this.clock.sleep(BEAT_MS);
      // Commits nobody told us of: another instance's, or one of which only the answer was lost.
      this.wake();
      const progress: FeedMessage = { kind: 'progress', position: this.cursor };
      await this.toEach(this.subscriptions, (subscription) => subscription.beat(progress, ping));
    }
    this.beating = false;
  }

  /** Visits everybody who is there now, in slices; answers the milliseconds that took without the pauses. */
  private async toEach(
    subscriptions: Iterable<FeedSubscription>,
    visit: (subscription: FeedSubscription) => void,
  ): Promise<number> {
    let spent = 0;
    let began = this.clock.now();
    for (const subscription of [...subscriptions]) {
      visit(subscription);
      const now = this.clock.now();
      if (now - began < SLICE_MS) continue;
      spent += now - began;
      await this.clock.sleep(0);
      began = this.clock.now();
    }
    return spent + this.clock.now() - began;
  }
}
