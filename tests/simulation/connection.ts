import {
  StoreUnavailable,
  UnknownPosition,
  type Change,
  type Durability,
  type EventStore,
  type FeedBatch,
  type FeedPage,
  type FeedRequest,
  type Following,
  type Head,
  type HeadRequest,
  type HistoryPage,
  type Position,
  type StoredEvent,
} from '../../src/application/ports/event-store.js';
import type { RocketState } from '../../src/domain/rocket.js';
import { epochOf, type Disk } from './disk.js';
import type { World } from './world.js';

type Stage = 'loading' | 'before commit' | 'after commit';

interface Underway {
  stage: Stage;
  readonly fail: (error: Error) => void;
}

/** How a call ends for whoever made it, if he is still there. */
export interface Answer<T> {
  readonly give: (result: T) => void;
  readonly fail: (error: Error) => void;
  /** Whoever asked was told that it failed. */
  readonly isLost: () => boolean;
  /** The process that asked has died. */
  readonly isGone: () => boolean;
}

/** Shorter than the time after which nothing is on its way any more. */
const LONGEST_LAG_MS = 2000;
const LONGEST_LOOK_MS = 300;

/** Whom the disk tells what is new, on the way through the connection. */
interface Listener {
  readonly tell: (batch: FeedBatch) => void;
  readonly underway: FeedBatch[];
  leave: () => void;
}

/**
 * One process's way to the disk. Every call takes its time on the way there, at the disk and on the way back, and
 * may fail at each point. After `cut` nothing of it ever returns; what had left may still arrive.
 */
export class Connection implements EventStore {
  readonly durability: Durability = { level: 'disk', description: 'simulated' };
  readonly beginning: Position;
  private readonly epoch: number;
  protected listener: Listener | undefined;
  private readonly underway = new Map<symbol, Underway>();
  private readonly busy = new Set<string>();
  protected isCut = false;

  constructor(
    protected readonly process: string,
    /** Only one worker at a time may be busy with a channel; that does not hold for who only looks. */
    private readonly who: 'workers' | 'readers',
    protected readonly world: World,
    protected readonly disk: Disk,
    private readonly power: Power,
    /** What comes to the process comes when it can take it. */
    protected readonly gate: (come: () => void) => void = (come) => come(),
  ) {
    this.beginning = disk.position(0);
    this.epoch = world.epoch;
  }

  get isBusy(): boolean {
    return this.underway.size > 0;
  }

  /** The process behind this connection is gone. */
  cut(): Stage[] {
    this.isCut = true;
    this.dismiss();
    return [...this.underway.values()].map(({ stage }) => stage);
  }

  /** What is under way is answered by nobody any more; what had left may still arrive. */
  lose(): void {
    for (const { fail } of [...this.underway.values()]) fail(new StoreUnavailable('connection lost'));
  }

  gather(): Promise<void> {
    const { world } = this;
    if (!world.plan.gathers) return Promise.resolve();
    return new Promise((go) => {
      world.scheduler.after(world.random.between(0, 2), 'gathered', () => {
        if (!this.isCut) go();
      });
    });
  }

  load(requests: readonly HeadRequest[]): Promise<Head[]> {
    return this.exchange(
      'load',
      'loading',
      requests.map(({ channel }) => channel),
      () => {
        if (this.world.strikes(this.world.plan.loadFails)) {
          this.world.meet('load failed');
          throw new StoreUnavailable('load failed');
        }
        return requests.map((request) => this.disk.head(request));
      },
    );
  }

  commit(changes: readonly Change[]): Promise<Head[]> {
    if (changes.length > 1) this.world.meet('several channels in one commit');
    return this.exchange(
      'commit',
      'before commit',
      changes.map(({ channel }) => channel),
      () => this.write(changes),
    );
  }

  read(channel: string, page: HistoryPage): Promise<StoredEvent[]> {
    return this.exchange('read', 'loading', [], () => this.disk.read(channel, page));
  }

  readAll(page: FeedRequest): Promise<FeedPage> {
    return this.exchange('read all', 'loading', [], () => {
      if (this.world.strikes(this.world.plan.readFails)) throw new StoreUnavailable('read failed');
      return this.disk.readAll(page);
    });
  }

  readAt(position: Position): Promise<StoredEvent | undefined> {
    return this.exchange('read at', 'loading', [], () =>
      this.disk.log.find((event) => event.position === position),
    );
  }

  lastPosition(): Promise<Position> {
    return this.exchange('last position', 'loading', [], () => this.disk.end);
  }

  compare(one: Position, other: Position): number {
    return this.placeOf(one) - this.placeOf(other);
  }

  /** What the disk tells takes its time as everything does, and may be here before the answer is; it keeps its order. */
  async follow(tell: (batch: FeedBatch) => void): Promise<Following> {
    this.dismiss();
    const listener: Listener = { tell, underway: [], leave: () => undefined };
    this.listener = listener;
    const from = await this.exchange('follow', 'loading', [], () => {
      const { from, leave } = this.disk.follow((batch) => this.push(listener, batch));
      listener.leave = leave;
      if (this.listener !== listener) leave();
      return from;
    });
    return { from, stop: () => this.dismiss(listener) };
  }

  snapshot(): Promise<RocketState | undefined> {
    return this.exchange('snapshot', 'loading', [], () => undefined);
  }

  listened(ms: number): Promise<number> {
    const { world, disk } = this;
    if (ms < 0) world.violated('time listened only grows', `${ms} ms more`);
    const { now } = world.scheduler;
    return this.exchange('listened', 'loading', [], () => {
      if (!this.isCut) disk.listened.add(now - ms, now);
      return disk.listened.total;
    });
  }

  /** What is kept beside the events. */
  ask<T>(at: () => T): Promise<T> {
    return this.exchange('ask', 'loading', [], () => {
      if (this.world.strikes(this.world.plan.readFails)) throw new StoreUnavailable('read failed');
      return at();
    });
  }

  change<T>(at: () => T): Promise<T> {
    return this.exchange('change', 'loading', [], () => {
      // The disk is in the same machine: what a dead process has not done yet is not done.
      if (this.isCut) throw new StoreUnavailable('nobody asks any more');
      if (!this.isChangeFailing()) return at();
      if (this.world.random.chance(this.world.plan.writtenThough)) at();
      throw new StoreUnavailable('change failed');
    });
  }

  protected isChangeFailing(): boolean {
    const { world } = this;
    const { commitFails } = world.plan;
    return world.strikes(commitFails) || (world.shaky && commitFails > 0 && world.random.chance(0.3));
  }

  unfinished(): Promise<string[]> {
    return this.exchange('unfinished', 'loading', [], () => this.disk.unfinished());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** All, some or none of the changes; the port promises no more than each of them whole. */
  private write(changes: readonly Change[]): Head[] {
    const { world } = this;
    const fails = this.isChangeFailing();
    const written = fails ? this.howMany(changes.length) : changes.length;
    const before = this.disk.lastPlace;
    const writer = { process: this.process, isAnswered: !fails, isGone: this.isCut };
    const moved = changes.slice(0, written).filter((change) => !this.disk.write(change, writer));
    this.disk.announce(before);
    if (fails) {
      if (changes.some(({ released }) => released.length > 0))
        world.meet('drain cut short by a failed commit');
      throw new StoreUnavailable('commit failed');
    }
    if (moved.length > 0) world.meet('head had moved');
    return moved.map((change) => this.disk.head(change));
  }

  private howMany(changes: number): number {
    const { random, plan } = this.world;
    const written = random.chance(plan.writtenThough) ? random.between(1, changes) : 0;
    if (written === 0) this.world.meet('commit failed, nothing written');
    else this.world.meet(written === changes ? 'commit failed, all written' : 'commit failed, part written');
    return written;
  }

  private placeOf(position: Position): number {
    if (epochOf(position) !== epochOf(this.beginning)) throw new UnknownPosition(position);
    return Number(position.slice(epochOf(position).length + 1));
  }

  private push(listener: Listener, batch: FeedBatch): void {
    listener.underway.push(batch);
    const { world } = this;
    world.scheduler.after(this.lag(), 'news', () => {
      // Whatever comes first is what was sent first.
      const next = listener.underway.shift();
      if (next === undefined) return;
      this.gate(() => {
        if (this.listener === listener) listener.tell(next);
      });
    });
  }

  /** A look for news takes no longer than news. */
  private delayOf(kind: string): number {
    const delay = this.world.delay();
    return kind === 'look' ? Math.min(LONGEST_LOOK_MS, delay) : delay;
  }

  /** How long news take, and the answer that they will come. */
  private lag(): number {
    const { plan, random } = this.world;
    return Math.min(LONGEST_LAG_MS, Math.max(this.world.delay(), random.between(0, plan.newsWithin)));
  }

  protected dismiss(listener = this.listener): void {
    if (listener === undefined || listener !== this.listener) return;
    this.listener = undefined;
    listener.leave();
  }

  protected exchange<T>(kind: string, stage: Stage, channels: readonly string[], at: () => T): Promise<T> {
    return this.call<T>(kind, stage, channels, (what, { give, fail }) =>
      this.power.perform(
        what,
        this.world.delay(),
        () => {
          try {
            give(at());
          } catch (error) {
            fail(asError(error));
          }
        },
        () => fail(new StoreUnavailable('power lost')),
      ),
    );
  }

  /** There and back; what happens there is the store's. */
  protected call<T>(
    kind: string,
    stage: Stage,
    channels: readonly string[],
    arrive: (what: string, answer: Answer<T>) => void,
  ): Promise<T> {
    const { world, underway } = this;
    const call = Symbol(kind);
    const what = `${kind} ${channels.join(' ')} by ${this.who} of ${this.process}`;
    this.occupy(channels);
    return new Promise<T>((resolve, reject) => {
      const over = (deliver: () => void): void => {
        if (this.isCut || !underway.delete(call)) return;
        for (const channel of channels) this.busy.delete(channel);
        this.gate(deliver);
      };
      const made: Underway = { stage, fail: (error) => over(() => reject(error)) };
      underway.set(call, made);
      const answer = (deliver: () => void): void => {
        if (kind === 'commit') made.stage = 'after commit';
        const delay = kind === 'follow' ? 2 * this.lag() : this.delayOf(kind);
        world.scheduler.after(delay, `answered ${what}`, () => over(deliver));
      };
      world.scheduler.after(this.delayOf(kind), `asked ${what}`, () => {
        // What a process sent before it died is on its way, unless it was lost with it, or its disk is gone.
        if (this.epoch !== world.epoch) return;
        const isLost = this.isCut || !underway.has(call);
        const mayArrive = kind === 'commit' || kind === 'change';
        if (isLost && (!mayArrive || world.random.chance(0.5))) return;
        arrive(what, {
          give: (result) => answer(() => resolve(result)),
          fail: (error) => answer(() => reject(error)),
          isLost: () => !underway.has(call),
          isGone: () => this.isCut,
        });
      });
    });
  }

  private occupy(channels: readonly string[]): void {
    if (this.who === 'readers') return;
    for (const channel of channels) {
      if (this.busy.has(channel))
        this.world.violated('one worker per channel', `${channel} is worked on twice`);
      this.busy.add(channel);
    }
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** The volatile part of the store: what was handed over and not yet written is gone when the power fails. */
export class Power {
  private readonly waiting = new Map<symbol, { readonly what: string; readonly lost: () => void }>();

  constructor(private readonly world: World) {}

  perform(what: string, delay: number, run: () => void, lost: () => void): void {
    const call = Symbol(what);
    this.waiting.set(call, { what, lost });
    this.world.scheduler.after(delay, `done ${what}`, () => {
      if (this.waiting.delete(call)) run();
    });
  }

  fail(): void {
    const lost = [...this.waiting.values()];
    this.waiting.clear();
    if (lost.some(({ what }) => what.startsWith('commit')))
      this.world.meet('power lost with a commit on its way');
    for (const each of lost) each.lost();
  }
}
