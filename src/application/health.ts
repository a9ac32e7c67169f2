import type { EventFeed } from './feed/event-feed.js';
import type { Counters } from './ingest/counters.js';
import type { ReorderBuffer } from './ingest/reorder-buffer.js';
import type { Clock } from './ports/clock.js';
import type { Durability, EventStore, FeedHolder, Fullness } from './ports/event-store.js';
import type { Logger } from './ports/logger.js';
import type { RocketDirectory, RocketTotals } from './ports/rocket-directory.js';
import type { SubscriptionCounts } from './ports/subscription-store.js';
import type { Subscriptions } from './subscriptions/subscriptions.js';

export interface HealthReport {
  readonly status: 'ok' | 'stopping' | 'unavailable';
  /** Why the store is unavailable. */
  readonly detail?: string;
  readonly uptimeSeconds: number;
  readonly store: {
    readonly name: string;
    readonly durability: Durability;
    /** Only where there is a bound. */
    readonly fullness?: Fullness;
  };
  readonly rockets?: Pick<RocketTotals, 'byStatus' | 'incomplete' | 'withGaps'> & { readonly total: number };
  readonly events?: number;
  readonly gaps?: number;
  /** Messages stored that wait for a gap to close. */
  readonly waiting?: number;
  /** Messages that came after their numbers were skipped. */
  readonly late?: number;
  readonly messages: Counters['messages'];
  /** Messages taken and not answered yet, and the bytes of all that is held on the way, beside what may be. */
  readonly buffer: { readonly messages: number } & Fullness;
  /** Who reads live, and how far they are behind what is stored. */
  readonly feed: {
    readonly readers: number;
    readonly lagSeconds: number;
    /** Only while something outside holds back what is stored. */
    readonly heldBack?: FeedHeldBack;
  };
  /** Only when there are any; those that fail are not among those that run. */
  readonly subscriptions?: SubscriptionCounts;
  /** Only where Kafka stands before the store. */
  readonly kafka?: KafkaReport;
  /** Lines of the log that could not be written. */
  readonly log: { readonly lost: number };
}

export interface KafkaReport {
  /** What `POST /messages` hands over. `error`: why the brokers take nothing. */
  readonly gateway?: { readonly queued: number; readonly waiting: number; readonly error?: string };
  readonly consumer?: ConsumerReport;
}

/** How this instance works off the topic. */
export interface ConsumerReport {
  /** Those that are its own, and how many of their records are not committed. */
  readonly partitions: readonly { readonly partition: number; readonly lag: number }[];
  /** How often the group was made up anew, and how often this instance's client. */
  readonly rebalances: number;
  readonly remade: number;
  readonly heartbeatAgoSeconds?: number;
  /** Records that no message could be made of, and that were put away. */
  readonly rejected: number;
  /** What keeps it from getting on. */
  readonly error?: string;
}

export interface FeedHeldBack {
  readonly events: number;
  readonly seconds: number;
  readonly since: string;
  readonly by: FeedHolder;
}

/** What is not on the way of a message through the store. */
export interface HealthBeside {
  readonly logger: Pick<Logger, 'lost'>;
  readonly subscriptions: Pick<Subscriptions, 'counts'>;
  readonly kafka: (() => KafkaReport) | undefined;
}

/** How the service is, for people and for probes. */
export class Health {
  private readonly startedAt: number;
  private stopping = false;
  private counted: SubscriptionCounts = { running: 0, paused: 0, failing: 0 };

  constructor(
    private readonly storeName: string,
    private readonly store: EventStore,
    private readonly directory: RocketDirectory,
    private readonly buffer: ReorderBuffer,
    private readonly counters: Counters,
    private readonly feed: EventFeed,
    private readonly clock: Clock,
    private readonly beside: HealthBeside,
  ) {
    this.startedAt = clock.elapsed();
  }

  private fullness(): { readonly fullness?: Fullness } {
    const { fullness } = this.store;
    return fullness === undefined ? {} : { fullness: { bytes: fullness.bytes, limit: fullness.limit } };
  }

  private async heldBack(): Promise<{ readonly heldBack?: FeedHeldBack }> {
    const held = await this.store.heldBack?.();
    if (held === undefined) return {};
    const { events, ms, by } = held;
    const since = new Date(this.clock.now() - ms).toISOString();
    return { heldBack: { events, seconds: Math.round(ms) / 1000, since, by } };
  }

  /** Asked like any other question: where too many wait for an answer, what was known last is told. */
  private async subscriptions(): Promise<{ readonly subscriptions?: SubscriptionCounts }> {
    this.counted = await this.beside.subscriptions.counts().catch(() => this.counted);
    const { running, paused, failing } = this.counted;
    if (running + paused === 0) return {};
    return { subscriptions: { running: running - failing, paused, failing } };
  }

  /** From now on nothing new belongs here; the service finishes what it has. */
  beginStopping(): void {
    this.stopping = true;
  }

  get isStopping(): boolean {
    return this.stopping;
  }

  /** `isWhole`: with what takes a question to the store, for which a probe need not wait. */
  async report(isWhole = true): Promise<HealthReport> {
    const { budget } = this.buffer;
    const { logger, kafka } = this.beside;
    const base = {
      uptimeSeconds: Math.floor((this.clock.elapsed() - this.startedAt) / 1000),
      store: { name: this.storeName, durability: this.store.durability, ...this.fullness() },
      messages: this.counters.messages,
      buffer: { messages: this.buffer.messages, bytes: budget.used, limit: budget.limit },
      feed: { readers: this.feed.readers, lagSeconds: Math.round(this.feed.lagMs) / 1000 },
      ...(kafka && { kafka: kafka() }),
      log: { lost: logger.lost },
    };
    try {
      const [totals, heldBack, subscriptions] = await Promise.all([
        this.directory.totals(),
        this.heldBack(),
        isWhole ? this.subscriptions() : {},
      ]);
      const { rockets: total, byStatus, incomplete, withGaps, ...figures } = totals;
      const rockets = { total, byStatus, incomplete, withGaps };
      const feed = { ...base.feed, ...heldBack };
      return {
        status: this.stopping ? 'stopping' : 'ok',
        ...base,
        feed,
        rockets,
        ...figures,
        ...subscriptions,
      };
    } catch (error) {
      return { status: 'unavailable', detail: error instanceof Error ? error.message : '', ...base };
    }
  }
}
