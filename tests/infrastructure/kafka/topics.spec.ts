import { KafkaRefused } from '../../../src/infrastructure/kafka/kafka-library.js';
import { Topics } from '../../../src/infrastructure/kafka/topics.js';
import { brokerError, clientError, FakeKafka, kafkaSettings } from '../../support/fake-kafka.js';

const opened: Topics[] = [];
afterEach(async () => {
  jest.useRealTimers();
  for (const topics of opened.splice(0)) await topics.stop();
});

const topicsOver = (kafka = new FakeKafka()) => {
  const told: string[] = [];
  const topics = new Topics(kafka.library, kafkaSettings, (message, fields) => {
    told.push(`${message}: ${String(fields['error'])}`);
  });
  opened.push(topics);
  return { kafka, topics, told };
};

const refusalOf = async (prepare: (kafka: FakeKafka) => void): Promise<unknown> => {
  const { kafka, topics } = topicsOver();
  prepare(kafka);
  return topics.start().then(
    () => undefined,
    (error: unknown) => error,
  );
};

const refusing =
  (error: Error) =>
  (kafka: FakeKafka): void => {
    kafka.refuses = () => error;
  };

const mayNotMake =
  (error: Error) =>
  (kafka: FakeKafka): void => {
    kafka.refusesToMake = error;
  };

describe('the topics', () => {
  it('are made when they are missing, and left as they are otherwise', async () => {
    const { kafka, topics } = topicsOver();
    kafka.topics.set('messages', [1, 2]);
    expect(topics.failure).toBe('not asked yet');
    await topics.start();
    expect([...kafka.topics]).toEqual([
      ['messages', [1, 2]],
      ['rejected', [1, 1, 1, 1]],
    ]);
    expect(topics.failure).toBeUndefined();
  });

  it.each([new Error('Unknown topic rejected.'), brokerError('UNKNOWN_TOPIC_OR_PARTITION')])(
    'may be made by somebody else just then (%s)',
    async (missing) => {
      const { kafka, topics } = topicsOver();
      kafka.refusesToMake = brokerError('TOPIC_ALREADY_EXISTS');
      kafka.refuses = () => {
        kafka.refuses = () => undefined;
        kafka.topics.set('messages', [1]).set('rejected', [1]);
        return missing;
      };
      await topics.start();
      expect(topics.failure).toBeUndefined();
    },
  );

  it('say where a key goes: as many partitions as there are, and who leads them', async () => {
    const { kafka, topics } = topicsOver();
    const key = Buffer.from([7]);
    expect([topics.partitionOf(key), topics.leaderOf(3)]).toEqual([3, -1]);
    kafka.topics.set('messages', [11, 12, 13, 14, 15]).set('rejected', [11, 12, 13]);
    await topics.start();
    expect([topics.partitionOf(key), topics.partitionOfRejected(key), topics.leaderOf(2)]).toEqual([
      2, 1, 13,
    ]);
  });

  it.each([
    [
      'may not be read',
      refusing(brokerError('TOPIC_AUTHORIZATION_FAILED')),
      /^The topic rejected is missing, or .* may not use it/,
    ],
    [
      'are missing and may not be made',
      mayNotMake(brokerError('TOPIC_AUTHORIZATION_FAILED')),
      /may not make it.* kafka-topics\.sh --create --topic rejected --partitions 4$/,
    ],
    [
      'may not be made in this cluster',
      mayNotMake(brokerError('CLUSTER_AUTHORIZATION_FAILED')),
      /may not make it/,
    ],
    [
      'are on brokers that are too old',
      refusing(new AggregateError([clientError('PLT_KFK_UNSUPPORTED_API')], 'failed')),
      /too old: 2\.8 or newer is needed/,
    ],
    [
      'are behind a login that is wrong',
      refusing(new Error('failed', { cause: clientError('PLT_KFK_AUTHENTICATION', 'no such user') })),
      /^Kafka takes no KAFKA_USERNAME and KAFKA_PASSWORD as these: failed no such user$/,
    ],
  ] as const)('that %s are told of at once: no waiting would mend it', async (_, prepare, message) => {
    const error = await refusalOf(prepare);
    expect(error).toBeInstanceOf(KafkaRefused);
    expect((error as Error).message).toMatch(message);
  });

  it('are waited for while no broker answers, which is told now and then', async () => {
    jest.useFakeTimers();
    const { kafka, topics, told } = topicsOver();
    kafka.refuses = () => new Error('connect ECONNREFUSED');
    await topics.start();
    expect(topics.failure).toBe('connect ECONNREFUSED');
    expect(told).toEqual(['Kafka does not answer: waiting for it: connect ECONNREFUSED']);
    await jest.advanceTimersByTimeAsync(9000);
    expect(told).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(2000);
    expect(told).toHaveLength(2);
    expect(kafka.admins.length).toBeGreaterThan(10);
    expect(kafka.admins.every(({ isClosed }) => isClosed)).toBe(true);
    kafka.refuses = () => undefined;
    await jest.advanceTimersByTimeAsync(1000);
    expect([topics.failure, kafka.topics.size]).toEqual([undefined, 2]);
    await topics.stop();
    expect(kafka.admins.every(({ isClosed }) => isClosed)).toBe(true);
  });

  it('that are refused later keep nobody from looking on', async () => {
    jest.useFakeTimers();
    const { kafka, topics } = topicsOver();
    await topics.start();
    kafka.refuses = () => brokerError('TOPIC_AUTHORIZATION_FAILED');
    await jest.advanceTimersByTimeAsync(3000);
    expect(topics.failure).toMatch(/may not use it/);
    kafka.refuses = () => undefined;
    await jest.advanceTimersByTimeAsync(1000);
    expect(topics.failure).toBeUndefined();
  });
});
