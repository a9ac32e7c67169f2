import type { Budget } from '../../../application/budget.js';
import type { EventFeed } from '../../../application/feed/event-feed.js';
import type { FleetFigures, FleetFiguresNow } from '../../../application/fleet/fleet-figures.js';
import type { KafkaReport } from '../../../application/health.js';
import type { Counters } from '../../../application/ingest/counters.js';
import type { Measures } from '../../../application/ingest/measures.js';
import type { ReorderBuffer } from '../../../application/ingest/reorder-buffer.js';
import type { Clock } from '../../../application/ports/clock.js';
import type { EventStore } from '../../../application/ports/event-store.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { RequestCounts } from '../../http/request-counts.js';
import type { RocketsServer } from '../../http/rockets-server.js';

/** What there is from the beginning, also while the store is waited for. */
export interface MetricsBase {
  readonly version: string;
  readonly storeName: string;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'lost'>;
  readonly counters: Counters;
  readonly measures: Measures;
  readonly budget: Budget;
  readonly requests: RequestCounts;
  /** Only where Kafka stands before the store. */
  readonly kafka: (() => KafkaReport) | undefined;
}

/** What there is with the store. */
export interface MetricsParts {
  readonly store: Pick<EventStore, 'fullness'>;
  readonly figures: Pick<FleetFigures, 'now'>;
  readonly buffer: Pick<ReorderBuffer, 'waiting'>;
  readonly feed: Pick<EventFeed, 'readers' | 'lagMs'>;
  readonly kafka: (() => KafkaReport) | undefined;
  readonly pool: (() => PoolReport) | undefined;
  readonly server: Pick<RocketsServer, 'connections'>;
}

export interface PoolReport {
  readonly idle: number;
  readonly busy: number;
  /** Questions that wait for a connection. */
  readonly waiting: number;
}

/** What one scrape tells. */
export interface Scraped {
  readonly parts: MetricsParts | undefined;
  readonly fleet: FleetFiguresNow | undefined;
  readonly kafka: KafkaReport | undefined;
  readonly httpConnections: number | undefined;
  readonly tookMs: number;
}
