import { HTTP, type CloudEvent } from 'cloudevents';
import type { StoredEvent } from '../../../src/application/ports/event-store.js';
import { CloudEvents } from '../../../src/infrastructure/cloud-events.js';
import { KafkaSinks } from '../../../src/infrastructure/kafka/kafka-sinks.js';
import { eventView } from '../../../src/infrastructure/http/views.js';
import { faster, launched, noonMillis } from '../../support/builders.js';
import { brokerError, clientError, FakeKafka, kafkaSettings } from '../../support/fake-kafka.js';
import { turns } from '../../support/manual-clock.js';

const events = new CloudEvents('urn:rockets:store/1');
const signal = new AbortController().signal;

const stored = (channel: string, number: number): StoredEvent => ({
  position: `place-${channel}-${number}`,
  channel,
  number,
  event: number === 1 ? launched() : faster(),
  recordedAt: noonMillis,
});

const sinkOver = (kafka = new FakeKafka(), topic = 'flights') => ({
  kafka,
  sink: new KafkaSinks(kafka.library, kafkaSettings).open(topic, events),
});

const sentBy = (kafka: FakeKafka) => kafka.producers.flatMap(({ sent }) => sent);

describe('a topic that a subscription goes to', () => {
  it('holds a record for each event: a CloudEvent, keyed by its rocket, in the partition of the key', async () => {
    const { kafka, sink } = sinkOver();
    kafka.topics.set('flights', [1, 1, 1]);
    const batch = [stored('rocket-1', 1), stored('rocket-1', 2), stored('rocket-2', 1)];
    expect(await sink.deliver(batch, signal)).toEqual({ kind: 'yes' });
    const [records] = sentBy(kafka);
    // What stands for the partitioner of the Java client here knows the last character alone.
    const expected = ['1', '1', '2'].map((last) => last.charCodeAt(0) % 3);
    expect(records!.map(({ topic, partition, key }) => [topic, partition, key!.toString()])).toEqual([
      ['flights', expected[0], 'rocket-1'],
      ['flights', expected[1], 'rocket-1'],
      ['flights', expected[2], 'rocket-2'],
    ]);
    const read = records!.map(({ headers, value }) => {
      const named = [...headers!].map(([name, text]) => [name.toString(), text.toString()] as const);
      return HTTP.toEvent({
        headers: Object.fromEntries(named),
        body: value!.toString(),
      }) as CloudEvent<unknown>;
    });
    expect(read.map(({ id, data }) => [id, data])).toEqual(
      batch.map((event) => [`${event.channel}/${event.number}`, eventView(event)]),
    );
  });

  it('tells of each event that is recorded to which trace it belongs', async () => {
    const { kafka, sink } = sinkOver();
    const [one, other] = [stored('rocket-1', 1), stored('rocket-1', 2)];
    const traceparentOf = (event: StoredEvent) => (event === other ? '00-other' : undefined);
    await sink.deliver([one, other], signal, { traceparent: '00-other', traceparentOf });
    const [records] = sentBy(kafka);
    const named = records!.map(({ headers }) => [...headers!].map(([name, text]) => `${name}: ${text}`));
    const type = 'content-type: application/cloudevents+json';
    expect(named.map((headers) => headers.map((text) => text.split(';')[0]))).toEqual([
      [type],
      [type, 'traceparent: 00-other'],
    ]);
  });

  it('is made when it is missing, and asked for once', async () => {
    const { kafka, sink } = sinkOver();
    for (const number of [1, 2, 3]) await sink.deliver([stored('rocket-1', number)], signal);
    expect(kafka.topics.get('flights')).toEqual([1, 1, 1, 1]);
    expect([kafka.admins.length, kafka.admins[0]!.isClosed]).toEqual([1, true]);
    expect(sentBy(kafka)).toHaveLength(3);
  });

  it('that may not be made is named, and written to when somebody has made it', async () => {
    const { kafka, sink } = sinkOver();
    kafka.refusesToMake = brokerError('TOPIC_AUTHORIZATION_FAILED');
    expect(await sink.deliver([stored('rocket-1', 1)], signal)).toEqual({
      kind: 'again',
      what: expect.stringContaining(
        'The topic flights is missing, and a client without a name may not make it',
      ) as string,
    });
    expect(kafka.producers).toEqual([]);
    kafka.topics.set('flights', [1]);
    expect(await sink.deliver([stored('rocket-1', 1)], signal)).toEqual({ kind: 'yes' });
  });

  it.each([
    brokerError('NOT_LEADER_OR_FOLLOWER'),
    clientError('PLT_KFK_TIMEOUT', 'Request timed out'),
    new Error('cut'),
  ])('that is not reached is tried again, as it is by then (%s)', async (error) => {
    const { kafka, sink } = sinkOver();
    kafka.topics.set('flights', [1]);
    kafka.failsToSend = () => error;
    expect(await sink.deliver([stored('rocket-1', 1)], signal)).toEqual({
      kind: 'again',
      what: expect.stringContaining(error.message) as string,
    });
    kafka.failsToSend = () => undefined;
    kafka.topics.set('flights', [1, 1, 1, 1, 1]);
    expect(await sink.deliver([stored('rocket-1', 1)], signal)).toEqual({ kind: 'yes' });
    expect(sentBy(kafka).map(([record]) => record!.partition)).toEqual([0, '1'.charCodeAt(0) % 5]);
  });

  it('does not take what is too large for it', async () => {
    const { kafka, sink } = sinkOver();
    kafka.failsToSend = () => brokerError('MESSAGE_TOO_LARGE');
    const answered = await sink.deliver([stored('rocket-1', 1)], signal);
    expect(answered).toEqual({ kind: 'no', what: 'The topic flights takes no message of this size.' });
  });

  it('can be given a test', async () => {
    const { kafka, sink } = sinkOver();
    expect(await sink.test(signal)).toEqual({ kind: 'yes' });
    const record = sentBy(kafka)[0]![0]!;
    expect(record.key!.toString()).toBe('test');
    expect(JSON.parse(record.value!.toString())).toMatchObject({
      type: 'rockets.test',
      data: { test: true },
    });
  });

  it('is written to once at a time, also when nobody waits any more for what was written', async () => {
    const { kafka, sink } = sinkOver();
    kafka.topics.set('flights', [1]);
    let done = (): void => undefined;
    kafka.sending = new Promise((resolve) => (done = resolve));
    const stopping = new AbortController();
    const first = sink.deliver([stored('rocket-1', 1)], stopping.signal);
    await turns(5);
    stopping.abort();
    const stopped = { kind: 'again', what: 'Stopped before there was an answer.' };
    expect(await first).toEqual(stopped);
    const second = sink.deliver([stored('rocket-1', 1)], signal);
    const third = sink.deliver([stored('rocket-1', 2)], stopping.signal);
    expect(await third).toEqual(stopped);
    await turns(5);
    expect(sentBy(kafka)).toHaveLength(1);
    kafka.sending = Promise.resolve();
    done();
    expect(await second).toEqual({ kind: 'yes' });
    await turns(5);
    expect(sentBy(kafka)).toHaveLength(2);
  });

  it('is let go of', async () => {
    const { kafka, sink } = sinkOver();
    await sink.deliver([stored('rocket-1', 1)], signal);
    await sink.close();
    expect(kafka.producers.map(({ isClosed }) => isClosed)).toEqual([true]);
  });

  it.each([
    ['messages', 'in circles'],
    ['rejected', 'in circles'],
    ['__consumer_offsets', "Kafka's own"],
    ['', '1 to 249'],
    ['..', '1 to 249'],
    ['a/b', '1 to 249'],
    ['a'.repeat(250), '1 to 249'],
    ['Ж', '1 to 249'],
  ])('may not be %j', async (topic, problem) => {
    const kafka = new FakeKafka();
    const sinks = new KafkaSinks(kafka.library, kafkaSettings);
    expect(sinks.problemOf(topic)).toContain(problem);
    const answered = await sinks.open(topic, events).deliver([stored('rocket-1', 1)], signal);
    expect(answered).toMatchObject({ kind: 'again', what: expect.stringContaining(problem) as string });
    expect(kafka.admins).toEqual([]);
  });

  it('may not differ from one of ours in dots alone', () => {
    const ours = { ...kafkaSettings, topic: 'rockets.messages' };
    const sinks = new KafkaSinks(new FakeKafka().library, ours);
    expect(sinks.problemOf('rockets_messages')).toContain('in circles');
    expect(sinks.problemOf('rockets.events')).toBeUndefined();
  });
});

describe('Kafka for subscriptions', () => {
  it('is not there on an older Node, which says so and starts all the same', () => {
    const opened = KafkaSinks.open(kafkaSettings, '20.19.0');
    expect(opened).toBe('Kafka needs Node 22.22 or newer; this is 20.19.0. All else runs on it.');
  });

  it('is refused with a certificate that cannot be read', () => {
    const tls = { caFile: '/nowhere/ca.pem' };
    expect(() => KafkaSinks.open({ ...kafkaSettings, tls }, '20.19.0')).toThrow('KAFKA_CA=/nowhere/ca.pem');
  });
});
