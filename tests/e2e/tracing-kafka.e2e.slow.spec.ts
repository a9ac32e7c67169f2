import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { startWithKafka, untilReady, whatBecameOf } from '../support/kafka/kafka-service.js';
import { messageText } from '../support/real-process.js';
import { SpanReceiver } from '../support/span-receiver.js';
import { callService } from '../support/subscription-flight.js';
import { picturesOf, shapeOf, waterfall } from '../support/waterfall.js';
import { endedBy } from '../support/to-end.js';

jest.setTimeout(300_000);

const page = readFileSync(join(__dirname, '../../docs/tracing.md'), 'utf8');
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

const toEnd = endedBy(afterEach);

const kafkaTests = (): void => {
  it('goes on through the topic, as docs/tracing.md draws it, and into the topic of a subscription', async () => {
    const cluster = await KafkaCluster.start();
    toEnd.push(() => cluster.close());
    const collector = await SpanReceiver.start();
    toEnd.push(() => collector.stop());
    const service = await startWithKafka({
      ...collector.settings,
      TRACING_SAMPLE: '0',
      INGEST: 'kafka',
      CONSUME: 'kafka',
      KAFKA_BROKERS: cluster.bootstrap,
    });
    toEnd.push(() => service.end('SIGKILL'));
    await untilReady(service.url);
    const report = (number: number, channel: string, traceparent?: string): Promise<Response> =>
      fetch(`${service.url}/messages`, {
        method: 'POST',
        body: messageText(number, channel),
        headers: { 'Content-Type': 'application/json', ...(traceparent !== undefined && { traceparent }) },
      });
    // The first one waits until the group has come together.
    await report(1, 'warm');
    await whatBecameOf(service.url, 'warm', 1);
    const asked = `00-${traceId}-00f067aa0ba902b7-01`;
    expect((await report(1, 'traced', asked)).headers.get('rocket-outcome')).toBe('queued');
    await collector.untilNamed('process rockets.messages');
    await collector.untilNamed('POST /messages');
    const picture = waterfall(collector.ofTrace(traceId));
    process.stderr.write(`\n${picture}\n\n`);
    expect(picturesOf(page).map(shapeOf)).toContain(shapeOf(picture));
    expect(collector.named('process rockets.messages')).toMatchObject([
      {
        kind: 'consumer',
        attributes: {
          'messaging.system': 'kafka',
          'messaging.operation.type': 'process',
          'messaging.destination.name': 'rockets.messages',
          'messaging.consumer.group.name': 'rockets',
        },
      },
    ]);
    expect(collector.named('send rockets.messages')).toMatchObject([
      { kind: 'producer', attributes: { 'messaging.kafka.message.key': 'traced', 'rockets.number': 1 } },
    ]);

    const sink = { type: 'kafka', topic: 'flights' };
    await callService(service.url, '/subscriptions', { name: 'flights', from: 'start', sink });
    const [delivery] = await collector.untilNamed('send flights');
    expect(delivery).toMatchObject({ traceId, kind: 'producer' });
    // Nobody asked for the others.
    expect(collector.spans.filter((span) => span.traceId !== traceId)).toEqual([]);
    expect(await service.end('SIGTERM')).toBe(0);
  });
};

describeWithKafka('a trace over Kafka', kafkaTests);
