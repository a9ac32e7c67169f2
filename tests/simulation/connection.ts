import {
  StoreUnavailable,
  type Change,
  type Durability,
  type EventStore,
  type FeedPage,
  type FeedRequest,
  type Head,
  type HeadRequest,
  type Position,
  type Snapshot,
  type StoredEvent,
} from '../../src/application/ports/event-store.js';
import type { Disk } from './disk.js';
import type { World } from './world.js';

type Stage = 'loading' | 'before commit' | 'after commit';

/**
 * One instance's way to the disk. Every call takes its time on the way there, at the disk and on the way back, and
 * may fail at each point. After `cut` nothing of it ever returns; what had left may still arrive.
 */
export class Connection implements EventStore {
  readonly durability: Durability = { level: 'disk', description: 'simulated' };
  private readonly underway = new Map<symbol, Stage>();
  private readonly busy = new Set<string>();
  private isCut = false;

  constructor(
    private readonly name: string,
    private readonly world: World,
    private readonly disk: Disk,
    private readonly power: Power,
    /** Whether only one caller at a time may work on a channel: true for workers, not for who only looks. */
    private readonly exclusive: boolean,
  ) {}

  get isBusy(): boolean {
    return this.underway.size > 0;
  }

  /** The process behind this connection is gone. */
  cut(): Stage[] {
    this.isCut = true;
    return [...this.underway.values()];
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

  read(channel: string, page: { readonly after: number; readonly limit: number }): Promise<StoredEvent[]> {
    return this.exchange('read', 'loading', [], () => this.disk.read(channel, page.after, page.limit));
  }

  readAll(page: FeedRequest): Promise<FeedPage> {
    return this.exchange('read all', 'loading', [], () => this.disk.readAll(page));
  }

  readAt(position: Position): Promise<StoredEvent | undefined> {
    return this.exchange('read at', 'loading', [], () =>
      this.disk.log.find((event) => event.position === position),
    );
  }

  lastPosition(): Promise<Position | undefined> {
    return this.exchange('last position', 'loading', [], () => this.disk.log.at(-1)?.position);
  }

  snapshot(): Promise<Snapshot | undefined> {
    return this.exchange('snapshot', 'loading', [], () => undefined);
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
    const fails = world.strikes(world.plan.commitFails);
    const written = fails ? this.howMany(changes.length) : changes.length;
    const moved = changes.slice(0, written).filter((change) => !this.disk.write(change));
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

  private exchange<T>(kind: string, stage: Stage, channels: readonly string[], at: () => T): Promise<T> {
    const { world } = this;
    const call = Symbol(kind);
    const what = `${kind} ${channels.join(' ')} by ${this.name}`;
    this.underway.set(call, stage);
    this.occupy(channels);
    return new Promise<T>((resolve, reject) => {
      const answer = (deliver: () => void): void => {
        if (kind === 'commit') this.underway.set(call, 'after commit');
        world.scheduler.after(world.delay(), `answered ${what}`, () => {
          if (this.isCut) return;
          this.underway.delete(call);
          for (const channel of channels) this.busy.delete(channel);
          deliver();
        });
      };
      const arrive = (): void => {
        // What a process sent before it died is on its way, unless it was lost with it.
        if (this.isCut && (kind !== 'commit' || world.random.chance(0.5))) return;
        this.power.perform(
          what,
          world.delay(),
          () => {
            try {
              const result = at();
              answer(() => resolve(result));
            } catch (error) {
              answer(() => reject(error));
            }
          },
          () => answer(() => reject(new StoreUnavailable('power lost'))),
        );
      };
      world.scheduler.after(world.delay(), `asked ${what}`, arrive);
    });
  }

  private occupy(channels: readonly string[]): void {
    if (!this.exclusive) return;
    for (const channel of channels) {
      if (this.busy.has(channel))
        this.world.violated('one worker per channel', `${channel} is worked on twice`);
      this.busy.add(channel);
    }
  }
}

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
