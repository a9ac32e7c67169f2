import type { SinkRules } from '../../src/infrastructure/sinks.js';
import { KafkaSinks } from '../../src/infrastructure/kafka/kafka-sinks.js';
import { createSinks } from '../../src/infrastructure/sinks.js';
import { FakeKafka, kafkaSettings } from '../support/fake-kafka.js';

const noKafka = 'Kafka is not configured here: set KAFKA_BROKERS.';
const sinksOf = (rules: Partial<SinkRules> = {}) =>
  createSinks(
    {
      source: 'urn:rockets:store/1',
      webhookAllow: [],
      kafka: noKafka,
      resolve: async () => [{ address: '93.184.215.14', family: 4 }],
      ...rules,
    },
    { now: () => 0 },
  );
const withKafka = { kafka: new KafkaSinks(new FakeKafka().library, kafkaSettings) };
const { signal } = new AbortController();

describe('the receivers that an instance can reach', () => {
  it('are webhooks, and topics where Kafka is configured', () => {
    expect(sinksOf().types).toEqual(['webhook']);
    expect(sinksOf(withKafka).types).toEqual(['webhook', 'kafka']);
  });

  it('are judged each by its own rules', async () => {
    const sinks = sinksOf(withKafka);
    expect(await sinks.problemOf({ type: 'webhook', url: 'https://receiver.example/' })).toBeUndefined();
    expect(await sinks.problemOf({ type: 'webhook', url: 'http://127.0.0.1/' })).toContain('WEBHOOK_ALLOW');
    expect(await sinks.problemOf({ type: 'kafka', topic: 'flights' })).toBeUndefined();
    expect(await sinks.problemOf({ type: 'kafka', topic: 'messages' })).toContain('in circles');
  });

  it('are no topics without Kafka, and say so', async () => {
    const sinks = sinksOf();
    const settings = { type: 'kafka', topic: 'flights' } as const;
    expect(await sinks.problemOf(settings)).toBe(noKafka);
    const sink = sinks.open('mine', settings, async () => []);
    expect(await sink.deliver([], signal)).toEqual({ kind: 'again', what: noKafka });
    expect(await sink.test(signal)).toEqual({ kind: 'again', what: noKafka });
    await sink.close();
  });

  it('are opened each as what it is', async () => {
    const kafka = new FakeKafka();
    const sinks = sinksOf({ kafka: new KafkaSinks(kafka.library, kafkaSettings) });
    const topic = sinks.open('mine', { type: 'kafka', topic: 'flights' }, async () => []);
    expect(await topic.test(signal)).toEqual({ kind: 'yes' });
    expect(kafka.producers[0]!.sent).toHaveLength(1);
    const webhook = sinks.open('mine', { type: 'webhook', url: 'http://127.0.0.1/' }, async () => ['whsec_']);
    expect(await webhook.test(signal)).toMatchObject({ kind: 'again' });
  });
});
