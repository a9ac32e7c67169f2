import { setTimeout as pause } from 'node:timers/promises';
import { needKafka } from '../support/kafka/kafka-program.js';
import { runIn } from '../support/postgres-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { fill, KafkaServices } from './kafka-services.js';
import { quick, type Row } from './measure.js';
import type { ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const MESSAGES = quick ? 100_000 : 1_000_000;
const ROCKETS = 1000;
/** Longer than it takes until a consumer has all that it will take. */
const WATCH_MS = quick ? 5000 : 20_000;
/** What a consumer may take more than before anything waited. */
const MOST_MIB = 512;

/** However much waits in the topic, a consumer whose store is slow or away holds little of it. */
export const kafkaMemoryBench = async (): Promise<Row[]> => {
  if (process.env['CI'] !== 'true' && missing() !== undefined) {
    console.error(`  not measured: ${missing()}`);
    return [];
  }
  return KafkaServices.with(async (services) => [
    await consumerRow(services, 'away', async (_url, proxy) => proxy.swallow()),
    await consumerRow(services, 'slow', (url) => slowDown(url)),
  ]);
};

const missing = (): string | undefined => {
  try {
    needKafka();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

/** Each statement that stores events takes so long. */
const slowDown = async (url: string): Promise<void> => {
  await runIn(
    url,
    `CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END';
     CREATE TRIGGER dawdle AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION dawdle()`,
  );
};

/** The consumer is in the group, and its store works, before anything waits. */
const consumerRow = async (
  services: KafkaServices,
  how: string,
  hinder: (url: string, proxy: TcpProxy) => Promise<void>,
): Promise<Row> => {
  const url = await services.database.newSchema();
  const proxy = await TcpProxy.to(services.database.port);
  const topic = services.newTopic();
  const gateway = await services.gateway(topic);
  const consumer = await services.consumer(topic, {
    EVENT_STORE: 'postgres',
    DATABASE_URL: proxy.through(url),
  });
  const lines = stream(MESSAGES, ROCKETS).map(wireOf);
  await fill(gateway, lines.slice(0, ROCKETS));
  while (Number((await runIn(url, 'SELECT count(*) FROM events'))[0]!['count']) < ROCKETS) await pause(100);
  await hinder(url, proxy);
  const before = await mibOf(consumer);
  let most = before;
  let isFull = false;
  const filling = fill(gateway, lines.slice(ROCKETS)).then(() => (isFull = true));
  for (let until = Infinity; performance.now() < until; await pause(100)) {
    most = Math.max(most, await mibOf(consumer));
    if (isFull && until === Infinity) until = performance.now() + WATCH_MS;
  }
  await filling;
  for (const service of [gateway, consumer]) await service.stop();
  await proxy.close();
  return {
    goal: '',
    what: `a consumer whose store is ${how} while ${MESSAGES.toLocaleString('en')} records wait: memory beyond that before`,
    measured: most - before,
    good: MOST_MIB,
    better: 'lower',
    unit: ' MiB',
  };
};

const mibOf = async (server: ServerUnderTest): Promise<number> => (await server.usage()).rss / 2 ** 20;
