import { Counters } from '../../src/application/counters.js';
import { EventFeed } from '../../src/application/event-feed.js';
import { IngestMessages, ShuttingDown } from '../../src/application/ingest-messages.js';
import type { NumberRange, Outcome } from '../../src/application/outcome.js';
import type { Clock } from '../../src/application/ports/clock.js';
import type { Logger } from '../../src/application/ports/logger.js';
import { ReorderBuffer, type SkipResult } from '../../src/application/reorder-buffer.js';
import { RocketQueries } from '../../src/application/rocket-queries.js';
import { SkipOverdueGaps } from '../../src/application/skip-overdue-gaps.js';
import { WorkerPool } from '../../src/application/worker-pool.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { Connection, type Power } from './connection.js';
import type { Disk } from './disk.js';
import type { Ledger } from './ledger.js';
import type { World } from './world.js';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const EPOCH = Date.UTC(2026, 0, 1);
const RESTART_WITHIN_MS = 300;
const NEWS_OF_OTHERS_MS = 200;

export type Reply = (answer: Outcome | 'turned away') => void;

/** The processes of one server, one after the other: each is started, may crash or stop, and is started again. */
export class Instance {
  process: Process | undefined;
  private starting = false;
  private processes = 0;

  constructor(
    readonly name: string,
    private readonly world: World,
    private readonly disk: Disk,
    private readonly power: Power,
    private readonly ledger: Ledger,
  ) {}

  start(): void {
    this.starting = false;
    const process = new Process(
      `${this.name}.${++this.processes}`,
      this.world,
      this.disk,
      this.power,
      this.ledger,
    );
    this.process = process;
    process.start().catch(() => {
      if (this.process === process) this.crash();
    });
  }

  crash(): void {
    const { process } = this;
    if (process === undefined) return;
    process.crash();
    this.restartSoon();
  }

  async stop(): Promise<void> {
    const { process } = this;
    if (process === undefined || process.stopping || !process.started) return;
    await process.stop();
    if (this.process === process) this.restartSoon();
  }

  private restartSoon(): void {
    this.process = undefined;
    if (this.starting) return;
    this.starting = true;
    this.world.scheduler.after(this.world.random.between(1, RESTART_WITHIN_MS), 'start', () => this.start());
  }
}

/** One process: the real parts over a connection and a clock of its own. */
export class Process {
  readonly queries: RocketQueries;
  readonly feed: EventFeed;
  stopping = false;
  /** Before that nobody can reach it. */
  started = false;
  private readonly counters = new Counters();
  private readonly buffer: ReorderBuffer;
  private readonly pool: WorkerPool;
  private readonly ingest: IngestMessages;
  private readonly overdue: SkipOverdueGaps;
  private readonly connection: Connection;
  private alive = true;
  private clockOffset: number;
  private received = 0;
  private changed = false;
  private readonly underway = new Set<string>();
  private readonly answers = new Map<string, number>();

  constructor(
    name: string,
    private readonly world: World,
    private readonly disk: Disk,
    power: Power,
    private readonly ledger: Ledger,
  ) {
    const { plan } = world;
    this.clockOffset = EPOCH + world.random.between(-1000, 1000);
    const clock: Clock = { now: () => this.clockOffset + world.scheduler.now, sleep: (ms) => this.sleep(ms) };
    this.connection = new Connection(`workers of ${name}`, world, disk, power, true);
    const reading = new Connection(`readers of ${name}`, world, disk, power, false);
    const { directory } = disk;
    this.buffer = new ReorderBuffer({ messages: plan.bufferMessages, bytes: plan.bufferBytes });
    this.pool = new WorkerPool(this.buffer, this.connection, clock, silent, plan.workers);
    this.ingest = new IngestMessages(this.buffer, this.pool, this.counters, silent);
    this.queries = new RocketQueries(reading, directory);
    this.feed = new EventFeed(reading, directory, clock, silent);
    this.pool.onCommit((change, before) => this.feed.committed(change, before));
    const skipper = {
      skipGap: (channel: string, gap: NumberRange | undefined) => this.skipOverdue(channel, gap),
    };
    this.overdue = new SkipOverdueGaps(directory, skipper, clock, silent, plan.gapTimeout);
  }

  async start(): Promise<void> {
    if (this.world.plan.gapTimeout > 0) void this.overdue.run();
    const isUnfinished = this.disk.unfinished().length > 0;
    await this.pool.start();
    if (isUnfinished) this.world.meet('drain resumed after a restart');
    this.started = true;
    this.listenToOthers();
  }

  /** What other instances write shows only when somebody looks. */
  private listenToOthers(): void {
    if (this.world.plan.instances === 1) return;
    this.world.scheduler.after(NEWS_OF_OTHERS_MS, 'listen', () => {
      if (!this.alive) return;
      this.feed.wake();
      this.listenToOthers();
    });
  }

  get isAlive(): boolean {
    return this.alive;
  }

  receive(message: RocketMessage, bytes: number, reply: Reply): void {
    if (!this.alive || !this.started) return;
    const mine = this.guarded(reply);
    const name = `${message.channel} ${message.number}`;
    if (this.underway.has(name)) this.world.meet('repeated while under way');
    this.underway.add(name);
    this.received++;
    this.changed = true;
    if (this.world.random.chance(0.5)) {
      this.ingest.ingest(message, bytes).then(
        (outcome) => this.settled(message, outcome, mine),
        (error: unknown) => this.failed(error, mine),
      );
      return;
    }
    try {
      const taken = this.ingest.submit(
        message,
        bytes,
        (outcome) => this.settled(message, outcome, mine),
        (error) => this.failed(error, mine),
      );
      if (taken) return;
      this.counters.turnedAway('shed');
      this.turnedAway('shed', mine);
    } catch (error) {
      this.failed(error, mine);
    }
  }

  receiveInvalid(): void {
    if (!this.alive || !this.started) return;
    this.world.meet('invalid message');
    this.received++;
    this.changed = true;
    this.count('invalid');
    this.counters.turnedAway('invalid');
  }

  skipGap(channel: string, expected: NumberRange | undefined): Promise<SkipResult> {
    if (this.disk.unfinished().includes(channel)) this.world.meet('skip asked during a drain');
    return this.started ? this.ingest.skipGap(channel, expected) : Promise.reject(new Error('not started'));
  }

  crash(): void {
    const { world } = this;
    const stages = this.connection.cut();
    if (stages.includes('loading')) world.meet('crash while loading');
    if (stages.includes('before commit')) world.meet('crash before the commit is written');
    if (stages.includes('after commit')) world.meet('crash between commit and reply');
    if (this.buffer.messages > 0) world.meet('crash with messages in the buffer');
    this.alive = false;
    this.overdue.stop();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.buffer.messages > 0) this.world.meet('graceful stop with work in hand');
    this.overdue.stop();
    const drained = this.ingest.stop();
    this.feed.close();
    await drained;
    if (!this.alive) return;
    if (this.waiting > 0)
      this.world.violated('a stop answers everything', `${this.waiting} were not answered`);
    this.alive = false;
    this.connection.cut();
  }

  jumpClock(): void {
    const jump = this.world.random.between(-3_600_000, 3_600_000);
    if (jump < 0) this.world.meet('clock jumped back');
    this.clockOffset += jump;
  }

  /** Holds between any two steps. */
  check(): void {
    if (!this.changed) return;
    this.changed = false;
    const { messages, bytes } = this.buffer;
    const { plan } = this.world;
    if (messages > plan.bufferMessages || bytes > plan.bufferBytes || messages < 0 || bytes < 0) {
      this.world.violated('the buffer keeps its bounds', `${messages} messages of ${bytes} bytes`);
    }
    if (messages !== this.waiting) {
      this.world.violated('the buffer counts what is not answered', `${messages} instead of ${this.waiting}`);
    }
    const { received, ...kinds } = this.counters.messages;
    const sum = Object.values(kinds).reduce((a, b) => a + b, 0);
    const counted = Object.entries(kinds).every(([kind, count]) => count === (this.answers.get(kind) ?? 0));
    if (received !== sum || received + this.waiting !== this.received || !counted) {
      this.world.violated('received is the sum of what became of it', JSON.stringify(this.counters.messages));
    }
  }

  get isBusy(): boolean {
    return this.waiting > 0 || this.connection.isBusy;
  }

  /** Received and not answered yet. */
  get waiting(): number {
    let waiting = this.received;
    for (const count of this.answers.values()) waiting -= count;
    return waiting;
  }

  private settled(message: RocketMessage, outcome: Outcome, reply: Reply): void {
    if (!this.alive) return;
    this.underway.delete(`${message.channel} ${message.number}`);
    this.count(outcome.outcome);
    this.ledger.answered(message, outcome);
    reply(outcome);
  }

  private failed(error: unknown, reply: Reply): void {
    if (!this.alive) return;
    if (error instanceof ShuttingDown) {
      this.received--;
      this.world.meet('turned away while stopping');
      return reply('turned away');
    }
    const shed = error instanceof Error && 'code' in error && error.code === 'overloaded';
    this.turnedAway(shed ? 'shed' : 'failed', reply);
  }

  private turnedAway(why: 'shed' | 'failed', reply: Reply): void {
    if (why === 'shed') {
      const full = this.buffer.messages >= this.world.plan.bufferMessages;
      this.world.meet(full ? 'buffer full: messages' : 'buffer full: bytes');
    }
    this.count(why);
    reply('turned away');
  }

  private count(kind: string): void {
    this.changed = true;
    this.answers.set(kind, (this.answers.get(kind) ?? 0) + 1);
  }

  private guarded(reply: Reply): Reply {
    return (answer) => {
      if (this.alive) reply(answer);
    };
  }

  private async skipOverdue(channel: string, gap: NumberRange | undefined): Promise<SkipResult> {
    this.ledger.rocket(channel).intents.push({ expected: gap, spent: false });
    const result = await this.ingest.skipGap(channel, gap);
    if (this.alive && result.skipped) this.world.meet('gap skipped by its timeout');
    return result;
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.world.scheduler.after(ms, 'slept', () => {
        if (this.alive) wake();
      });
    });
  }
}
