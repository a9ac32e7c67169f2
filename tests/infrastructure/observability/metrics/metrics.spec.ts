import { Metrics } from '../../../../src/infrastructure/observability/metrics/metrics.js';
import { everyMetric, metricsBase } from '../../../support/every-metric.js';
import { ToldMetrics } from '../../../support/told-metrics.js';

const toldBy = async (metrics: Metrics): Promise<ToldMetrics> => new ToldMetrics(await metrics.text());

describe('the text for Prometheus', () => {
  it('says what Kafka and a pool of connections say of themselves', async () => {
    const metrics = await toldBy(everyMetric());
    expect(metrics.all('rockets_kafka_lag_messages')).toEqual({ '{partition="11"}': 40 });
    expect(metrics.value('rockets_kafka_rejected_total')).toBe(5);
    expect(metrics.value('rockets_kafka_rebalances_total')).toBe(2);
    expect(metrics.value('rockets_kafka_gateway_waiting_messages')).toBe(3);
    expect(metrics.value('rockets_messages_total{outcome="queued"}')).toBe(7);
    expect(metrics.all('rockets_database_connections')).toEqual({ '{state="idle"}': 1, '{state="busy"}': 2 });
    expect(metrics.value('rockets_database_waiting_questions')).toBe(3);
    expect(metrics.value('rockets_log_lines_lost_total')).toBe(1);
    expect(metrics.value('rockets_feed_held_back_seconds')).toBe(0.25);
    expect(metrics.value('rockets_oldest_gap_age_seconds')).toBe(1.5);
  });

  it('has only one of two roles where Kafka is gone through in one way', async () => {
    const base = metricsBase();
    const consumer = { partitions: [], rebalances: 0, remade: 0, rejected: 0, error: 'no broker answers' };
    const metrics = await toldBy(new Metrics({ ...base, kafka: () => ({ consumer }) }));
    expect(metrics.value('rockets_kafka_consumer_up')).toBe(0);
    expect(metrics.value('rockets_kafka_gateway_up')).toBeUndefined();
    expect(metrics.value('rockets_messages_total{outcome="queued"}')).toBe(0);
  });

  it('has what is counted before there is a store, which is away', async () => {
    const base = metricsBase();
    base.counters.turnedAway('shed');
    const metrics = await toldBy(new Metrics(base));
    expect(metrics.value('rockets_store_up')).toBe(0);
    expect(metrics.value('rockets_messages_total{outcome="shed"}')).toBe(1);
    for (const name of ['rockets_events', 'rockets_feed_readers', 'rockets_lane_queue_messages'])
      expect(metrics.value(name)).toBeUndefined();
  });

  it('puts what was measured into buckets that hold all below', async () => {
    const base = metricsBase();
    for (const ms of [0.2, 0.5, 3, 20_000]) base.measures.commitMs.observe(ms);
    const metrics = await toldBy(new Metrics(base));
    const bucket = (le: string) => metrics.value(`rockets_commit_duration_seconds_bucket{le="${le}"}`);
    expect(['0.0005', '0.001', '0.005', '10', '+Inf'].map(bucket)).toEqual([2, 2, 3, 3, 4]);
    expect(metrics.value('rockets_commit_duration_seconds_count')).toBe(4);
    expect(metrics.value('rockets_commit_duration_seconds_sum')).toBeCloseTo(20.0037);
  });
});
