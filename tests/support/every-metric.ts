import { Budget } from '../../src/application/budget.js';
import type { KafkaReport } from '../../src/application/health.js';
import { Counters } from '../../src/application/ingest/counters.js';
import { Measures } from '../../src/application/ingest/measures.js';
import { RequestCounts } from '../../src/infrastructure/http/request-counts.js';
import { Metrics } from '../../src/infrastructure/observability/metrics/metrics.js';
import type { MetricsBase, MetricsParts } from '../../src/infrastructure/observability/metrics/sources.js';
import { SystemClock } from '../../src/infrastructure/system-clock.js';
import { subscriptionOf } from './subscriptions.js';

const kafka: KafkaReport = {
  gateway: { queued: 7, waiting: 3 },
  consumer: { partitions: [{ partition: 11, lag: 40 }], rebalances: 2, remade: 0, rejected: 5 },
};

const totals = {
  rockets: 6,
  byStatus: { 'awaiting-launch': 1, flying: 2, exploded: 3 },
  incomplete: 0,
  withGaps: 1,
  gaps: 4,
  events: 100,
  rulesBroken: 0,
  waiting: 9,
  late: 8,
};

export const metricsBase = (): MetricsBase => ({
  version: '1.2.3',
  storeName: 'postgres',
  clock: new SystemClock(),
  logger: { lost: 1 },
  counters: new Counters(),
  measures: new Measures(),
  budget: new Budget(1000),
  requests: new RequestCounts(),
  kafka: () => kafka,
});

export const metricsParts = (): MetricsParts => ({
  store: { fullness: { bytes: 10, limit: 20 } },
  figures: {
    now: async () => ({
      totals,
      silent: 2,
      oldestGapMs: 1500,
      heldBackMs: 250,
      subscriptions: { running: 3, paused: 1, failing: 1 },
      lags: [
        {
          subscription: subscriptionOf('to-crm', { position: '1' }),
          lag: { events: 6, isMore: false, ms: 900 },
          parked: { parked: 1, givenUp: 0 },
          isKept: true,
        },
      ],
    }),
  },
  buffer: { waiting: 12 },
  feed: { readers: 1, lagMs: 30 },
  kafka: () => kafka,
  pool: () => ({ idle: 1, busy: 2, waiting: 3 }),
  server: { connections: Promise.resolve(4) },
});

/** With all there can be: PostgreSQL and a bound on the store, and Kafka before it. */
export const everyMetric = (): Metrics => {
  const metrics = new Metrics(metricsBase());
  metrics.serve(metricsParts());
  return metrics;
};
