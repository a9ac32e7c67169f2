import type { AddressInfo } from 'node:net';
import type { EventFeed } from './application/feed/event-feed.js';
import type { Health } from './application/health.js';
import type { IngestMessages } from './application/ingest/ingest-messages.js';
import type { EventStore } from './application/ports/event-store.js';
import type { SkipOverdueGaps } from './application/gaps/skip-overdue-gaps.js';
import type { WorkerPool } from './application/ingest/worker-pool.js';
import type { Config } from './config.js';
import type { RocketsServer } from './infrastructure/http/rockets-server.js';

/** The order in which the parts start and stop. */
export class RocketsService {
  constructor(
    private readonly config: Config,
    readonly store: EventStore,
    private readonly workers: WorkerPool,
    private readonly ingest: IngestMessages,
    private readonly skipOverdueGaps: SkipOverdueGaps,
    private readonly feed: EventFeed,
    private readonly health: Health,
    private readonly server: RocketsServer,
  ) {}

  async start(): Promise<AddressInfo> {
    this.workers.onCommit((change, before) => this.feed.committed(change, before));
    await this.workers.start();
    if (this.config.gapTimeoutMs > 0) void this.skipOverdueGaps.run();
    return this.server.listen(this.config.port, this.config.host);
  }

  /** Dependents first: nothing new comes in, everything taken is committed and answered, then the store closes. */
  async stop(): Promise<void> {
    this.health.beginStopping();
    this.skipOverdueGaps.stop();
    const drained = this.ingest.stop();
    this.feed.close();
    await Promise.all([drained, this.server.close(this.config.shutdownTimeoutMs)]);
    await this.store.close();
  }
}
