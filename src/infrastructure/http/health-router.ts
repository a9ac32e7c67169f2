import { Router, type Response } from 'express';
import type { Health } from '../../application/health.js';
import type { Gate } from './gate.js';
import { readOnly } from './error-handler.js';
import { Problem } from './problem.js';
import { unready } from './unready.js';

/** `mayReadFleet`: whether all figures are for whoever asks. */
export const healthRouter = (health: Health, gate: Pick<Gate, 'mayReadFleet'>): Router => {
  const router = Router({ caseSensitive: true });

  router
    .route('/health')
    .get(async (req, res) => {
      const isWhole = await gate.mayReadFleet(req);
      const report = await health.report(isWhole);
      sendAnew(res.status(report.status === 'ok' ? 200 : 503), isWhole ? report : { status: report.status });
    })
    .all(readOnly);

  // Asks nothing else: a process that can answer is alive, whatever its store does.
  router
    .route('/livez')
    .get((_req, res) => sendAnew(res, { status: 'ok' }))
    .all(readOnly);

  router
    .route('/readyz')
    .get(async (_req, res) => {
      // Whatever became of the store, and without waiting for it.
      if (health.isStopping) throw new Problem('shutting-down', 'The service is shutting down.');
      const report = await health.report(false);
      const gateway = report.kafka?.gateway;
      const problem = gateway && unready(gateway.error);
      if (problem !== undefined) throw problem;
      if (gateway === undefined && report.status === 'unavailable')
        throw new Problem('store-unavailable', 'The store does not answer.');
      sendAnew(res, { status: 'ok' });
    })
    .all(readOnly);

  return router;
};

/** Whatever the client believes to have already: `res.json` would say that nothing has changed. */
const sendAnew = (res: Response, body: object): void => {
  const text = JSON.stringify(body);
  res.set({ 'Cache-Control': 'no-store', 'Content-Length': String(Buffer.byteLength(text)) });
  res.type('json').end(text);
};
