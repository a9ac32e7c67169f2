import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OwnServer } from '../support/postgres-server.js';
import { freePort, messageText, postMessage, type RealProcess } from '../support/real-process.js';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { eventually, kafkaHealth, startWithKafka, untilReady } from '../support/kafka/kafka-service.js';
import { KafkaTool } from '../support/kafka/kafka-tool.js';

/** A second is what is promised; a busy machine may take longer. */
const SOON_MS = 3000;

/** Last begun, first ended, whatever became of the test. */
const toEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of toEnd.splice(0).reverse()) await end();
});

const start = async (env: Readonly<Record<string, string>>): Promise<RealProcess> => {
  const service = await startWithKafka({ LOG_FORMAT: 'text', ...env });
  toEnd.push(() => service.end('SIGKILL'));
  return service;
};

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

/** What the service says of a message, once it is stored. */
const whatBecameOf = (url: string, channel: string, number: number): Promise<object> =>
  eventually(
    `message ${number} of ${channel}`,
    async () => (await fetch(`${url}/rockets/${channel}/messages/${number}`)).json() as Promise<object>,
    (answer) => 'outcome' in answer,
  );

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

const stream = (url: string, lines: readonly string[]): Promise<Response> =>
  fetch(`${url}/messages`, {
    method: 'POST',
    body: lines.join('\n'),
    headers: { 'Content-Type': 'application/x-ndjson' },
  });

/** Milliseconds until one message is answered so. */
const untilAnswered = async (url: string, wanted: number, patienceMs: number): Promise<number> => {
  const began = performance.now();
  await eventually(
    `a ${wanted}`,
    async () => {
      const answer = await postMessage(url, messageText(1, 'probe'));
      await answer.text();
      return answer.status;
    },
    (status) => status === wanted,
    patienceMs,
  );
  return Math.round(performance.now() - began);
};

/** A gateway, and what tells what became of its messages: the same process or another. */
const provesTheWay = async (gateway: string, reader: string): Promise<void> => {
  await untilReady(gateway);
  const single = await fetch(`${gateway}/messages`, {
    method: 'POST',
    body: messageText(1, 'alone'),
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
  });
  expect([single.status, single.headers.get('rocket-outcome'), await single.json()]).toEqual([
    202,
    'queued',
    { outcome: 'queued', channel: 'alone', number: 1 },
  ]);
  const lines = Array.from({ length: 3000 }, (_, i) => messageText(1 + (i % 300), `stream-${i % 10}`));
  const streamed = await stream(gateway, [...lines, 'no JSON']);
  expect([streamed.status, await streamed.json()]).toMatchObject([
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
  expect(sent).toEqual({ queued: 3001, waiting: 0 });
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

  let places = 0;
  /** A topic and a group of which nobody has heard. */
  const newPlace = () => {
    const name = `place-${++places}`;
    return {
      KAFKA_BROKERS: cluster.bootstrap,
      KAFKA_TOPIC: `${name}.messages`,
      KAFKA_REJECTED_TOPIC: `${name}.rejected`,
      KAFKA_GROUP: name,
    };
  };
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
    const { url } = await start({ ...newPlace(), ...both });
    await provesTheWay(url, url);
  });

  it('takes messages in and works them off in one process, over SQLite', async () => {
    const { url } = await start({ ...newPlace(), ...both, EVENT_STORE: 'sqlite', SQLITE_FILE: newFile() });
    await provesTheWay(url, url);
  });

  it('takes messages in here and works them off there, over PostgreSQL', async () => {
    const { url: database } = await newDatabase();
    const common = { ...newPlace(), EVENT_STORE: 'postgres', DATABASE_URL: database };
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
    const place = newPlace();
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
    const place = newPlace();
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

describeWithKafka('while the broker is away', () => {
  it('lives without it from its start, says so within a second, and is ready when it comes', async () => {
    const cluster = await KafkaCluster.start();
    toEnd.push(() => cluster.close());
    await cluster.kill(0);
    const service = await start({ INGEST: 'kafka', CONSUME: 'kafka', KAFKA_BROKERS: cluster.bootstrap });
    expect(await statusOf(`${service.url}/livez`)).toBe(200);
    const ready = await fetch(`${service.url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { type: '/problems/queue-unavailable' }]);
    expect(await untilAnswered(service.url, 503, SOON_MS)).toBeLessThan(SOON_MS);
    const { gateway } = await kafkaHealth(service.url);
    expect(gateway!.error).toMatch(/ECONNREFUSED/);
    await eventually(
      'the consumer says it too',
      () => kafkaHealth(service.url),
      ({ consumer }) => consumer?.error !== undefined,
    );

    await cluster.restart(0);
    await untilReady(service.url);
    expect((await postMessage(service.url, messageText(1, 'late'))).status).toBe(202);
    await whatBecameOf(service.url, 'late', 1);
    const { gateway: after } = await kafkaHealth(service.url);
    expect(after).toEqual({ queued: 1, waiting: 0 });
    expect(await service.end('SIGTERM')).toBe(0);
  });

  const faults = [
    {
      name: 'is killed',
      begin: (cluster: KafkaCluster) => cluster.kill(0),
      end: (cluster: KafkaCluster) => cluster.restart(0),
    },
    {
      name: 'stands still',
      begin: async (cluster: KafkaCluster) => cluster.pause(0),
      end: async (cluster: KafkaCluster) => cluster.resume(0),
    },
  ];
  it.each(faults)(
    'that $name: a message is given back within a second, and nothing is lost',
    async (fault) => {
      const cluster = await KafkaCluster.start();
      toEnd.push(() => cluster.close());
      const service = await start({ INGEST: 'kafka', CONSUME: 'kafka', KAFKA_BROKERS: cluster.bootstrap });
      await untilReady(service.url);
      const acknowledged: number[] = [];
      const slowest: number[] = [];
      const refusals = new Set<string>();
      let over = false;
      let next = 0;
      const report = async (): Promise<void> => {
        while (!over) {
          const number = ++next;
          for (let isTaken = false; !isTaken && !over;) {
            const began = performance.now();
            const answer = await postMessage(service.url, messageText(number, 'steady'));
            const text = await answer.text();
            slowest.push(performance.now() - began);
            isTaken = answer.status === 202;
            if (isTaken) acknowledged.push(number);
            else refusals.add(`${answer.status} ${(JSON.parse(text) as { type: string }).type}`);
            await delay(isTaken ? 1 : 50);
          }
        }
      };
      const reports = Array.from({ length: 8 }, report);
      for (let i = 0; i < 2; i++) {
        await delay(1000);
        await fault.begin(cluster);
        await eventually(
          'not ready',
          () => statusOf(`${service.url}/readyz`),
          (status) => status === 503,
          15_000,
        );
        expect(await untilAnswered(service.url, 503, SOON_MS)).toBeLessThan(SOON_MS);
        expect(await statusOf(`${service.url}/livez`)).toBe(200);
        await fault.end(cluster);
        expect(await untilAnswered(service.url, 202, 20_000)).toBeLessThan(10_000);
        await untilReady(service.url);
      }
      over = true;
      await Promise.all(reports);
      expect([...refusals]).toEqual(['503 /problems/queue-unavailable']);
      expect(Math.max(...slowest)).toBeLessThan(SOON_MS);
      // Whoever was given back a message sends it again, and it may be there already.
      for (let number = 1; number <= next; number++) {
        if (!acknowledged.includes(number)) await postMessage(service.url, messageText(number, 'steady'));
      }
      await eventually(
        'all of it',
        async () => (await fetch(`${service.url}/rockets/steady`)).json() as Promise<{ version: number }>,
        ({ version }) => version === next,
      );
      process.stdout.write(
        `a broker that ${fault.name}: ${next} messages, the slowest answer after ${Math.round(Math.max(...slowest))} ms\n`,
      );
    },
  );
});

describeWithKafka('a gateway while PostgreSQL is away', () => {
  it('takes messages in all the same, and reads nothing until it comes', async () => {
    const cluster = await KafkaCluster.start();
    toEnd.push(() => cluster.close());
    const server = await OwnServer.make();
    toEnd.push(() => server.remove());
    const common = {
      EVENT_STORE: 'postgres',
      DATABASE_URL: server.url,
      KAFKA_BROKERS: cluster.bootstrap,
      PORT: String(await freePort()),
    };
    const gateway = await start({ ...common, INGEST: 'kafka' });
    let sent = 0;
    const takesIn = async (): Promise<void> => {
      await untilReady(gateway.url);
      const answer = await postMessage(gateway.url, messageText(++sent, 'patient'));
      expect([answer.status, answer.headers.get('rocket-outcome')]).toEqual([202, 'queued']);
      const streamed = await stream(gateway.url, [messageText(++sent, 'patient')]);
      expect([streamed.status, await streamed.json()]).toMatchObject([200, { queued: 1 }]);
      expect(await statusOf(`${gateway.url}/rockets/patient`)).toBe(503);
    };
    await takesIn();

    await server.begin();
    await eventually(
      'readable',
      () => statusOf(`${gateway.url}/rockets/patient`),
      (status) => status === 404,
    );
    const consumer = await start({ ...common, PORT: String(await freePort()), CONSUME: 'kafka' });
    await whatBecameOf(gateway.url, 'patient', sent);

    await server.kill();
    await takesIn();
    await eventually(
      'the consumer says what it waits for',
      () => kafkaHealth(consumer.url),
      ({ consumer: part }) => part?.error !== undefined,
    );
    await server.begin();
    await whatBecameOf(gateway.url, 'patient', sent);
    expect(await (await fetch(`${gateway.url}/rockets/patient`)).json()).toMatchObject({
      version: sent,
      waiting: 0,
    });
    expect((await kafkaHealth(consumer.url)).consumer!.error).toBeUndefined();
  });
});
