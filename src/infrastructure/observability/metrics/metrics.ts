import { collectDefaultMetrics, Registry } from 'prom-client';
import type { MetricsText } from '../../http/metrics-router.js';
import { register, type Definition } from './definition.js';
import { EventLoopDelay } from './event-loop-delay.js';
import { fleetMetrics } from './fleet-metrics.js';
import { instanceMetrics } from './instance-metrics.js';
import { kafkaMetrics } from './kafka-metrics.js';
import { messageMetrics } from './message-metrics.js';
import type { MetricsBase, MetricsParts, Scraped } from './sources.js';

/** Gauges that are named like counters, and say no more than those without the ending. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

const nothing: Scraped = {
  parts: undefined,
  fleet: undefined,
  kafka: undefined,
  httpConnections: undefined,
  tookMs: 0,
};

/** What Prometheus reads of this service: a registry of its own, filled when somebody asks. */
export class Metrics implements MetricsText {
  readonly definitions: readonly Definition[];
  readonly registry = new Registry();
  readonly contentType = this.registry.contentType;
  private parts: MetricsParts | undefined;
  private last: Scraped = nothing;

  constructor(private readonly base: MetricsBase) {
    const now = (): Scraped => this.last;
    this.definitions = [
      ...messageMetrics(base, now),
      ...fleetMetrics(now),
      ...(base.kafka === undefined ? [] : kafkaMetrics(now)),
      ...instanceMetrics(base, now, new EventLoopDelay()),
    ];
    collectDefaultMetrics({ register: this.registry });
    for (const name of misnamed) this.registry.removeSingleMetric(name);
    for (const definition of this.definitions) register(this.registry, definition);
  }

  /** From now on there is a store. */
  serve(parts: MetricsParts): void {
    this.parts = parts;
  }

  async text(): Promise<string> {
    const { parts, base } = this;
    const begun = base.clock.elapsed();
    const fleet = await parts?.figures.now();
    const httpConnections = await parts?.server.connections;
    const kafka = (parts?.kafka ?? base.kafka)?.();
    this.last = { parts, fleet, kafka, httpConnections, tookMs: base.clock.elapsed() - begun };
    return this.registry.metrics();
  }
}
