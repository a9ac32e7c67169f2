import type { MessageQueue } from '../../src/application/ports/message-queue.js';
import { QueueUnavailable } from '../../src/application/ports/message-queue.js';
import type { IngestMessages } from '../../src/application/ingest/ingest-messages.js';
import type { Clock } from '../../src/application/ports/clock.js';
import type { KafkaParts } from '../../src/opening.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import type { Assignment, RecordHandler } from '../../src/infrastructure/kafka/assignment.js';
import { ConsumeMessages, type ConsumeLimits } from '../../src/infrastructure/kafka/consume-messages.js';
import { KafkaConsuming } from '../../src/infrastructure/kafka/kafka.js';
import { jsonOf } from '../../src/infrastructure/kafka/kafka-queue.js';
import { RejectedRecords } from '../../src/infrastructure/kafka/rejected-records.js';
import type { WrittenRecord } from '../../src/infrastructure/kafka/topic-writer.js';
import { silentLogger } from './silent-logger.js';

/** What makes a service a gateway and a consumer of the same topic. */
export const gatewaySettings = { INGEST: 'kafka', CONSUME: 'kafka', KAFKA_BROKERS: '127.0.0.1:9' };

/** One topic of one partition in memory, in the place of Kafka. */
export class MemoryKafka implements KafkaParts {
  readonly records: Omit<WrittenRecord, 'partition'>[] = [];
  readonly rejected: WrittenRecord[] = [];
  committed = 0n;

  /** `failure`: why it takes nothing. */
  constructor(public failure: string | undefined = undefined) {}

  readonly queue: MessageQueue = {
    laneOf: () => 0,
    put: async (messages: readonly RocketMessage[]) => {
      if (this.failure !== undefined) throw new QueueUnavailable(this.failure);
      for (const message of messages) {
        this.write({ key: Buffer.from(message.channel), value: Buffer.from(jsonOf(message)) });
      }
    },
  };

  private take: ReturnType<RecordHandler['begin']> | undefined;

  write(record: Omit<WrittenRecord, 'partition'>): void {
    this.records.push(record);
    this.take?.(this.recordAt(this.records.length - 1));
  }

  consumer(ingest: IngestMessages, limits: ConsumeLimits, clock: Clock): KafkaConsuming {
    const writer = { write: async (some: readonly WrittenRecord[]) => void this.rejected.push(...some) };
    const rejected = new RejectedRecords(
      writer,
      'messages',
      () => 0,
      clock,
      () => undefined,
    );
    const messages = new ConsumeMessages(ingest, rejected, limits, clock, silentLogger);
    const reader = { start: () => this.begin(messages), stop: async () => undefined, report };
    return new KafkaConsuming(messages, rejected, reader);
  }

  async close(): Promise<void> {}

  private begin(handler: RecordHandler): void {
    const assignment: Assignment = {
      isOver: false,
      pause: () => undefined,
      resume: () => undefined,
      commit: async (nexts) => void (this.committed = nexts.get(0) ?? this.committed),
    };
    this.take = handler.begin(assignment);
    this.records.forEach((_, i) => this.take?.(this.recordAt(i)));
  }

  private recordAt(i: number) {
    const { key, value, headers = new Map<Buffer, Buffer>() } = this.records[i]!;
    return {
      partition: 0,
      offset: BigInt(i),
      key: key ?? null,
      value: value ?? null,
      headerEntries: [...headers],
    };
  }
}

const report = { partitions: [], rebalances: 1, remade: 0 };
