import type { TraceQueuing } from '../../application/ingest/queue-messages.js';
import type { Span, Tracing } from '../../application/ports/tracing.js';
import type { KafkaSettings } from './connection.js';
import type { TopicRecord } from './assignment.js';

const NAME = 'traceparent';

/** As it stands in a record. */
export const traceHeader = (traceparent: string): [Buffer, Buffer] => [
  Buffer.from(NAME),
  Buffer.from(traceparent),
];

/** The client does not say so, but a header in Kafka may lack its value: that keeps no record from being taken. */
type MaybeEmpty = readonly [Buffer | undefined, Buffer | undefined];

const traceparentIn = ({ headerEntries }: TopicRecord): string | undefined => {
  for (const [name, value] of headerEntries as readonly MaybeEmpty[]) {
    if (name?.toString() === NAME) return value?.toString('latin1');
  }
  return undefined;
};

/** Begins to record what becomes of a record, where its producer wants it, or by lot. */
export type TraceRecord = (record: TopicRecord) => Span | undefined;

export const recordTracing =
  (tracing: Tracing, { topic, group }: Pick<KafkaSettings, 'topic' | 'group'>): TraceRecord =>
  (record) => {
    const span = tracing.begin(`process ${topic}`, traceparentIn(record), { kind: 'consumer' });
    span?.set({
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.destination.name': topic,
      'messaging.consumer.group.name': group,
      'messaging.destination.partition.id': String(record.partition),
      'messaging.kafka.offset': Number(record.offset),
      'messaging.message.body.size': record.value?.length ?? 0,
    });
    return span;
  };

/** Shows how long a record of the topic of messages takes until the brokers have it. */
export const queueTracing =
  (tracing: Tracing, topic: string): TraceQueuing =>
  ({ channel, number, report }, parent) =>
    tracing.child(parent, `send ${topic}`, {
      kind: 'producer',
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.type': 'send',
        'messaging.destination.name': topic,
        'messaging.kafka.message.key': channel,
        'rockets.channel': channel,
        'rockets.number': number,
        'rockets.type': report.type,
      },
    });
