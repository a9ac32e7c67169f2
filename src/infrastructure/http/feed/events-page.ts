import type { Request, Response } from 'express';
import type { StoredEvent } from '../../../application/ports/event-store.js';
import { eventView } from '../views.js';

/** A page of events, as a JSON array or, when the client prefers it, one event a line. */
export const sendEvents = (req: Request, res: Response, events: readonly StoredEvent[]): void => {
  res.vary('Accept');
  if (req.accepts(['application/json', 'application/x-ndjson']) === 'application/x-ndjson') {
    res
      .type('application/x-ndjson')
      .send(events.map((event) => JSON.stringify(eventView(event)) + '\n').join(''));
  } else {
    res.json(events.map(eventView));
  }
};
