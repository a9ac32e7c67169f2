import { Agent } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expectExact } from '../expect-rockets.js';
import { OwnServer } from '../postgres-server.js';
import { Fleet, post, wireForm } from '../producers.js';
import { freePort, type RealProcess } from '../real-process.js';
import { seededRandom } from '../seeded-random.js';
import { KafkaCluster } from './kafka-cluster.js';
import { eventually, kafkaHealth, startWithKafka } from './kafka-service.js';
import { KafkaTool, type NewRecord, type ReadRecord } from './kafka-tool.js';
import { badRecord, PAIRS, pairs } from './planted-records.js';

export interface FlightPlan {
  readonly brokers: 1 | 3;
  /** Over SQLite one process is everything; over PostgreSQL each is one thing. */
  readonly store: 'postgres' | 'sqlite';
  readonly consumers: number;
  readonly gateways: number;
  readonly rockets: number;
  readonly perRocket: number;
  /** Records that cannot be taken, among those that are written to the topic directly. */
  readonly bad: number;
}

export type Fault = () => Promise<unknown>;

const TOPIC = 'rockets.messages';
const REJECTED = 'rockets.rejected';
const GROUP = 'rockets';
const PARTITIONS = 12;
const LINES = 250;
const SENDERS = 6;
/** Written to the topic by other programs. */
const DIRECTLY = 0.2;
const DUPLICATED = 0.1;
const SINGLY = 0.01;
const PATIENCE_MS = 30_000;
interface Instance {
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  process: RealProcess;
}

/** Rockets that report by way of Kafka, whatever happens to whom; at the end all that was acknowledged is there. */
export class KafkaFlight {
  readonly consumers: Instance[] = [];
  readonly gateways: Instance[] = [];
  private readonly toEnd: (() => unknown)[] = [];
  private readonly random = seededRandom(16);
  private readonly fleet: Fleet;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 32, timeout: PATIENCE_MS });
  private faultsOver = 0;
  private faultsInAll = 1;
  /** Answers that were not what they were to be, and none that says "not now". */
  private readonly unexpected: string[] = [];
  private refusals = 0;
  cluster!: KafkaCluster;
  database!: OwnServer;
  private tool!: KafkaTool;
  private isOver = false;
  private looks = 0;
  /** Partitions whose committed offset was seen to be less than it had been. */
  private readonly wentBack: string[] = [];

  constructor(private readonly plan: FlightPlan) {
    this.fleet = new Fleet(plan.rockets, 16);
  }

  async begin(): Promise<void> {
    const { plan } = this;
    this.cluster = await KafkaCluster.start({ brokers: plan.brokers });
    this.toEnd.push(() => this.cluster.close());
    this.tool = await KafkaTool.start({ bootstrap: this.cluster.bootstrap, patienceMs: 180_000 });
    this.toEnd.push(() => this.tool.close());
    await this.tool.createTopic(TOPIC, PARTITIONS);
    const watcher = await KafkaTool.start({ bootstrap: this.cluster.bootstrap, patienceMs: 5000 });
    this.toEnd.push(() => watcher.close());
    void this.watch(watcher);
    const store = await this.newStore();
    const roles = { CONSUME: 'kafka', ...(plan.store === 'sqlite' && { INGEST: 'kafka' }) };
    for (let i = 0; i < plan.consumers; i++) this.consumers.push(await this.launch({ ...store, ...roles }));
    for (let i = 0; i < plan.gateways; i++) {
      this.gateways.push(await this.launch({ ...store, INGEST: 'kafka' }));
    }
    if (plan.gateways === 0) this.gateways.push(...this.consumers);
  }

  async end(): Promise<void> {
    this.isOver = true;
    this.agent.destroy();
    for (const end of this.toEnd.reverse()) await end();
  }

  below(count: number): number {
    return Math.floor(this.random() * count);
  }

  /** Ends it as a crash does, and starts it again. */
  async kill(instance: Instance): Promise<void> {
    await instance.process.end('SIGKILL');
    await delay(this.below(1000));
    instance.process = await this.start(instance.env);
  }

  async killBroker(broker = 0): Promise<void> {
    await this.cluster.kill(broker);
    await delay(this.below(2000));
    await this.cluster.restart(broker);
  }

  async stopBroker(broker: number, ms: number): Promise<void> {
    this.cluster.pause(broker);
    await delay(ms);
    this.cluster.resume(broker);
  }

  async stop({ process }: Instance, ms: number): Promise<void> {
    process.child.kill('SIGSTOP');
    await delay(ms);
    process.child.kill('SIGCONT');
  }

  /** A consumer ends with it, which has taken what it could not store. */
  async killDatabaseAnd(consumer: Instance): Promise<void> {
    await this.database.kill();
    await delay(1000);
    await consumer.process.end('SIGKILL');
    await this.database.begin();
    consumer.process = await this.start(consumer.env);
  }

  /** As much is sent between any two of the faults. */
  async fly(faults: readonly Fault[]): Promise<void> {
    this.faultsInAll = faults.length;
    const { jobs, records } = this.load();
    const sending = [...Array.from({ length: SENDERS }, (_, i) => this.send(jobs, i)), this.write(records)];
    for (const fault of faults) {
      await delay(200);
      await fault();
      this.faultsOver++;
    }
    await Promise.all(sending);
  }

  /** All that was acknowledged is an event; all that could not be taken was put away, and nothing else; nothing is left. */
  async expectAll(): Promise<void> {
    this.expectAlive();
    try {
      await this.expectExactly();
    } finally {
      // What has ended says most about why anything else is not as it should be.
      this.expectAlive();
    }
  }

  private expectAlive(): void {
    expect([...this.consumers, ...this.gateways].flatMap(({ process }) => endOf(process))).toEqual([]);
  }

  private async expectExactly(): Promise<void> {
    const ends = await this.tool.endOffsets(TOPIC);
    await eventually(
      'everything is committed',
      async () => {
        const committed = await this.tool.committed(GROUP, TOPIC);
        return ends.map((end, partition) => end - (committed.get(partition) ?? 0));
      },
      (lags) => lags.every((lag) => lag === 0),
      240_000,
    );
    expect(this.unexpected).toEqual([]);
    expect(this.wentBack).toEqual([]);
    expect(this.looks).toBeGreaterThan(20);
    const { url } = this.consumers[0]!.process;
    await expectExact(url, this.fleet);
    await this.expectRejected(url);
    const said = await eventually(
      'every consumer says so',
      () => Promise.all(this.consumers.map(({ process }) => kafkaHealth(process.url))),
      (all) => {
        const owned = all.flatMap(({ consumer }) => consumer!.partitions);
        // Each has one owner.
        const whole = owned.map(({ partition }) => partition).sort((a, b) => a - b);
        return owned.every(({ lag }) => lag === 0) && String(whole) === String([...Array(PARTITIONS).keys()]);
      },
    );
    expect(said.map(({ consumer }) => consumer!.error)).toEqual(said.map(() => undefined));
    const inTopic = ends.reduce((sum, end) => sum + end, 0);
    process.stdout.write(
      `${inTopic} records in the topic, ${this.refusals} times a sender was told to send again; ` +
        `${JSON.stringify(said.map(({ consumer }) => ({ ...consumer, partitions: undefined })))}\n`,
    );
  }

  private async expectRejected(url: string): Promise<void> {
    const winners = new Map<string, string>();
    for (let i = 0; i < PAIRS; i++) {
      const rocket = (await (await fetch(`${url}/rockets/either-${i}`)).json()) as { mission: string };
      winners.set(`either-${i}`, rocket.mission);
    }
    const expected = new Map<string, ReadRecord>();
    for (const record of await this.tool.readAll(TOPIC)) {
      const planted = record.headers['planted']?.toString();
      const isBad =
        planted === 'bad' || (planted !== undefined && winners.get(record.key!.toString()) !== planted);
      if (isBad) expected.set(`${TOPIC}/${record.partition}/${record.offset}`, record);
    }
    expect(expected.size).toBeGreaterThanOrEqual(this.plan.bad + PAIRS);
    const rejected = new Map<string, ReadRecord>();
    for (const record of await this.tool.readAll(REJECTED)) {
      rejected.set(record.headers['place']!.toString(), record);
    }
    expect([...rejected.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [place, { key, value }] of rejected) {
      expect([place, key, value]).toEqual([place, expected.get(place)!.key, expected.get(place)!.value]);
    }
  }

  private async watch(tool: KafkaTool): Promise<void> {
    let before: ReadonlyMap<number, number> = new Map();
    for (; !this.isOver; await delay(100)) {
      const now = await tool.committed(GROUP, TOPIC).catch(() => undefined);
      if (now === undefined) continue;
      this.looks++;
      for (const [partition, next] of now) {
        const last = before.get(partition) ?? 0;
        if (next < last) this.wentBack.push(`${partition}: ${last}, then ${next}`);
      }
      before = now;
    }
  }

  private async newStore(): Promise<Readonly<Record<string, string>>> {
    if (this.plan.store === 'sqlite') {
      const folder = mkdtempSync(join(tmpdir(), 'rockets-kafka-'));
      this.toEnd.push(() => rmSync(folder, { recursive: true }));
      return { EVENT_STORE: 'sqlite', SQLITE_FILE: join(folder, 'rockets.db') };
    }
    this.database = await OwnServer.start();
    this.toEnd.push(() => this.database.remove());
    return { EVENT_STORE: 'postgres', DATABASE_URL: this.database.url, DATABASE_CONNECTIONS: '8' };
  }

  private async launch(store: Readonly<Record<string, string>>): Promise<Instance> {
    const port = await freePort();
    const kafka = { KAFKA_BROKERS: this.cluster.bootstrap, KAFKA_TOPIC: TOPIC, KAFKA_GROUP: GROUP };
    const env = { ...store, ...kafka, PORT: String(port), LOG_FORMAT: 'text' };
    const instance: Instance = { port, env, process: await this.start(env) };
    this.toEnd.push(() => instance.process.end('SIGKILL'));
    return instance;
  }

  private start(env: Readonly<Record<string, string>>): Promise<RealProcess> {
    return startWithKafka(env);
  }

  /** What goes to the gateways, by lines of a stream or singly, and what is written to the topic itself. */
  private load(): { readonly jobs: readonly (readonly string[])[]; readonly records: readonly NewRecord[] } {
    const said = this.fleet.producers.flatMap((producer) =>
      Array.from({ length: this.plan.perRocket }, () => {
        const sent = producer.say();
        return { key: producer.channel, value: wireForm(producer.channel, sent) };
      }),
    );
    const all = this.shuffled([...said, ...said.filter(() => this.random() < DUPLICATED)]);
    const direct = all.splice(0, Math.floor(all.length * DIRECTLY));
    const singles = all.splice(0, Math.floor(all.length * SINGLY)).map(({ value }) => [value]);
    const streams: string[][] = [];
    while (all.length > 0) streams.push(all.splice(0, LINES).map(({ value }) => value));
    const others = this.shuffled([
      ...direct,
      ...Array.from({ length: this.plan.bad }, (_, i) => badRecord(i)),
    ]);
    return { jobs: this.shuffled([...singles, ...streams]), records: [...others, ...pairs()] };
  }

  private shuffled<T>(values: T[]): T[] {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [values[i], values[j]] = [values[j]!, values[i]!];
    }
    return values;
  }

  private async untilDue(share: number): Promise<void> {
    while (share > (this.faultsOver + 1) / this.faultsInAll) await delay(20);
  }

  private async send(jobs: readonly (readonly string[])[], first: number): Promise<void> {
    for (let i = first; i < jobs.length; i += SENDERS) {
      await this.untilDue(i / jobs.length);
      while (!(await this.isTaken(jobs[i]!))) {
        this.refusals++;
        await delay(50);
      }
    }
  }

  /** What was not acknowledged as a whole is sent again as a whole. */
  private async isTaken(lines: readonly string[]): Promise<boolean> {
    const { port } = this.gateways[this.below(this.gateways.length)]!;
    if (lines.length === 1) {
      const answer = await post(this.agent, port, lines[0]!).catch(() => undefined);
      if (answer?.status === 202) expect(JSON.parse(answer.body)).toMatchObject({ outcome: 'queued' });
      else if (answer !== undefined && !isNotNow(answer.status))
        this.unexpected.push(`${answer.status} ${answer.body}`);
      return answer?.status === 202;
    }
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/messages`, {
        method: 'POST',
        body: lines.join('\n'),
        headers: { 'Content-Type': 'application/x-ndjson' },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const text = await answer.text();
      if (answer.status !== 200) {
        if (!isNotNow(answer.status)) this.unexpected.push(`${answer.status} ${text}`);
        return false;
      }
      const counts = JSON.parse(text) as { received: number; queued: number };
      if (counts.received !== lines.length || counts.queued !== lines.length) this.unexpected.push(text);
      return true;
    } catch {
      return false;
    }
  }

  private async write(records: readonly NewRecord[]): Promise<void> {
    const step = Math.max(50, Math.ceil(records.length / 60));
    for (let at = 0; at < records.length; at += step) {
      await this.untilDue(at / records.length);
      await this.tool.produce(TOPIC, records.slice(at, at + step));
    }
  }
}

/** How it ended, which nobody told it to. */
const endOf = ({ child, log }: RealProcess): string[] =>
  child.exitCode === null && child.signalCode === null
    ? []
    : [`ended with ${child.exitCode ?? child.signalCode}: ${log().slice(-3000)}`];

/** The queue is away, or the service stood still while the request came in. */
const isNotNow = (status: number): boolean => status === 503 || status === 408;
