import { kafkaRows, kafkaTroubles } from '../../web/model/kafka.js';
import type { KafkaJson } from '../../web/model/wire.js';

const consumerWith = (more: Partial<NonNullable<KafkaJson['consumer']>> = {}) => ({
  partitions: [],
  rebalances: 1,
  remade: 0,
  rejected: 0,
  ...more,
});

const figures = (kafka: KafkaJson) =>
  Object.fromEntries(kafkaRows(kafka).map(({ name, value }) => [name, value]));
const behind = (lags: readonly number[]): string =>
  kafkaRows({
    consumer: consumerWith({ partitions: lags.map((lag, partition) => ({ partition, lag })) }),
  }).find(({ name }) => name === 'Behind')!.meaning;

describe('the figures of Kafka', () => {
  it('are those of the roles that an instance has', () => {
    expect(kafkaRows({})).toEqual([]);
    expect(figures({ gateway: { queued: 1204, waiting: 3 } })).toEqual({
      Queued: '1,204',
      'On the way': '3',
    });
    const partitions = [5, 0, 12].map((lag, partition) => ({ partition, lag }));
    expect(
      figures({ consumer: consumerWith({ partitions, heartbeatAgoSeconds: 1.2, rejected: 2, remade: 3 }) }),
    ).toEqual({
      Behind: '17',
      Rejected: '2',
      'Last heartbeat': '1.2 s ago',
      Rebalances: '1',
      'Made anew': '3',
    });
  });

  it('ask for attention where a record was rejected', () => {
    const bad = (rejected: number) =>
      kafkaRows({ consumer: consumerWith({ rejected }) }).flatMap(({ name, isBad }) => (isBad ? [name] : []));
    expect([bad(0), bad(1)]).toEqual([[], ['Rejected']]);
  });

  it('say in which partitions it is behind, the longest first', () => {
    expect(behind([])).toMatch(/^It has no partition/);
    expect(behind([0])).toBe('Everything of 1 partition is worked off.');
    expect(behind([5, 0, 1200])).toBe('Not worked off yet in 2 of 3 partitions: no. 2: 1,200, no. 0: 5.');
    expect(behind(Array.from({ length: 20 }, () => 1))).toMatch(/^Not .* no\. 11: 1, and 8 more\.$/);
  });
});

describe('the troubles of Kafka', () => {
  it('are none while all is well', () =>
    expect(kafkaTroubles({ gateway: { queued: 0, waiting: 0 }, consumer: consumerWith() })).toEqual([]));

  it('are told with their reasons', () => {
    const error = 'no broker answers';
    expect(
      kafkaTroubles({ gateway: { queued: 0, waiting: 0, error }, consumer: consumerWith({ error }) }),
    ).toEqual([
      'Kafka takes no messages: no broker answers',
      'What Kafka holds is not worked off: no broker answers',
    ]);
  });
});
