import { Broker } from './broker.js';
import { Group } from './group.js';
import type { Ledger } from './ledger.js';
import type { KafkaPlan } from './plan.js';
import { Stranger } from './stranger.js';
import { TopicLedger } from './topic-ledger.js';
import type { World } from './world.js';

/** Kafka, as all processes of a run share it. */
export class Cluster {
  readonly broker: Broker;
  readonly group: Group;

  constructor(
    private readonly world: World,
    plan: KafkaPlan,
    ledger: Ledger,
  ) {
    this.broker = new Broker(world, plan, new TopicLedger(world, ledger));
    this.group = new Group(world, this.broker);
    new Stranger(world, this.broker, ledger);
    this.every(plan.rebalanceEvery, 'rebalance', () => this.group.rebalance());
    this.every(plan.putOutEvery, 'put out of the group', () => this.group.putOut());
    this.every(plan.awayEvery, 'broker away', () => this.broker.goAway(this.drawAbsence()));
    this.every(plan.rejectedAwayEvery, 'rejected topic away', () =>
      this.broker.takeNothingRejected(this.drawAbsence()),
    );
  }

  get isBusy(): boolean {
    return this.broker.underWay > 0 || this.broker.lag > 0;
  }

  /** When nothing is left to be done. */
  check(): void {
    const { world, broker } = this;
    if (broker.lag > 0) world.violated('after healing all is committed', `${broker.lag} records are not`);
    broker.ledger.check();
  }

  private drawAbsence(): number {
    return this.world.random.between(1, this.broker.plan.awayLasts);
  }

  private every(ms: number, kind: string, strike: () => void): void {
    const { world } = this;
    if (ms === 0) return;
    world.scheduler.after(world.random.between(1, 2 * ms), kind, () => {
      if (world.healed) return;
      strike();
      this.every(ms, kind, strike);
    });
  }
}
