import type { EventStore, Position } from '../../../application/ports/event-store.js';
import type {
  Lease,
  NamePage,
  ParkedChanges,
  ParkedCounts,
  ParkedSequence,
  Secret,
  SinkSettings,
  Subscription,
  SubscriptionCounts,
  SubscriptionStore,
} from '../../../application/ports/subscription-store.js';
import { compareText } from '../text-order.js';

interface Kept {
  subscription: Subscription;
  secrets: readonly Secret[];
  readonly parked: Map<string, ParkedSequence>;
}

/** Keeps subscriptions for as long as the process lives, like the events they are about. */
export class InMemorySubscriptionStore implements SubscriptionStore {
  readonly isKept = false;
  readonly source: string;
  private readonly kept = new Map<string, Kept>();

  /** In memory, two positions are as far apart as there are events between them. */
  constructor(
    private readonly events: Pick<EventStore, 'lastPosition' | 'compare'>,
    storeId: string,
  ) {
    // What lasts as long as the process has one history.
    this.source = `urn:rockets:${storeId}:${storeId}`;
  }

  async create(subscription: Subscription, secrets: readonly Secret[]): Promise<boolean> {
    if (this.kept.has(subscription.name)) return false;
    this.kept.set(subscription.name, { subscription, secrets, parked: new Map() });
    return true;
  }

  async find(name: string): Promise<Subscription | undefined> {
    return this.kept.get(name)?.subscription;
  }

  async list(page: NamePage): Promise<Subscription[]> {
    return pageOf(this.all(), ({ name }) => name, page);
  }

  async count(): Promise<SubscriptionCounts> {
    const all = this.all();
    const running = all.filter(({ isPaused }) => !isPaused);
    const failing = running.filter((one) => one.failing !== undefined).length;
    return { running: running.length, paused: all.length - running.length, failing };
  }

  async save(
    subscription: Subscription,
    { put = [], drop = [] }: ParkedChanges = {},
  ): Promise<Subscription | undefined> {
    const { name, revision, createdAt } = subscription;
    const kept = this.kept.get(name);
    const now = kept?.subscription;
    if (kept === undefined || now?.revision !== revision || now.createdAt !== createdAt) return undefined;
    kept.subscription = { ...subscription, revision: revision + 1 };
    for (const channel of drop) kept.parked.delete(channel);
    for (const one of put) kept.parked.set(one.channel, one);
    return kept.subscription;
  }

  async remove(name: string): Promise<boolean> {
    return this.kept.delete(name);
  }

  async parked(name: string, page: NamePage): Promise<ParkedSequence[]> {
    return pageOf(this.parkedIn(name), ({ channel }) => channel, page);
  }

  async findParked(name: string, channel: string): Promise<ParkedSequence | undefined> {
    return this.kept.get(name)?.parked.get(channel);
  }

  async countParked(name: string): Promise<ParkedCounts> {
    const all = this.parkedIn(name);
    const givenUp = all.filter(({ nextTryAt }) => nextTryAt === undefined).length;
    return { parked: all.length, givenUp };
  }

  async secrets(name: string): Promise<readonly Secret[]> {
    return this.kept.get(name)?.secrets ?? [];
  }

  async putSecrets(name: string, secrets: readonly Secret[]): Promise<void> {
    const kept = this.kept.get(name);
    if (kept !== undefined) kept.secrets = secrets;
  }

  async countBehind(position: Position, most: number): Promise<number> {
    const behind = this.events.compare(await this.events.lastPosition(), position);
    return Math.max(0, Math.min(most, behind));
  }

  /** Nobody else can have them. */
  async hold(_holder: string, sinks: readonly SinkSettings['type'][]): Promise<Lease[]> {
    return this.all()
      .filter(({ isPaused, sink }) => !isPaused && sinks.includes(sink.type))
      .map(({ name, revision, createdAt }) => ({ name, revision, createdAt, number: 1 }));
  }

  async letGo(): Promise<void> {
    // Nobody waits for them.
  }

  private all(): Subscription[] {
    return [...this.kept.values()].map(({ subscription }) => subscription);
  }

  private parkedIn(name: string): ParkedSequence[] {
    return [...(this.kept.get(name)?.parked.values() ?? [])];
  }
}

const pageOf = <T>(all: readonly T[], keyOf: (one: T) => string, { after = '', limit }: NamePage): T[] =>
  all
    .filter((one) => compareText(keyOf(one), after) > 0)
    .sort((one, other) => compareText(keyOf(one), keyOf(other)))
    .slice(0, limit);
