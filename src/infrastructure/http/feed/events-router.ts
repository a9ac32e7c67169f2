import { Router, type RequestHandler } from 'express';
import { UnknownPosition, type Position } from '../../../application/ports/event-store.js';
import type { RocketQueries } from '../../../application/rocket-queries.js';
import { readOnly } from '../error-handler.js';
import { pageTypes, sendEvents } from './events-page.js';
import { selectionIn } from './feed-query.js';
import { linkNext } from '../page-links.js';
import { Problem } from '../problem.js';
import { QueryReader, askerOf, limitIn } from '../query-reader.js';
import { eventView } from '../views.js';

/** The feed of all rockets: pages here, the live stream by `stream` when the client asks for one. */
export const eventsRouter = (queries: RocketQueries, stream: RequestHandler): Router => {
  const router = Router({ caseSensitive: true });

  router
    .route('/events')
    .get((req, res, next) => {
      const wantsStream = req.accepts([...pageTypes, 'text/event-stream']);
      if (wantsStream === 'text/event-stream') return stream(req, res, next);
      return next();
    })
    .get(async (req, res) => {
      const reader = new QueryReader(req.query);
      const request = {
        after: reader.text('after'),
        limit: limitIn(reader),
        ...selectionIn(reader),
        order: reader.oneOf('order', ['asc', 'desc']) ?? 'asc',
      };
      reader.finish();
      const page = await queries.feed(request, askerOf(res));
      if (!page.end) linkNext(req, res, { after: page.next });
      sendEvents(req, res, page.events);
    })
    .all(readOnly);

  router
    .route('/events/:position')
    .get(async (req, res) => {
      new QueryReader(req.query).finish();
      const position: Position = String(req.params['position']);
      const event = await queries.eventAt(position).catch((error: unknown) => {
        // Whatever it is that stands in the path: there is no such event.
        if (error instanceof UnknownPosition) return undefined;
        throw error;
      });
      if (event === undefined)
        throw new Problem('event-not-found', `No event stands at position ${position.slice(0, 64)}.`);
      res.json(eventView(event));
    })
    .all(readOnly);

  return router;
};
