import type { Definition, Values } from './definition.js';
import type { EventLoopDelay } from './event-loop-delay.js';
import type { MetricsBase, Scraped } from './sources.js';

/** How this instance is. */
export const instanceMetrics = (
  { version, storeName, logger, requests }: MetricsBase,
  now: () => Scraped,
  delay: EventLoopDelay,
): readonly Definition[] => {
  const metric = (
    name: string,
    help: string,
    read: () => Values,
    labels: readonly string[] = [],
    type: Definition['type'] = 'gauge',
  ): Definition => ({ name, type, help, labels, of: 'instance', read });
  return [
    metric(
      'rockets_build_info',
      'Always 1; the labels say which version of the service runs on which version of Node, over which store.',
      () => [{ labels: { version, node: process.versions.node, store: storeName }, value: 1 }],
      ['version', 'node', 'store'],
    ),
    metric('rockets_store_up', 'Whether the store answered this scrape: 1 or 0.', () =>
      Number(now().fleet !== undefined),
    ),
    metric(
      'rockets_store_bytes',
      'How much the store keeps, where there is a bound.',
      () => now().parts?.store.fullness?.bytes,
    ),
    metric(
      'rockets_store_limit_bytes',
      'So much may it keep (STORE_BYTES).',
      () => now().parts?.store.fullness?.limit,
    ),
    metric(
      'rockets_database_connections',
      'Connections to PostgreSQL by state.',
      () => {
        const pool = now().parts?.pool?.();
        return (
          pool && [
            { labels: { state: 'idle' }, value: pool.idle },
            { labels: { state: 'busy' }, value: pool.busy },
          ]
        );
      },
      ['state'],
    ),
    metric(
      'rockets_database_waiting_questions',
      'Questions that wait for a connection to PostgreSQL.',
      () => now().parts?.pool?.().waiting,
    ),
    metric('rockets_feed_readers', 'Readers of the live feed.', () => now().parts?.feed.readers),
    metric(
      'rockets_feed_lag_seconds',
      'How far the reader of the live feed that is furthest behind is behind what is stored.',
      () => {
        const ms = now().parts?.feed.lagMs;
        return ms === undefined ? undefined : ms / 1000;
      },
    ),
    metric(
      'rockets_http_requests_total',
      'Requests that were answered, by what they asked for and how. A live feed counts when it ends; status none: the client had gone.',
      () =>
        requests.all.map(({ method, route, status, count }) => ({
          labels: { method, route, status },
          value: count,
        })),
      ['method', 'route', 'status'],
      'counter',
    ),
    metric('rockets_http_connections', 'Connections of clients.', () => now().httpConnections),
    metric(
      'rockets_event_loop_delay_seconds',
      'How late the event loop was in the last 30 to 60 seconds; quantile 1 is the longest delay.',
      () => [0.5, 0.99, 1].map((quantile) => ({ labels: { quantile }, value: delay.at(quantile) })),
      ['quantile'],
      'summary',
    ),
    metric(
      'rockets_log_lines_lost_total',
      'Lines of the log that could not be written.',
      () => logger.lost,
      [],
      'counter',
    ),
    metric(
      'rockets_scrape_duration_seconds',
      'How long this scrape waited for the store.',
      () => now().tookMs / 1000,
    ),
  ];
};
