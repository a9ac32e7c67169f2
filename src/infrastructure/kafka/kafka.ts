import type { ConsumerReport } from '../../application/health.js';
import type { IngestMessages } from '../../application/ingest/ingest-messages.js';
import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { MessageQueue } from '../../application/ports/message-queue.js';
import type { Tracing } from '../../application/ports/tracing.js';
import { withCa, type KafkaSettings } from './connection.js';
import { ConsumeMessages, type ConsumeLimits } from './consume-messages.js';
import { GroupReader } from './group-reader.js';
import { loadKafka, type KafkaLibrary } from './kafka-library.js';
import { KafkaQueue } from './kafka-queue.js';
import { recordTracing } from './record-trace.js';
import { RejectedRecords } from './rejected-records.js';
import { TopicWriter } from './topic-writer.js';
import { Topics } from './topics.js';

/** Kafka as one thing that is opened and closed. */
export class Kafka {
  readonly queue: MessageQueue;
  private readonly topics: Topics;
  private readonly messages: TopicWriter;
  private readonly rejects: TopicWriter;

  private constructor(
    private readonly library: KafkaLibrary,
    private readonly settings: KafkaSettings,
    private readonly logger: Logger,
  ) {
    this.topics = new Topics(library, settings, (message, fields) => logger.warn(message, fields));
    this.messages = new TopicWriter(library, settings, settings.topic);
    this.rejects = new TopicWriter(library, settings, settings.rejectedTopic);
    this.queue = new KafkaQueue(this.topics, this.messages);
  }

  /** Throws `KafkaRefused` for what no waiting would mend; brokers that are away are waited for in the background. */
  static async open(settings: KafkaSettings, logger: Logger): Promise<Kafka> {
    const kafka = new Kafka(loadKafka(), withCa(settings), logger);
    await kafka.topics.start();
    return kafka;
  }

  /** Why the brokers do not answer. */
  get failure(): string | undefined {
    return this.topics.failure;
  }

  consumer(ingest: IngestMessages, limits: ConsumeLimits, clock: Clock, tracing?: Tracing): KafkaConsuming {
    const { library, settings, logger, topics } = this;
    const warn = logger.warn.bind(logger);
    const rejected = new RejectedRecords(
      this.rejects,
      settings.topic,
      topics.partitionOfRejected,
      clock,
      warn,
    );
    const trace = tracing && recordTracing(tracing, settings);
    const messages = new ConsumeMessages(ingest, rejected, limits, clock, logger, trace);
    const reader = new GroupReader(library, settings, messages, logger);
    return new KafkaConsuming(messages, rejected, reader);
  }

  async close(): Promise<void> {
    await Promise.all([this.topics.stop(), this.messages.close(), this.rejects.close()]);
  }
}

/** What makes an instance work off the topic of messages. */
export class KafkaConsuming {
  constructor(
    private readonly messages: ConsumeMessages,
    private readonly rejected: RejectedRecords,
    private readonly reader: Pick<GroupReader, 'start' | 'stop' | 'report'>,
  ) {}

  start(): void {
    this.reader.start();
  }

  /** What was taken is finished and committed, then the group is left. */
  async stop(): Promise<void> {
    await this.messages.stop();
    await this.reader.stop();
  }

  get report(): ConsumerReport {
    const { error: ofReader, ...reader } = this.reader.report;
    const error = this.messages.waitsFor ?? this.rejected.error ?? ofReader;
    return { ...reader, rejected: this.rejected.count, ...(error === undefined ? {} : { error }) };
  }
}
