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

/** What Prometheus reads of this service. A service that nobody watches does no more for it than count. */
export class Metrics implements MetricsText {
  readonly definitions: readonly Definition[];
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  private readonly delay = new EventLoopDelay();
  private begun: Registry | undefined;
  private parts: MetricsParts | undefined;
  private last: Scraped = nothing;

  constructor(private readonly base: MetricsBase) {
    const now = (): Scraped => this.last;
    this.definitions = [
      ...messageMetrics(base, now),
      ...fleetMetrics(now),
      ...instanceMetrics(base, now, this.delay),
      ...(base.kafka === undefined ? [] : kafkaMetrics(now)),
    ];
  }

  /** From now on there is a store. */
  serve(parts: MetricsParts): void {
    this.parts = parts;
  }

  /** One of its own for each service: a process may have several. */
  get registry(): Registry {
    return (this.begun ??= this.begin());
  }

  async text(): Promise<string> {
    const { parts, base, registry } = this;
    const begun = base.clock.elapsed();
    const fleet = await parts?.figures.now();
    const httpConnections = await parts?.server.connections;
    const kafka = (parts?.kafka ?? base.kafka)?.();
    this.last = { parts, fleet, kafka, httpConnections, tookMs: base.clock.elapsed() - begun };
    return registry.metrics();
  }

  private begin(): Registry {
    const registry = new Registry();
    this.delay.begin();
    collectDefaultMetrics({ register: registry });
    for (const name of misnamed) registry.removeSingleMetric(name);
    for (const definition of this.definitions) register(registry, definition);
    return registry;
  }
}
