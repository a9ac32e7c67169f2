import type { AddressInfo } from 'node:net';
import type { ActivityLog } from './application/fleet/activity-log.js';
import type { EventFeed } from './application/feed/event-feed.js';
import type { Health } from './application/health.js';
import type { IngestMessages } from './application/ingest/ingest-messages.js';
import type { EventStore } from './application/ports/event-store.js';
import type { SkipOverdueGaps } from './application/gaps/skip-overdue-gaps.js';
import type { WorkerPool } from './application/ingest/worker-pool.js';
import type { Config } from './config.js';
import type { Access } from './infrastructure/auth/access.js';
import type { RocketsServer } from './infrastructure/http/rockets-server.js';

export interface ServiceParts {
  readonly store: EventStore;
  readonly workers: WorkerPool;
  readonly ingest: IngestMessages;
  readonly skipOverdueGaps: SkipOverdueGaps;
  readonly feed: EventFeed;
  readonly activity: ActivityLog;
  readonly health: Health;
  readonly access: Access | undefined;
  readonly server: RocketsServer;
  /** Listens only when it has a port of its own. */
  readonly adminServer: RocketsServer;
}

/** The order in which the parts start and stop. */
export class RocketsService {
  readonly store: EventStore;
  adminAddress: AddressInfo | undefined;

  constructor(
    private readonly config: Config,
    private readonly parts: ServiceParts,
  ) {
    this.store = parts.store;
  }

  async start(): Promise<AddressInfo> {
    const { workers, feed, activity, skipOverdueGaps, server, adminServer } = this.parts;
    const { port, host, adminPort, gapTimeoutMs } = this.config;
    workers.onCommit((change, before) => feed.committed(change, before));
    workers.onCommit((change) => activity.committed(change));
    await activity.start();
    await workers.start();
    if (gapTimeoutMs > 0) void skipOverdueGaps.run();
    if (adminPort !== undefined) this.adminAddress = await adminServer.listen(adminPort, host);
    return server.listen(port, host);
  }

  /** Dependents first: nothing new comes in, everything taken is committed and answered, then the store closes. */
  async stop(): Promise<void> {
    const { store, ingest, feed, activity, skipOverdueGaps, health, server, adminServer, access } =
      this.parts;
    health.beginStopping();
    skipOverdueGaps.stop();
    const drained = ingest.stop();
    feed.close();
    await Promise.all([drained, server.close(this.config.shutdownTimeoutMs)]);
    await activity.stop();
    await store.close();
    access?.close();
    // To the end it says that the service stops.
    if (this.adminAddress !== undefined) await adminServer.close(0);
  }
}
