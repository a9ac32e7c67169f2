import type { FetchedBatch, KafkaLibrary } from '../../../../src/infrastructure/kafka/kafka-library.js';
import {
  KafkaFailed,
  RejectedTopic,
  type RejectedRecord,
} from '../../../../src/infrastructure/kafka/upkeep/rejected-topic.js';
import { jsonOf } from '../../../../src/infrastructure/kafka/kafka-queue.js';
import { brokerError, FakeKafka, kafkaSettings } from '../../../support/fake-kafka.js';
import { faster, message } from '../../../support/messages.js';

interface Stored {
  readonly value?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What stands in the partitions of topics, in batches of two, the beginning of each cut off. */
class FakeLog {
  readonly topics = new Map<string, (readonly (Stored | undefined)[])[]>();
  /** By partition, the first that is still there. */
  beginning = 0;
  fetches = 0;
  isEmpty = false;

  batchAt(topic: string, partition: number, at: bigint): FetchedBatch[] {
    this.fetches++;
    if (this.isEmpty) return [];
    const all = this.topics.get(topic)![partition]!;
    const first = Number(at) - (Number(at) % 2);
    const records = all.slice(first, first + 2).flatMap((one, offsetDelta) =>
      one === undefined
        ? []
        : [
            {
              offsetDelta,
              key: Buffer.from('rocket-1'),
              value: one.value === undefined ? null : Buffer.from(one.value),
              headers: Object.entries(one.headers ?? {}).map(
                ([name, text]) => [Buffer.from(name), Buffer.from(text)] as const,
              ),
            },
          ],
    );
    return [{ attributes: 0, firstOffset: BigInt(first), lastOffsetDelta: 1, records }];
  }

  /** A consumer that is in no group. */
  reader(kafka: FakeKafka): KafkaLibrary {
    const find = (topicId: string) => topicId.slice(3);
    const client = {
      topics: { track: () => undefined },
      metadata: async ({ topics: [topic] }: { topics: string[] }) => {
        const partitions = (this.topics.get(topic!) ?? []).map(() => ({ leader: 1 }));
        return { topics: new Map([[topic, { id: `id-${topic}`, partitions }]]) };
      },
      listOffsets: async ({ topics: [topic], timestamp }: { topics: string[]; timestamp: bigint }) => {
        const ends = this.topics.get(topic!)!.map(({ length }) => BigInt(length));
        return new Map([[topic, timestamp === -1n ? ends : ends.map(() => BigInt(this.beginning))]]);
      },
      fetch: async ({ topics }: Parameters<InstanceType<KafkaLibrary['Consumer']>['fetch']>[0]) => {
        const { topicId, partitions } = topics[0]!;
        const { partition, fetchOffset } = partitions[0]!;
        const records = this.batchAt(find(topicId), partition, fetchOffset);
        return { responses: [{ partitions: [{ partitionIndex: partition, records }] }] };
      },
      close: async () => void (this.isClosed = true),
      connections: { close: () => undefined },
    };
    const Consumer = function () {
      return client;
    } as unknown as KafkaLibrary['Consumer'];
    return { ...kafka.library, Consumer };
  }

  isClosed = false;
}

const opened = () => {
  const log = new FakeLog();
  const kafka = new FakeKafka();
  const library = log.reader(kafka);
  return {
    log,
    kafka,
    use: <T>(work: (topic: RejectedTopic) => Promise<T>) => RejectedTopic.use(kafkaSettings, work, library),
  };
};

const all = async (records: AsyncIterable<RejectedRecord>): Promise<RejectedRecord[]> => {
  const found: RejectedRecord[] = [];
  for await (const record of records) found.push(record);
  return found;
};

const rejected = (offset: number): Stored => ({
  value: `nonsense ${offset}`,
  headers: { problem: '{}', place: `messages/0/${offset}` },
});

describe('the topic of rejected records', () => {
  it('is read from its beginning to its end, partition by partition, and let go of', async () => {
    const { log, use } = opened();
    log.topics.set('rejected', [[0, 1, 2, 3, 4].map(rejected), [], [rejected(7)]]);
    log.beginning = 0;
    const found = await use((topic) => all(topic.records()));
    expect(found.map(({ place }) => place)).toEqual(
      [0, 1, 2, 3, 4, 7].map((offset) => `messages/0/${offset}`),
    );
    expect(found[0]).toEqual({
      place: 'messages/0/0',
      key: Buffer.from('rocket-1'),
      value: Buffer.from('nonsense 0'),
      problem: '{}',
      leftOut: undefined,
    });
    expect(log.isClosed).toBe(true);
  });

  it('begins where its records still are, and passes offsets at which nothing stands', async () => {
    const { log, use } = opened();
    log.topics.set('rejected', [[rejected(0), rejected(1), undefined, undefined, rejected(4), undefined]]);
    log.beginning = 1;
    const found = await use((topic) => all(topic.records()));
    expect(found.map(({ place }) => place)).toEqual(['messages/0/1', 'messages/0/4']);
  });

  it('has each place once, and what others wrote as often as they did', async () => {
    const { log, use } = opened();
    log.topics.set('rejected', [
      [rejected(1), { value: 'x' }],
      [rejected(1), { value: 'x' }, rejected(2)],
    ]);
    const found = await use((topic) => all(topic.records()));
    expect(found.map(({ place }) => place)).toEqual(['messages/0/1', undefined, undefined, 'messages/0/2']);
  });

  it('is not read for ever when the brokers hand nothing out', async () => {
    const { log, use } = opened();
    log.topics.set('rejected', [[rejected(0)]]);
    log.isEmpty = true;
    const reading = use((topic) => all(topic.records()));
    await expect(reading).rejects.toThrow(KafkaFailed);
    await expect(reading).rejects.toThrow('rejected/0/0 is not handed out.');
    expect([log.fetches, log.isClosed]).toEqual([10, true]);
  });

  it('has the bytes of a record, or finds those that were left out where they stood', async () => {
    const { log, use } = opened();
    log.topics.set('messages', [[{ value: 'a' }, { value: 'huge' }]]);
    const record = {
      place: 'messages/0/1',
      key: null,
      value: Buffer.from('x'),
      problem: '{}',
      leftOut: undefined,
    };
    const bytesOf = (more: Partial<RejectedRecord>) => use((topic) => topic.bytesOf({ ...record, ...more }));
    expect(await bytesOf({})).toEqual(Buffer.from('x'));
    expect(await bytesOf({ value: null })).toEqual(Buffer.alloc(0));
    const leftOut = '4 bytes';
    expect(await bytesOf({ value: null, leftOut })).toEqual(Buffer.from('huge'));
    for (const place of ['messages/0/2', 'messages/7/0', 'nonsense', undefined])
      expect(await bytesOf({ value: null, leftOut, place })).toBeUndefined();
    log.beginning = 2;
    expect(await bytesOf({ value: null, leftOut })).toBeUndefined();
  });
});

describe('messages that were repaired', () => {
  it('are written as a gateway writes them: keyed by channel, in its partition', async () => {
    const { log, kafka, use } = opened();
    log.topics.set('messages', [[], [], []]);
    const sent = Array.from({ length: 600 }, (_, i) => message(i + 1, faster(1), `rocket-${i % 2}`));
    await use((topic) => topic.send(sent));
    const [producer] = kafka.producers;
    expect(producer!.sent.map((some) => some.length)).toEqual([500, 100]);
    const records = producer!.sent.flat();
    expect(records.map(({ value }) => String(value))).toEqual(sent.map(jsonOf));
    const partitions = new Set(records.map(({ key, partition }) => `${String(key)} ${partition}`));
    expect(partitions).toEqual(new Set(['rocket-0 0', 'rocket-1 1']));
    expect(producer!.isClosed).toBe(true);
  });

  it('are told of as not sent when the topic does not take them', async () => {
    const { log, kafka, use } = opened();
    log.topics.set('messages', [[]]);
    kafka.failsToSend = () => brokerError('NOT_ENOUGH_REPLICAS');
    await expect(use((topic) => topic.send([message(1, faster(1))]))).rejects.toThrow(/NOT_ENOUGH_REPLICAS/);
    kafka.failsToSend = () => brokerError('MESSAGE_TOO_LARGE');
    const two = [1, 2].map((number) => message(number, faster(1)));
    await expect(use((topic) => topic.send(two))).rejects.toThrow(KafkaFailed);
  });
});
