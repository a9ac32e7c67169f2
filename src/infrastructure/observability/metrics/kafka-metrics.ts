import type { KafkaReport } from '../../../application/health.js';
import type { Definition, Values } from './definition.js';
import type { Scraped } from './sources.js';

/** Only where Kafka stands before the store. */
export const kafkaMetrics = (now: () => Scraped): readonly Definition[] => {
  const metric = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    read: (report: KafkaReport) => Values,
    labels: readonly string[] = [],
  ): Definition => ({ name, type, help, labels, of: 'instance', read: () => read(now().kafka ?? {}) });
  return [
    metric(
      'rockets_kafka_lag_messages',
      'gauge',
      'Records of a partition that this instance works off and that are not committed.',
      ({ consumer }) =>
        consumer?.partitions.map(({ partition, lag }) => ({ labels: { partition }, value: lag })),
      ['partition'],
    ),
    metric(
      'rockets_kafka_rejected_total',
      'counter',
      'Records that no message could be made of, and that were put away in the topic of rejected ones.',
      ({ consumer }) => consumer?.rejected,
    ),
    metric(
      'rockets_kafka_rebalances_total',
      'counter',
      'How often the group of consumers was made up anew.',
      ({ consumer }) => consumer?.rebalances,
    ),
    metric(
      'rockets_kafka_consumer_up',
      'gauge',
      'Whether this instance gets on with the topic of messages: 1 or 0.',
      ({ consumer }) => consumer && Number(consumer.error === undefined),
    ),
    metric(
      'rockets_kafka_gateway_waiting_messages',
      'gauge',
      'Messages that were taken and that Kafka does not hold yet.',
      ({ gateway }) => gateway?.waiting,
    ),
    metric(
      'rockets_kafka_gateway_up',
      'gauge',
      'Whether the brokers take messages of this instance: 1 or 0.',
      ({ gateway }) => gateway && Number(gateway.error === undefined),
    ),
  ];
};
