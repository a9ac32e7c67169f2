import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describeWithPrometheus } from '../support/describe-with-prometheus.js';
import { Prometheus } from '../support/prometheus.js';
import { startProcess } from '../support/real-process.js';

const root = join(__dirname, '../..');
const PATIENCE_MS = 60_000;
const page = readFileSync(join(root, 'docs/scaling.md'), 'utf8');

/** What stands in code and asks for a metric. */
const queries = [
  ...new Set([...page.matchAll(/`([^`\n]*\b(?:rockets|process)_[^`\n]*)`/g)].map(([, query]) => query!)),
];
/** Figures of PostgreSQL and Kafka, and comparisons that do not hold, say nothing of an instance in memory. */
const isSilent = (query: string): boolean => /_kafka_|_database_|predict_linear/.test(query);

/** Ended in turn, the last first. */
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

describeWithPrometheus('the queries of docs/scaling.md', () => {
  it('are understood, and say something of an instance that works', async () => {
    expect(queries.length).toBeGreaterThan(12);
    const service = await startProcess({ LOG_LEVEL: 'error' });
    endings.push(() => service.end());
    const load = [
      join(root, 'dist/cli/rockets.js'),
      'launch',
      `${service.url}/messages`,
      '--max-messages=1000000',
      '--rate=100',
    ];
    const launch = spawn(process.execPath, load, { stdio: 'ignore' });
    const launched = once(launch, 'exit');
    endings.push(() => launch.kill('SIGKILL') && launched);
    const prometheus = await Prometheus.start({
      global: { scrape_interval: '1s' },
      scrape_configs: [{ job_name: 'rockets', static_configs: [{ targets: [`127.0.0.1:${service.port}`] }] }],
    });
    endings.push(() => prometheus.stop());

    for (const query of queries.filter(isSilent)) expect(await prometheus.query(query)).toEqual([]);
    let left = queries.filter((query) => !isSilent(query));
    expect(left.length).toBeGreaterThan(6);
    for (const until = Date.now() + PATIENCE_MS; left.length > 0 && Date.now() < until; await delay(500)) {
      const answers = await Promise.all(left.map((query) => prometheus.query(query)));
      left = left.filter((_, i) => !answers[i]!.some(({ value }) => Number.isFinite(value)));
    }
    expect(left).toEqual([]);
  });
});
