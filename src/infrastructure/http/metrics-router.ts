import { Router } from 'express';
import type { Logger } from '../../application/ports/logger.js';
import { errorHandler, readOnly } from './error-handler.js';
import type { Gate } from './gate.js';
import { routeNeeds } from './route-needs.js';
import type { SiteGuard } from './site-guard.js';

/** What Prometheus reads. */
export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

export const metricsRouter = (metrics: MetricsText): Router => {
  const router = Router({ caseSensitive: true });
  router
    .route('/metrics')
    .get(async (_req, res) => {
      const text = await metrics.text();
      res.set({ 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' });
      res.end(text);
    })
    .all(readOnly);
  return router;
};

/** Where no gate stands before all routes. */
export const guardedMetrics = (metrics: MetricsText, gate: Gate): Router => {
  const router = Router({ caseSensitive: true });
  router.all('/metrics', gate.before(routeNeeds.find(({ path }) => path === '/metrics')!));
  router.use(metricsRouter(metrics));
  return router;
};

/** While the store is waited for, when nothing else stands beside it. */
export const metricsMeanwhile = (
  metrics: MetricsText,
  gate: Gate,
  logger: Logger,
  admits: SiteGuard | undefined,
): Router => {
  const router = Router({ caseSensitive: true });
  if (admits !== undefined) router.use('/metrics', (req, res, next) => void (admits(req, res) && next()));
  router.use(guardedMetrics(metrics, gate));
  router.use(errorHandler(logger));
  return router;
};
