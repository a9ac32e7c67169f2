import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OwnServer } from '../support/postgres-server.js';
import { messageText, postMessage } from '../support/real-process.js';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import {
  eventually,
  kafkaHealth,
  newPlace,
  startingWithKafka,
  stream,
  untilReady,
  whatBecameOf,
} from '../support/kafka/kafka-service.js';
import { KafkaTool } from '../support/kafka/kafka-tool.js';
import { endedBy } from '../support/to-end.js';

const toEnd = endedBy(afterEach);

const start = startingWithKafka(toEnd);

const untilWorkedOff = async (url: string): Promise<void> => {
  await eventually(
    'worked off',
    () => kafkaHealth(url),
    ({ consumer }) =>
      consumer !== undefined &&
      consumer.partitions.length > 0 &&
      consumer.partitions.every(({ lag }) => lag === 0),
  );
};

/** As senders do: sent again while the broker takes too long. The last answer, and what all of them said. */
const untilTaken = async <T>(send: () => Promise<Response>): Promise<[Response, ...T[]]> => {
  const said: T[] = [];
  const answer = await eventually(
    'taken',
    async () => {
      const sent = await send();
      said.unshift((await sent.json()) as T);
      return sent;
    },
    ({ status }) => status !== 503,
  );
  return [answer, ...said];
};

/** A gateway, and what tells what became of its messages: the same process or another. */
const provesTheWay = async (gateway: string, reader: string): Promise<void> => {
  await untilReady(gateway);
  const [single, outcome] = await untilTaken(() =>
    fetch(`${gateway}/messages`, {
      method: 'POST',
      body: messageText(1, 'alone'),
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    }),
  );
  expect([single.status, single.headers.get('rocket-outcome'), outcome]).toEqual([
    202,
    'queued',
    { outcome: 'queued', channel: 'alone', number: 1 },
  ]);
  const lines = Array.from({ length: 3000 }, (_, i) => messageText(1 + (i % 300), `stream-${i % 10}`));
  const [streamed, ...counts] = await untilTaken<{ queued: number }>(() =>
    stream(gateway, [...lines, 'no JSON']),
  );
  expect([streamed.status, counts[0]]).toMatchObject([
    200,
    { received: 3001, queued: 3000, applied: 0, duplicate: 0, invalid: 1 },
  ]);
  const invalid = await postMessage(gateway, '{}');
  expect([invalid.status, await invalid.json()]).toMatchObject([400, { type: '/problems/invalid-message' }]);

  expect(await whatBecameOf(reader, 'alone', 1)).toMatchObject({ outcome: 'applied' });
  await untilWorkedOff(reader);
  for (let i = 0; i < 10; i++) {
    const rocket = (await (await fetch(`${reader}/rockets/stream-${i}`)).json()) as object;
    // Every tenth of 300 numbers came to it, the launch to the first alone.
    expect(rocket).toMatchObject({
      channel: `stream-${i}`,
      version: i === 0 ? 1 : 0,
      waiting: i === 0 ? 29 : 30,
    });
  }
  const { gateway: sent } = await kafkaHealth(gateway);
  expect(sent).toEqual({ queued: 1 + counts.reduce((sum, { queued }) => sum + queued, 0), waiting: 0 });
  const { consumer } = await kafkaHealth(reader);
  expect(consumer).toMatchObject({ rebalances: 1, remade: 0, rejected: 0 });
  expect(consumer!.partitions).toHaveLength(12);
  expect(consumer!.heartbeatAgoSeconds).toBeLessThan(10);
};

describeWithKafka('Kafka in front', () => {
  let cluster: KafkaCluster;
  let tool: KafkaTool;
  beforeAll(async () => {
    cluster = await KafkaCluster.start();
    tool = await KafkaTool.start({ bootstrap: cluster.bootstrap });
  });
  afterAll(async () => {
    await tool.close();
    await cluster.close();
  });

  const atBroker = () => ({ KAFKA_BROKERS: cluster.bootstrap, ...newPlace() });
  const both = { INGEST: 'kafka', CONSUME: 'kafka' };

  const newFile = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'rockets-kafka-'));
    toEnd.push(() => rmSync(folder, { recursive: true }));
    return join(folder, 'rockets.db');
  };

  const newDatabase = async (): Promise<OwnServer> => {
    const server = await OwnServer.start();
    toEnd.push(() => server.remove());
    return server;
  };

  it('takes messages in and works them off in one process, over memory', async () => {
    const { url } = await start({ ...atBroker(), ...both });
    await provesTheWay(url, url);
  });

  it('takes messages in and works them off in one process, over SQLite', async () => {
    const { url } = await start({ ...atBroker(), ...both, EVENT_STORE: 'sqlite', SQLITE_FILE: newFile() });
    await provesTheWay(url, url);
  });

  it('takes messages in here and works them off there, over PostgreSQL', async () => {
    const { url: database } = await newDatabase();
    const common = { ...atBroker(), EVENT_STORE: 'postgres', DATABASE_URL: database };
    const gateway = await start({ ...common, INGEST: 'kafka' });
    const consumer = await start({ ...common, CONSUME: 'kafka' });
    await provesTheWay(gateway.url, consumer.url);
    expect((await kafkaHealth(gateway.url)).consumer).toBeUndefined();
    expect(await whatBecameOf(gateway.url, 'alone', 1)).toMatchObject({ outcome: 'applied' });
    // Both ways lead into the same rocket.
    const direct = await postMessage(consumer.url, messageText(2, 'alone'));
    expect([direct.status, direct.headers.get('rocket-outcome')]).toEqual([202, 'applied']);
  });

  it('leaves the group in order: whoever comes next begins at once, behind all that was worked off', async () => {
    const place = atBroker();
    const env = { ...place, ...both, EVENT_STORE: 'sqlite', SQLITE_FILE: newFile() };
    let sent = 0;
    for (const instance of ['first', 'first', 'second']) {
      const service = await start({ ...env, KAFKA_INSTANCE: instance });
      await untilReady(service.url);
      const began = performance.now();
      for (let i = 0; i < 100; i++) {
        expect((await postMessage(service.url, messageText(++sent, 'lasting'))).status).toBe(202);
      }
      await whatBecameOf(service.url, 'lasting', sent);
      // A member that had to be missed first would keep its partitions for ten seconds.
      expect(performance.now() - began).toBeLessThan(8000);
      const { messages } = (await (await fetch(`${service.url}/health`)).json()) as { messages: object };
      expect(messages).toMatchObject({ received: 100, applied: 100, duplicate: 0 });
      expect(await service.end('SIGTERM')).toBe(0);
      const committed = await tool.committed(place.KAFKA_GROUP, place.KAFKA_TOPIC);
      expect([...committed.values()].reduce((sum, next) => sum + next, 0)).toBe(sent);
      expect(await tool.describeGroup(place.KAFKA_GROUP)).toMatchObject({ state: 'Empty', members: [] });
    }
  });

  it('commits under load what it has taken before it ends, and takes nothing twice after it', async () => {
    const place = atBroker();
    const env = { ...place, ...both, EVENT_STORE: 'sqlite', SQLITE_FILE: newFile() };
    const count = 40_000;
    await tool.createTopic(place.KAFKA_TOPIC, 12);
    await tool.produce(
      place.KAFKA_TOPIC,
      Array.from({ length: count }, (_, i) => {
        const channel = `load-${i % 100}`;
        return { key: channel, value: messageText(1 + Math.floor(i / 100), channel) };
      }),
    );
    let received = 0;
    for (const isLast of [false, false, true]) {
      const service = await start(env);
      const counts = (): Promise<{ received: number; duplicate: number }> =>
        fetch(`${service.url}/health`)
          .then((answer) => answer.json() as Promise<{ messages: { received: number; duplicate: number } }>)
          .then(({ messages }) => messages);
      const { received: some } = await eventually('taken', counts, (now) =>
        isLast ? received + now.received >= count : now.received > 1000,
      );
      if (isLast) await untilWorkedOff(service.url);
      expect((await counts()).duplicate).toBe(0);
      expect(await service.end('SIGTERM')).toBe(0);
      const committed = await tool.committed(place.KAFKA_GROUP, place.KAFKA_TOPIC);
      received = [...committed.values()].reduce((sum, next) => sum + next, 0);
      expect(received).toBeGreaterThanOrEqual(some);
    }
    expect(received).toBe(count);
  });
});
