import { EventEmitter } from 'node:events';
import type { TopicRecord } from '../../src/infrastructure/kafka/assignment.js';
import type { KafkaSettings } from '../../src/infrastructure/kafka/connection.js';
import type {
  CommittedOffset,
  KafkaConsumer,
  KafkaLibrary,
  ProducedRecord,
} from '../../src/infrastructure/kafka/kafka-library.js';

export const kafkaSettings: KafkaSettings = {
  brokers: ['127.0.0.1:9'],
  topic: 'messages',
  rejectedTopic: 'rejected',
  group: 'rockets',
  partitions: 4,
  instance: 'instance-1',
};

/** What the client throws when a broker has refused something. */
export const brokerError = (apiId: string): Error =>
  new AggregateError([Object.assign(new Error(`the broker says ${apiId}`), { apiId })], 'Request failed.');

/** What it throws for a reason of its own. */
export const clientError = (code: string, message = code): Error =>
  Object.assign(new Error(message), { code });

class FakeClient extends EventEmitter {
  isClosed = false;
  readonly connections = { close: () => void (this.isClosed = true) };

  constructor(protected readonly kafka: FakeKafka) {
    super();
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** Of a topic that is not there the client itself says so. */
  async metadata({ topics }: { topics: string[] }) {
    const refused = this.kafka.refuses(topics[0]!);
    if (refused !== undefined) throw refused;
    const leaders = this.kafka.topics.get(topics[0]!);
    if (leaders === undefined) throw new Error(`Unknown topic ${topics[0]}.`);
    const partitions = leaders.map((leader) => ({ leader }));
    return { topics: new Map([[topics[0]!, { partitions }]]) };
  }
}

export class FakeProducer extends FakeClient {
  readonly sent: ProducedRecord[][] = [];

  async send({ messages }: { messages: ProducedRecord[] }): Promise<void> {
    if (this.isClosed) throw new Error('used after it was closed');
    this.sent.push(messages);
    await this.kafka.sending;
    const failure = this.kafka.failsToSend(messages);
    if (failure !== undefined) throw failure;
  }
}

export class FakeAdmin extends FakeClient {
  async createTopics({ topics: [topic], partitions }: { topics: string[]; partitions: number }) {
    const refused = this.kafka.refusesToMake;
    if (refused !== undefined) throw refused;
    this.kafka.topics.set(
      topic!,
      Array.from({ length: partitions }, () => 1),
    );
  }
}

export class FakeStream extends EventEmitter {
  isDestroyed = false;
  isPaused = false;
  readonly offsetsToFetch = new Map<string, bigint>();

  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  destroy(): void {
    this.isDestroyed = true;
  }

  give(partition: number, offset: bigint): void {
    const record: TopicRecord = { partition, offset, value: Buffer.from('{}'), headerEntries: [] };
    this.emit('data', record);
  }
}

export class FakeConsumer extends FakeClient {
  generationId = 0;
  readonly assignments = null;
  readonly streams: FakeStream[] = [];
  readonly committed: (readonly CommittedOffset[])[] = [];
  /** What a commit waits for. */
  committing: Promise<void> = Promise.resolve();
  lags: bigint[] = [];

  /** The first one joins the group, later ones go on in it. */
  async consume(): Promise<FakeStream> {
    const refused = this.kafka.refuses('the group');
    if (refused !== undefined) throw refused;
    const stream = new FakeStream();
    this.streams.push(stream);
    if (this.generationId === 0) this.join();
    return stream;
  }

  /** Of a client that is left alone: it joins. */
  joinGroup: KafkaConsumer['joinGroup'] = () => this.join();

  /** The group is made up (anew). */
  join(): void {
    this.generationId++;
    this.emit('consumer:group:join');
  }

  async commit({ offsets }: { offsets: CommittedOffset[] }): Promise<void> {
    await this.committing;
    this.committed.push(offsets);
  }

  async getLag() {
    return new Map([['messages', this.lags]]);
  }
}

/** The client library in the place of the real one, with brokers that do what a test says. */
export class FakeKafka {
  /** Who leads each of their partitions. */
  readonly topics = new Map<string, number[]>();
  refusesToMake: Error | undefined;
  readonly producers: FakeProducer[] = [];
  readonly admins: FakeAdmin[] = [];
  readonly consumers: FakeConsumer[] = [];
  refuses: (what: string) => Error | undefined = () => undefined;
  /** What the answer to a send waits for. */
  sending: Promise<void> = Promise.resolve();
  failsToSend: (messages: readonly ProducedRecord[]) => Error | undefined = () => undefined;

  get library(): KafkaLibrary {
    const made = <T>(list: T[], make: () => T) =>
      // As a constructor an arrow function will not do.
      function () {
        const client = make();
        list.push(client);
        return client;
      } as unknown;
    return {
      Producer: made(this.producers, () => new FakeProducer(this)) as KafkaLibrary['Producer'],
      Admin: made(this.admins, () => new FakeAdmin(this)) as KafkaLibrary['Admin'],
      Consumer: made(this.consumers, () => new FakeConsumer(this)) as KafkaLibrary['Consumer'],
      // The last character alone decides.
      compatibilityPartitioner: (_, key) => key!.at(-1)!,
    };
  }
}
