import { setTimeout as delay } from 'node:timers/promises';
import { AlertDrill } from '../support/alert-drill.js';
import { missingPrometheus } from '../support/prometheus.js';
import { OwnServer } from '../support/postgres-server.js';
import { freePort, messageText, postMessage, type RealProcess } from '../support/real-process.js';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { eventually, startingWithKafka, stream, untilReady } from '../support/kafka/kafka-service.js';
import { KafkaTool } from '../support/kafka/kafka-tool.js';
import { endedBy } from '../support/to-end.js';

jest.setTimeout(900_000);

const toEnd = endedBy(afterEach);

const startHere = startingWithKafka(toEnd);
const start = async (env: Readonly<Record<string, string>>): Promise<RealProcess> =>
  startHere({ PORT: String(await freePort()), ...env });

/** A rocket reports until the end, its next message when the brokers hold the last one. */
const fly = (gateway: RealProcess): void => {
  let over = false;
  let sent = 0;
  const report = async (): Promise<void> => {
    const answer = await postMessage(gateway.url, messageText(sent + 1, 'steady'));
    await answer.text();
    if (answer.status === 202) sent++;
  };
  const flying = (async () => {
    for (; !over; await delay(200)) await report().catch(() => undefined);
  })();
  toEnd.push(() => {
    over = true;
    return flying;
  });
};

/** So many thousand messages, each of them until the brokers hold it: one that comes twice changes nothing. */
const fill = async (gateway: RealProcess, thousands: number): Promise<void> => {
  for (let thousand = 0; thousand < thousands; thousand++) {
    const lines = Array.from({ length: 1000 }, (_, i) => messageText(1000 * thousand + i + 1, 'talkative'));
    const send = async () => (await (await stream(gateway.url, lines)).json()) as { queued?: number };
    await eventually('queued', send, ({ queued }) => queued === lines.length);
  }
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
      KAFKA_GROUP: 'rockets',
      KAFKA_TOPIC: 'rockets.messages',
    };
    const service = await start({ ...common, INGEST: 'kafka', CONSUME: 'kafka', KAFKA_INSTANCE: 'first' });
    await untilReady(service.url);
    const other = await start({ ...common, CONSUME: 'kafka', KAFKA_INSTANCE: 'second' });
    // A scrape waits for two seconds for a store that is slow or away. Here it has four.
    const drill = await AlertDrill.start(
      [service, other].map(({ port }) => `127.0.0.1:${port}`),
      15,
    );
    toEnd.push(() => drill.stop());
    fly(service);
    await drill.untilCalm();

    // Nothing is worked off any more.
    await server.kill();
    await fill(service, 12);
    await drill.untilFired('RocketsKafkaConsumerStuck', 'RocketsKafkaLag');
    await server.begin();

    await cluster.kill(0);
    await drill.untilFired('RocketsKafkaGatewayDown');
    await cluster.restart(0);

    // The topic has what is no message, and a consumer comes and goes.
    const tool = await KafkaTool.start({ bootstrap: cluster.bootstrap });
    toEnd.push(() => tool.close());
    await tool.produce(common.KAFKA_TOPIC, [{ value: 'nonsense' }]);
    let isQuiet = false;
    toEnd.push(() => (isQuiet = true));
    const visits = (async () => {
      while (!isQuiet) await tool.visit(common.KAFKA_GROUP, common.KAFKA_TOPIC);
    })();
    await Promise.race([visits, drill.untilFired('RocketsKafkaRejected', 'RocketsKafkaRebalancing')]);
    isQuiet = true;
    await visits;
    await drill.untilCalm();
  });
});
