import { Power } from './connection.js';
import { Database } from './database.js';
import { Cluster } from './cluster.js';
import { Disk, type DiskCopy } from './disk.js';
import { checkDirectory } from './directory-check.js';
import { drawChannels } from './fleet.js';
import { Follower } from './follower.js';
import { Instance, type Process } from './instance.js';
import { Ledger } from './ledger.js';
import { Operator } from './operator.js';
import { Producer } from './producer.js';
import { Reader } from './reader.js';
import { Recovery } from './recovery.js';
import type { Met } from './situations.js';
import { Subscriber } from './subscriber.js';
import { Subscribers } from './subscribers.js';
import { Visitor } from './visitor.js';
import { World, type Violation } from './world.js';

export interface Options {
  readonly maxSteps?: number;
  readonly verbose?: boolean;
}

export interface Result {
  readonly seed: number;
  readonly hash: string;
  readonly steps: number;
  readonly messages: number;
  readonly violation: Violation | undefined;
  readonly lines: readonly string[];
}

const MAX_STEPS = 200_000;
const STEPS_PER_TURN = 32;

/** One run of the whole service, everything that can go wrong included; the same seed is the same run. */
export const simulate = async (seed: number, met: Met, options: Options = {}): Promise<Result> => {
  const simulation = new Simulation(seed, met, options);
  const { world } = simulation;
  let steps = 0;
  const onRejection = (error: unknown): void => world.violated('no worker dies', String(error));
  process.on('unhandledRejection', onRejection);
  try {
    while (world.violation === undefined && !simulation.isOver && world.scheduler.step()) {
      // Everything that follows from this step by promises alone happens before the next one: a tick comes when there is
      // nothing more of it. What was rejected and is nobody's shows only when the loop of events has its turn.
      await new Promise(steps % STEPS_PER_TURN === 0 ? setImmediate : process.nextTick);
      simulation.check();
      if (++steps > (options.maxSteps ?? MAX_STEPS))
        world.violated('a run comes to its end', `${steps} steps`);
    }
    await new Promise(setImmediate);
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  const { hash, lines } = world.trace;
  return { seed, hash, steps, lines, messages: simulation.messages, violation: world.violation };
};

class Simulation {
  readonly world: World;
  isOver = false;
  private readonly ledger: Ledger;
  private readonly disk: Disk;
  private readonly power: Power;
  private readonly instances: Instance[];
  private readonly producers: Producer[];
  private readonly cluster: Cluster | undefined;
  private readonly subscribers: Subscribers | undefined;

  constructor(seed: number, met: Met, { verbose }: Options) {
    const world = new World(seed, met, verbose);
    const power = new Power(world);
    const disk = new (world.plan.shared ? Database : Disk)(world, (record, change, writer) => {
      ledger.written(record, change, writer);
      subscribers?.written(change);
      void checkDirectory(world, disk.directory, ledger.rocket(record.channel));
    });
    const ledger = new Ledger(world, () => disk.listened.total);
    const { kafka } = world.plan;
    const subscribers: Subscribers | undefined = world.plan.subscriptions && new Subscribers(world, disk);
    const cluster = kafka && new Cluster(world, kafka, ledger);
    const instances = Array.from({ length: world.plan.instances }, (_, i) => {
      const roles = kafka && cluster && { role: kafka.roles[i]!, cluster };
      return new Instance('ABCD'.charAt(i), world, disk, power, ledger, roles, subscribers);
    });
    const channels = drawChannels(world);
    for (const channel of channels) ledger.rocket(channel);
    if (world.plan.shared) world.meet('several instances over one database');
    this.world = world;
    this.ledger = ledger;
    this.cluster = cluster;
    this.subscribers = subscribers;
    this.power = power;
    this.disk = disk;
    this.instances = instances;
    for (const instance of instances) instance.start();
    this.producers = channels.map((channel) => new Producer(world, instances, ledger, channel));
    const readers = Array.from({ length: world.plan.readers }, () => new Reader(world, instances, disk));
    const followers = Array.from(
      { length: world.plan.followers },
      () => new Follower(world, instances, disk, ledger),
    );
    new Operator(world, instances, ledger);
    new Visitor(world, instances, ledger);
    const subscriber = subscribers && new Subscriber(world, instances, disk, subscribers);
    this.plague();
    const others = { cluster, subscriber };
    const recovery = new Recovery(world, disk, ledger, instances, this.producers, readers, followers, others);
    world.scheduler.after(world.plan.faultsUntil, 'calm', () => {
      recovery.begin(() => (this.isOver = true));
    });
  }

  get messages(): number {
    return this.world.plan.rockets * this.world.plan.messagesPerRocket;
  }

  /** Holds between any two steps. */
  check(): void {
    for (const { process } of this.instances) process?.check();
  }

  private plague(): void {
    const { plan } = this.world;
    this.every(plan.crashEvery, 'crash', (instance) => {
      const others = this.instances.filter((each) => each !== instance && (each.process?.waiting ?? 0) > 0);
      if (others.length > 0) this.world.meet('crash of one instance while another works');
      instance.crash();
    });
    this.every(plan.stopEvery, 'stop', (instance) => void instance.stop());
    this.every(plan.clockJumps, 'clock jumps', ({ process }) => process?.jumpClock());
    this.every(plan.powerLossEvery, 'power loss', () => this.losePower());
    this.every(plan.connectionLostEvery, 'connection lost', ({ process }) => process?.loseConnections());
    this.every(plan.foreignEvery, 'foreign transaction', () => this.beginForeign());
    const { freezeEvery = 0, freezeLasts = 0 } = plan.subscriptions ?? {};
    // What listens for gaps, and what the broker holds of its members, is simulated for those who are awake.
    if (plan.gapTimeout === 0 && plan.kafka === undefined)
      this.every(freezeEvery, 'stopped', ({ process }) => this.freeze(process, freezeLasts));
    if (plan.restoreAt > 0) this.restoreOnce();
  }

  private freeze(process: Process | undefined, most: number): void {
    const { scheduler, random } = this.world;
    process?.freeze();
    scheduler.after(random.between(1, most), 'continued', () => process?.thaw());
  }

  private losePower(): void {
    this.power.fail();
    this.disk.fail();
  }

  private beginForeign(): void {
    const { disk, world } = this;
    if (disk instanceof Database) disk.beginForeign(world.random.between(1, world.plan.foreignLasts));
  }

  /** The service goes down, its disk is put back to what it was some time ago, and the service starts again. */
  private restoreOnce(): void {
    const { world, disk, ledger } = this;
    const { plan, scheduler } = world;
    let copy: DiskCopy;
    let remember: () => void;
    let commitAgain: (() => void) | undefined;
    let subscribeAgain: (() => void) | undefined;
    scheduler.after(plan.copyAt, 'copy', () => {
      copy = disk.copy();
      remember = ledger.copy();
      commitAgain = this.cluster?.broker.copy();
      subscribeAgain = this.subscribers?.copy();
    });
    scheduler.after(plan.restoreAt, 'restore', () => {
      for (const instance of this.instances) instance.crash();
      this.losePower();
      if (disk.log.length > copy.log.length) world.meet('disk restored from an older copy');
      world.epoch++;
      disk.restore(copy);
      remember();
      subscribeAgain?.();
      // Whoever puts back a store puts back what was committed, too.
      commitAgain?.();
      for (const producer of this.producers) producer.startOver();
    });
  }

  private every(ms: number, kind: string, strike: (instance: Instance) => void): void {
    const { world } = this;
    if (ms === 0) return;
    world.scheduler.after(world.random.between(1, 2 * ms), kind, () => {
      if (world.healed) return;
      strike(world.random.pick(this.instances));
      this.every(ms, kind, strike);
    });
  }
}
