import express, { type Express, type RequestHandler, type Request, type Response } from 'express';
import { Problem, sendProblem } from './problem.js';
import { unready } from './unready.js';
import { requestIdOf } from './request-id.js';

/** What a gateway does meanwhile: it takes messages in all the same. */
export interface GatewayMeanwhile {
  take(req: Request, res: Response): void | Promise<void>;
  /** Why it could not. */
  error(): string | undefined;
}

/** What is there before the store. */
export interface Meanwhile {
  readonly gateway?: GatewayMeanwhile;
  /** `GET /metrics`, on the port where it is afterwards, too. */
  readonly metrics?: RequestHandler;
}

/** What answers until the store can be opened: the process is alive, and reads nothing. Why is in the log already. */
export const createWaitingApp = ({ gateway, metrics }: Meanwhile): Express => {
  const app = express();
  app.disable('x-powered-by');
  if (gateway !== undefined) app.post('/messages', (req, res) => gateway.take(req, res));
  app.use((req, res, next) => {
    res.set({
      'X-Request-Id': requestIdOf(req),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
    });
    next();
  });
  app.get('/livez', (_req, res) => void res.json({ status: 'ok' }));
  if (gateway !== undefined) {
    app.get('/readyz', (_req, res) => {
      const problem = unready(gateway.error());
      if (problem === undefined) res.json({ status: 'ok' });
      else sendProblem(res, problem, String(res.getHeader('X-Request-Id')));
    });
  }
  if (metrics !== undefined) app.use(metrics);
  app.use((_req, res) => {
    const problem = new Problem('store-unavailable', 'The service waits for its database.');
    sendProblem(res, problem, String(res.getHeader('X-Request-Id')));
  });
  return app;
};
