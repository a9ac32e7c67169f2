import { ConsumeMessages } from '../../../src/infrastructure/kafka/consume-messages.js';
import type { TopicRecord } from '../../../src/infrastructure/kafka/assignment.js';
import { jsonOf } from '../../../src/infrastructure/kafka/kafka-queue.js';
import { queueTracing, recordTracing, traceHeader } from '../../../src/infrastructure/kafka/record-trace.js';
import { RejectedRecords } from '../../../src/infrastructure/kafka/rejected-records.js';
import { MessageTraces } from '../../../src/application/ingest/message-traces.js';
import { FakeTracing, partsOf } from '../../support/fake-tracing.js';
import { ManualClock } from '../../support/manual-clock.js';
import { memoryStore } from '../../support/memory-store.js';
import { faster, launched, message } from '../../support/messages.js';
import { LogBook, pipelineOver } from '../../support/pipeline.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const topic = { topic: 'messages', group: 'rockets' };

const recordOf = (value: string, offset: number, traceparent?: string): TopicRecord => ({
  partition: 3,
  offset: BigInt(offset),
  value: Buffer.from(value),
  headerEntries: [
    [Buffer.from('other'), Buffer.from('header')],
    ...(traceparent === undefined ? [] : [traceHeader(traceparent)]),
  ],
});

const consuming = async () => {
  const tracing = new FakeTracing();
  const clock = new ManualClock();
  const { pool, ingest } = pipelineOver(memoryStore().store, { clock, traces: new MessageTraces(tracing) });
  await pool.start();
  const rejected = new RejectedRecords(
    { write: async () => undefined },
    'messages',
    () => 0,
    clock,
    () => undefined,
  );
  const trace = recordTracing(tracing, topic);
  const consume = new ConsumeMessages(ingest, rejected, { bytes: 1000 }, clock, new LogBook(), trace);
  const take = consume.begin({
    isOver: false,
    pause: () => undefined,
    resume: () => undefined,
    commit: async () => undefined,
  });
  return { tracing, clock, take };
};

describe('a record of the topic of messages', () => {
  it('goes on with the trace of its producer, until what became of it is known', async () => {
    const { tracing, clock, take } = await consuming();
    take(recordOf(jsonOf(message(1, launched())), 7, `00-${traceId}-00f067aa0ba902b7-01`));
    await clock.pass(300);
    const [span] = tracing.named('process messages');
    expect([span!.traceId, span!.options.kind, span!.error]).toEqual([traceId, 'consumer', undefined]);
    expect(span!.attributes).toMatchObject({
      'messaging.destination.name': 'messages',
      'messaging.consumer.group.name': 'rockets',
      'messaging.destination.partition.id': '3',
      'messaging.kafka.offset': 7,
    });
    expect(partsOf(tracing, span!)).toEqual(['ingest message']);
    expect(span!.endedAt).toBeGreaterThan(tracing.named('commit')[0]!.endedAt!);
  });

  it('is taken whatever its headers are', async () => {
    const { tracing, clock, take } = await consuming();
    const record = recordOf(jsonOf(message(1, launched())), 7);
    const headerEntries: unknown = [
      [undefined, undefined],
      [Buffer.from('traceparent'), undefined],
    ];
    take({ ...record, headerEntries } as TopicRecord);
    await clock.pass(300);
    expect(tracing.named('ingest message')).toHaveLength(1);
  });

  it('that is no message ends with why', async () => {
    const { tracing, clock, take } = await consuming();
    take(recordOf('{}', 0));
    await clock.pass(300);
    const [span] = tracing.named('process messages');
    expect(span!.attributes['rockets.problem']).toBe('invalid-message');
    expect(span!.error).toBeDefined();
  });

  it('of which nothing is recorded has no span', async () => {
    const { tracing, clock, take } = await consuming();
    tracing.records = false;
    take(recordOf(jsonOf(message(1, launched())), 0));
    await clock.pass(300);
    expect(tracing.spans).toEqual([]);
  });

  it('shows how long a gateway took to hand it over', () => {
    const tracing = new FakeTracing();
    const request = tracing.request();
    const span = queueTracing(tracing, 'messages')(message(2, faster(1)), request);
    expect(span).toMatchObject({ name: 'send messages', parent: request });
    expect(tracing.named('send messages')[0]!.attributes).toMatchObject({
      'messaging.kafka.message.key': 'rocket-1',
      'rockets.number': 2,
    });
  });
});
