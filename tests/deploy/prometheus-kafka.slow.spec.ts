import { setTimeout as delay } from 'node:timers/promises';
import { AlertDrill } from '../support/alert-drill.js';
import { missingPrometheus } from '../support/prometheus.js';
import { OwnServer } from '../support/postgres-server.js';
import { freePort, messageText, type RealProcess } from '../support/real-process.js';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { eventually, startWithKafka, stream, untilReady } from '../support/kafka/kafka-service.js';
import { KafkaTool } from '../support/kafka/kafka-tool.js';

jest.setTimeout(600_000);

/** More than may wait. */
const MANY = 12_000;

/** Last begun, first ended, whatever became of the test. */
const toEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of toEnd.splice(0).reverse()) await end();
});

const start = async (env: Readonly<Record<string, string>>): Promise<RealProcess> => {
  const service = await startWithKafka({ LOG_FORMAT: 'text', PORT: String(await freePort()), ...env });
  toEnd.push(() => service.end('SIGKILL'));
  return service;
};

/** The next messages of a rocket, all at once, until the brokers hold them: a message that comes twice changes nothing. */
const report = async (gateway: RealProcess, from: number, to: number): Promise<void> => {
  const lines = Array.from({ length: to - from + 1 }, (_, i) => messageText(from + i, 'talkative'));
  const send = async () => (await (await stream(gateway.url, lines)).json()) as { queued?: number };
  await eventually('queued', send, ({ queued }) => queued === lines.length);
};

describeWithKafka('with Kafka in front each alert about', () => {
  it('gateways, consumers and the topic fires when it should, and ends', async () => {
    // Whoever has a broker and no Prometheus is told so, and fails.
    expect(missingPrometheus()).toBeUndefined();
    const [cluster, server] = await Promise.all([KafkaCluster.start(), OwnServer.start()]);
    toEnd.push(
      () => cluster.close(),
      () => server.remove(),
    );
    const common = {
      EVENT_STORE: 'postgres',
      DATABASE_URL: server.url,
      KAFKA_BROKERS: cluster.bootstrap,
      KAFKA_PARTITIONS: '4',
    };
    const service = await start({ ...common, INGEST: 'kafka', CONSUME: 'kafka', KAFKA_INSTANCE: 'first' });
    await untilReady(service.url);
    const other = await start({ ...common, CONSUME: 'kafka', KAFKA_INSTANCE: 'second' });
    // A scrape waits two seconds for a store that is slow or away.
    const drill = await AlertDrill.start(
      [service, other].map(({ port }) => `127.0.0.1:${port}`),
      20,
    );
    toEnd.push(() => drill.stop());
    let sent = 10;
    await report(service, 1, sent);
    let over = false;
    const reporting = (async () => {
      for (; !over; await delay(200)) {
        const answer = await stream(service.url, [messageText(sent + 1, 'talkative')]);
        const { queued } = (await answer.json()) as { queued?: number };
        if (queued === 1) sent++;
      }
    })();
    toEnd.push(() => (over = true));
    await drill.untilCalm();

    // The topic has what is no message, and consumers come and go.
    const tool = await KafkaTool.start({ bootstrap: cluster.bootstrap });
    toEnd.push(() => tool.close());
    let isQuiet = false;
    const comeAndGo = async (name: string): Promise<void> => {
      while (!isQuiet) {
        const visitor = await start({ ...common, CONSUME: 'kafka', KAFKA_INSTANCE: name });
        await delay(1000);
        await visitor.end('SIGTERM');
      }
    };
    const visits = Promise.all(['third', 'fourth'].map(comeAndGo));
    toEnd.push(() => (isQuiet = true));
    await tool.produce('rockets.messages', [{ value: 'nonsense' }]);
    await drill.untilFired('RocketsKafkaRejected', 'RocketsKafkaRebalancing');
    isQuiet = true;
    await visits;

    // Nothing is worked off any more.
    await server.kill();
    over = true;
    await reporting;
    await report(service, sent + 1, sent + MANY);
    await drill.untilFired('RocketsKafkaConsumerStuck', 'RocketsKafkaLag');
    await server.begin();
    await drill.untilCalm();

    await cluster.kill(0);
    await drill.untilFired('RocketsKafkaGatewayDown');
    await cluster.restart(0);
    await drill.untilCalm();
  });
});
