import type { ParkedSequence, SinkSettings } from '../../src/application/ports/subscription-store.js';
import type { Subscriptions } from '../../src/application/subscriptions/subscriptions.js';
import type { Disk } from './disk.js';
import type { Instance } from './instance.js';
import type { Subscribers } from './subscribers.js';
import type { World } from './world.js';

const types = ['RocketLaunched', 'RocketSpeedIncreased', 'MessageRefused', 'MessagesSkipped'] as const;
const secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3';
const me = { key: 'me' };
const AGAIN_MS = 100;
const LOOKS_EVERY_MS = 300;
/** For so long everything is put in order that was dropped or refused. */
const PUT_IN_ORDER_MS = 2500;

/** Makes the subscriptions of a run, and does with them what operators do. */
export class Subscriber {
  private readonly names: string[] = [];

  constructor(
    private readonly world: World,
    private readonly instances: readonly Instance[],
    private readonly disk: Disk,
    private readonly subscribers: Subscribers,
  ) {
    const { count, actEvery } = world.plan.subscriptions!;
    for (let i = 0; i < count; i++) {
      const name = `subscription ${i}`;
      this.names.push(name);
      this.at(world.random.between(0, 2500), () => void this.create(name));
    }
    if (actEvery > 0) this.actLater(actEvery);
  }

  get behind(): number {
    return this.subscribers.behind;
  }

  /** In words, when it is told too late. */
  get said(): string {
    const rows = [...this.subscribers.table.rows.values()];
    return rows
      .map(
        ({ subscription, parked }) =>
          `, ${JSON.stringify(subscription)} ${JSON.stringify([...parked.values()])}`,
      )
      .join('');
  }

  /** Half of the receivers take everything from now on; what the others refuse for ever is dropped, where it is parked. */
  mend(): void {
    this.subscribers.mend();
    this.putInOrder(this.world.scheduler.now + PUT_IN_ORDER_MS);
    this.at(PUT_IN_ORDER_MS, () => {
      for (const name of this.names) this.subscribers.receiver(name).mend();
    });
    this.at(PUT_IN_ORDER_MS + 1, () => this.putInOrder(Infinity));
  }

  check(): void {
    this.subscribers.check();
  }

  private putInOrder(until: number): void {
    const { world, subscribers } = this;
    if (world.scheduler.now > until) return;
    for (const [name, { subscription, parked }] of subscribers.table.rows) {
      const receiver = subscribers.receiver(name);
      const { isPaused, failing } = subscription;
      if (isPaused || failing !== undefined) this.do((desk) => desk.change(name, { state: 'running' }, me));
      for (const one of parked.values()) {
        const refuses = receiver.refuses(one);
        if (refuses) this.do((desk) => this.drop(desk, name, one, one.number));
        else if (one.nextTryAt === undefined) this.do((desk) => desk.retry(name, undefined, me));
      }
    }
    if (this.behind > 0) this.at(LOOKS_EVERY_MS, () => this.putInOrder(until));
  }

  private actLater(every: number): void {
    this.at(this.world.random.between(1, 2 * every), () => {
      if (this.world.sound) return;
      const name = this.world.random.pick(this.names);
      const isOfParked = this.parkedOf(name) !== undefined && this.world.random.chance(0.5);
      const act = this.world.random.pick(isOfParked ? actsOnParked : acts);
      this.do((desk) => this[act](desk, name));
      this.actLater(every);
    });
  }

  /** Until it is done, or cannot be. */
  private async create(name: string): Promise<void> {
    const isThere = (): boolean => this.subscribers.table.rows.has(name);
    if (isThere()) return;
    const desk = this.desk;
    await desk
      ?.create({ name, secret, from: this.from(), sink: this.sink(), ...this.selection() }, me)
      .catch(() => undefined);
    if (!isThere()) this.at(AGAIN_MS, () => void this.create(name));
  }

  private async pause(desk: Subscriptions, name: string): Promise<void> {
    await desk.change(name, { state: 'paused' }, me);
    this.world.meet('subscription paused');
    this.at(this.world.random.between(1, 1000), () => {
      this.do((other) => other.change(name, { state: 'running' }, me));
    });
  }

  private async filter(desk: Subscriptions, name: string): Promise<void> {
    const { types = null, channels = null } = this.selection();
    await desk.change(name, { types, channels }, me);
    this.world.meet('filter of a subscription changed');
  }

  private async redirect(desk: Subscriptions, name: string): Promise<void> {
    await desk.change(name, { sink: this.sink() }, me);
  }

  private async replay(desk: Subscriptions, name: string): Promise<void> {
    await desk.replay(name, this.from(), me);
    this.world.meet('subscription replayed');
  }

  private async retry(desk: Subscriptions, name: string): Promise<void> {
    const one = this.parkedOf(name);
    await desk.retry(name, this.world.random.chance(0.5) ? one?.channel : undefined, me);
    if (one !== undefined) this.world.meet('parked rocket tried again by an operator');
  }

  private async dropSome(desk: Subscriptions, name: string): Promise<void> {
    const one = this.parkedOf(name);
    if (one === undefined) return;
    const upTo = one.number + this.world.random.between(0, 3);
    await this.drop(desk, name, one, this.world.random.chance(0.7) ? upTo : undefined);
  }

  private async removeAndMake(desk: Subscriptions, name: string): Promise<void> {
    if (this.world.random.chance(0.7)) return;
    await desk.remove(name, me);
    this.world.meet('subscription removed');
    this.at(this.world.random.pick([0, 0, 500]), () => void this.create(name));
  }

  private async drop(
    desk: Subscriptions,
    name: string,
    { channel }: ParkedSequence,
    upTo: number | undefined,
  ): Promise<void> {
    const { from, to } = await desk.drop(name, channel, upTo, me);
    this.world.meet('parked events dropped');
    if (to < from || to > (upTo ?? Infinity))
      this.world.violated(
        'no more is dropped than was said',
        `${name} ${channel}: ${from} to ${to}, not ${upTo}`,
      );
  }

  private parkedOf(name: string): ParkedSequence | undefined {
    const parked = [...(this.subscribers.table.rows.get(name)?.parked.values() ?? [])];
    return parked.length === 0 ? undefined : this.world.random.pick(parked);
  }

  private selection(): { types?: (typeof types)[number][]; channels?: string[] } {
    const { random, plan } = this.world;
    const some = <T>(all: readonly T[]): T[] => {
      const others = random.chance(0.5) ? [] : all.filter(() => random.chance(0.5));
      return [random.pick(all), ...others];
    };
    const channels = [...this.disk.channels.keys()].slice(0, plan.rockets);
    const wanted = random.pick(['all', 'all', 'types', 'channels', 'both'] as const);
    return {
      ...((wanted === 'types' || wanted === 'both') && { types: some(types) }),
      ...((wanted === 'channels' || wanted === 'both') &&
        channels.length > 0 && { channels: some(channels) }),
    };
  }

  private from(): string {
    const { random } = this.world;
    const positions = this.disk.log.map(({ position }) => position);
    return random.pick(['start', 'start', 'now', positions.length === 0 ? 'start' : random.pick(positions)]);
  }

  private sink(): SinkSettings {
    const { random } = this.world;
    if (random.chance(0.2)) return { type: 'kafka', topic: 'out' };
    const batch = { events: random.between(1, 6), ms: random.pick([0, 0, 20]) };
    return { type: 'webhook', url: 'https://example.org', ...(random.chance(0.7) && { batch }) };
  }

  private get desk(): Subscriptions | undefined {
    const { process } = this.world.random.pick(this.instances);
    return process?.started === true && !process.stopping ? process.outbound?.subscriptions : undefined;
  }

  private do(act: (desk: Subscriptions) => Promise<unknown>): void {
    const { desk } = this;
    if (desk !== undefined) void act(desk).catch(() => undefined);
  }

  private at(ms: number, run: () => void): void {
    this.world.scheduler.after(ms, 'subscriber', run);
  }
}

const actsOnParked = ['retry', 'dropSome', 'replay'] as const;
const acts = [
  'pause',
  'filter',
  'filter',
  'redirect',
  'replay',
  'retry',
  'dropSome',
  'removeAndMake',
] as const;
