import type { EventFeed } from '../../src/application/feed/event-feed.js';
import type { Clock } from '../../src/application/ports/clock.js';
import type { StoredEvent } from '../../src/application/ports/event-store.js';
import type { Logger } from '../../src/application/ports/logger.js';
import type { Sink, Sinks } from '../../src/application/ports/sink.js';
import type {
  NamePage,
  ParkedSequence,
  SinkSettings,
  Subscription,
} from '../../src/application/ports/subscription-store.js';
import { Deliveries } from '../../src/application/subscriptions/deliveries.js';
import { Subscriptions } from '../../src/application/subscriptions/subscriptions.js';
import type { Connection } from './connection.js';
import type { Disk } from './disk.js';
import type { Subscribers } from './subscribers.js';
import { SimulatedSubscriptionStore } from './subscription-table.js';
import type { World } from './world.js';

/** The process whose deliveries these are. */
export interface Home {
  readonly name: string;
  readonly isAlive: boolean;
  readonly feed: EventFeed;
  gate(come: () => void): void;
}

interface Parts {
  readonly world: World;
  readonly disk: Disk;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What one process tells others of events, and how operators say what. */
export class Outbound {
  readonly subscriptions: Subscriptions;
  readonly deliveries: Deliveries | undefined;

  constructor(home: Home, subscribers: Subscribers, parts: Parts, delivers: boolean) {
    const { world, disk, connection, clock, logger } = parts;
    const sinks = new SimulatedSinks(home, subscribers);
    const store = new SimulatedSubscriptionStore(subscribers.table, disk, connection);
    const changed = (name: string): void => this.deliveries?.changed(name);
    this.subscriptions = new Subscriptions(store, connection, sinks, clock, logger, changed);
    if (!delivers) return;
    const watched = new WatchedStore(subscribers, home.name, { table: subscribers.table, disk, connection });
    const signingSecrets = (name: string): Promise<readonly string[]> =>
      this.subscriptions.signingSecrets(name);
    const { patienceMs } = world.plan.subscriptions!;
    const random = (): number => world.random.next();
    const { feed } = home;
    const said = { store: watched, events: connection, feed, sinks, signingSecrets };
    this.deliveries = new Deliveries({ ...said, clock, random, logger, patienceMs }, home.name);
  }
}

/** Remembers what those who deliver were told. */
class WatchedStore extends SimulatedSubscriptionStore {
  constructor(
    private readonly subscribers: Subscribers,
    private readonly process: string,
    { table, disk, connection }: Pick<Subscribers, 'table'> & Pick<Parts, 'disk' | 'connection'>,
  ) {
    super(table, disk, connection);
  }

  override async find(name: string): Promise<Subscription | undefined> {
    const found = await super.find(name);
    if (found !== undefined) this.subscribers.found(this.process, found);
    return found;
  }

  override async parked(name: string, page: NamePage): Promise<ParkedSequence[]> {
    const rows = await super.parked(name, page);
    this.subscribers.knowledge(this.process, name)?.foundParked(rows, page.after !== undefined);
    return rows;
  }
}

class SimulatedSinks implements Sinks {
  readonly types = ['webhook', 'kafka'] as const;

  constructor(
    private readonly home: Home,
    private readonly subscribers: Subscribers,
  ) {}

  async problemOf(): Promise<undefined> {
    return undefined;
  }

  open(name: string, settings: SinkSettings): Sink {
    const { home, subscribers } = this;
    const run = subscribers.begin(home.name, name);
    const audit = run.known.audit!;
    const most = settings.type === 'webhook' ? (settings.batch?.events ?? Infinity) : Infinity;
    const begins = (batch: readonly StoredEvent[]): void => {
      if (!subscribers.table.isHeldBy(name, home.name))
        audit.violated('one instance delivers at a time', `${home.name} after its time`);
      if (run.isOver || run.known.isPaused) audit.violated('one who is paused is told nothing', home.name);
      if (batch.length === 0 || batch.length > most)
        audit.violated('a batch is as large as it may be', `${batch.length} events`);
    };
    return subscribers.receiver(name).open(run, audit, {
      begins,
      isAlive: () => home.isAlive,
      come: (told) => home.gate(told),
    });
  }
}
