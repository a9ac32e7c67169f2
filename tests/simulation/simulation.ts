import { Power } from './connection.js';
import { Disk } from './disk.js';
import { drawChannels } from './fleet.js';
import { Instance } from './instance.js';
import { Ledger } from './ledger.js';
import { Operator } from './operator.js';
import { equal } from './oracle.js';
import { Follower } from './follower.js';
import { Producer } from './producer.js';
import { Reader } from './reader.js';
import type { Met } from './situations.js';
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
const COMPLETE_WITHIN_MS = 60_000;
/** Longer than the pause before a failed drain is tried again. */
const QUIET_MS = 2500;

/** One run of the whole service, everything that can go wrong included; the same seed is the same run. */
export const simulate = async (seed: number, met: Met, options: Options = {}): Promise<Result> => {
  const simulation = new Simulation(seed, met, options);
  const { world } = simulation;
  let steps = 0;
  const onRejection = (error: unknown): void => world.violated('no worker dies', String(error));
  process.on('unhandledRejection', onRejection);
  try {
    while (world.violation === undefined && !simulation.isOver && world.scheduler.step()) {
      // Everything that follows from this step by promises alone happens before the next one.
      await new Promise(setImmediate);
      simulation.check();
      if (++steps > (options.maxSteps ?? MAX_STEPS))
        world.violated('a run comes to its end', `${steps} steps`);
    }
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
  private readonly readers: (Reader | Follower)[];

  constructor(seed: number, met: Met, { verbose }: Options) {
    const world = new World(seed, met, verbose);
    const ledger = new Ledger(world);
    const power = new Power(world);
    const disk = new Disk(world, (record, change) => {
      ledger.written(record, change);
      void this.checkDirectory(record.channel);
    });
    const instances = Array.from(
      { length: world.plan.instances },
      (_, i) => new Instance('AB'.charAt(i), world, disk, power, ledger),
    );
    const channels = drawChannels(world);
    for (const channel of channels) ledger.rocket(channel);
    this.world = world;
    this.ledger = ledger;
    this.power = power;
    this.disk = disk;
    this.instances = instances;
    for (const instance of instances) instance.start();
    this.producers = channels.map((channel) => new Producer(world, instances, ledger, channel));
    this.readers = [
      ...Array.from({ length: world.plan.readers }, () => new Reader(world, instances, disk)),
      ...Array.from({ length: world.plan.followers }, () => new Follower(world, instances, disk, ledger)),
    ];
    new Operator(world, instances, ledger);
    new Visitor(world, instances, ledger);
    this.plague();
    world.scheduler.after(world.plan.faultsUntil, 'calm', () => this.calm());
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
    this.every(plan.powerLossEvery, 'power loss', () => this.power.fail());
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

  /** No faults any more, and nothing new: what was begun comes to its end by itself. Then everything is sent. */
  private calm(): void {
    const { world } = this;
    world.healed = true;
    this.healWhenQuiet(world.scheduler.now, world.scheduler.now + COMPLETE_WITHIN_MS, -1);
  }

  private healWhenQuiet(quietSince: number, deadline: number, events: number): void {
    const { world, disk } = this;
    const { now } = world.scheduler;
    if (now > deadline) return world.violated('after healing all is complete', 'what was begun did not end');
    if (now - quietSince < QUIET_MS) {
      return world.scheduler.after(200, 'wait', () => {
        const isBusy = this.instances.some((instance) => instance.process?.isBusy !== false);
        const quiet = isBusy || disk.log.length !== events ? world.scheduler.now : quietSince;
        this.healWhenQuiet(quiet, deadline, disk.log.length);
      });
    }
    for (const channel of this.disk.unfinished()) world.violated('what can be drained is drained', channel);
    for (const producer of this.producers) producer.heal();
    this.finishBy(now + COMPLETE_WITHIN_MS);
  }

  private finishBy(deadline: number): void {
    const { world } = this;
    const pending = this.producers.reduce((sum, { unanswered }) => sum + unanswered, 0);
    const isComplete = pending === 0 && this.readers.every(({ isDone }) => isDone);
    if (isComplete) return void this.finish();
    if (world.scheduler.now > deadline) {
      const behind = this.readers.filter(({ isDone }) => !isDone).length;
      const detail = `${pending} messages are not answered, ${behind} readers not at the end`;
      return world.violated('after healing all is complete', detail);
    }
    world.scheduler.after(100, 'finish', () => this.finishBy(deadline));
  }

  private async finish(): Promise<void> {
    const { world } = this;
    await Promise.all(this.instances.map((instance) => instance.process?.stop()));
    for (const rocket of this.ledger.rockets.values()) {
      const complete = rocket.sight.version === world.plan.messagesPerRocket && rocket.gaps().length === 0;
      if (!complete)
        world.violated('after healing all is complete', `${rocket.channel} at ${rocket.sight.version}`);
    }
    this.isOver = true;
  }

  private async checkDirectory(channel: string): Promise<void> {
    const { disk, ledger, world } = this;
    const [summary, { gaps }] = await Promise.all([
      disk.directory.find(channel),
      disk.directory.gaps({ channel, limit: 1000 }),
    ]);
    const ranges = gaps.map(({ from, to }) => ({ from, to }));
    const rocket = ledger.rocket(channel);
    if (!equal(ranges, rocket.gaps()) || summary?.version !== rocket.sight.version) {
      world.violated(
        'gaps are exactly what is missing',
        `${channel} is listed with ${JSON.stringify(ranges)}`,
      );
    }
  }
}
