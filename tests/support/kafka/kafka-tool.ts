import { fork, type ChildProcess } from 'node:child_process';
import { kafkaNode } from './kafka-node.js';
import { besideSources } from './project-folder.js';

type Bytes = string | Buffer;

export interface NewRecord {
  readonly key?: Bytes | null;
  readonly value?: Bytes | null;
  /** Else by its key, as the Java client has it, or in turn. */
  readonly partition?: number;
  readonly headers?: Readonly<Record<string, Bytes | null>>;
}

export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** One without a value reads as one of no bytes. */
  readonly headers: Readonly<Record<string, Buffer>>;
}

export interface Group {
  /** `Stable`, `Empty`, `PreparingRebalance`, `CompletingRebalance`; `Dead` is one that nobody knows. */
  readonly state: string;
  readonly members: readonly {
    readonly id: string;
    readonly instance: string | null;
    readonly client: string;
    readonly partitions: Readonly<Record<string, readonly number[]>>;
  }[];
}

export interface ToolOptions {
  /** host:port, several by comma. */
  readonly bootstrap: string;
  /** A file with the certificate to trust. */
  readonly ca?: string;
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
    readonly username: string;
    readonly password: string;
  };
  /** How long a call is tried again while brokers are away: 60 seconds. What no try can change fails at once. */
  readonly patienceMs?: number;
}

export type Operation = 'READ' | 'WRITE' | 'CREATE' | 'DESCRIBE' | 'ALL';

interface Told {
  readonly id: number;
  readonly part?: readonly WireRecord[];
  readonly result?: unknown;
  readonly error?: string;
}

type WireRecord = Readonly<{
  partition: number;
  offset: number;
  key: string | null;
  value: string | null;
  headers: Record<string, string | null>;
}>;

interface Waiting {
  readonly take: (part: readonly WireRecord[]) => void;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

const program = besideSources('tool-process.cjs');

/** A client for tests, in a process of its own on a Node that can run it. It outlives brokers and ends with this process. */
export class KafkaTool {
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (told) => this.hear(told as Told));
    child.once('exit', (code, signal) => {
      const error = new Error(`the Kafka tool has ended with ${code ?? signal}`);
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    });
  }

  static async start({ patienceMs = 60_000, ...options }: ToolOptions): Promise<KafkaTool> {
    const { path, env } = await kafkaNode();
    const child = fork(program, [JSON.stringify({ ...options, patienceMs })], {
      execPath: path,
      execArgv: [],
      env: { PATH: process.env['PATH'], ...env },
    });
    return new KafkaTool(child);
  }

  async createTopic(
    topic: string,
    partitions: number,
    configs: Readonly<Record<string, string | number>> = {},
    replicas = -1,
  ): Promise<void> {
    await this.call('createTopic', { topic, partitions, configs, replicas });
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.call('deleteTopic', { topic });
  }

  async topics(): Promise<readonly string[]> {
    return (await this.call('topics', {})) as string[];
  }

  /** Resolves once all are acknowledged by every replica in sync. After a fault of a broker some may be there twice. */
  async produce(topic: string, records: readonly NewRecord[]): Promise<void> {
    await this.call('produce', {
      topic,
      records: records.map(({ key, value, partition, headers = {} }) => ({
        key: encoded(key),
        value: encoded(value),
        partition,
        headers: Object.fromEntries(Object.entries(headers).map(([name, one]) => [name, encoded(one)])),
      })),
    });
  }

  /** Every record that is in it now, partition by partition. */
  async readAll(topic: string): Promise<readonly ReadRecord[]> {
    const records: ReadRecord[] = [];
    await this.call('readAll', { topic }, (part) => {
      for (const record of part) records.push(decoded(record));
    });
    return records;
  }

  /** By partition, the first that is still there. */
  async startOffsets(topic: string): Promise<readonly number[]> {
    return (await this.call('startOffsets', { topic })) as number[];
  }

  /** By partition, the one that comes next. */
  async endOffsets(topic: string): Promise<readonly number[]> {
    return (await this.call('endOffsets', { topic })) as number[];
  }

  /** By partition, for those where the group has committed anything. */
  async committed(group: string, topic: string): Promise<ReadonlyMap<number, number>> {
    return new Map((await this.call('committed', { group, topic })) as [number, number][]);
  }

  async describeGroup(group: string): Promise<Group> {
    return (await this.call('describeGroup', { group })) as Group;
  }

  /** Joins a group that reads the topic, and leaves it at once: both times all of its members make it up anew. */
  async visit(group: string, topic: string): Promise<void> {
    await this.call('visit', { group, topic });
  }

  /** Deletes what stands before these offsets, by partition. */
  async deleteRecords(topic: string, before: ReadonlyMap<number, number>): Promise<void> {
    await this.call('deleteRecords', { topic, before: [...before] });
  }

  /** Allows a user of the secure door something with a topic or a group; `*` is all of them, the cluster is `kafka-cluster`. */
  async allow(
    user: string,
    kind: 'TOPIC' | 'GROUP' | 'CLUSTER',
    name: string,
    operations: readonly Operation[],
  ): Promise<void> {
    await this.call('allow', { user, kind, name, operations });
  }

  async close(): Promise<void> {
    if (this.hasEnded) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private call(name: string, args: object, take: Waiting['take'] = () => undefined): Promise<unknown> {
    if (this.hasEnded) return Promise.reject(new Error('the Kafka tool has ended'));
    const id = ++this.calls;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { take, resolve, reject });
      this.child.send({ id, name, args });
    });
  }

  private hear({ id, part, result, error }: Told): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    if (part !== undefined) return waiting.take(part);
    this.waiting.delete(id);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(error));
  }
}

const encoded = (bytes: Bytes | null | undefined): string | null =>
  bytes == null ? null : Buffer.from(bytes).toString('base64');

const decoded = ({ partition, offset, key, value, headers }: WireRecord): ReadRecord => ({
  partition,
  offset,
  key: key === null ? null : Buffer.from(key, 'base64'),
  value: value === null ? null : Buffer.from(value, 'base64'),
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, one]) => [name, Buffer.from(one ?? '', 'base64')]),
  ),
});
