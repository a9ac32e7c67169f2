import 'reflect-metadata';
import type { Express } from 'express';
import { Container, type ServiceIdentifier } from 'inversify';
import { Counters } from './application/counters.js';
import { EventFeed } from './application/event-feed.js';
import { Health } from './application/health.js';
import { IngestMessages } from './application/ingest-messages.js';
import type { Clock } from './application/ports/clock.js';
import type { EventStore } from './application/ports/event-store.js';
import type { Logger } from './application/ports/logger.js';
import type { RocketDirectory } from './application/ports/rocket-directory.js';
import { ReorderBuffer } from './application/reorder-buffer.js';
import { RocketQueries } from './application/rocket-queries.js';
import { SkipOverdueGaps } from './application/skip-overdue-gaps.js';
import { WorkerPool } from './application/worker-pool.js';
import type { Config } from './config.js';
import { InMemoryEventStore } from './infrastructure/event-store/in-memory-event-store.js';
import { InMemoryRocketDirectory } from './infrastructure/event-store/in-memory-rocket-directory.js';
import { SqliteEventStore } from './infrastructure/event-store/sqlite/sqlite-event-store.js';
import { SqliteRocketDirectory } from './infrastructure/event-store/sqlite/sqlite-rocket-directory.js';
import { createApp } from './infrastructure/http/app.js';
import { dashboardRouter } from './infrastructure/http/dashboard-router.js';
import { docsRouter } from './infrastructure/http/docs-router.js';
import { streamEvents } from './infrastructure/http/feed-stream.js';
import { RocketsServer } from './infrastructure/http/rockets-server.js';
import { WinstonLogger } from './infrastructure/observability/winston-logger.js';
import { SystemClock } from './infrastructure/system-clock.js';
import { RocketsService } from './rockets-service.js';

const BODY_TIMEOUT_MS = 10_000;

const named = <T>(name: string): ServiceIdentifier<T> => Symbol(name) as ServiceIdentifier<T>;

/** What can be asked of the container. */
export const parts = {
  clock: named<Clock>('Clock'),
  logger: named<Logger>('Logger'),
  store: named<EventStore>('EventStore'),
  directory: named<RocketDirectory>('RocketDirectory'),
  counters: named<Counters>('Counters'),
  buffer: named<ReorderBuffer>('ReorderBuffer'),
  workers: named<WorkerPool>('WorkerPool'),
  ingest: named<IngestMessages>('IngestMessages'),
  queries: named<RocketQueries>('RocketQueries'),
  skipOverdueGaps: named<SkipOverdueGaps>('SkipOverdueGaps'),
  feed: named<EventFeed>('EventFeed'),
  health: named<Health>('Health'),
  app: named<Express>('Express'),
  server: named<RocketsServer>('RocketsServer'),
  service: named<RocketsService>('RocketsService'),
};

export interface Stores {
  readonly store: EventStore;
  readonly directory: RocketDirectory;
}

/** The whole service, every binding in one list. Opening a store can take a moment, so it comes first. */
export const createContainer = async (config: Config, stores?: Stores): Promise<Container> => {
  const clock = new SystemClock();
  const { store, directory } = stores ?? (await openStores(config, clock));
  const container = new Container({ defaultScope: 'Singleton' });
  const p = parts;

  container.bind(p.clock).toConstantValue(clock);
  container.bind(p.store).toConstantValue(store);
  container.bind(p.directory).toConstantValue(directory);
  container
    .bind(p.logger)
    .toResolvedValue(() => new WinstonLogger({ level: config.logLevel, format: config.logFormat }), []);
  container.bind(p.counters).toResolvedValue(() => new Counters(), []);
  container
    .bind(p.buffer)
    .toResolvedValue(
      () => new ReorderBuffer({ messages: config.bufferMessages, bytes: config.bufferBytes }),
      [],
    );
  container
    .bind(p.workers)
    .toResolvedValue(
      (buffer: ReorderBuffer, eventStore: EventStore, c: Clock, logger: Logger) =>
        new WorkerPool(buffer, eventStore, c, logger, config.workerCount),
      [p.buffer, p.store, p.clock, p.logger],
    );
  container
    .bind(p.ingest)
    .toResolvedValue(
      (buffer: ReorderBuffer, workers: WorkerPool, counters: Counters, logger: Logger) =>
        new IngestMessages(buffer, workers, counters, logger),
      [p.buffer, p.workers, p.counters, p.logger],
    );
  container
    .bind(p.queries)
    .toResolvedValue(
      (s: EventStore, d: RocketDirectory, feed: EventFeed) => new RocketQueries(s, d, feed),
      [p.store, p.directory, p.feed],
    );
  container
    .bind(p.skipOverdueGaps)
    .toResolvedValue(
      (d: RocketDirectory, ingest: IngestMessages, c: Clock, logger: Logger) =>
        new SkipOverdueGaps(d, ingest, c, logger, config.gapTimeoutMs),
      [p.directory, p.ingest, p.clock, p.logger],
    );
  container
    .bind(p.feed)
    .toResolvedValue(
      (s: EventStore, d: RocketDirectory, c: Clock, logger: Logger) => new EventFeed(s, d, c, logger),
      [p.store, p.directory, p.clock, p.logger],
    );
  container
    .bind(p.health)
    .toResolvedValue(
      (s: EventStore, d: RocketDirectory, buffer: ReorderBuffer, counters: Counters, c: Clock) =>
        new Health(config.eventStore, s, d, buffer, counters, c),
      [p.store, p.directory, p.buffer, p.counters, p.clock],
    );
  container.bind(p.app).toResolvedValue(
    (
      ingest: IngestMessages,
      queries: RocketQueries,
      health: Health,
      counters: Counters,
      logger: Logger,
      feed: EventFeed,
    ) =>
      createApp({
        ingest,
        queries,
        health,
        counters,
        logger,
        limits: { bytes: config.bodyBytes, timeoutMs: BODY_TIMEOUT_MS },
        streamEvents: streamEvents(feed),
        pages: [docsRouter(), dashboardRouter()],
      }),
    [p.ingest, p.queries, p.health, p.counters, p.logger, p.feed],
  );
  container
    .bind(p.server)
    .toResolvedValue(
      (app: Express) => new RocketsServer(app, { maxConnections: config.maxConnections }),
      [p.app],
    );
  container
    .bind(p.service)
    .toResolvedValue(
      (
        s: EventStore,
        workers: WorkerPool,
        ingest: IngestMessages,
        gaps: SkipOverdueGaps,
        feed: EventFeed,
        health: Health,
        server: RocketsServer,
      ) => new RocketsService(config, s, workers, ingest, gaps, feed, health, server),
      [p.store, p.workers, p.ingest, p.skipOverdueGaps, p.feed, p.health, p.server],
    );
  return container;
};

const openStores = async (config: Config, clock: Clock): Promise<Stores> => {
  if (config.eventStore === 'sqlite') {
    const { sqliteFile: file, sqliteSynchronous: synchronous } = config;
    const store = await SqliteEventStore.open({ file, synchronous });
    return { store, directory: new SqliteRocketDirectory(store.reading) };
  }
  const directory = new InMemoryRocketDirectory(clock);
  return { store: new InMemoryEventStore(directory), directory };
};
