import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { delivered, timesAsFast } from '../support/alert-rules.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { kafkaNode } from '../support/kafka/kafka-node.js';
import { needKafka } from '../support/kafka/kafka-program.js';
import { missingPrometheus, Prometheus } from '../support/prometheus.js';
import { freePort, messageText, postMessage } from '../support/real-process.js';
import { AlertWatch } from './alert-watch.js';
import { atEnd, demonstrate, run, say, startService, stop, untilRecorded } from './demo.js';
import { ownBalancer, ownDatabase } from './several.js';

/**
 * `make demo-ops`: three instances over one PostgreSQL, with Kafka before them where Java is, watched by a Prometheus with the
 * alert rules of deploy/. Three things are broken and repaired, and what the alerts said of each is printed.
 */
const MESSAGES = 12_000;
const RATE = 300;
/** A minute of the rules is a second here; a subscription that fails is tried again after half a minute at the longest. */
const PATIENCE_MS = 90_000;
const LOST = 'apollo-13';

const launch = [
  ['--max-messages', String(MESSAGES)],
  ['--rate', String(RATE)],
  ['--rockets', '50'],
  ['--concurrency-level', '16'],
  ['--duplicates', '0.05'],
  ['--patience', '2m'],
  ['--log-level', 'warn'],
  ['--verify'],
].flat();

demonstrate(async (folder) => {
  const missing = missingPrometheus();
  if (missing !== undefined) throw new Error(missing);
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const { node, settings } = await stores(folder);
  const instances = await Promise.all(ports.map((port) => startService(port, settings, node)));
  say(`three instances of the service run over one PostgreSQL, at ports ${ports.join(', ')}`);
  const url = await ownBalancer(ports, 'instance');
  const receiver = await Receiver.start();
  await subscribe(url, receiver.url);
  say(`the subscription \`mine\` tells ${receiver.url} of every event`);

  const alerts = await watched(ports, folder);
  const launched = run(['launch', `${url}/messages`, ...launch]);
  say(`the rockets report: ${await untilRecorded(ports[0], RATE * 5)} messages are recorded`);

  for (const number of [1, 3]) {
    const { ok, status } = await postMessage(url, messageText(number, LOST));
    if (!ok) throw new Error(`message ${number} of ${LOST} was answered ${status}`);
  }
  say(`the radio lost message 2 of ${LOST}: the gap is open, and nobody knows what was in it`);

  await stop(instances[1]!, 'SIGKILL');
  say('killed instance 2 with SIGKILL; the rockets go on reporting');
  await alerts.until('RocketsInstanceDown instance-2', 'firing', PATIENCE_MS);
  instances[1] = await startService(ports[1], settings, node);
  say('started instance 2 again');
  await alerts.until('RocketsInstanceDown instance-2', 'resolved', PATIENCE_MS);

  receiver.refuses = true;
  say('from now on the receiver answers 503 to everything');
  await alerts.until('RocketsSubscriptionFailing', 'firing', PATIENCE_MS);
  receiver.refuses = false;
  say('the receiver takes what it is told again; it is tried within half a minute');

  await alerts.until('RocketsOldestGap', 'firing', PATIENCE_MS);
  await run(['skip', LOST, '--up-to', '3', '--why', 'nobody has it any more', '--url', url]);
  await alerts.until('RocketsOldestGap', 'resolved', PATIENCE_MS);
  await alerts.until('RocketsSubscriptionFailing', 'resolved', PATIENCE_MS);
  await alerts.close();
  summarize(alerts);

  await launched;
  await run(['verify', '--database', settings['DATABASE_URL']!]);
  await Promise.all(instances.map((instance) => stop(instance, 'SIGTERM')));
  say('three things broken, three alerts fired and resolved; nothing lost, every rocket exact');
});

interface Setting {
  readonly settings: Readonly<Record<string, string>>;
  /** The Node that runs the service; undefined: this one. */
  readonly node: string | undefined;
}

/** PostgreSQL, and Kafka before it where that can run. */
const stores = async (folder: string): Promise<Setting> => {
  const database = await ownDatabase(folder);
  const settings = { EVENT_STORE: 'postgres', DATABASE_URL: database, WEBHOOK_ALLOW: '127.0.0.1' };
  try {
    needKafka();
  } catch (error) {
    say(`goes on without Kafka: ${(error as Error).message}`);
    return { settings, node: undefined };
  }
  const cluster = await KafkaCluster.start();
  atEnd(() => cluster.close());
  const { path, env } = await kafkaNode();
  say(`Kafka runs at ${cluster.bootstrap}: each instance hands over to it, and works off a part of it`);
  const kafka = { INGEST: 'kafka', CONSUME: 'kafka', KAFKA_BROKERS: cluster.bootstrap };
  return { settings: { ...settings, ...env, ...kafka }, node: path };
};

/** A Prometheus that looks at the instances every second. */
const watched = async (ports: readonly number[], folder: string): Promise<AlertWatch> => {
  const targets = ports.map((port, i) => ({
    targets: [`127.0.0.1:${port}`],
    labels: { instance: `instance-${i + 1}` },
  }));
  const settings = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    scrape_configs: [{ job_name: 'rockets', static_configs: targets }],
  };
  const files = { 'rules.yml': timesAsFast(delivered('rules.yml'), 60) };
  const prometheus = await Prometheus.start(settings, files, folder);
  atEnd(() => prometheus.stop());
  say(
    `Prometheus watches them at ${prometheus.url}, with deploy/prometheus/rules.yml, a second for a minute`,
  );
  // It begins with none of them, and takes that for bad news.
  const isUp = async (): Promise<boolean> =>
    (await prometheus.query('sum(up) == 3')).length === 1 && (await prometheus.alerts()).length === 0;
  while (!(await isUp())) await delay(200);
  const began = performance.now();
  const elapsed = (): number => performance.now() - began;
  const words = { pending: 'is pending', firing: 'FIRES', resolved: 'has resolved' };
  const alerts = new AlertWatch(prometheus, elapsed, (name, state, summary) =>
    say(`${inSeconds(elapsed())} alert ${name} ${words[state]}${state === 'firing' ? `: ${summary}` : ''}`),
  );
  atEnd(() => alerts.close());
  return alerts;
};

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`.padStart(7);

const summarize = (alerts: AlertWatch): void => {
  say('what the alerts said:');
  for (const { name, at } of alerts.episodes) {
    const times = (['pending', 'firing', 'resolved'] as const).flatMap((state) => {
      const ms = at[state];
      return ms === undefined ? [] : [`${state} at ${inSeconds(ms)}`];
    });
    say(`  ${name.padEnd(34)} ${times.join(', ')}`);
  }
};

const subscribe = async (url: string, receiver: string): Promise<void> => {
  const answer = await fetch(`${url}/subscriptions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'mine', from: 'start', sink: { type: 'webhook', url: receiver } }),
  });
  if (!answer.ok) throw new Error(`no subscription: ${await answer.text()}`);
};

/** Takes every event, or none. */
class Receiver {
  refuses = false;

  private constructor(private readonly server: Server) {
    server.on('request', (req, res) => {
      req.resume().once('end', () => res.writeHead(this.refuses ? 503 : 204).end());
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver(createServer());
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    atEnd(() => receiver.server.close().closeAllConnections());
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }
}
