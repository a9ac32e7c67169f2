import { setTimeout as delay } from 'node:timers/promises';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { kafkaNode } from '../support/kafka/kafka-node.js';
import { KafkaTool } from '../support/kafka/kafka-tool.js';
import { freePort } from '../support/real-process.js';
import {
  atEnd,
  demonstrate,
  healthAt,
  inThousands,
  run,
  say,
  startService,
  stop,
  untilRecorded,
} from './demo.js';
import { ownBalancer, ownDatabase } from './several.js';

/**
 * `make demo-kafka`: rockets report to two gateways, which hand over to Kafka; three consumers work it off into one PostgreSQL.
 * A consumer is killed, then the broker; at the end every rocket is compared with what was sent, and every record of the topic
 * is accounted for.
 */
const MESSAGES = 18_000;
const [TOPIC, REJECTED, GROUP] = ['rockets.messages', 'rockets.rejected', 'rockets'];

const launch = [
  ['--max-messages', String(MESSAGES)],
  ['--rockets', '50'],
  ['--concurrency-level', '64'],
  ['--connection', 'keep-alive'],
  ['--shuffle', '100'],
  ['--duplicates', '0.1'],
  ['--rate', '1000'],
  ['--verify'],
  ['--patience', '2m'],
].flat();

/** What somebody else may have written to the topic by mistake. */
const strangers = [{ value: 'Hello?' }, { key: 'apollo-11' }, { key: 'apollo-11', value: '{"metadata":{}}' }];

demonstrate(async (folder) => {
  const cluster = await KafkaCluster.start();
  atEnd(() => cluster.close());
  const { path: node, env } = await kafkaNode();
  const kafka = { ...env, KAFKA_BROKERS: cluster.bootstrap };
  const settings = { ...kafka, EVENT_STORE: 'postgres', DATABASE_URL: await ownDatabase(folder) };
  const begin = async (role: Readonly<Record<string, string>>, count: number): Promise<Services> => {
    const ports = await Promise.all(Array.from({ length: count }, freePort));
    const startAt = (port: number) => startService(port, { ...settings, ...role }, node);
    return { ports, startAt, all: await Promise.all(ports.map(startAt)) };
  };
  const gateways = await begin({ INGEST: 'kafka' }, 2);
  const consumers = await begin({ CONSUME: 'kafka' }, 3);
  say(`a Kafka broker runs at ${cluster.bootstrap}, and PostgreSQL`);
  say(`two gateways hand over to it, at ports ${gateways.ports.join(', ')}`);
  say(`three consumers work it off into PostgreSQL, at ports ${consumers.ports.join(', ')}`);
  const tool = await KafkaTool.start({ bootstrap: cluster.bootstrap });
  atEnd(() => tool.close());

  const url = await ownBalancer(gateways.ports, 'gateway');
  say(`the balancer is at ${url}, before the gateways`);
  const launched = run(['launch', `${url}/messages`, ...launch]);
  const watched = gateways.ports[0]!;
  await tool.produce(TOPIC, strangers);
  say('somebody else wrote 3 records to the topic that are no messages');
  const before = await untilRecorded(watched, MESSAGES * 0.2);
  await stop(consumers.all[0]!, 'SIGKILL');
  say(`killed consumer 1 with SIGKILL when ${before} messages were recorded; the others get its partitions`);
  const without = await untilRecorded(watched, MESSAGES * 0.45);
  await cluster.kill(0);
  say(`killed the broker with SIGKILL when ${without} messages were recorded`);
  await delay(3000);
  await cluster.restart(0);
  say('started the broker again');
  consumers.all[0] = await consumers.startAt(consumers.ports[0]!);
  say('started consumer 1 again');
  await launched;

  await expectAllWorkedOff(tool, gateways.ports);
  await run(['verify', '--database', settings.DATABASE_URL]);
  await Promise.all([...gateways.all, ...consumers.all].map((service) => stop(service, 'SIGTERM')));
  say('nothing lost, every rocket exact, every record accounted for');
});

interface Services {
  readonly ports: readonly number[];
  readonly startAt: (port: number) => ReturnType<typeof startService>;
  readonly all: Awaited<ReturnType<typeof startService>>[];
}

interface Gateway {
  readonly kafka: { readonly gateway: { readonly queued: number } };
}

/** Of each record of the topic it is known what became of it. */
const expectAllWorkedOff = async (tool: KafkaTool, gateways: readonly number[]): Promise<void> => {
  const answers = await Promise.all(gateways.map((port) => healthAt<Gateway>(port)));
  const queued = answers.reduce((sum, { kafka }) => sum + kafka.gateway.queued, 0);
  const records = await tool.readAll(TOPIC);
  const messages = new Set(records.flatMap(({ value }) => identityIn(value)));
  say(
    `the gateways answered ${inThousands(queued)} times \`queued\`; the topic holds ${inThousands(records.length)} records: ` +
      `${inThousands(messages.size)} messages, copies of them, and ${strangers.length} others`,
  );
  if (messages.size !== MESSAGES || records.length < queued + strangers.length)
    throw new Error('the topic does not hold all that was acknowledged');

  const committed = await untilCommitted(tool, await tool.endOffsets(TOPIC));
  say(`the consumers have committed all ${inThousands(committed)} of them`);
  const rejected = await tool.readAll(REJECTED);
  const places = new Set(rejected.map(({ headers }) => String(headers['place'])));
  if (places.size !== strangers.length)
    throw new Error(`${places.size} records are in ${REJECTED}, instead of ${strangers.length}`);
  say(`${REJECTED} holds just the ${strangers.length} others, each with its reason`);
};

/** The channel and number of a message. */
const identityIn = (value: Buffer | null): readonly string[] => {
  try {
    const { channel, messageNumber } = JSON.parse(String(value)).metadata;
    return messageNumber === undefined ? [] : [`${channel} ${messageNumber}`];
  } catch {
    return [];
  }
};

/** Offsets are committed a moment after the store's commit. */
const untilCommitted = async (tool: KafkaTool, ends: readonly number[]): Promise<number> => {
  for (let left = 50; left > 0; left--) {
    const committed = await tool.committed(GROUP, TOPIC);
    if (ends.every((end, partition) => (committed.get(partition) ?? 0) === end))
      return ends.reduce((sum, end) => sum + end, 0);
    await delay(200);
  }
  throw new Error('the consumers have not committed all that is in the topic');
};
