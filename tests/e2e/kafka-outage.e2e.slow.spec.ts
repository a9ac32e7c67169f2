import { setTimeout as delay } from 'node:timers/promises';
import { OwnServer } from '../support/postgres-server.js';
import { freePort, messageText, postMessage } from '../support/real-process.js';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import {
  eventually,
  kafkaHealth,
  startingWithKafka,
  statusOf,
  stream,
  untilReady,
  whatBecameOf,
} from '../support/kafka/kafka-service.js';
import { endedBy } from '../support/to-end.js';

/** A second is what is promised; a busy machine may take longer. */
const SOON_MS = 3000;

const toEnd = endedBy(afterEach);

const start = startingWithKafka(toEnd);

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
    // The one that was being tried while the server went may well be stored after the one behind it.
    await eventually(
      'all of it',
      async () =>
        (await (await fetch(`${gateway.url}/rockets/patient`)).json()) as {
          version: number;
          waiting: number;
        },
      ({ version, waiting }) => version === sent && waiting === 0,
    );
    expect((await kafkaHealth(consumer.url)).consumer!.error).toBeUndefined();
  });
});
