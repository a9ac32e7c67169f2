import { setTimeout as delay } from 'node:timers/promises';
import { HTTP, type CloudEvent } from 'cloudevents';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { eventually, startWithKafka } from '../support/kafka/kafka-service.js';
import { KafkaTool, type ReadRecord } from '../support/kafka/kafka-tool.js';
import { OwnServer, runIn } from '../support/postgres-server.js';
import { Fleet } from '../support/producers.js';
import { freePort, type RealProcess } from '../support/real-process.js';
import { callService, shown, versionsOf, type ShownSubscription } from '../support/subscription-flight.js';
import { endedBy } from '../support/to-end.js';

const kills = 5;
/** So many events are told to a topic at once. */
const BATCH = 256;
const PATIENCE_MS = 120_000;

const toEnd = endedBy(afterEach);

const beginBroker = async () => {
  const cluster = await KafkaCluster.start();
  toEnd.push(() => cluster.close());
  const tool = await KafkaTool.start({ bootstrap: cluster.bootstrap });
  toEnd.push(() => tool.close());
  return { cluster, tool };
};

const begin = async (env: Readonly<Record<string, string>> = {}) => {
  const { cluster, tool } = await beginBroker();
  const service = await startWithKafka({ LOG_LEVEL: 'warn', KAFKA_BROKERS: cluster.bootstrap, ...env });
  toEnd.push(() => service.end('SIGKILL'));
  return { cluster, tool, service };
};

const subscribe = (url: string, topic: string): Promise<ShownSubscription> =>
  callService(url, '/subscriptions', { name: 'all', from: 'start', sink: { type: 'kafka', topic } });

/** A rocket may be parked for a moment, when the broker came back between it and another. */
const untilTold = async (url: string): Promise<ShownSubscription> =>
  eventually(
    'everything is told',
    () => shown(url, 'all'),
    ({ lag, parked, state }) => lag.events === 0 && parked === 0 && state === 'running',
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
    const { retried, lastError } = await untilTold(service.url);
    const records = await tool.readAll('flights');
    expectWhole(records, fleet);
    // Told twice is only what a broker refused in part, as one whose topic is brand new, or was too late for: a batch each time.
    const twice = records.length - fleet.acknowledged;
    expect({ lastError, isTooMuch: twice > retried * BATCH }).toEqual({ lastError, isTooMuch: false });
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

  it('tells everything although the broker and, of three instances, whoever delivers are killed by turns', async () => {
    const server = await OwnServer.start();
    toEnd.push(() => server.remove());
    const { cluster, tool } = await beginBroker();
    const ports = await Promise.all(Array.from({ length: 3 }, freePort));
    const start = async (port: number): Promise<RealProcess> => {
      const database = { EVENT_STORE: 'postgres', DATABASE_URL: server.url, DATABASE_CONNECTIONS: '6' };
      const env = { LOG_LEVEL: 'warn', PORT: String(port), KAFKA_BROKERS: cluster.bootstrap, ...database };
      const service = await startWithKafka(env);
      toEnd.push(() => service.end('SIGKILL'));
      return service;
    };
    const services = await Promise.all(ports.map(start));
    const [{ url }] = services as [RealProcess];
    await subscribe(url, 'flights');
    const fleet = new Fleet(4, 3);
    let isOver = false;
    const fly = async (): Promise<void> => {
      for (let i = 0; !isOver; i++) await fleet.fly(ports[i % 3]!, () => isOver);
    };
    const flying = fly();
    for (let kill = 0; kill < kills; kill++) {
      await delay(1000);
      await cluster.kill(0);
      const victim = ports.indexOf(await holderOf(server.url, ports));
      await services[victim]!.end('SIGKILL');
      await delay(1000);
      await cluster.restart(0);
      services[victim] = await start(ports[victim]!);
      await untilTaken(services[victim].url, kill);
    }
    isOver = true;
    await flying;
    await fleet.finish(ports[0]!);
    await untilTold(services[0]!.url);
    const records = await tool.readAll('flights');
    expectWhole(records, fleet);
    process.stderr.write(`three instances: ${records.length} records of ${fleet.acknowledged} events\n`);
  });

  it('is refused for topics of our own, and where Kafka is not configured', async () => {
    const { service } = await begin();
    await expect(subscribe(service.url, 'rockets.messages')).rejects.toThrow('in circles');
    const without = await startWithKafka({ LOG_LEVEL: 'warn' });
    toEnd.push(() => without.end('SIGKILL'));
    await expect(subscribe(without.url, 'flights')).rejects.toThrow('KAFKA_BROKERS');
  });
});

/** The port of the instance that may deliver. */
const holderOf = (database: string, ports: readonly number[]): Promise<number> =>
  eventually(
    'an instance delivers',
    async () => {
      const [row] = await runIn(
        database,
        'SELECT lease_holder FROM subscriptions WHERE lease_until > clock_timestamp()',
      );
      return ports.find((port) => String(row?.['lease_holder']).includes(`:${port}:`)) ?? 0;
    },
    (port) => port > 0,
  );

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
