import type { StoredEvent } from '../../src/application/ports/event-store.js';
import type { Change } from '../../src/application/ports/event-store.js';
import type { Subscription } from '../../src/application/ports/subscription-store.js';
import type { Disk } from './disk.js';
import { Receiver } from './receiver.js';
import { Knowledge, SubscriptionAudit, type Run } from './subscription-audit.js';
import { SubscriptionTable, type Watcher, type Write } from './subscription-table.js';
import type { World } from './world.js';

/** All who are told of events by the processes of a run, and what is kept of them. */
export class Subscribers implements Watcher {
  readonly table: SubscriptionTable;
  private readonly receivers = new Map<string, Receiver>();
  /** One for each subscription that ever was, and the one that is by its name. */
  private readonly audits = new Map<string, SubscriptionAudit>();
  private readonly current = new Map<string, SubscriptionAudit>();
  private readonly known = new Map<string, Knowledge>();
  private readonly writtenAt = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly disk: Disk,
  ) {
    this.table = new SubscriptionTable(world, disk, this);
  }

  /** Not everything was told yet. */
  get behind(): number {
    const { end } = this.disk;
    return [...this.table.rows.values()].filter(
      ({ subscription, parked }) => subscription.position !== end || subscription.isPaused || parked.size > 0,
    ).length;
  }

  receiver(name: string): Receiver {
    let receiver = this.receivers.get(name);
    if (receiver === undefined) this.receivers.set(name, (receiver = new Receiver(this.world)));
    return receiver;
  }

  written({ channel, events }: Change): void {
    for (const { number } of events) this.writtenAt.set(`${channel}/${number}`, this.world.scheduler.now);
  }

  /** Answers how to put all back. */
  copy(): () => void {
    const restore = this.table.copy(this.disk.log);
    return () => {
      restore();
      for (const [name, audit] of this.current) audit.isOver = !this.table.rows.has(name);
      for (const [name, { subscription }] of this.table.rows) {
        const audit = this.audits.get(identityOf(subscription))!;
        audit.isOver = false;
        this.current.set(name, audit);
        audit.beginAnew();
      }
    };
  }

  /** A process was told what is kept. */
  found(process: string, subscription: Subscription): void {
    const key = `${process} ${identityOf(subscription)}`;
    const known = this.known.get(key) ?? new Knowledge(() => this.world.scheduler.now);
    this.known.set(key, known);
    this.known.set(`${process} ${subscription.name}`, known);
    known.found(subscription);
    known.audit = this.audits.get(identityOf(subscription))!;
  }

  knowledge(process: string, name: string): Knowledge | undefined {
    return this.known.get(`${process} ${name}`);
  }

  begin(process: string, name: string): Run {
    const known = this.knowledge(process, name)!;
    return known.begin(process, this.world.scheduler.now);
  }

  created(subscription: Subscription): void {
    const writtenAt = ({ channel, number }: StoredEvent): number =>
      this.writtenAt.get(`${channel}/${number}`) ?? 0;
    const audit = new SubscriptionAudit(this.world, this.disk, writtenAt, subscription);
    this.audits.set(identityOf(subscription), audit);
    this.current.set(subscription.name, audit);
  }

  saved(write: Write): void {
    const { name } = write.after;
    const known = write.by === undefined ? undefined : this.knowledge(write.by, name);
    this.current.get(name)!.saved(write, known);
  }

  removed(name: string): void {
    this.current.get(name)!.isOver = true;
    this.current.delete(name);
  }

  /** A process has come to its end, and was in no hurry. */
  stopped(process: string): void {
    const { slow, loadFails, readFails, commitFails, powerLossEvery, shared } = this.world.plan;
    if (shared || slow + loadFails + readFails + commitFails + powerLossEvery > 0) return;
    for (const [name, audit] of this.current) {
      const run = this.knowledge(process, name)?.run;
      if (run?.known.audit === audit) audit.stopped(run);
    }
  }

  /** Nobody refuses anything but what he refuses for ever, half of them not even that. */
  mend(): void {
    for (const receiver of this.receivers.values()) if (this.world.random.chance(0.5)) receiver.mend();
  }

  /** When all is over. */
  check(): void {
    for (const [name, { subscription, parked }] of this.table.rows) {
      const isAtTheEnd = subscription.position === this.disk.end;
      if (!isAtTheEnd || parked.size > 0)
        this.world.violated(
          'after healing all is told',
          `${name} ${subscription.position} ${[...parked.keys()]}`,
        );
      this.current.get(name)!.check();
    }
  }
}

const identityOf = ({ name, createdAt }: Subscription): string => `${name}@${createdAt}`;
