import type { FeedMessage, FeedReader } from '../../src/application/feed-subscription.js';
import type { Position } from '../../src/application/ports/event-store.js';
import type { Disk } from './disk.js';
import { FeedAudit } from './feed-audit.js';
import type { Instance, Process } from './instance.js';
import type { Ledger } from './ledger.js';
import type { World } from './world.js';

const HEALTHY_SPEED = 10;
const BACK_WITHIN_MS = 300;
const NOTICES_A_CRASH_AFTER_MS = 500;

/** Follows the live feed over one connection after the other; all it keeps in between is its position. */
export class Follower {
  private position: Position | undefined;
  private readonly audit: FeedAudit;

  constructor(
    private readonly world: World,
    private readonly instances: readonly Instance[],
    disk: Disk,
    private readonly ledger: Ledger,
  ) {
    this.audit = new FeedAudit(world, disk);
    this.connectLater();
  }

  get isDone(): boolean {
    return this.audit.isComplete;
  }

  private connectLater(): void {
    const { random, scheduler } = this.world;
    scheduler.after(random.between(0, BACK_WITHIN_MS), 'connect', () => this.connect());
  }

  private connect(): void {
    const { process } = this.world.random.pick(this.instances);
    if (process === undefined || !process.started || process.stopping) return this.connectLater();
    if (this.position !== undefined) this.world.meet('follower came back with its position');
    const line = new Line(
      this.world,
      (message) => this.hear(message),
      () => this.connectLater(),
    );
    const hangUp = process.feed.subscribe(line, { after: this.position });
    this.watch(process, line, hangUp);
  }

  /** A process that dies says nothing; and now and then it is the follower who leaves. */
  private watch(process: Process, line: Line, hangUp: () => void): void {
    const { world } = this;
    world.scheduler.after(NOTICES_A_CRASH_AFTER_MS, 'watch', () => {
      if (line.isClosed) return;
      const leaves = world.strikes(0.1);
      if (process.isAlive && !leaves) return this.watch(process, line, hangUp);
      if (process.isAlive) hangUp();
      line.close();
    });
  }

  private hear(message: FeedMessage): void {
    const { world } = this;
    if (message.kind === 'news') {
      for (const event of message.events) {
        this.audit.take(event);
        this.position = event.position;
      }
      for (const gap of message.opened) this.hearOfGap(gap, 'gap told to be open');
      for (const gap of message.closed) this.hearOfGap(gap, 'gap told to be closed');
      if (message.events.length > 0) world.meet('follower told live');
    } else if (message.kind === 'caught-up') {
      world.meet('follower caught up');
      this.position = message.position;
    } else if (message.kind === 'progress') {
      this.position = message.position;
    } else if (message.kind === 'reset') {
      world.violated('a position stays good', `${this.position}`);
    } else if (message.kind === 'dropped') {
      this.position = message.position;
      if (message.reason === 'too-slow') world.meet('follower dropped: too slow');
      if (message.reason === 'shutting-down') world.meet('follower dropped: shutting down');
      if (message.reason === 'store-unavailable') world.meet('follower dropped: store unavailable');
    }
  }

  private hearOfGap(
    { channel, from, to }: { channel: string; from: number; to: number },
    situation: 'gap told to be open' | 'gap told to be closed',
  ): void {
    this.world.meet(situation);
    if (this.ledger.rocket(channel).everGaps.has(`${from}-${to}`)) return;
    this.world.violated('gaps are exactly what is missing', `${channel}: ${situation}, ${from} to ${to}`);
  }
}

/** One connection: takes what it is given and passes it on at its own speed, in order, until it is closed. */
class Line implements FeedReader {
  backlog = 0;
  sent = 0;
  isClosed = false;
  private readonly queue: { readonly message: FeedMessage | 'end'; readonly size: number }[] = [];
  private waiting: (() => void)[] = [];
  private passing = false;

  constructor(
    private readonly world: World,
    private readonly hear: (message: FeedMessage) => void,
    private readonly onClose: () => void,
  ) {}

  take(message: FeedMessage): void {
    this.push(message, message.kind === 'news' ? message.events.length + 1 : 1);
  }

  end(): void {
    this.push('end', 0);
  }

  room(): Promise<void> {
    if (this.backlog === 0 || this.isClosed) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** What is still under way is lost. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const resolve of this.waiting.splice(0)) resolve();
    this.onClose();
  }

  private push(message: FeedMessage | 'end', size: number): void {
    if (this.isClosed) return;
    this.queue.push({ message, size });
    this.backlog += size;
    if (!this.passing) this.pass();
  }

  private pass(): void {
    const next = this.queue.shift();
    this.passing = next !== undefined;
    if (next === undefined) {
      for (const resolve of this.waiting.splice(0)) resolve();
      return;
    }
    const { world } = this;
    const speed = world.healed ? HEALTHY_SPEED : world.plan.followerSpeed;
    world.scheduler.after(Math.ceil(next.size / speed), 'line', () => {
      if (this.isClosed) return;
      this.backlog -= next.size;
      this.sent += next.size;
      if (next.message === 'end') return this.close();
      this.hear(next.message);
      this.pass();
    });
  }
}
