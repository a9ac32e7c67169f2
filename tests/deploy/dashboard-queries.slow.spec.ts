import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startReceiver } from '../support/answering-receiver.js';
import { describeWithPrometheus } from '../support/describe-with-prometheus.js';
import { asAsked, dashboard, queriesOf, type Query } from '../support/grafana-dashboard.js';
import { describeWithKafka } from '../support/kafka/describe-with-kafka.js';
import { KafkaCluster } from '../support/kafka/kafka-cluster.js';
import { kafkaNode } from '../support/kafka/kafka-node.js';
import { PostgresServer } from '../support/postgres-server.js';
import { Prometheus, type Sample } from '../support/prometheus.js';
import { startProcess, type RealProcess } from '../support/real-process.js';

const root = join(__dirname, '../..');
const JOB = 'rockets';
/** The longest that any query may take to say something: the service is busy, and so may be the machine. */
const PATIENCE_MS = 60_000;

const all = queriesOf(dashboard());
/** Only an instance with Kafka before its store has figures of it. */
const ofKafka = all.filter(({ row }) => row === 'Kafka');
const others = all.filter(({ row }) => row !== 'Kafka');

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const service = async (env: Readonly<Record<string, string>>, node?: string): Promise<RealProcess> => {
  const started = await startProcess({ LOG_LEVEL: 'error', ...env }, [], [], undefined, node);
  endings.push(() => started.end());
  return started;
};

/** Rockets report in disorder, twice, against the rules and unreadably, until the test ends. */
const traffic = ({ url }: RealProcess): void => {
  const disorder = ['--shuffle=50', '--duplicates=0.1', '--rule-breaking=0.05', '--malformed=0.05'];
  const args = ['launch', `${url}/messages`, '--max-messages=1000000', '--rate=100', ...disorder];
  const launch = spawn(process.execPath, [join(root, 'dist/cli/rockets.js'), ...args], { stdio: 'ignore' });
  const ended = once(launch, 'exit');
  endings.push(() => launch.kill('SIGKILL') && ended);
};

/** Looks at them every second, with the alert rules that are delivered. */
const watch = async (services: readonly RealProcess[]): Promise<Prometheus> => {
  const targets = services.map(({ port }) => `127.0.0.1:${port}`);
  const prometheus = await Prometheus.start(
    {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yml'],
      scrape_configs: [{ job_name: JOB, static_configs: [{ targets }] }],
    },
    { 'rules.yml': readFileSync(join(root, 'deploy/prometheus/rules.yml'), 'utf8') },
  );
  endings.push(() => prometheus.stop());
  return prometheus;
};

/** What of them says nothing, and what it says instead. */
const speechless = async (prometheus: Prometheus, queries: readonly Query[]): Promise<readonly string[]> => {
  let left = queries;
  const said = new Map<Query, readonly Sample[]>();
  for (const until = Date.now() + PATIENCE_MS; left.length > 0 && Date.now() < until; await delay(500)) {
    for (const query of left) said.set(query, await prometheus.query(asAsked(query.expr, JOB, '15s')));
    left = left.filter((query) => !isAnswer(query, said.get(query)!));
  }
  return left.map((query) => `${query.name}: ${JSON.stringify(said.get(query))}`);
};

/** A figure, with all that its legend names. */
const isAnswer = ({ legendFormat = '' }: Query, samples: readonly Sample[]): boolean =>
  samples.some(({ value }) => Number.isFinite(value)) &&
  [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].every(([, label]) =>
    samples.every(({ labels }) => labels[label!] !== undefined),
  );

describeWithPrometheus('what the dashboard for Grafana asks a Prometheus that watches real instances', () => {
  it('is answered with a figure, query by query, by a store in memory and by PostgreSQL with a subscription', async () => {
    const database = await PostgresServer.start();
    endings.push(() => database.stop());
    const receiver = await startReceiver();
    endings.push(() => receiver.stop());
    const [inMemory, postgres] = await Promise.all([
      service({}),
      service({
        EVENT_STORE: 'postgres',
        DATABASE_URL: await database.newSchema(),
        WEBHOOK_ALLOW: '127.0.0.1',
      }),
    ]);
    const made = await fetch(`${postgres.url}/subscriptions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'mine', from: 'start', sink: { type: 'webhook', url: receiver.url } }),
    });
    expect(made.status).toBe(201);
    for (const one of [inMemory, postgres]) traffic(one);

    const prometheus = await watch([inMemory, postgres]);
    expect(await speechless(prometheus, others)).toEqual([]);
    for (const { definition, name } of dashboard().templating.list.slice(1)) {
      const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(definition!)!;
      const match = encodeURIComponent(asAsked(series!, JOB, ''));
      const values = await prometheus.ask<readonly string[]>(`label/${label}/values?match[]=${match}`);
      expect([name, values.length]).toEqual([name, name === 'job' ? 1 : 2]);
    }
  });
});

describeWithPrometheus('what it asks about Kafka', () => {
  describeWithKafka('of an instance that is gateway and consumer', () => {
    it('is answered with a figure, query by query', async () => {
      const cluster = await KafkaCluster.start();
      endings.push(() => cluster.close());
      const { path, env } = await kafkaNode();
      const kafka = { INGEST: 'kafka', CONSUME: 'kafka', KAFKA_BROKERS: cluster.bootstrap };
      const both = await service({ ...env, ...kafka, EVENT_STORE: 'memory' }, path);
      traffic(both);

      const prometheus = await watch([both]);
      expect(await speechless(prometheus, ofKafka)).toEqual([]);
    });
  });
});
