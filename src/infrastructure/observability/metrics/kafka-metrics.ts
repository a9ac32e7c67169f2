import type { KafkaReport } from '../../../application/health.js';
import type { Definition, Values } from './definition.js';
import type { Scraped } from './sources.js';

type KafkaMetric = Omit<Definition, 'of' | 'read'> & { readonly read: (report: KafkaReport) => Values };

/** Only where Kafka stands before the store. */
export const kafkaMetrics = (now: () => Scraped): readonly Definition[] =>
  [...consuming, ...gateway].map((metric) => ({
    ...metric,
    of: 'instance',
    read: () => metric.read(now().kafka ?? {}),
  }));

const consuming: readonly KafkaMetric[] = [
  {
    name: 'rockets_kafka_consumer_up',
    type: 'gauge',
    unit: '1 or 0',
    help: 'Whether this instance gets on with the topic of messages.',
    read: ({ consumer }) => consumer && Number(consumer.error === undefined),
  },
  {
    name: 'rockets_kafka_lag_messages',
    type: 'gauge',
    unit: 'records',
    help: 'Records that are not committed, of the partitions that this instance works off.',
    labels: ['partition'],
    read: ({ consumer }) =>
      consumer?.partitions.map(({ partition, lag }) => ({ labels: { partition }, value: lag })),
  },
  {
    name: 'rockets_kafka_rejected_total',
    type: 'counter',
    unit: 'records',
    help: 'Records that no message could be made of, and that were put away in the topic of rejected ones.',
    read: ({ consumer }) => consumer?.rejected,
  },
  {
    name: 'rockets_kafka_rebalances_total',
    type: 'counter',
    unit: 'times',
    help: 'How often the group of consumers was made up anew.',
    read: ({ consumer }) => consumer?.rebalances,
  },
];

const gateway: readonly KafkaMetric[] = [
  {
    name: 'rockets_kafka_gateway_up',
    type: 'gauge',
    unit: '1 or 0',
    help: 'Whether the brokers take the messages of this instance.',
    read: (report) => report.gateway && Number(report.gateway.error === undefined),
  },
  {
    name: 'rockets_kafka_gateway_waiting_messages',
    type: 'gauge',
    unit: 'messages',
    help: 'Messages that were taken and that Kafka does not hold yet.',
    read: (report) => report.gateway?.waiting,
  },
];
