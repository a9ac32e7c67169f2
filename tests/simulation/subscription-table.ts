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
} from '../../src/application/ports/subscription-store.js';
import type { Position } from '../../src/application/ports/event-store.js';
import type { Connection } from './connection.js';
import { placeIn, type Disk, type LoggedEvent } from './disk.js';
import type { World } from './world.js';

export interface Kept {
  subscription: Subscription;
  secrets: readonly Secret[];
  parked: Map<string, ParkedSequence>;
  lease: { readonly holder: string; readonly number: number; readonly until: number };
}

/** Something that was written of a subscription; `by`: who delivers it, or nobody who does. */
export interface Write {
  readonly before: Subscription;
  readonly after: Subscription;
  readonly parkedBefore: ReadonlyMap<string, ParkedSequence>;
  readonly parked: ReadonlyMap<string, ParkedSequence>;
  readonly by: string | undefined;
}

export interface Watcher {
  created(subscription: Subscription): void;
  saved(write: Write): void;
  removed(name: string): void;
}

const nobody = { holder: '', number: 0, until: -Infinity };

/**
 * What survives every crash of the subscriptions. It stands for the tables of a SQL store: what is written together is
 * written at once or not at all, by comparing the revision, and the lease by the clock of the database.
 */
export class SubscriptionTable {
  rows = new Map<string, Kept>();

  constructor(
    private readonly world: World,
    private readonly disk: Disk,
    readonly watcher: Watcher,
  ) {}

  create(subscription: Subscription, secrets: readonly Secret[]): boolean {
    const { name } = subscription;
    if (this.rows.has(name)) return false;
    this.rows.set(name, { subscription, secrets, parked: new Map(), lease: nobody });
    this.watcher.created(subscription);
    return true;
  }

  save(
    subscription: Subscription,
    { put = [], drop = [], lease }: ParkedChanges & { readonly lease?: number },
  ): Subscription | undefined {
    const kept = this.rows.get(subscription.name);
    const before = kept?.subscription;
    if (kept === undefined || before?.revision !== subscription.revision) return undefined;
    if (before.createdAt !== subscription.createdAt) return undefined;
    if (lease !== undefined && !this.isInForce(kept, lease)) return undefined;
    const after = { ...subscription, revision: subscription.revision + 1 };
    const parkedBefore = kept.parked;
    const parked = new Map(parkedBefore);
    for (const channel of drop) parked.delete(channel);
    for (const one of put) parked.set(one.channel, one);
    Object.assign(kept, { subscription: after, parked });
    const by = lease === undefined ? undefined : kept.lease.holder;
    this.watcher.saved({ before, after, parkedBefore, parked, by });
    return after;
  }

  remove(name: string): boolean {
    if (!this.rows.delete(name)) return false;
    this.watcher.removed(name);
    return true;
  }

  /** On a disk of its own nobody else can have it. */
  hold(holder: string, ms: number): Lease[] {
    const { plan, scheduler } = this.world;
    const mine: Lease[] = [];
    for (const [name, kept] of this.rows) {
      const { lease, subscription } = kept;
      if (subscription.isPaused) continue;
      if (plan.shared && lease.holder !== holder && lease.until > scheduler.now) continue;
      const number = lease.holder === holder ? lease.number : lease.number + 1;
      if (lease.holder !== '' && lease.holder !== holder) this.world.meet('subscription taken over');
      kept.lease = { holder, number, until: scheduler.now + ms };
      const { revision, createdAt } = subscription;
      mine.push({ name, number, revision, createdAt });
    }
    return mine;
  }

  letGo(holder: string): void {
    for (const kept of this.rows.values()) {
      if (kept.lease.holder === holder) kept.lease = { ...kept.lease, until: -Infinity };
    }
  }

  /** Whether this one is who delivers, by the clock of the database. */
  isHeldBy(name: string, holder: string): boolean {
    const { lease } = this.rows.get(name) ?? { lease: nobody };
    return !this.world.plan.shared || (lease.holder === holder && lease.until > this.world.scheduler.now);
  }

  /** Answers how to put everything back, with its positions in the new history. */
  copy(log: readonly LoggedEvent[]): () => void {
    const copies = [...this.rows].map(([name, kept]) => [name, { ...kept }] as const);
    const moved = (position: Position): Position =>
      this.disk.position(log.filter(({ place }) => place <= placeIn(position)).length);
    return () => {
      this.rows = new Map(
        copies.map(([name, { subscription, secrets, parked }]) => [
          name,
          {
            subscription: { ...subscription, position: moved(subscription.position) },
            secrets,
            parked: new Map(
              [...parked].map(([channel, one]) => [channel, { ...one, position: moved(one.position) }]),
            ),
            lease: nobody,
          },
        ]),
      );
    };
  }

  private isInForce({ lease }: Kept, number: number): boolean {
    return lease.number === number && (!this.world.plan.shared || lease.until > this.world.scheduler.now);
  }
}

/** One process's way to the table. */
export class SimulatedSubscriptionStore implements SubscriptionStore {
  readonly isKept = true;
  readonly source = 'urn:rockets:sim:sim';

  constructor(
    private readonly table: SubscriptionTable,
    private readonly disk: Disk,
    private readonly connection: Connection,
  ) {}

  create(subscription: Subscription, secrets: readonly Secret[]): Promise<boolean> {
    return this.connection.change(() => this.table.create(subscription, secrets));
  }

  find(name: string): Promise<Subscription | undefined> {
    return this.ask(() => this.table.rows.get(name)?.subscription);
  }

  list(page: NamePage): Promise<Subscription[]> {
    return this.ask(() =>
      pageOf(
        [...this.table.rows.values()].map(({ subscription }) => subscription),
        ({ name }) => name,
        page,
      ),
    );
  }

  count(): Promise<SubscriptionCounts> {
    return this.ask(() => {
      const all = [...this.table.rows.values()].map(({ subscription }) => subscription);
      const running = all.filter(({ isPaused }) => !isPaused);
      const failing = running.filter((one) => one.failing !== undefined).length;
      return { running: running.length, paused: all.length - running.length, failing };
    });
  }

  save(
    subscription: Subscription,
    change: ParkedChanges & { readonly lease?: number } = {},
  ): Promise<Subscription | undefined> {
    return this.connection.change(() => this.table.save(subscription, change));
  }

  remove(name: string): Promise<boolean> {
    return this.connection.change(() => this.table.remove(name));
  }

  parked(name: string, page: NamePage): Promise<ParkedSequence[]> {
    return this.ask(() =>
      pageOf([...(this.table.rows.get(name)?.parked.values() ?? [])], ({ channel }) => channel, page),
    );
  }

  findParked(name: string, channel: string): Promise<ParkedSequence | undefined> {
    return this.ask(() => this.table.rows.get(name)?.parked.get(channel));
  }

  countParked(name: string): Promise<ParkedCounts> {
    return this.ask(() => {
      const all = [...(this.table.rows.get(name)?.parked.values() ?? [])];
      const givenUp = all.filter(({ nextTryAt }) => nextTryAt === undefined).length;
      return { parked: all.length, givenUp };
    });
  }

  secrets(name: string): Promise<readonly Secret[]> {
    return this.ask(() => this.table.rows.get(name)?.secrets ?? []);
  }

  putSecrets(name: string, secrets: readonly Secret[]): Promise<void> {
    return this.connection.change(() => {
      const kept = this.table.rows.get(name);
      if (kept !== undefined) kept.secrets = secrets;
    });
  }

  countBehind(position: Position, most: number): Promise<number> {
    return this.ask(() => {
      const behind = this.disk.log.filter(({ place }) => place > placeIn(position)).length;
      return Math.min(most, behind);
    });
  }

  hold(holder: string, _sinks: readonly SinkSettings['type'][], ms: number): Promise<Lease[]> {
    return this.ask(() => this.table.hold(holder, ms));
  }

  letGo(holder: string): Promise<void> {
    return this.connection.change(() => this.table.letGo(holder));
  }

  private ask<T>(at: () => T): Promise<T> {
    return this.connection.ask(at);
  }
}

const pageOf = <T>(all: readonly T[], keyOf: (one: T) => string, { after = '', limit }: NamePage): T[] =>
  all
    .filter((one) => keyOf(one) > after)
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
    .slice(0, limit);
