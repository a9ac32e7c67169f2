import { createRequire } from 'node:module';
import type { TopicRecord } from './assignment.js';

/**
 * What we use of `@platformatic/kafka`, which does not install on a Node older than 22.22: there nothing else could check
 * how we use it. Where it is installed, `make types` holds the two against each other.
 */
export interface KafkaLibrary {
  readonly Producer: new (options: ConnectionOptions & ProducerOptions) => KafkaProducer;
  readonly Consumer: new (options: ConnectionOptions & (MemberOptions | ReaderOptions)) => KafkaConsumer;
  readonly Admin: new (options: ConnectionOptions) => KafkaAdmin;
  compatibilityPartitioner(message: unknown, key?: Buffer): number;
}

export interface ConnectionOptions {
  clientId: string;
  bootstrapBrokers: string[];
  connectTimeout: number;
  requestTimeout: number;
  /** What a broker may take for a request that it has to hold. */
  timeout: number;
  retries: number;
  retryDelay: number;
  metadataMaxAge: number;
  tls?: { ca?: Buffer };
  sasl?: { mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string };
}

interface ProducerOptions {
  idempotent: false;
  repeatOnStaleMetadata: false;
}

/** Of one that is in no group the name is not used. */
interface ReaderOptions {
  groupId: string;
  maxWaitTime: number;
}

interface MemberOptions {
  groupId: string;
  groupInstanceId: string;
  autocommit: false;
  sessionTimeout: number;
  rebalanceTimeout: number;
  heartbeatInterval: number;
  heartbeatStallTimeout: number;
  maxWaitTime: number;
  maxBytes: number;
}

export interface KafkaClient {
  metadata(options: { topics: string[]; forceUpdate?: boolean }): Promise<KafkaMetadata>;
  readonly connections: { close(callback: (error?: Error | null) => void): void };
}

export interface KafkaMetadata {
  readonly topics: Map<
    string,
    { readonly id: string; readonly partitions: readonly { readonly leader: number }[] }
  >;
}

export interface KafkaProducer extends KafkaClient {
  send(options: { messages: ProducedRecord[]; acks: -1 }): Promise<unknown>;
  close(force?: boolean): Promise<void>;
}

export interface ProducedRecord {
  topic: string;
  partition: number;
  key?: Buffer;
  value?: Buffer;
  headers?: Map<Buffer, Buffer>;
}

export interface KafkaAdmin extends KafkaClient {
  createTopics(options: { topics: string[]; partitions: number; replicas: number }): Promise<unknown>;
  close(): Promise<void>;
}

export interface KafkaConsumer extends KafkaClient {
  readonly generationId: number;
  readonly assignments: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null;
  consume(options: {
    topics: string[];
    mode: 'committed';
    fallbackMode: 'earliest';
    autocommit: false;
  }): Promise<RecordStream>;
  /** What the client itself calls where a commit came too late. */
  joinGroup: (options: object, told: (error: Error) => void) => unknown;
  commit(options: { offsets: CommittedOffset[] }): Promise<void>;
  getLag(options: { topics: string[] }): Promise<Map<string, bigint[]>>;
  /** What it fetches by itself it has to know. */
  readonly topics: { track(topic: string): unknown };
  /** By partition. `-1n` asks for the end, `-2n` for the beginning. */
  listOffsets(options: { topics: string[]; timestamp: bigint }): Promise<Map<string, bigint[]>>;
  fetch(options: {
    node: number;
    topics: { topicId: string; partitions: FetchedPartition[] }[];
    maxBytes: number;
  }): Promise<FetchAnswer>;
  close(force?: boolean): Promise<void>;
  on(event: 'error' | 'consumer:heartbeat:error', listener: (error: unknown) => void): unknown;
  on(
    event:
      | 'consumer:group:join'
      | 'consumer:group:rebalance'
      | 'consumer:heartbeat:end'
      | 'consumer:heartbeat:stalled',
    listener: () => void,
  ): unknown;
}

interface FetchedPartition {
  partition: number;
  fetchOffset: bigint;
  currentLeaderEpoch: number;
  lastFetchedEpoch: number;
  partitionMaxBytes: number;
}

interface FetchAnswer {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly records?: readonly FetchedBatch[] | null;
    }[];
  }[];
}

export interface FetchedBatch {
  readonly attributes: number;
  readonly firstOffset: bigint;
  readonly lastOffsetDelta: number;
  readonly records: readonly {
    readonly offsetDelta: number;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: readonly (readonly [Buffer | null, Buffer | null])[];
  }[];
}

export interface CommittedOffset {
  topic: string;
  partition: number;
  offset: bigint;
  leaderEpoch: number;
}

export interface RecordStream {
  /** Where each partition goes on, by `topic:partition`. */
  readonly offsetsToFetch: Map<string, bigint>;
  on(event: 'data', listener: (record: TopicRecord) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'fetch' | 'offsets', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** Kafka can't be used as it is configured, and no other start would change that. */
export class KafkaRefused extends Error {
  readonly code = 'kafka-refused';
}

const PACKAGE = '@platformatic/kafka';

/** Only who chose Kafka needs it. */
export const loadKafka = (nodeVersion = process.versions.node): KafkaLibrary => {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 22)) {
    throw new KafkaRefused(`Kafka needs Node 22.22 or newer; this is ${nodeVersion}. All else runs on it.`);
  }
  try {
    return createRequire(__filename)(PACKAGE) as KafkaLibrary;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND')
      throw new KafkaRefused(`${PACKAGE} does not load: ${message.split('\n', 1)[0]}`);
    throw new KafkaRefused(
      `${PACKAGE} is not installed: an older Node leaves it out. Run npm ci with this one.`,
    );
  }
};
