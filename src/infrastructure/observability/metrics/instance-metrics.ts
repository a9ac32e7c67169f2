import { inSeconds, type Definition } from './definition.js';
import type { EventLoopDelay } from './event-loop-delay.js';
import type { MetricsBase, Scraped } from './sources.js';

type InstanceMetric = Omit<Definition, 'of' | 'type'> & Partial<Pick<Definition, 'type'>>;

/** How this instance is. */
export const instanceMetrics = (
  base: MetricsBase,
  now: () => Scraped,
  delay: EventLoopDelay,
): readonly Definition[] =>
  [...ofStore(now), ...ofClients(base, now), ...ofProcess(base, now, delay)].map((metric) => ({
    type: 'gauge',
    ...metric,
    of: 'instance',
  }));

const ofStore = (now: () => Scraped): readonly InstanceMetric[] => [
  {
    name: 'rockets_store_up',
    unit: '1 or 0',
    help: 'Whether the store answered this scrape; while it does not, the figures of the fleet are missing.',
    read: () => Number(now().fleet !== undefined),
  },
  {
    name: 'rockets_store_bytes',
    unit: 'bytes',
    help: 'How much the store keeps; only where there is a bound.',
    read: () => now().parts?.store.fullness?.bytes,
  },
  {
    name: 'rockets_store_limit_bytes',
    unit: 'bytes',
    help: 'So much may the store keep (STORE_BYTES); only where there is a bound.',
    read: () => now().parts?.store.fullness?.limit,
  },
  {
    name: 'rockets_database_connections',
    unit: 'connections',
    help: 'Connections to PostgreSQL by state: idle, busy; only with that store.',
    labels: ['state'],
    read: () => {
      const pool = now().parts?.pool?.();
      return (
        pool && [
          { labels: { state: 'idle' }, value: pool.idle },
          { labels: { state: 'busy' }, value: pool.busy },
        ]
      );
    },
  },
  {
    name: 'rockets_database_waiting_questions',
    unit: 'questions',
    help: 'Questions that wait for a connection to PostgreSQL; only with that store.',
    read: () => now().parts?.pool?.().waiting,
  },
];

const ofClients = ({ requests }: MetricsBase, now: () => Scraped): readonly InstanceMetric[] => [
  {
    name: 'rockets_feed_readers',
    unit: 'readers',
    help: 'Readers of the live feed.',
    read: () => now().parts?.feed.readers,
  },
  {
    name: 'rockets_feed_lag_seconds',
    unit: 'seconds',
    help: 'How far the reader of the live feed that is furthest behind is behind what is stored.',
    read: () => inSeconds(now().parts?.feed.lagMs),
  },
  {
    name: 'rockets_http_requests_total',
    type: 'counter',
    unit: 'requests',
    help: 'Requests that were answered, by method, route and status. A live feed counts when it ends; status none: the client had gone.',
    labels: ['method', 'route', 'status'],
    read: () =>
      requests.all.map(({ method, route, status, count }) => ({
        labels: { method, route, status },
        value: count,
      })),
  },
  {
    name: 'rockets_http_connections',
    unit: 'connections',
    help: 'Connections of clients, but for those on ADMIN_PORT.',
    read: () => now().httpConnections,
  },
];

const ofProcess = (
  { version, storeName, logger }: MetricsBase,
  now: () => Scraped,
  delay: EventLoopDelay,
): readonly InstanceMetric[] => [
  {
    name: 'rockets_build_info',
    unit: 'always 1',
    help: 'The version of the service, that of Node, and the store.',
    labels: ['version', 'node', 'store'],
    read: () => [{ labels: { version, node: process.versions.node, store: storeName }, value: 1 }],
  },
  {
    name: 'rockets_event_loop_delay_seconds',
    type: 'summary',
    unit: 'seconds',
    help: 'How late the event loop was in the last 30 to 60 seconds; quantile 1 is the longest delay.',
    labels: ['quantile'],
    read: () => [0.5, 0.99, 1].map((quantile) => ({ labels: { quantile }, value: delay.at(quantile) })),
  },
  {
    name: 'rockets_log_lines_lost_total',
    type: 'counter',
    unit: 'lines',
    help: 'Lines of the log that could not be written.',
    read: () => logger.lost,
  },
  {
    name: 'rockets_scrape_duration_seconds',
    unit: 'seconds',
    help: 'How long this scrape waited for what it tells.',
    read: () => inSeconds(now().tookMs),
  },
];
