import 'reflect-metadata';
import type { Express } from 'express';
import { Container, ContainerModule, type ServiceIdentifier } from 'inversify';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Budget } from './application/budget.js';
import { EventFeed } from './application/feed/event-feed.js';
import { ActivityLog } from './application/fleet/activity-log.js';
import { FleetFigures } from './application/fleet/fleet-figures.js';
import { Fleet } from './application/fleet/fleet.js';
import { SkipOverdueGaps } from './application/gaps/skip-overdue-gaps.js';
import { Health } from './application/health.js';
import type { Counters } from './application/ingest/counters.js';
import { IngestMessages } from './application/ingest/ingest-messages.js';
import type { Intake } from './application/ingest/intake.js';
import { ReorderBuffer } from './application/ingest/reorder-buffer.js';
import { WorkerPool } from './application/ingest/worker-pool.js';
import type { Clock } from './application/ports/clock.js';
import type { EventStore } from './application/ports/event-store.js';
import type { Logger } from './application/ports/logger.js';
import type { MinuteLog } from './application/ports/minute-log.js';
import type { RocketDirectory } from './application/ports/rocket-directory.js';
import type { Sinks } from './application/ports/sink.js';
import type { SubscriptionStore } from './application/ports/subscription-store.js';
import { RocketQueries } from './application/rocket-queries.js';
import { tracedSinks } from './application/subscriptions/traced-sinks.js';
import { Deliveries } from './application/subscriptions/deliveries.js';
import { Subscriptions } from './application/subscriptions/subscriptions.js';
import type { Config } from './config.js';
import type { Access } from './infrastructure/auth/access.js';
import { createAdminApp, createApp } from './infrastructure/http/app.js';
import { dashboardRouter } from './infrastructure/http/docs/dashboard-router.js';
import { pageHeaders } from './infrastructure/http/docs/page-headers.js';
import { docsRouter } from './infrastructure/http/docs/docs-router.js';
import { streamEvents } from './infrastructure/http/feed/feed-stream.js';
import { RocketsServer } from './infrastructure/http/rockets-server.js';
import type { KafkaConsuming } from './infrastructure/kafka/kafka.js';
import type { MetricsParts } from './infrastructure/observability/metrics/sources.js';
import { createSinks } from './infrastructure/sinks.js';
import { InMemorySubscriptionStore } from './infrastructure/stores/memory/in-memory-subscription-store.js';
import { noMinutes } from './infrastructure/stores/memory/no-minutes.js';
import { busyLoop } from './infrastructure/busy-loop.js';
import { openStores, type Stores } from './open-stores.js';
import { createBase, kafkaReport, type Base, type KafkaParts } from './opening.js';
import { RocketsService } from './rockets-service.js';

const named = <T>(name: string): ServiceIdentifier<T> => Symbol(name) as ServiceIdentifier<T>;

/** What can be asked of the container. */
export const parts = {
  clock: named<Clock>('Clock'),
  logger: named<Logger>('Logger'),
  store: named<EventStore>('EventStore'),
  directory: named<RocketDirectory>('RocketDirectory'),
  minutes: named<MinuteLog>('MinuteLog'),
  subscriptionStore: named<SubscriptionStore>('SubscriptionStore'),
  sinks: named<Sinks>('Sinks'),
  counters: named<Counters>('Counters'),
  budget: named<Budget>('Budget'),
  buffer: named<ReorderBuffer>('ReorderBuffer'),
  workers: named<WorkerPool>('WorkerPool'),
  ingest: named<IngestMessages>('IngestMessages'),
  intake: named<Intake>('Intake'),
  consumer: named<KafkaConsuming | undefined>('KafkaConsuming'),
  queries: named<RocketQueries>('RocketQueries'),
  skipOverdueGaps: named<SkipOverdueGaps>('SkipOverdueGaps'),
  feed: named<EventFeed>('EventFeed'),
  activity: named<ActivityLog>('ActivityLog'),
  fleet: named<Fleet>('Fleet'),
  subscriptions: named<Subscriptions>('Subscriptions'),
  deliveries: named<Deliveries | undefined>('Deliveries'),
  health: named<Health>('Health'),
  access: named<Access | undefined>('Access'),
  app: named<Express>('Express'),
  server: named<RocketsServer>('RocketsServer'),
  adminServer: named<RocketsServer>('AdminServer'),
  metricsParts: named<MetricsParts>('MetricsParts'),
  service: named<RocketsService>('RocketsService'),
};

const p = parts;

/** The whole service, a module for each room. */
export const createContainer = async (
  config: Config,
  stores?: Stores,
  kafka?: KafkaParts,
): Promise<Container> => {
  const base = await createBase(config, kafka);
  const opened = stores ?? (await openStores(config, base));
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(
    storesModule(opened, base),
    applicationModule(config, base),
    httpModule(config, base, opened),
  );
  return container;
};

const storesModule = (
  { store, directory, minutes = noMinutes, ...others }: Stores,
  { clock, logger, counters, budget }: Base,
): ContainerModule =>
  new ContainerModule(({ bind }) => {
    bind(p.counters).toConstantValue(counters);
    bind(p.budget).toConstantValue(budget);
    bind(p.clock).toConstantValue(clock);
    bind(p.logger).toConstantValue(logger);
    bind(p.store).toConstantValue(store);
    bind(p.directory).toConstantValue(directory);
    bind(p.minutes).toConstantValue(minutes);
    bind(p.subscriptionStore).toConstantValue(
      others.subscriptions ?? new InMemorySubscriptionStore(store, randomUUID()),
    );
  });

const applicationModule = (config: Config, base: Base): ContainerModule =>
  new ContainerModule(({ bind }) => {
    bind(p.sinks).toDynamicValue(({ get }) => {
      const { source } = get(p.subscriptionStore);
      const { webhookAllow } = config;
      const sinks = createSinks({ source, webhookAllow, kafka: base.kafkaSinks }, get(p.clock));
      const { recording } = base;
      return recording === undefined ? sinks : tracedSinks(sinks, recording.messages, get(p.logger));
    });
    bind(p.buffer).toDynamicValue(
      ({ get }) =>
        new ReorderBuffer({ messages: config.bufferMessages, bytes: config.bufferBytes }, get(p.budget)),
    );
    bind(p.workers).toDynamicValue(
      ({ get }) =>
        new WorkerPool(
          get(p.buffer),
          get(p.store),
          get(p.clock),
          get(p.logger),
          config.workerCount,
          base.measures,
          base.recording?.messages,
        ),
    );
    bind(p.ingest).toDynamicValue(
      ({ get }) =>
        new IngestMessages(
          get(p.buffer),
          get(p.workers),
          get(p.counters),
          get(p.logger),
          base.measures,
          base.recording?.messages,
        ),
    );
    bind(p.intake).toDynamicValue(({ get }) => base.gateway ?? get(p.ingest));
    bind(p.consumer).toDynamicValue(({ get }) =>
      config.consume === 'kafka'
        ? base.kafka?.consumer(
            get(p.ingest),
            { bytes: config.bodyBytes },
            get(p.clock),
            base.recording?.tracing,
          )
        : undefined,
    );
    bind(p.queries).toDynamicValue(
      ({ get }) => new RocketQueries(get(p.store), get(p.directory), get(p.clock)),
    );
    bind(p.feed).toDynamicValue(
      ({ get }) => new EventFeed(get(p.store), get(p.clock), get(p.logger), config.maxReaders),
    );
    bind(p.skipOverdueGaps).toDynamicValue(
      ({ get }) =>
        new SkipOverdueGaps(
          get(p.store),
          get(p.directory),
          get(p.ingest),
          get(p.clock),
          get(p.logger),
          config.gapTimeoutMs,
        ),
    );
    bind(p.activity).toDynamicValue(
      ({ get }) =>
        new ActivityLog(
          randomUUID(),
          get(p.minutes),
          get(p.directory),
          get(p.counters),
          get(p.clock),
          get(p.logger),
        ),
    );
    bind(p.fleet).toDynamicValue(
      ({ get }) => new Fleet(get(p.directory), get(p.activity), get(p.clock), config.silentAfterMs),
    );
    bind(p.subscriptions).toDynamicValue(
      ({ get }) =>
        new Subscriptions(
          get(p.subscriptionStore),
          get(p.store),
          get(p.sinks),
          get(p.clock),
          get(p.logger),
          (name) => get(p.deliveries)?.changed(name),
        ),
    );
    bind(p.deliveries).toDynamicValue(({ get }) =>
      config.subscriptions
        ? new Deliveries(
            {
              store: get(p.subscriptionStore),
              events: get(p.store),
              feed: get(p.feed),
              sinks: get(p.sinks),
              signingSecrets: (name) => get(p.subscriptions).signingSecrets(name),
              clock: get(p.clock),
              random: Math.random,
              logger: get(p.logger),
              patienceMs: config.subscriptionPatienceMs,
            },
            `${hostname()}:${config.port}:${randomUUID().slice(0, 8)}`,
            { commits: () => get(p.feed).commits, busy: busyLoop() },
          )
        : undefined,
    );
    bind(p.health).toDynamicValue(
      ({ get }) =>
        new Health(
          config.eventStore,
          get(p.store),
          get(p.directory),
          get(p.buffer),
          get(p.counters),
          get(p.feed),
          get(p.clock),
          {
            logger: get(p.logger),
            subscriptions: get(p.subscriptions),
            kafka: base.kafka && (() => kafkaReport(base, get(p.consumer))),
          },
        ),
    );
  });

const httpModule = (config: Config, base: Base, { predecessors = [], pool }: Stores): ContainerModule =>
  new ContainerModule(({ bind }) => {
    const { access, certificate, limits, sites, kafka, metrics, requests, recording } = base;
    const headers = pageHeaders(certificate !== undefined);
    bind(p.access).toConstantValue(access);
    bind(p.app).toDynamicValue(({ get }) =>
      createApp({
        ingest: get(p.ingest),
        intake: get(p.intake),
        queries: get(p.queries),
        health: get(p.health),
        subscriptions: get(p.subscriptions),
        deliversHere: (type) => config.subscriptions && get(p.sinks).types.includes(type),
        fleet: get(p.fleet),
        counters: get(p.counters),
        logger: get(p.logger),
        limits,
        budget: get(p.budget),
        sites,
        access,
        requestTraces: recording?.requests,
        streamEvents: streamEvents(get(p.feed), get(p.budget)),
        requests,
        metrics: config.adminPort === undefined ? metrics : undefined,
        pages: [docsRouter(headers, { isGuarded: access !== undefined }), dashboardRouter(headers)],
      }),
    );
    bind(p.server).toDynamicValue(
      ({ get }) =>
        new RocketsServer(
          get(p.app),
          { maxConnections: config.maxConnections, budget: get(p.budget) },
          certificate,
        ),
    );
    bind(p.adminServer).toDynamicValue(
      ({ get }) =>
        new RocketsServer(createAdminApp({ health: get(p.health), logger: get(p.logger), access, metrics }), {
          maxConnections: config.maxConnections,
          budget: get(p.budget),
        }),
    );
    bind(p.metricsParts).toDynamicValue(({ get }) => ({
      store: get(p.store),
      figures: new FleetFigures(
        get(p.directory),
        get(p.store),
        get(p.fleet),
        get(p.subscriptions),
        get(p.clock),
      ),
      buffer: get(p.buffer),
      feed: get(p.feed),
      kafka: kafka && (() => kafkaReport(base, get(p.consumer))),
      pool,
      server: get(p.server),
    }));
    bind(p.service).toDynamicValue(({ get }) => {
      metrics.serve(get(p.metricsParts));
      return new RocketsService(config, {
        store: get(p.store),
        workers: get(p.workers),
        ingest: get(p.ingest),
        intake: get(p.intake),
        consumer: get(p.consumer),
        kafka,
        skipOverdueGaps: get(p.skipOverdueGaps),
        feed: get(p.feed),
        deliveries: get(p.deliveries),
        activity: get(p.activity),
        health: get(p.health),
        access,
        tracing: recording?.tracing,
        server: get(p.server),
        adminServer: get(p.adminServer),
        predecessors,
      });
    });
  });
