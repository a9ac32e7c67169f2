import { Router } from 'express';
import { readOnly } from './error-handler.js';

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
