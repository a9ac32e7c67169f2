import { MessageTooLarge, QueueUnavailable } from '../../../src/application/ports/message-queue.js';
import { TopicWriter } from '../../../src/infrastructure/kafka/topic-writer.js';
import { brokerError, FakeKafka, kafkaSettings } from '../../support/fake-kafka.js';

const record = { partition: 1, key: Buffer.from('rocket-1'), value: Buffer.from('{}') };

const writerOver = () => {
  const kafka = new FakeKafka();
  return { kafka, writer: new TopicWriter(kafka.library, kafkaSettings, 'messages') };
};

describe('who writes to a topic', () => {
  it('sends all of a call at once, by one producer a lane', async () => {
    const { kafka, writer } = writerOver();
    await writer.write([record, { ...record, partition: 2 }], 1);
    await writer.write([record], 1);
    await writer.write([record], 2);
    const sent = kafka.producers.map((producer) => producer.sent);
    const first = { ...record, topic: 'messages' };
    expect(sent).toEqual([[[first, { ...first, partition: 2 }], [first]], [[first]]]);
  });

  it('drops a producer that has failed, closes it, and goes on with a new one', async () => {
    const { kafka, writer } = writerOver();
    await writer.write([record], 2);
    kafka.failsToSend = () => brokerError('NOT_LEADER_OR_FOLLOWER');
    const failed = writer.write([record]);
    await expect(failed).rejects.toThrow(QueueUnavailable);
    await expect(failed).rejects.toThrow('Request failed. the broker says NOT_LEADER_OR_FOLLOWER');
    expect(kafka.producers.map(({ isClosed }) => isClosed)).toEqual([false, true]);
    kafka.failsToSend = () => undefined;
    await writer.write([record]);
    await writer.write([record], 2);
    expect(kafka.producers.map(({ sent }) => sent.length)).toEqual([2, 1, 1]);
  });

  it('drops one producer for several calls of it that fail', async () => {
    const { kafka, writer } = writerOver();
    kafka.failsToSend = () => new Error('cut');
    await Promise.allSettled([writer.write([record]), writer.write([record])]);
    kafka.failsToSend = () => undefined;
    await writer.write([record]);
    expect(kafka.producers.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  });

  it.each(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])('keeps its producer after %s', async (id) => {
    const { kafka, writer } = writerOver();
    kafka.failsToSend = () => brokerError(id);
    await expect(writer.write([record])).rejects.toThrow(MessageTooLarge);
    kafka.failsToSend = () => undefined;
    await writer.write([record]);
    expect(kafka.producers).toHaveLength(1);
    expect(kafka.producers[0]!.isClosed).toBe(false);
  });

  it('closes them all', async () => {
    const { kafka, writer } = writerOver();
    for (const lane of [1, 2, 3]) await writer.write([record], lane);
    await writer.close();
    expect(kafka.producers.map(({ isClosed }) => isClosed)).toEqual([true, true, true]);
  });
});
