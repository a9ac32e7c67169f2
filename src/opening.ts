import { hostname } from 'node:os';
import { logAct } from './application/acts.js';
import { Budget } from './application/budget.js';
import type { KafkaReport } from './application/health.js';
import { Counters } from './application/ingest/counters.js';
import { Measures } from './application/ingest/measures.js';
import { QueueMessages } from './application/ingest/queue-messages.js';
import { MessageTraces } from './application/ingest/message-traces.js';
import type { Clock } from './application/ports/clock.js';
import type { Logger } from './application/ports/logger.js';
import { standsBefore, type Config } from './config.js';
import { Access, type AccessRules } from './infrastructure/auth/access.js';
import { Certificate } from './infrastructure/http/certificate.js';
import { Gate } from './infrastructure/http/gate.js';
import { PieceTurns } from './infrastructure/http/messages/piece-turns.js';
import { postMessages } from './infrastructure/http/messages/post-messages.js';
import type { BodyLimits } from './infrastructure/http/messages/read-body.js';
import { metricsMeanwhile } from './infrastructure/http/metrics-router.js';
import { RequestCounts } from './infrastructure/http/request-counts.js';
import { siteGuard, type SiteRules } from './infrastructure/http/site-guard.js';
import type { GatewayMeanwhile, Meanwhile } from './infrastructure/http/waiting-app.js';
import { RequestTraces } from './infrastructure/http/request-traces.js';
import type { Kafka, KafkaConsuming } from './infrastructure/kafka/kafka.js';
import type { KafkaSinks } from './infrastructure/kafka/kafka-sinks.js';
import { Metrics } from './infrastructure/observability/metrics/metrics.js';
import { queueTracing } from './infrastructure/kafka/record-trace.js';
import type { OtlpTracing } from './infrastructure/observability/otlp-tracing.js';
import { WinstonLogger } from './infrastructure/observability/winston-logger.js';
import { SystemClock } from './infrastructure/system-clock.js';
import { version } from './version.js';

const BODY_TIMEOUT_MS = 10_000;

/** What is there before the store, which can take long to open. */
export interface Base {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly measures: Measures;
  readonly requests: RequestCounts;
  readonly metrics: Metrics;
  readonly budget: Budget;
  readonly limits: BodyLimits;
  readonly sites: SiteRules;
  readonly access: Access | undefined;
  readonly certificate: Certificate | undefined;
  readonly kafka: KafkaParts | undefined;
  /** Or why no subscription can go there. */
  readonly kafkaSinks: KafkaSinks | string;
  /** Only with INGEST=kafka. */
  readonly gateway: QueueMessages | undefined;
  /** Only with TRACING=otlp. */
  readonly recording: Recording | undefined;
}

/** What takes part in recording what happens. */
export interface Recording {
  readonly tracing: OtlpTracing;
  readonly messages: MessageTraces;
  readonly requests: RequestTraces;
}

/** What the service needs of Kafka. */
export type KafkaParts = Pick<Kafka, 'queue' | 'failure' | 'consumer' | 'close'>;

export const createBase = async (config: Config, given?: KafkaParts): Promise<Base> => {
  const logger = new WinstonLogger({ level: config.logLevel, format: config.logFormat });
  const clock = new SystemClock();
  const counters = new Counters();
  const measures = new Measures(clock);
  const requests = new RequestCounts();
  const budget = new Budget(config.bufferBytes);
  const certificate = config.tls && new Certificate(config.tls, logger);
  const access = config.access && (await openAccess(config.access, logger));
  const kafka = given ?? (await openKafka(config, logger));
  const kafkaSinks = await openKafkaSinks(config);
  const { bufferMessages, bodyBytes, allowedOrigins, allowedHosts } = config;
  const recording = await openRecording(config, logger);
  const trace = recording && config.kafka && queueTracing(recording.tracing, config.kafka.topic);
  const gateway =
    kafka && config.ingest === 'kafka'
      ? new QueueMessages(kafka.queue, bufferMessages, budget, counters, clock, trace)
      : undefined;
  const limits = { bytes: bodyBytes, timeoutMs: BODY_TIMEOUT_MS, budget, pieces: new PieceTurns() };
  const sites = { allowedOrigins, allowedHosts };
  const metrics = new Metrics({
    version: version(),
    storeName: config.eventStore,
    clock,
    logger,
    counters,
    measures,
    budget,
    requests,
    kafka: kafka && (() => kafkaReport({ kafka, gateway }, undefined)),
  });
  const counting = { counters, measures, requests, metrics };
  const opened = { access, certificate, kafka, kafkaSinks, gateway, recording };
  return { logger, clock, budget, limits, sites, ...counting, ...opened };
};

const openRecording = async (config: Config, logger: Logger): Promise<Recording | undefined> => {
  if (config.tracing === undefined) return undefined;
  const { OtlpTracing } = await import('./infrastructure/observability/otlp-tracing.js');
  const tracing = new OtlpTracing(config.tracing, `${hostname()}:${config.port}`, logger);
  const messages = new MessageTraces(tracing, storeAttributes[config.eventStore]);
  return { tracing, messages, requests: new RequestTraces(tracing) };
};

/** By the names that OpenTelemetry has for databases. */
const storeAttributes = {
  memory: {},
  sqlite: { 'db.system.name': 'sqlite' },
  postgres: { 'db.system.name': 'postgresql' },
};

const openKafka = async (config: Config, logger: Logger): Promise<Kafka | undefined> => {
  const { kafka: settings } = config;
  if (settings === undefined || !standsBefore(config)) return undefined;
  const { Kafka } = await import('./infrastructure/kafka/kafka.js');
  return Kafka.open(settings, logger);
};

const openKafkaSinks = async ({ kafka }: Config): Promise<KafkaSinks | string> => {
  if (kafka === undefined) return 'Kafka is not configured here: set KAFKA_BROKERS.';
  const { KafkaSinks } = await import('./infrastructure/kafka/kafka-sinks.js');
  return KafkaSinks.open(kafka);
};

/** What there is before the store. */
export const meanwhileOf = (base: Base, { adminPort }: Pick<Config, 'adminPort'>): Meanwhile => {
  const { metrics, access, logger, sites } = base;
  const admits = adminPort === undefined ? siteGuard(sites) : undefined;
  return {
    gateway: gatewayMeanwhile(base),
    metrics: metricsMeanwhile(metrics, new Gate(access, logger), logger, admits),
  };
};

const gatewayMeanwhile = (base: Base): GatewayMeanwhile | undefined => {
  const { gateway, counters, limits, access, logger, requests } = base;
  if (gateway === undefined) return undefined;
  const admits = siteGuard(base.sites);
  const take = postMessages(gateway, counters, limits, new Gate(access, logger));
  return {
    take: (req, res) => {
      requests.watch(res, '/messages');
      base.recording?.requests.begin(req, res, '/messages');
      return admits(req, res) ? take(req, res) : undefined;
    },
    error: () => gatewayReport(base)?.error,
  };
};

const gatewayReport = ({ kafka, gateway }: Pick<Base, 'kafka' | 'gateway'>): KafkaReport['gateway'] => {
  if (kafka === undefined || gateway === undefined) return undefined;
  const { queued, waiting, error: ofLast } = gateway.report;
  const error = kafka.failure ?? (waiting > 0 ? ofLast : undefined);
  return { queued, waiting, ...(error === undefined ? {} : { error }) };
};

export const kafkaReport = (
  base: Pick<Base, 'kafka' | 'gateway'>,
  consumer: KafkaConsuming | undefined,
): KafkaReport => {
  const gateway = gatewayReport(base);
  return { ...(gateway && { gateway }), ...(consumer && { consumer: consumer.report }) };
};

const openAccess = (rules: AccessRules, logger: Logger): Promise<Access> =>
  Access.open(rules, {
    reread: (file, changes) => logAct(logger, 'keys were read again', { who: 'file' }, { file, ...changes }),
    failed: (file, why) => logger.error('keys cannot be read: the old ones stay in force', { file, why }),
  });
