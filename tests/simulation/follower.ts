import type { FeedMessage, FeedReader } from '../../src/application/feed/feed-message.js';
import type { LateNotice } from '../../src/application/ports/event-store.js';
import type { FeedFilter, Position } from '../../src/application/ports/event-store.js';
import { epochOf, type Disk, type Writer } from './disk.js';
import { FeedAudit } from './feed-audit.js';
import type { Instance, Process } from './instance.js';
import type { Ledger } from './ledger.js';
import type { Range } from './rocket-ledger.js';
import { equal } from './oracle.js';
import type { World } from './world.js';

const HEALTHY_SPEED = 10;
const BACK_WITHIN_MS = 300;
const NOTICES_A_CRASH_WITHIN_MS = 1000;
const types = ['RocketLaunched', 'RocketSpeedIncreased', 'MessageRefused', 'MessagesSkipped'] as const;

/**
 * Follows the live feed over one connection after the other. What it keeps in between is its position; what it knows of
 * gaps and late messages it asks for when it is caught up, and then whenever it is told that something has changed.
 */
export class Follower {
  private position: Position | 'latest' | undefined;
  private readonly audit: FeedAudit;
  private readonly filter: FeedFilter;
  private leave: () => void = () => undefined;
  private line: Line | undefined;
  /** Whose feed it is caught up with. */
  private live: Process | undefined;
  private readonly gaps = new Map<string, readonly Range[]>();
  private readonly late = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly instances: readonly Instance[],
    disk: Disk,
    private readonly ledger: Ledger,
  ) {
    this.filter = this.drawFilter();
    if (world.random.chance(0.2)) this.position = 'latest';
    this.audit = new FeedAudit(world, disk, this.filter);
    this.connectLater();
  }

  get isDone(): boolean {
    return this.audit.isComplete;
  }

  /**
   * Called when nothing has happened for a while: who is live, and has nothing on its way, was told everything, and knows
   * what is missing and what came late.
   */
  check(): void {
    const { world, live } = this;
    if (live === undefined || !live.isAlive || (this.line?.backlog ?? 0) > 0) return;
    if (!this.isDone) world.violated('who is live is told everything', `${this.audit.total} events`);
    if (this.filter.type !== undefined) return;
    for (const channel of this.channels) this.checkNotices(channel, live);
    world.meet('live follower looked at');
  }

  /** Leaves and comes back, as often as it likes. */
  reconnect(within: number): void {
    const { random, scheduler } = this.world;
    for (let times = random.pick([0, 0, 1, 2]); times > 0; times--) {
      scheduler.after(random.between(0, within), 'leave', () => this.leave());
    }
  }

  private checkNotices(channel: string, live: Process): void {
    const rocket = this.ledger.rocket(channel);
    const known = this.gaps.get(channel) ?? [];
    const { gapsBy } = rocket;
    // What came about after it was said to have failed was told when it was not there yet.
    if (gapsBy !== undefined && !gapsBy.isGone && this.tells(gapsBy, live) && !equal(known, rocket.gaps())) {
      const detail = `${channel}: ${JSON.stringify(known)} is what a reader knows`;
      this.world.violated('who is live is told that gaps have changed', detail);
    }
    for (const [number, writer] of rocket.lateBy) {
      if (!writer.isAnswered || !this.tells(writer, live) || this.late.has(`${channel} ${number}`)) continue;
      this.world.violated('who is live is told of late messages', `${channel} ${number}`);
    }
  }

  /** What another process does, but for its events, is told only over a database, and for as long as it lives. */
  private tells({ process }: Writer, live: Process): boolean {
    const { shared, noticesLost } = this.world.plan;
    if (process === live.name) return true;
    return shared && noticesLost === 0 && this.instances.some((each) => each.process?.name === process);
  }

  private get channels(): readonly string[] {
    const { channel } = this.filter;
    return channel === undefined ? [...this.ledger.rockets.keys()] : [channel];
  }

  private drawFilter(): FeedFilter {
    const { random, plan } = this.world;
    if (plan.followed === 'everything') return {};
    if (plan.followed === 'one type') return { type: random.pick(types) };
    return { channel: random.pick([...this.ledger.rockets.keys()]) };
  }

  private connectLater(): void {
    const { random, scheduler } = this.world;
    this.live = undefined;
    const pause = random.between(0, random.chance(0.3) ? 10 : BACK_WITHIN_MS);
    scheduler.after(pause, 'connect', () => this.connect());
  }

  private connect(): void {
    const { process } = this.world.random.pick(this.instances);
    if (process === undefined || !process.started || process.stopping) return this.connectLater();
    if (this.position !== undefined) this.world.meet('follower came back with its position');
    const line = new Line(
      this.world,
      process,
      (message) => this.hear(message, process),
      () => this.connectLater(),
    );
    this.line = line;
    const hangUp = process.feed.subscribe(line, { ...this.filter, after: this.position });
    this.leave = () => {
      if (process.isAlive) hangUp();
      line.close();
    };
    this.watch(process, line);
  }

  /** A process that dies says nothing; and now and then it is the follower who leaves. */
  private watch(process: Process, line: Line): void {
    const { world } = this;
    world.scheduler.after(world.random.between(1, NOTICES_A_CRASH_WITHIN_MS), 'watch', () => {
      if (line.isClosed) return;
      const leaves = world.strikes(world.plan.followerLeaves);
      if (process.isAlive && !leaves) this.watch(process, line);
      else this.leave();
    });
  }

  private hear(message: FeedMessage, from: Process): void {
    const { world } = this;
    switch (message.kind) {
      case 'news':
        for (const event of message.events) this.audit.take(event);
        this.position = message.events.at(-1)!.position;
        if (this.live === from) world.meet('follower told live');
        break;
      case 'gaps-changed':
        this.hearOfGaps(message.channels, from);
        break;
      case 'message-late':
        this.hearOfLate(message.messages, from);
        break;
      case 'caught-up':
        world.meet('follower caught up');
        this.live = from;
        this.moveTo(message.position);
        this.lookAt(from, this.channels);
        this.lookForLate(from);
        break;
      case 'progress':
        this.moveTo(message.position);
        break;
      case 'reset':
        this.startAnew(message.position);
        break;
      case 'dropped':
        this.moveTo(message.position);
        world.meet(`follower dropped: ${message.reason}`);
        break;
      case 'ping':
        break;
    }
  }

  private moveTo(position: Position): void {
    if (this.position === 'latest') this.audit.beginsAt(position);
    this.audit.stands(position);
    this.position = position;
  }

  private startAnew(position: Position): void {
    const { world } = this;
    const before = this.position;
    if (before === undefined || before === 'latest' || epochOf(before) === epochOf(position)) {
      world.violated('a position stays good', `${before} was refused`);
    }
    world.meet('follower told to start anew');
    this.audit.beginAnew();
    this.gaps.clear();
    this.late.clear();
    this.moveTo(position);
  }

  private hearOfGaps(channels: readonly string[] | undefined, from: Process): void {
    this.world.meet(channels === undefined ? 'many gaps changed' : 'gaps changed');
    this.lookAt(from, channels ?? this.channels);
    // It may have been behind, and there is more that it was not told.
    if (channels === undefined || this.filter.channel !== undefined) this.lookForLate(from);
  }

  private hearOfLate(messages: readonly LateNotice[], from: Process): void {
    for (const { channel, number } of messages) {
      this.late.add(`${channel} ${number}`);
      this.world.meet('message told to be late');
      if (from.isAlive && !this.ledger.rocket(channel).late.has(number)) {
        this.world.violated('who is told to be late is late', `${channel} ${number}`);
      }
    }
  }

  /** Asks what is missing; the dead do not answer. */
  private lookAt(process: Process, channels: readonly string[]): void {
    if (!process.isAlive) return;
    for (const channel of channels) {
      void process.queries.gaps({ channel, limit: 1000 }).then(({ gaps }) => {
        this.gaps.set(
          channel,
          gaps.map(({ from, to }) => ({ from, to })),
        );
      });
    }
  }

  private lookForLate(process: Process): void {
    if (!process.isAlive) return;
    for (const channel of this.channels) {
      void process.queries.late(channel, { limit: 1000 }).then((late) => {
        for (const { message } of late) this.late.add(`${channel} ${message.number}`);
      });
    }
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
    private readonly process: Process,
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
    // The dead say nothing, whatever they still believe.
    if (this.isClosed || !this.process.isAlive) return;
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
