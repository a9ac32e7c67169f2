import express, { type Express } from 'express';
import { Problem, sendProblem } from './problem.js';
import { requestIdOf } from './request-id.js';

/** What answers until the store can be opened: the process is alive, and takes nothing. Why is in the log already. */
export const createWaitingApp = (): Express => {
  const app = express();
  app.disable('x-powered-by');
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
  app.use((_req, res) => {
    const problem = new Problem('store-unavailable', 'The service waits for its database.');
    sendProblem(res, problem, String(res.getHeader('X-Request-Id')));
  });
  return app;
};
