import { MessageTooLarge } from '../../../application/ports/message-queue.js';
import type { RocketMessage } from '../../../domain/rocket-message.js';
import type { TopicRecord } from '../assignment.js';
import { closeSoon, connectionOptions, inWords, type KafkaSettings } from '../connection.js';
import { loadKafka, type KafkaConsumer, type KafkaLibrary } from '../kafka-library.js';
import { jsonOf } from '../kafka-queue.js';
import { TopicWriter, type WrittenRecord } from '../topic-writer.js';
import { TopicReader } from './topic-reader.js';

/** Written at once. */
const MOST_RECORDS = 500;

/** What was put away, and why. */
export interface RejectedRecord {
  /** `topic/partition/offset`; none when somebody else wrote it there. */
  readonly place: string | undefined;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Of its problem, which is JSON, unless somebody else wrote it there. */
  readonly problem: string | undefined;
  /** How much of it was too much for the topic. */
  readonly leftOut: string | undefined;
}

/** Kafka did not do what it was asked. */
export class KafkaFailed extends Error {}

/** The topic of rejected records, as people see to it. */
export class RejectedTopic {
  private readonly client: KafkaConsumer;
  private readonly writer: TopicWriter;

  private constructor(
    private readonly library: KafkaLibrary,
    private readonly settings: KafkaSettings,
  ) {
    this.client = new library.Consumer({
      ...connectionOptions(settings),
      retries: 3,
      groupId: settings.group,
      maxWaitTime: 500,
    });
    this.writer = new TopicWriter(library, settings, settings.topic);
  }

  /** Does something with it, and closes it. */
  static async use<T>(
    settings: KafkaSettings,
    work: (topic: RejectedTopic) => Promise<T>,
    library = loadKafka(),
  ): Promise<T> {
    const topic = new RejectedTopic(library, settings);
    try {
      return await work(topic);
    } finally {
      await topic.close();
    }
  }

  /** Each place once, however often it was put away. */
  async *records(): AsyncGenerator<RejectedRecord> {
    const seen = new Set<string>();
    const reader = new TopicReader(this.client, this.settings.rejectedTopic);
    try {
      for await (const record of reader.records()) {
        const rejected = asRejected(record);
        if (rejected.place !== undefined && seen.has(rejected.place)) continue;
        if (rejected.place !== undefined) seen.add(rejected.place);
        yield rejected;
      }
    } catch (error) {
      throw new KafkaFailed(inWords(error));
    }
  }

  /** The bytes that stood there, also those that were left out, as long as they still do. */
  async bytesOf({ place, value, leftOut }: RejectedRecord): Promise<Buffer | undefined> {
    if (leftOut === undefined) return value ?? Buffer.alloc(0);
    const [, topic, partition, offset] = /^(.+)\/(\d+)\/(\d+)$/.exec(place ?? '') ?? [];
    if (topic === undefined || partition === undefined || offset === undefined) return undefined;
    try {
      const record = await new TopicReader(this.client, topic).recordAt(Number(partition), BigInt(offset));
      return record?.value ?? undefined;
    } catch (error) {
      throw new KafkaFailed(inWords(error));
    }
  }

  /** Into the topic of messages, as a gateway does it. Of a failure nobody knows what of it is there. */
  async send(messages: readonly RocketMessage[]): Promise<void> {
    const { topic } = this.settings;
    try {
      const { partitions } = (await this.client.metadata({ topics: [topic] })).topics.get(topic)!;
      const records = messages.map((message): WrittenRecord => {
        const key = Buffer.from(message.channel);
        const partition = this.library.compatibilityPartitioner(undefined, key) % partitions.length;
        return { key, partition, value: Buffer.from(jsonOf(message)) };
      });
      for (let i = 0; i < records.length; i += MOST_RECORDS)
        await this.write(records.slice(i, i + MOST_RECORDS));
    } catch (error) {
      throw new KafkaFailed(inWords(error));
    }
  }

  private async write(records: readonly WrittenRecord[]): Promise<void> {
    try {
      await this.writer.write(records);
    } catch (error) {
      if (!(error instanceof MessageTooLarge) || records.length === 1) throw error;
      const half = records.length >> 1;
      await this.write(records.slice(0, half));
      await this.write(records.slice(half));
    }
  }

  private async close(): Promise<void> {
    await Promise.all([closeSoon(this.client, () => this.client.close(true)), this.writer.close()]);
  }
}

const asRejected = ({ key, value, headerEntries }: TopicRecord): RejectedRecord => {
  // Of two of one name ours is the last one.
  const headers = new Map(headerEntries.map(([name, text]) => [name.toString(), text.toString()]));
  return {
    place: headers.get('place'),
    key: key ?? null,
    value: value ?? null,
    problem: headers.get('problem'),
    leftOut: headers.get('left-out'),
  };
};
