import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { kafkaNode, type KafkaNode } from '../support/kafka/kafka-node.js';
import { withDatabase, type Database } from './database.js';
import type { Row } from './measure.js';
import { postLinesUntilTaken } from './post-lines.js';
import { ServerUnderTest } from './server-under-test.js';

type Settings = Readonly<Record<string, string>>;

/** A broker, a database, and services on a Node that can speak with both. */
export class KafkaServices {
  private topics = 0;
  private groups = 0;

  private constructor(
    readonly cluster: KafkaCluster,
    readonly database: Database,
    private readonly node: KafkaNode,
  ) {}

  static async with(measure: (services: KafkaServices) => Promise<Row[]>): Promise<Row[]> {
    const cluster = await KafkaCluster.start();
    try {
      const node = await kafkaNode();
      return await withDatabase((database) => measure(new KafkaServices(cluster, database, node)));
    } finally {
      await cluster.close();
    }
  }

  newTopic(): string {
    return `messages-${++this.topics}`;
  }

  /** Without Kafka, on the same Node. */
  plain(settings: Settings = {}): Promise<ServerUnderTest> {
    return ServerUnderTest.start('rockets', { ...this.node.env, ...settings }, this.node.path);
  }

  /** Over a database in which nobody writes. */
  async gateway(topic: string): Promise<ServerUnderTest> {
    return this.plain({
      ...this.kafka(topic),
      INGEST: 'kafka',
      EVENT_STORE: 'postgres',
      DATABASE_URL: await this.database.newSchema(),
    });
  }

  /** In a group of its own, from the beginning of the topic. */
  consumer(topic: string, settings: Settings): Promise<ServerUnderTest> {
    const group = `group-${++this.groups}`;
    return this.plain({ ...this.kafka(topic), CONSUME: 'kafka', KAFKA_GROUP: group, ...settings });
  }

  private kafka(topic: string): Settings {
    return {
      KAFKA_BROKERS: this.cluster.bootstrap,
      KAFKA_TOPIC: topic,
      KAFKA_REJECTED_TOPIC: `${topic}-rejected`,
      KAFKA_PARTITIONS: '12',
    };
  }
}

const PIECE = 20_000;

/** Puts messages into a topic; what Kafka did not take in time is sent again. */
export const fill = async ({ port }: ServerUnderTest, lines: readonly string[]): Promise<void> => {
  for (let from = 0; from < lines.length; from += PIECE) {
    await postLinesUntilTaken(port, lines.slice(from, from + PIECE).join('\n'));
  }
};
