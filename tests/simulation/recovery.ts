import type { Cluster } from './cluster.js';
import { checkTotals } from './directory-check.js';
import type { Disk } from './disk.js';
import type { Follower } from './follower.js';
import type { Instance } from './instance.js';
import { pauseOf, type Ledger } from './ledger.js';
import type { Producer } from './producer.js';
import type { Reader } from './reader.js';
import type { Subscriber } from './subscriber.js';
import type { World } from './world.js';

const COMPLETE_WITHIN_MS = 60_000;
/** Longer than the pause before a failed drain is tried again, and than news and notices take. */
const QUIET_MS = 2500;
const SENT_WITHIN_MS = 1000;

/**
 * How a run ends. First nothing goes wrong any more and nothing new is sent: what was begun comes to its end by itself.
 * Then a part of what was not heard yet is sent while commits still fail, and at last all of it. In between, when nothing
 * has happened for a while, everything that may take its time must have come about.
 */
export class Recovery {
  constructor(
    private readonly world: World,
    private readonly disk: Disk,
    private readonly ledger: Ledger,
    private readonly instances: readonly Instance[],
    private readonly producers: readonly Producer[],
    private readonly readers: readonly Reader[],
    private readonly followers: readonly Follower[],
    /** What not every run has. */
    private readonly others: { readonly cluster?: Cluster; readonly subscriber?: Subscriber },
  ) {}

  begin(done: () => void): void {
    const { world } = this;
    world.healed = true;
    for (const { process } of this.instances) process?.thaw();
    this.whenQuiet(() => {
      this.checkDrained();
      this.check();
      world.shaky = true;
      this.send(0.5);
      this.whenQuiet(() => {
        this.check();
        world.shaky = false;
        world.sound = true;
        this.others.subscriber?.mend();
        this.send(1);
        this.whenQuiet(() => void this.end(done));
      });
    });
  }

  /** While it comes, those who follow find their way into it. */
  private send(share: number): void {
    for (const producer of this.producers) producer.sendWhatIsLeft(share, SENT_WITHIN_MS);
    for (const follower of this.followers) follower.reconnect(SENT_WITHIN_MS);
  }

  private whenQuiet(then: () => void): void {
    const { scheduler } = this.world;
    const began = scheduler.now;
    let quietSince = began;
    let writes = -1;
    const look = (): void => {
      if (this.isBusy || this.disk.writes !== writes) quietSince = scheduler.now;
      writes = this.disk.writes;
      if (scheduler.now - quietSince >= QUIET_MS) return then();
      if (scheduler.now - began > COMPLETE_WITHIN_MS) return this.gaveUp();
      scheduler.after(200, 'wait', look);
    };
    look();
  }

  private get isBusy(): boolean {
    return (
      this.disk.isBusy ||
      this.others.cluster?.isBusy === true ||
      this.instances.some(({ process }) => process === undefined || process.isBusy) ||
      this.producers.some(({ awaited }) => awaited > 0) ||
      (this.world.sound && this.behind > 0)
    );
  }

  private get behind(): number {
    const readers = [...this.readers, ...this.followers].filter(({ isDone }) => !isDone).length;
    return readers + (this.others.subscriber?.behind ?? 0);
  }

  private gaveUp(): void {
    const awaited = this.producers.reduce((sum, producer) => sum + producer.awaited, 0);
    const lag =
      this.others.cluster === undefined ? '' : `, ${this.others.cluster.broker.lag} records not committed`;
    const detail = `${awaited} messages are not answered, ${this.behind} readers not at the end${lag}${this.others.subscriber?.said ?? ''}`;
    this.world.violated('after healing all is complete', detail);
  }

  private checkDrained(): void {
    for (const channel of this.disk.unfinished()) {
      // What arrives after its sender's death, and after its successor has looked, waits for the next message.
      if (this.ledger.rocket(channel).writtenBy?.isGone !== true)
        this.world.violated('what can be drained is drained', channel);
    }
  }

  /** What must hold when nothing has happened for a while. */
  private check(): void {
    const { world, ledger, disk } = this;
    for (const follower of this.followers) follower.check();
    void checkTotals(world, disk.directory, [...ledger.rockets.values()], disk.log.length);
    if (world.plan.gapTimeout > 0) this.checkTimeout(world.plan.gapTimeout);
  }

  private checkTimeout(gapTimeout: number): void {
    const { world, ledger, disk } = this;
    const latest = disk.listened.total - gapTimeout - 3 * pauseOf(gapTimeout);
    for (const rocket of ledger.rockets.values()) {
      const overdue = rocket.gaps().find(({ to }) => rocket.opening(to).counted <= latest);
      if (overdue === undefined) continue;
      world.violated('an overdue gap is skipped', `${rocket.channel} ${JSON.stringify(overdue)}`);
    }
    const { instances, slow, powerLossEvery, restoreAt } = world.plan;
    // Only alone, on a disk that answers at once, is it known what has to be counted: half of it, with short pauses.
    if (instances > 1 || slow + powerLossEvery + restoreAt > 0) return;
    // Restarts cost no more of it than the last moments of each life.
    const least = 0.5 * ledger.listening.lastingLongerThan(2 * pauseOf(gapTimeout));
    if (disk.listened.total < least)
      world.violated('time listened is counted', `${disk.listened.total} ms of ${least} ms at least`);
  }

  private async end(done: () => void): Promise<void> {
    const { world, ledger } = this;
    this.check();
    await Promise.all(this.instances.map(({ process }) => process?.stop()));
    this.others.cluster?.check();
    this.others.subscriber?.check();
    for (const rocket of ledger.rockets.values()) {
      const { channel, sent, standing, late } = rocket;
      const { version } = rocket.sight;
      if (version !== world.plan.messagesPerRocket || rocket.gaps().length > 0)
        world.violated('after healing all is complete', `${channel} at ${version}`);
      for (const number of sent.keys()) {
        if (!standing.has(number) && !late.has(number))
          world.violated('nothing a rocket said is thrown away', `${channel} ${number}`);
      }
    }
    done();
  }
}
