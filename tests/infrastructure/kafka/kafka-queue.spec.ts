import { KafkaQueue, jsonOf } from '../../../src/infrastructure/kafka/kafka-queue.js';
import { TopicWriter } from '../../../src/infrastructure/kafka/topic-writer.js';
import { Topics } from '../../../src/infrastructure/kafka/topics.js';
import { readBodyMessage } from '../../../src/infrastructure/http/messages/message-reader.js';
import fc from 'fast-check';
import { FakeKafka, kafkaSettings } from '../../support/fake-kafka.js';
import { anyReport, faster, message } from '../../support/messages.js';

const openQueue = async (leaders: number[]) => {
  const kafka = new FakeKafka();
  kafka.topics.set('messages', leaders).set('rejected', [1]);
  const topics = new Topics(kafka.library, kafkaSettings, () => undefined);
  await topics.start();
  const queue = new KafkaQueue(topics, new TopicWriter(kafka.library, kafkaSettings, 'messages'));
  return { kafka, queue, close: () => topics.stop() };
};

describe('a topic as a queue', () => {
  it('has a lane for each broker, and each channel in one partition', async () => {
    const { kafka, queue, close } = await openQueue([11, 12, 11, 12]);
    // Told apart by the last character alone, as this library has it.
    const [zero, one, two] = ['rocket-0', 'rocket-1', 'rocket-2'].map((channel) =>
      message(1, faster(1), channel),
    );
    expect([zero, one, two].map((some) => queue.laneOf(some!))).toEqual([11, 12, 11]);
    await queue.put([zero!, two!]);
    await queue.put([one!]);
    const sent = kafka.producers.map((producer) => producer.sent.flat());
    expect(sent.map((records) => records.map(({ partition, key }) => [partition, String(key)]))).toEqual([
      [
        [0, 'rocket-0'],
        [2, 'rocket-2'],
      ],
      [[1, 'rocket-1']],
    ]);
    await close();
  });

  it('tells whoever works a message off which trace it belongs to', async () => {
    const { kafka, queue, close } = await openQueue([11]);
    await queue.put([message(1, faster(1)), message(2, faster(1))], ['00-one', undefined]);
    await queue.put([message(3, faster(1))]);
    const headers = kafka.producers.flatMap(({ sent }) => sent.flat()).map((record) => record.headers);
    const named = headers.map((some) => some && [...some].map(([name, text]) => `${name}: ${text}`));
    expect(named).toEqual([['traceparent: 00-one'], undefined, undefined]);
    await close();
  });

  it('holds what POST /messages takes, and nothing of it is lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), anyReport, (number, report) => {
        const sent = message(number, report, 'rocket:1');
        expect(readBodyMessage(Buffer.from(jsonOf(sent)))).toEqual(sent);
      }),
    );
  });
});
