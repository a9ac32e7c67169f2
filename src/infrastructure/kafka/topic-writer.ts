import { MessageTooLarge, QueueUnavailable } from '../../application/ports/message-queue.js';
import { closeSoon, connectionOptions, inWords, says, type KafkaSettings } from './connection.js';
import type { KafkaLibrary, KafkaProducer, ProducedRecord } from './kafka-library.js';

/** What is written, but for its topic. */
export type WrittenRecord = Omit<ProducedRecord, 'topic'>;

/**
 * Writes to a topic, acknowledged by all replicas in sync. A producer that has failed is never used again: what it still
 * knows of the brokers may be old. Nothing is written twice by itself, and by a second call it may be: whoever reads knows
 * messages by their numbers, so an idempotent producer, which is slower and can get stuck for good, would buy nothing.
 */
export class TopicWriter {
  /** One for each lane, so that a broker that does not answer keeps up nobody else. */
  private readonly producers = new Map<number, KafkaProducer>();

  constructor(
    private readonly kafka: Pick<KafkaLibrary, 'Producer'>,
    private readonly settings: KafkaSettings,
    private readonly topic: string,
  ) {}

  /** Rejects with `MessageTooLarge`, or with `QueueUnavailable` for any other reason. */
  async write(records: readonly WrittenRecord[], lane = 0): Promise<void> {
    const producer = this.producer(lane);
    try {
      const messages = records.map((record) => ({ ...record, topic: this.topic }));
      // Said to the producer alone it is not heard: the leader's word would do, and be lost with the leader.
      await producer.send({ messages, acks: -1 });
    } catch (error) {
      if (says(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE')) {
        throw new MessageTooLarge(`The topic ${this.topic} takes no message of this size.`);
      }
      if (this.producers.get(lane) === producer) this.producers.delete(lane);
      void closeSoon(producer, () => producer.close(true));
      throw new QueueUnavailable(inWords(error));
    }
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.producers.values()].map((producer) => closeSoon(producer, () => producer.close(true))),
    );
    this.producers.clear();
  }

  private producer(lane: number): KafkaProducer {
    let producer = this.producers.get(lane);
    if (producer === undefined) {
      producer = new this.kafka.Producer({
        ...connectionOptions(this.settings),
        idempotent: false,
        repeatOnStaleMetadata: false,
      });
      this.producers.set(lane, producer);
    }
    return producer;
  }
}
