import { setTimeout as delay } from 'node:timers/promises';
import { HTTP, type CloudEvent } from 'cloudevents';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { eventually, startWithKafka } from '../support/kafka/kafka-service.js';
import { KafkaTool, type ReadRecord } from '../support/kafka/kafka-tool.js';
import { Fleet } from '../support/producers.js';
import { callService, shown, versionsOf, type ShownSubscription } from '../support/subscription-flight.js';

const kills = 5;
const PATIENCE_MS = 120_000;

/** Last begun, first ended, whatever became of the test. */
const toEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of toEnd.splice(0).reverse()) await end();
});

const begin = async (env: Readonly<Record<string, string>> = {}) => {
  const cluster = await KafkaCluster.start();
  toEnd.push(() => cluster.close());
  const tool = await KafkaTool.start({ bootstrap: cluster.bootstrap });
  toEnd.push(() => tool.close());
  const service = await startWithKafka({ LOG_LEVEL: 'warn', KAFKA_BROKERS: cluster.bootstrap, ...env });
  toEnd.push(() => service.end('SIGKILL'));
  return { cluster, tool, service };
};

const subscribe = (url: string, topic: string): Promise<ShownSubscription> =>
  callService(url, '/subscriptions', { name: 'all', from: 'start', sink: { type: 'kafka', topic } });

const untilTold = async (url: string): Promise<ShownSubscription> =>
  eventually(
    'everything is told',
    () => shown(url, 'all'),
    ({ lag, state }) => lag.events === 0 && state === 'running',
    PATIENCE_MS,
  );

const eventIn = ({ headers, value }: ReadRecord): CloudEvent<unknown> =>
  HTTP.toEvent({
    headers: { 'content-type': String(headers['content-type']) },
    body: String(value),
  }) as CloudEvent<unknown>;

/** Each rocket's numbers in the order in which they came first. */
const numbersIn = (records: readonly ReadRecord[]): Map<string, number[]> => {
  const firsts = new Map<string, Set<number>>();
  for (const record of records) {
    const { id, subject = '' } = eventIn(record);
    expect([String(record.key), id]).toEqual([subject, `${subject}/${id.slice(subject.length + 1)}`]);
    const numbers = firsts.get(subject) ?? firsts.set(subject, new Set()).get(subject)!;
    numbers.add(Number(id.slice(subject.length + 1)));
  }
  return new Map([...firsts].map(([channel, numbers]) => [channel, [...numbers]]));
};

const expectWhole = (records: readonly ReadRecord[], fleet: Fleet): void => {
  const told = numbersIn(records);
  const versions = versionsOf(fleet);
  expect([...told.keys()].sort()).toEqual([...versions.keys()].sort());
  for (const [channel, version] of versions) {
    expect([channel, told.get(channel)]).toEqual([channel, Array.from({ length: version }, (_, i) => i + 1)]);
  }
};

describeWithKafka('a subscription to a topic', () => {
  it('brings a flight into the partitions that the Java client takes, and makes the topic itself', async () => {
    const { tool, service } = await begin();
    await subscribe(service.url, 'flights');
    const fleet = new Fleet(20, 1);
    await fleet.fly(service.port, () => fleet.acknowledged > 2000);
    await fleet.finish(service.port);
    await untilTold(service.url);
    const records = await tool.readAll('flights');
    expectWhole(records, fleet);
    // No broker failed: nothing was told twice.
    expect(records).toHaveLength(fleet.acknowledged);
    const topics = await tool.topics();
    expect(topics.filter((topic) => topic.startsWith('rockets.'))).toEqual([]);

    await tool.createTopic('compared', new Set((await tool.endOffsets('flights')).keys()).size);
    await tool.produce(
      'compared',
      [...versionsOf(fleet).keys()].map((key) => ({ key, value: 'x' })),
    );
    const theirs = new Map(
      (await tool.readAll('compared')).map(({ key, partition }) => [String(key), partition]),
    );
    const ours = new Map(records.map(({ key, partition }) => [String(key), partition]));
    expect([...ours].sort()).toEqual([...theirs].sort());
    expect(new Set(records.map(({ key, partition }) => `${String(key)} ${partition}`)).size).toBe(ours.size);

    await callService(service.url, '/subscriptions/all/test', {});
    const [last] = (await tool.readAll('flights')).filter(({ key }) => String(key) === 'test');
    expect(eventIn(last!)).toMatchObject({ type: 'rockets.test', data: { test: true } });
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it(`tells everything, each rocket's in order, although the broker is killed ${kills} times`, async () => {
    const { cluster, tool, service } = await begin();
    await subscribe(service.url, 'flights');
    const fleet = new Fleet(4, 2);
    let isOver = false;
    const flying = fleet.fly(service.port, () => isOver);
    for (let kill = 0; kill < kills; kill++) {
      await delay(1000);
      await cluster.kill(0);
      await delay(1000);
      await cluster.restart(0);
      await untilTaken(service.url, kill);
    }
    isOver = true;
    await flying;
    await fleet.finish(service.port);
    const { retried, parked } = await untilTold(service.url);
    expect([retried > 0, parked]).toEqual([true, 0]);
    const records = await tool.readAll('flights');
    expectWhole(records, fleet);
    process.stderr.write(
      `${records.length} records of ${fleet.acknowledged} events, ${retried} tries again\n`,
    );
  });

  it('is refused for topics of our own, and where Kafka is not configured', async () => {
    const { service } = await begin();
    await expect(subscribe(service.url, 'rockets.messages')).rejects.toThrow('in circles');
    const without = await startWithKafka({ LOG_LEVEL: 'warn' });
    toEnd.push(() => without.end('SIGKILL'));
    await expect(subscribe(without.url, 'flights')).rejects.toThrow('KAFKA_BROKERS');
  });
});

/** Goes on by itself once the broker is back. */
const untilTaken = async (url: string, kill: number): Promise<void> => {
  const { delivered } = await shown(url, 'all');
  await eventually(
    `something is told after kill ${kill + 1}`,
    () => shown(url, 'all'),
    (now) => now.delivered > delivered,
    PATIENCE_MS,
  );
};
