import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '../../application/ports/event-store.js';
import { MessageTooLarge } from '../../application/ports/message-queue.js';
import type { Delivered, DeliveryTrace, Sink } from '../../application/ports/sink.js';
import { EVENT_MEDIA_TYPE, type CloudEvents } from '../cloud-events.js';
import { closeSoon, connectionOptions, inWords, type KafkaSettings } from './connection.js';
import type { KafkaLibrary } from './kafka-library.js';
import { madeTopic } from './made-topic.js';
import { traceHeader } from './record-trace.js';
import { TopicWriter, type WrittenRecord } from './topic-writer.js';

/** Somebody may give a topic more partitions. */
const LOOK_EVERY_MS = 60_000;

const headers = new Map([[Buffer.from('content-type'), Buffer.from(EVENT_MEDIA_TYPE)]]);
const headersOf = (traceparent: string | undefined): Map<Buffer, Buffer> =>
  traceparent === undefined ? headers : new Map([...headers, traceHeader(traceparent)]);
const stopped: Delivered = { kind: 'again', what: 'Stopped before there was an answer.' };

/** A record for each event, keyed by its rocket: a CloudEvent in structured mode. */
export class KafkaSink implements Sink {
  private readonly writer: TopicWriter;
  private partitions = 0;
  private lookedAt = 0;
  /** One write at a time: of two that are under way nobody knows which comes first. Never rejects. */
  private last: Promise<Delivered> = Promise.resolve(stopped);

  constructor(
    private readonly library: KafkaLibrary,
    private readonly settings: KafkaSettings,
    private readonly topic: string,
    private readonly events: CloudEvents,
    private readonly problem: () => string | undefined,
  ) {
    this.writer = new TopicWriter(library, settings, topic);
  }

  deliver(batch: readonly StoredEvent[], signal: AbortSignal, trace?: DeliveryTrace): Promise<Delivered> {
    const recordOf = (event: StoredEvent): WrittenRecord =>
      this.recordOf(event.channel, this.events.textOf(event), trace?.traceparentOf(event));
    return this.send(() => batch.map(recordOf), signal);
  }

  test(signal: AbortSignal): Promise<Delivered> {
    const text = this.events.testText(`test/${randomUUID()}`, Date.now());
    return this.send(() => [this.recordOf('test', text)], signal);
  }

  async close(): Promise<void> {
    await this.writer.close();
  }

  /** A write that was begun goes on when nobody waits for it any more, and keeps up the next one. */
  private send(records: () => readonly WrittenRecord[], signal: AbortSignal): Promise<Delivered> {
    this.last = this.last.then(() => (signal.aborted ? stopped : this.write(records)));
    const written = this.last;
    return new Promise((resolve) => {
      const stop = (): void => resolve(stopped);
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop);
      void written.then(resolve).finally(() => signal.removeEventListener('abort', stop));
    });
  }

  private async write(records: () => readonly WrittenRecord[]): Promise<Delivered> {
    try {
      const problem = this.problem();
      if (problem !== undefined) return { kind: 'again', what: problem };
      await this.look();
      await this.writer.write(records());
      return { kind: 'yes' };
    } catch (error) {
      if (error instanceof MessageTooLarge) return { kind: 'no', what: error.message };
      this.partitions = 0;
      return { kind: 'again', what: inWords(error) };
    }
  }

  private async look(): Promise<void> {
    if (this.partitions > 0 && performance.now() - this.lookedAt < LOOK_EVERY_MS) return;
    const admin = new this.library.Admin(connectionOptions(this.settings));
    try {
      this.partitions = (await madeTopic(admin, this.topic, this.settings)).length;
      this.lookedAt = performance.now();
    } finally {
      void closeSoon(admin, () => admin.close());
    }
  }

  /** The partition is the one that the Java client would take. */
  private recordOf(name: string, text: string, traceparent?: string): WrittenRecord {
    const key = Buffer.from(name);
    const partition = this.library.compatibilityPartitioner(undefined, key) % this.partitions;
    return { key, value: Buffer.from(text), headers: headersOf(traceparent), partition };
  }
}
