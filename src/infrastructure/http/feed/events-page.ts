import type { Request, Response } from 'express';
import type { StoredEvent } from '../../../application/ports/event-store.js';
import { eventView } from '../views.js';
import { csvOf } from './events-csv.js';

/** The first one for whoever takes anything. */
export const pageTypes = ['application/json', 'application/x-ndjson', 'text/csv'];

/** A page of events: a JSON array or, when the client prefers it, one event a line, or a table. */
export const sendEvents = (req: Request, res: Response, events: readonly StoredEvent[]): void => {
  res.vary('Accept');
  switch (req.accepts(pageTypes)) {
    case 'application/x-ndjson': {
      const lines = events.map((event) => JSON.stringify(eventView(event)) + '\n');
      res.type('application/x-ndjson').send(lines.join(''));
      break;
    }
    case 'text/csv':
      res.set('Content-Disposition', 'attachment; filename="events.csv"');
      res.type('text/csv; charset=utf-8; header=present').send(csvOf(events));
      break;
    default:
      res.json(events.map(eventView));
  }
};
