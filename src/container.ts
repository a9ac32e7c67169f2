import 'reflect-metadata';
import type { Express } from 'express';
import { Container, ContainerModule, type ServiceIdentifier } from 'inversify';
import { randomUUID } from 'node:crypto';
import { Budget } from './application/budget.js';
import { EventFeed } from './application/feed/event-feed.js';
import { ActivityLog } from './application/fleet/activity-log.js';
import { Fleet } from './application/fleet/fleet.js';
import { SkipOverdueGaps } from './application/gaps/skip-overdue-gaps.js';
import { Health } from './application/health.js';
import { Counters } from './application/ingest/counters.js';
import { IngestMessages } from './application/ingest/ingest-messages.js';
import { ReorderBuffer } from './application/ingest/reorder-buffer.js';
import { WorkerPool } from './application/ingest/worker-pool.js';
import type { Clock } from './application/ports/clock.js';
import type { EventStore } from './application/ports/event-store.js';
import type { Logger } from './application/ports/logger.js';
import type { MinuteLog } from './application/ports/minute-log.js';
import type { RocketDirectory } from './application/ports/rocket-directory.js';
import { RocketQueries } from './application/rocket-queries.js';
import type { Config } from './config.js';
import { Access, type AccessRules } from './infrastructure/auth/access.js';
import { createAdminApp, createApp } from './infrastructure/http/app.js';
import { Certificate } from './infrastructure/http/certificate.js';
import { dashboardRouter } from './infrastructure/http/docs/dashboard-router.js';
import { pageHeaders } from './infrastructure/http/docs/page-headers.js';
import { docsRouter } from './infrastructure/http/docs/docs-router.js';
import { streamEvents } from './infrastructure/http/feed/feed-stream.js';
import { PieceTurns } from './infrastructure/http/messages/piece-turns.js';
import { RocketsServer } from './infrastructure/http/rockets-server.js';
import { WinstonLogger } from './infrastructure/observability/winston-logger.js';
import { InMemoryEventStore } from './infrastructure/stores/memory/in-memory-event-store.js';
import {
  InMemoryRocketDirectory,
  PLACE_BYTES,
} from './infrastructure/stores/memory/in-memory-rocket-directory.js';
import { noMinutes } from './infrastructure/stores/memory/no-minutes.js';
import { RelationalMinutes } from './infrastructure/stores/relational/minutes.js';
import { RelationalRocketDirectory } from './infrastructure/stores/relational/relational-directory.js';
import { SqliteEventStore } from './infrastructure/stores/sqlite/sqlite-event-store.js';
import { SystemClock } from './infrastructure/system-clock.js';
import { RocketsService } from './rockets-service.js';
import { whenItAnswers } from './when-it-answers.js';

const BODY_TIMEOUT_MS = 10_000;
/** Of what the store in memory may keep, so much more may the orders take in which it is listed. */
const SHARE_OF_ORDERS = 1 / 8;

const named = <T>(name: string): ServiceIdentifier<T> => Symbol(name) as ServiceIdentifier<T>;

/** What can be asked of the container. */
export const parts = {
  clock: named<Clock>('Clock'),
  logger: named<Logger>('Logger'),
  store: named<EventStore>('EventStore'),
  directory: named<RocketDirectory>('RocketDirectory'),
  minutes: named<MinuteLog>('MinuteLog'),
  counters: named<Counters>('Counters'),
  budget: named<Budget>('Budget'),
  buffer: named<ReorderBuffer>('ReorderBuffer'),
  workers: named<WorkerPool>('WorkerPool'),
  ingest: named<IngestMessages>('IngestMessages'),
  queries: named<RocketQueries>('RocketQueries'),
  skipOverdueGaps: named<SkipOverdueGaps>('SkipOverdueGaps'),
  feed: named<EventFeed>('EventFeed'),
  activity: named<ActivityLog>('ActivityLog'),
  fleet: named<Fleet>('Fleet'),
  health: named<Health>('Health'),
  access: named<Access | undefined>('Access'),
  app: named<Express>('Express'),
  server: named<RocketsServer>('RocketsServer'),
  adminServer: named<RocketsServer>('AdminServer'),
  service: named<RocketsService>('RocketsService'),
};

const p = parts;

export interface Stores {
  readonly store: EventStore;
  readonly directory: RocketDirectory;
  readonly minutes?: MinuteLog;
}

/** The whole service, a module for each room. Opening a store can take a moment, so it comes first. */
export const createContainer = async (config: Config, stores?: Stores): Promise<Container> => {
  const logger = new WinstonLogger({ level: config.logLevel, format: config.logFormat });
  const clock = new SystemClock();
  const certificate = config.tls && new Certificate(config.tls, logger);
  const opened = stores ?? (await openStores(config, clock, logger, certificate));
  const access = config.access && (await openAccess(config.access, logger));
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(
    storesModule(opened, clock, logger),
    applicationModule(config),
    httpModule(config, access, certificate),
  );
  return container;
};

const storesModule = (
  { store, directory, minutes = noMinutes }: Stores,
  clock: Clock,
  logger: Logger,
): ContainerModule =>
  new ContainerModule(({ bind }) => {
    bind(p.clock).toConstantValue(clock);
    bind(p.logger).toConstantValue(logger);
    bind(p.store).toConstantValue(store);
    bind(p.directory).toConstantValue(directory);
    bind(p.minutes).toConstantValue(minutes);
  });

const applicationModule = (config: Config): ContainerModule =>
  new ContainerModule(({ bind }) => {
    bind(p.counters).toDynamicValue(() => new Counters());
    bind(p.budget).toDynamicValue(() => new Budget(config.bufferBytes));
    bind(p.buffer).toDynamicValue(
      ({ get }) =>
        new ReorderBuffer({ messages: config.bufferMessages, bytes: config.bufferBytes }, get(p.budget)),
    );
    bind(p.workers).toDynamicValue(
      ({ get }) =>
        new WorkerPool(get(p.buffer), get(p.store), get(p.clock), get(p.logger), config.workerCount),
    );
    bind(p.ingest).toDynamicValue(
      ({ get }) => new IngestMessages(get(p.buffer), get(p.workers), get(p.counters), get(p.logger)),
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
          get(p.logger),
        ),
    );
  });

const httpModule = (
  config: Config,
  access: Access | undefined,
  certificate: Certificate | undefined,
): ContainerModule =>
  new ContainerModule(({ bind }) => {
    const headers = pageHeaders(certificate !== undefined);
    bind(p.access).toConstantValue(access);
    bind(p.app).toDynamicValue(({ get }) =>
      createApp({
        ingest: get(p.ingest),
        queries: get(p.queries),
        health: get(p.health),
        fleet: get(p.fleet),
        counters: get(p.counters),
        logger: get(p.logger),
        limits: {
          bytes: config.bodyBytes,
          timeoutMs: BODY_TIMEOUT_MS,
          budget: get(p.budget),
          pieces: new PieceTurns(),
        },
        budget: get(p.budget),
        sites: { allowedOrigins: config.allowedOrigins, allowedHosts: config.allowedHosts },
        access,
        streamEvents: streamEvents(get(p.feed), get(p.budget)),
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
        new RocketsServer(createAdminApp({ health: get(p.health), logger: get(p.logger), access }), {
          maxConnections: config.maxConnections,
          budget: get(p.budget),
        }),
    );
    bind(p.service).toDynamicValue(
      ({ get }) =>
        new RocketsService(config, {
          store: get(p.store),
          workers: get(p.workers),
          ingest: get(p.ingest),
          skipOverdueGaps: get(p.skipOverdueGaps),
          feed: get(p.feed),
          activity: get(p.activity),
          health: get(p.health),
          access,
          server: get(p.server),
          adminServer: get(p.adminServer),
        }),
    );
  });

const openAccess = (rules: AccessRules, logger: Logger): Promise<Access> =>
  Access.open(rules, {
    reread: (file) => logger.info('keys were read again', { file }),
    failed: (file, why) => logger.error('keys cannot be read: the old ones stay in force', { file, why }),
  });

const openStores = async (
  config: Config,
  clock: Clock,
  logger: Logger,
  certificate: Certificate | undefined,
): Promise<Stores> => {
  if (config.eventStore === 'sqlite') {
    const { sqliteFile: file, sqliteSynchronous: synchronous } = config;
    const warn = (message: string): void => logger.warn(message);
    const store = await SqliteEventStore.open({ file, synchronous, warn });
    const { parts: opened } = store;
    const minutes = new RelationalMinutes(opened.ask, (rows, before) => opened.putMinutes(rows, before));
    return { store, directory: new RelationalRocketDirectory(opened), minutes };
  }
  if (config.eventStore === 'postgres') {
    // Only who chose it needs its driver.
    const { PostgresEventStore } = await import('./infrastructure/stores/postgres/postgres-event-store.js');
    const { databaseUrl: url, databaseConnections: connections } = config;
    const open = () => PostgresEventStore.open({ url, connections });
    const store = await whenItAnswers(config, logger, certificate, open);
    const { parts: opened } = store;
    const minutes = new RelationalMinutes(opened.ask, (rows, before) => opened.putMinutes(rows, before));
    return { store, directory: new RelationalRocketDirectory(opened), minutes };
  }
  const places = Math.floor((config.storeBytes * SHARE_OF_ORDERS) / PLACE_BYTES);
  const directory = new InMemoryRocketDirectory(clock, places);
  return { store: new InMemoryEventStore(directory, { bytes: config.storeBytes }), directory };
};
