import express, { type Express } from 'express';
import { errorHandler } from './error-handler.js';
import type { Logger } from '../../application/ports/logger.js';
import { Problem } from './problem.js';
import { requestIdOf } from './request-id.js';

/** What answers until the store can be opened: the process is alive, and takes nothing. */
export const createWaitingApp = (logger: Logger): Express => {
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
  app.use(() => {
    throw new Problem('store-unavailable', 'The service waits for its database.');
  });
  app.use(errorHandler(logger));
  return app;
};
