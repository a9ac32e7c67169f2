import compression from 'compression';
import express, { type Express, type RequestHandler, type Router } from 'express';
import type { Budget } from '../../application/budget.js';
import type { Counters } from '../../application/ingest/counters.js';
import type { Fleet } from '../../application/fleet/fleet.js';
import type { Health } from '../../application/health.js';
import type { IngestMessages } from '../../application/ingest/ingest-messages.js';
import type { Intake } from '../../application/ingest/intake.js';
import type { Logger } from '../../application/ports/logger.js';
import type { RocketQueries } from '../../application/rocket-queries.js';
import type { Subscriptions } from '../../application/subscriptions/subscriptions.js';
import type { Access } from '../auth/access.js';
import { errorHandler, methodNotAllowed, routeNotFound } from './error-handler.js';
import { eventsRouter } from './feed/events-router.js';
import { fleetRouter } from './fleet-router.js';
import { Gate } from './gate.js';
import { healthRouter } from './health-router.js';
import { guardedMetrics, metricsRouter, type MetricsText } from './metrics-router.js';
import { postMessages } from './messages/post-messages.js';
import type { BodyLimits } from './messages/read-body.js';
import type { RequestCounts } from './request-counts.js';
import { requestIdOf } from './request-id.js';
import type { RequestTraces } from './request-traces.js';
import { sessionRouter } from './session-router.js';
import { siteGuard, type SiteRules } from './site-guard.js';
import { subscriptionsRouter } from './subscriptions/subscriptions-router.js';
import type { DeliversHere } from './subscriptions/subscription-view.js';
import { weighedAnswers } from './weighed-answers.js';
import { rocketsRouter } from './rockets/rockets-router.js';

export interface AppParts {
  readonly ingest: IngestMessages;
  /** Takes what is reported. */
  readonly intake: Intake;
  readonly queries: RocketQueries;
  readonly fleet: Fleet;
  readonly health: Health;
  readonly subscriptions: Subscriptions;
  readonly deliversHere: DeliversHere;
  readonly counters: Counters;
  readonly logger: Logger;
  readonly limits: BodyLimits;
  readonly budget: Budget;
  readonly sites: SiteRules;
  /** Undefined: everybody may everything. */
  readonly access: Access | undefined;
  readonly streamEvents: RequestHandler;
  readonly requests: RequestCounts;
  /** Undefined: on a port of its own. */
  readonly metrics: MetricsText | undefined;
  /** Undefined: nothing is recorded. */
  readonly requestTraces: RequestTraces | undefined;
  /** Documentation and dashboard: routes that need nothing of the above. */
  readonly pages: readonly Router[];
}

const plainApp = (): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.set('query parser', 'simple');
  // The same answer may be sent in several encodings.
  app.set('etag', 'weak');
  return app;
};

/** Probes and counters on a port of their own, which no client of the service can keep busy. */
export const createAdminApp = ({
  health,
  logger,
  access,
  metrics,
}: Pick<AppParts, 'health' | 'logger' | 'access'> & { readonly metrics: MetricsText }): Express => {
  const app = plainApp();
  const gate = new Gate(access, logger);
  app.use(common);
  app.use(healthRouter(health, gate));
  app.use(guardedMetrics(metrics, gate));
  app.use(routeNotFound);
  app.use(errorHandler(logger));
  return app;
};

/** All routes, without a socket. `POST /messages` stands before everything that only other routes need. */
export const createApp = (parts: AppParts): Express => {
  const app = plainApp();

  const admits = siteGuard(parts.sites);
  const gate = new Gate(parts.access, parts.logger);
  const take = postMessages(parts.intake, parts.counters, parts.limits, gate);
  const { requestTraces } = parts;
  app.post('/messages', (req, res) => {
    parts.requests.watch(res, '/messages');
    requestTraces?.begin(req, res, '/messages');
    return admits(req, res) ? take(req, res) : undefined;
  });
  app.use(parts.requests.watching, common, (req, res, next) => {
    requestTraces?.begin(req, res);
    if (admits(req, res)) next();
  });
  app.use(gate.router());
  app.use(compressed);
  app.use(weighedAnswers(parts.budget));
  app.all('/messages', methodNotAllowed('POST, OPTIONS'));
  app.use(rocketsRouter(parts.queries, parts.ingest, parts.limits));
  app.use(eventsRouter(parts.queries, parts.streamEvents));
  app.use(fleetRouter(parts.fleet));
  app.use(subscriptionsRouter(parts.subscriptions, parts.deliversHere, parts.limits));
  app.use(healthRouter(parts.health, gate));
  if (parts.metrics !== undefined) app.use(metricsRouter(parts.metrics));
  app.use(sessionRouter(gate, parts.access, parts.limits, parts.logger));
  for (const router of parts.pages) app.use(router);
  app.use(routeNotFound);
  app.use(errorHandler(parts.logger));
  return app;
};

/** Short answers gain nothing by it; a live feed is written past the response. */
const compressed: RequestHandler = compression({
  threshold: 1024,
  filter: (req, res) =>
    !res.get('Content-Type')?.startsWith('text/event-stream') && compression.filter(req, res),
});

const common: RequestHandler = (req, res, next) => {
  res.set({
    'X-Request-Id': requestIdOf(req),
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  });
  // No route behind this point needs a body that drips in for longer than its answer takes.
  if (req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined) {
    res.set('Connection', 'close');
  }
  next();
};
