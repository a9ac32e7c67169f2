import type { AddressInfo } from 'node:net';
import type { ActivityLog } from './application/fleet/activity-log.js';
import type { EventFeed } from './application/feed/event-feed.js';
import type { Health } from './application/health.js';
import type { Intake } from './application/ingest/intake.js';
import type { EventStore } from './application/ports/event-store.js';
import type { Deliveries } from './application/subscriptions/deliveries.js';
import type { SkipOverdueGaps } from './application/gaps/skip-overdue-gaps.js';
import type { WorkerPool } from './application/ingest/worker-pool.js';
import type { Config } from './config.js';
import type { Access } from './infrastructure/auth/access.js';
import type { RocketsServer } from './infrastructure/http/rockets-server.js';

export interface ServiceParts {
  readonly store: EventStore;
  readonly workers: WorkerPool;
  readonly ingest: Intake;
  /** Takes what is reported: the same, or a gateway. */
  readonly intake: Intake;
  /** Only where Kafka stands before the store. */
  readonly kafka: { close(): Promise<void> } | undefined;
  readonly consumer: { start(): void; stop(): Promise<void> } | undefined;
  readonly skipOverdueGaps: SkipOverdueGaps;
  readonly feed: EventFeed;
  /** Only where this instance delivers subscriptions. */
  readonly deliveries: Deliveries | undefined;
  readonly activity: ActivityLog;
  readonly health: Health;
  readonly access: Access | undefined;
  /** Only with TRACING=otlp. */
  readonly tracing: { stop(withinMs: number): Promise<void> } | undefined;
  readonly server: RocketsServer;
  /** Listens only when it has a port of its own. */
  readonly adminServer: RocketsServer;
  /** Listened until now. */
  readonly predecessors: readonly RocketsServer[];
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
    const { workers, feed, activity, skipOverdueGaps, server, adminServer, consumer, deliveries } =
      this.parts;
    const { port, host, adminPort, gapTimeoutMs } = this.config;
    workers.onCommit((change, before) => feed.committed(change, before));
    workers.onCommit((change) => activity.committed(change));
    await activity.start();
    await workers.start();
    if (gapTimeoutMs > 0) void skipOverdueGaps.run();
    consumer?.start();
    deliveries?.start();
    // Their ports are free at once; what is under way there is answered still.
    for (const predecessor of this.parts.predecessors) void predecessor.close(this.config.shutdownTimeoutMs);
    if (adminPort !== undefined) this.adminAddress = await adminServer.listen(adminPort, host);
    return server.listen(port, host);
  }

  /** From now on /readyz fails; everything else goes on. */
  announceStop(): void {
    this.parts.health.beginStopping();
  }

  /** Dependents first: nothing new comes in, everything taken is committed and answered, then the store closes. */
  async stop(): Promise<void> {
    const { store, ingest, intake, consumer, kafka, feed, activity, skipOverdueGaps, access } = this.parts;
    const { server, adminServer, deliveries, tracing } = this.parts;
    const begun = performance.now();
    this.announceStop();
    skipOverdueGaps.stop();
    const drained = drain(intake, consumer, ingest);
    // What is committed from now on is told after the next start.
    const told = deliveries?.stop();
    feed.close();
    await Promise.all([drained, told, server.close(this.config.shutdownTimeoutMs)]);
    await kafka?.close();
    await activity.stop();
    await store.close();
    access?.close();
    await tracing?.stop(this.timeForSpans(performance.now() - begun));
    // To the end it says that the service stops.
    if (this.adminAddress !== undefined) await adminServer.close(0);
  }

  /** They are sent last, and a collector that hangs keeps nobody from ending in time. */
  private timeForSpans(usedMs: number): number {
    return Math.max(LEAST_FOR_SPANS_MS, Math.min(MOST_FOR_SPANS_MS, this.config.shutdownTimeoutMs - usedMs));
  }
}

const LEAST_FOR_SPANS_MS = 100;
const MOST_FOR_SPANS_MS = 2000;

/** What a consumer has taken is worked off like everything else. */
const drain = async (intake: Intake, consumer: ServiceParts['consumer'], ingest: Intake): Promise<void> => {
  await Promise.all([intake.stop(), consumer?.stop()]);
  if (ingest !== intake) await ingest.stop();
};
