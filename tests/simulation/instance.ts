import { EventFeed } from '../../src/application/feed/event-feed.js';
import { SkipOverdueGaps } from '../../src/application/gaps/skip-overdue-gaps.js';
import type { Skip } from '../../src/application/ingest/advance.js';
import { Counters } from '../../src/application/ingest/counters.js';
import { IngestMessages } from '../../src/application/ingest/ingest-messages.js';
import { ShuttingDown, type Queued } from '../../src/application/ingest/intake.js';
import type { NumberRange, Outcome } from '../../src/application/ingest/outcome.js';
import { ReorderBuffer, type SkipResult } from '../../src/application/ingest/reorder-buffer.js';
import { WorkerPool } from '../../src/application/ingest/worker-pool.js';
import type { Clock } from '../../src/application/ports/clock.js';
import { ChangeRefused } from '../../src/application/ports/event-store.js';
import type { Logger } from '../../src/application/ports/logger.js';
import { RocketQueries } from '../../src/application/rocket-queries.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { BrokerClient } from './broker-client.js';
import type { Cluster } from './cluster.js';
import { Connection, type Power } from './connection.js';
import { Consumer } from './consumer.js';
import { Database } from './database.js';
import { DatabaseConnection } from './database-connection.js';
import type { Disk } from './disk.js';
import { isPoison } from './fleet.js';
import { Gateway } from './gateway.js';
import type { Ledger } from './ledger.js';
import { Outbound } from './outbound.js';
import type { Role } from './plan.js';
import type { Subscribers } from './subscribers.js';
import type { World } from './world.js';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  lost: 0,
};

const EPOCH = Date.UTC(2026, 0, 1);
const RESTART_WITHIN_MS = 300;
/** With nothing but what was withheld to do; less than after which it is asked again. */
const ANSWERS_WITHIN_MS = 900;
/** Whatever is done takes a little time, too little to be seen anywhere but by who counts it. */
const A_MOMENT_MS = 1e-6;

export type Reply = (answer: Outcome | Queued | 'turned away' | 'refused') => void;

/** What an instance has to do with Kafka. */
interface Kafka {
  readonly role: Role;
  readonly cluster: Cluster;
}

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
    private readonly kafka: Kafka | undefined,
    private readonly subscribers: Subscribers | undefined,
  ) {}

  start(): void {
    this.starting = false;
    const { world, disk, power, ledger, kafka, subscribers } = this;
    const name = `${this.name}.${++this.processes}`;
    const process = new Process(name, world, disk, power, ledger, kafka, subscribers);
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
  readonly outbound: Outbound | undefined;
  stopping = false;
  /** Before that nobody can reach it. */
  started = false;
  private readonly counters = new Counters();
  private readonly buffer: ReorderBuffer;
  private readonly pool: WorkerPool;
  private readonly ingest: IngestMessages;
  private readonly overdue: SkipOverdueGaps;
  private readonly connection: Connection;
  private readonly reading: Connection;
  private readonly client: BrokerClient | undefined;
  private readonly gateway: Gateway | undefined;
  private readonly consumer: Consumer | undefined;
  private alive = true;
  /** What has come since the process was stopped, as SIGSTOP does it. */
  private heldUp: (() => void)[] | undefined;
  private clockOffset: number;
  private received = 0;
  private changed = false;
  private readonly underway = new Set<string>();
  private readonly answers = new Map<string, number>();

  constructor(
    readonly name: string,
    private readonly world: World,
    private readonly disk: Disk,
    power: Power,
    private readonly ledger: Ledger,
    kafka: Kafka | undefined,
    private readonly subscribers: Subscribers | undefined,
  ) {
    const { plan } = world;
    this.clockOffset = EPOCH + world.random.between(-1000, 1000);
    const bornAt = world.scheduler.now;
    let elapsed = 0;
    const clock: Clock = {
      now: () => this.clockOffset + world.scheduler.now,
      elapsed: () => (elapsed = Math.max(elapsed + A_MOMENT_MS, world.scheduler.now - bornAt)),
      sleep: (ms) => this.sleep(ms),
    };
    const connect = (who: 'workers' | 'readers'): Connection =>
      disk instanceof Database
        ? new DatabaseConnection(name, who, world, disk, power, this.gate)
        : new Connection(name, who, world, disk, power, this.gate);
    this.connection = connect('workers');
    this.reading = connect('readers');
    const { directory } = disk;
    this.buffer = new ReorderBuffer({ messages: plan.bufferMessages, bytes: plan.bufferBytes });
    this.pool = new WorkerPool(this.buffer, this.connection, clock, silent, plan.workers);
    this.ingest = new IngestMessages(this.buffer, this.pool, this.counters, silent);
    this.queries = new RocketQueries(this.reading, directory, clock);
    this.feed = new EventFeed(this.reading, clock, silent);
    this.pool.onCommit((change, before) => this.feed.committed(change, before));
    const skipper = { skip: (channel: string, skip: Skip) => this.skipOverdue(channel, skip) };
    this.overdue = new SkipOverdueGaps(this.reading, directory, skipper, clock, silent, plan.gapTimeout);
    if (subscribers !== undefined) {
      // Over a disk of its own there is only one.
      const delivers = plan.shared || name.startsWith('A');
      const parts = { world, disk, connection: this.reading, clock, logger: silent };
      this.outbound = new Outbound(this, subscribers, parts, delivers);
    }
    if (kafka === undefined) return;
    const { role, cluster } = kafka;
    const client = new BrokerClient(world, cluster.broker);
    this.client = client;
    if (role !== 'consumer') {
      const turnedAway = (as: 'failed' | 'invalid' | 'shed'): void => this.turnedAway(as);
      this.gateway = new Gateway(world, client, this.buffer.budget, clock, this.counters, turnedAway);
    }
    if (role === 'gateway') return;
    const watched: Pick<IngestMessages, 'submit'> = { submit: (...asked) => this.consume(...asked) };
    this.consumer = new Consumer(name.charAt(0), world, cluster.group, client, watched, clock, silent);
  }

  async start(): Promise<void> {
    const isUnfinished = this.disk.unfinished().length > 0;
    await this.pool.start();
    if (isUnfinished) this.world.meet('drain resumed after a restart');
    this.started = true;
    this.consumer?.start();
    this.outbound?.deliveries?.start();
    if (this.world.plan.gapTimeout === 0) return;
    this.ledger.listening.begins(this.name);
    void this.overdue.run();
  }

  get isAlive(): boolean {
    return this.alive;
  }

  /** Whatever comes to the process. */
  readonly gate = (come: () => void): void => {
    if (this.heldUp === undefined) come();
    else this.heldUp.push(come);
  };

  /** It does nothing, and nobody knows. */
  freeze(): void {
    this.heldUp ??= [];
  }

  thaw(): void {
    const { heldUp = [] } = this;
    this.heldUp = undefined;
    if (this.alive) for (const come of heldUp) come();
  }

  receive(message: RocketMessage, bytes: number, reply: Reply): void {
    if (!this.alive || !this.started) return;
    const mine = this.guarded(reply);
    const name = `${message.channel} ${message.number}`;
    if (this.underway.has(name)) this.world.meet('repeated while under way');
    if (this.gateway !== undefined) return this.gateway.receive(message, bytes, () => this.alive, mine);
    this.underway.add(name);
    this.received++;
    this.changed = true;
    const receivedAt = this.world.sound ? this.world.scheduler.now : Infinity;
    const ticket = this.world.random.chance(0.5) ? this.received : undefined;
    const refused = this.ingest.submit(
      message,
      bytes,
      (result, given) => {
        if (given !== (ticket ?? 0)) this.world.violated('a ticket comes back', `${given} for ${ticket}`);
        this.told(message, result, mine);
        this.inTime(receivedAt);
      },
      ticket,
    );
    if (refused === undefined) return;
    this.underway.delete(name);
    if (refused instanceof ShuttingDown) this.refused(mine);
    else this.shed(ticket !== undefined, mine);
  }

  /** What is read from the topic is watched as what is received. */
  private readonly consume: IngestMessages['submit'] = (message, bytes, told, ticket) => {
    this.received++;
    this.changed = true;
    const watched: typeof told = (result, given) => {
      if (!this.alive) return;
      if (result instanceof ChangeRefused) this.world.meet('record refused by the store');
      else if (result instanceof Error) this.world.meet('store did not take a record');
      this.told(message, result, () => undefined);
      told(result, given);
    };
    const refusal = this.ingest.submit(message, bytes, watched, ticket);
    if (refusal !== undefined) this.received--;
    return refusal;
  };

  private turnedAway(as: 'failed' | 'invalid' | 'shed'): void {
    this.received++;
    if (as === 'shed') this.counters.turnedAway('shed');
    this.count(as);
  }

  receiveInvalid(): void {
    if (!this.alive || !this.started) return;
    this.world.meet('invalid message');
    this.received++;
    this.changed = true;
    this.count('invalid');
    this.counters.turnedAway('invalid');
  }

  skip(channel: string, skip: Skip, expected: NumberRange | undefined): Promise<SkipResult> {
    if (!this.alive || !this.started) return Promise.reject(new Error('nobody is there'));
    if (this.disk.unfinished().includes(channel)) this.world.meet('skip asked during a drain');
    return this.ingest.skip(channel, skip, expected);
  }

  crash(): void {
    const { world } = this;
    const stages = this.connection.cut();
    if (stages.includes('loading')) world.meet('crash while loading');
    if (stages.includes('before commit')) world.meet('crash before the commit is written');
    if (stages.includes('after commit')) world.meet('crash between commit and reply');
    if (this.buffer.messages > 0) world.meet('crash with messages in the buffer');
    if (this.started) this.consumer?.crash();
    this.die();
  }

  loseConnections(): void {
    if (this.connection.isBusy) this.world.meet('connection lost with work on its way');
    this.connection.lose();
    this.reading.lose();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.buffer.messages > 0) this.world.meet('graceful stop with work in hand');
    this.overdue.stop();
    const drained = this.drain();
    const told = this.outbound?.deliveries?.stop();
    this.feed.close();
    await Promise.all([drained, told]);
    if (!this.alive) return;
    this.subscribers?.stopped(this.name);
    if (this.waiting > 0)
      this.world.violated('a stop answers everything', `${this.waiting} were not answered`);
    if (this.buffer.budget.used > 0)
      this.world.violated('what was held is given back', `${this.buffer.budget.used} bytes`);
    this.die();
  }

  /** As the service does it. */
  private async drain(): Promise<void> {
    await Promise.all([(this.gateway ?? this.ingest).stop(), this.consumer?.stop()]);
    if (this.gateway !== undefined) await this.ingest.stop();
  }

  jumpClock(): void {
    const jump = this.world.random.between(-3_600_000, 3_600_000);
    if (jump < 0) this.world.meet('clock jumped back');
    if (this.world.plan.gapTimeout > 0) this.world.meet('clock jumped with gaps to be overdue');
    this.clockOffset += jump;
  }

  /** Holds between any two steps. */
  check(): void {
    this.gateway?.check();
    this.consumer?.check();
    if (!this.changed) return;
    this.changed = false;
    const { messages, bytes, budget } = this.buffer;
    const { plan } = this.world;
    if (messages > plan.bufferMessages || bytes > plan.bufferBytes || messages < 0 || bytes < 0) {
      this.world.violated('the buffer keeps its bounds', `${messages} messages of ${bytes} bytes`);
    }
    const held = bytes + (this.gateway?.bytes ?? 0);
    if (budget.used !== held) {
      this.world.violated(
        'the buffer holds no more than it counts',
        `${budget.used} bytes instead of ${held}`,
      );
    }
    if (messages !== this.waiting) {
      this.world.violated('the buffer counts what is not answered', `${messages} instead of ${this.waiting}`);
    }
    this.checkSum();
  }

  private checkSum(): void {
    const { received, ...kinds } = this.counters.messages;
    const sum = Object.values(kinds).reduce((a, b) => a + b, 0);
    const counted = Object.entries(kinds).every(([kind, count]) => count === (this.answers.get(kind) ?? 0));
    if (received !== sum || received + this.waiting !== this.received || !counted) {
      this.world.violated('received is the sum of what became of it', JSON.stringify(this.counters.messages));
    }
  }

  get isBusy(): boolean {
    return this.waiting > 0 || this.connection.isBusy || (this.gateway?.waiting ?? 0) > 0;
  }

  /** Received and not answered yet. */
  get waiting(): number {
    let waiting = this.received;
    for (const count of this.answers.values()) waiting -= count;
    return waiting;
  }

  private die(): void {
    this.alive = false;
    this.overdue.stop();
    this.connection.cut();
    this.reading.cut();
    this.client?.cut();
    this.ledger.listening.ends(this.name);
  }

  private told(message: RocketMessage, result: Outcome | Error, reply: Reply): void {
    if (!this.alive) return;
    this.underway.delete(`${message.channel} ${message.number}`);
    if (result instanceof Error) {
      this.count('failed');
      return reply(this.failed(message, result));
    }
    this.count(result.outcome);
    this.ledger.answered(message, result);
    reply(result);
  }

  private failed(message: RocketMessage, error: Error): 'turned away' | 'refused' {
    const { world } = this;
    if (error instanceof ChangeRefused) {
      if (!isPoison(message)) {
        world.violated('what is refused is refused alone', `${message.channel} ${message.number}`);
      }
      return 'refused';
    }
    if (world.sound) world.violated('a store that works fails nobody', error.message);
    return 'turned away';
  }

  /** Nothing lies about until something else comes. */
  private inTime(receivedAt: number): void {
    const took = this.world.scheduler.now - receivedAt;
    if (took > ANSWERS_WITHIN_MS) this.world.violated('a service that works answers in time', `${took} ms`);
  }

  /** It was too late to be received. */
  private refused(reply: Reply): void {
    this.received--;
    this.world.meet('turned away while stopping');
    reply('turned away');
  }

  private shed(ofStream: boolean, reply: Reply): void {
    const { world, buffer } = this;
    if (buffer.messages >= world.plan.bufferMessages) world.meet('buffer full: messages');
    else world.meet(ofStream ? 'buffer full: the share of streams' : 'buffer full: bytes');
    this.counters.turnedAway('shed');
    this.count('shed');
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

  private async skipOverdue(channel: string, skip: Skip): Promise<SkipResult> {
    const intent = this.ledger.rocket(channel).willSkip(this.name, skip, undefined);
    let mayStillCome = this.world.plan.shared;
    try {
      const result = await this.ingest.skip(channel, skip);
      mayStillCome = false;
      if (result.skipped !== undefined) this.world.meet('gap skipped by its timeout');
      if ((result.skipped?.gaps ?? 0) > 1) this.world.meet('several gaps overdue at once');
      return result;
    } finally {
      intent.isOpen = mayStillCome;
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.world.scheduler.after(ms, 'slept', () => {
        if (this.alive) this.gate(wake);
      });
    });
  }
}
