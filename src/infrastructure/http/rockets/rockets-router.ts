import { Router, type Request, type Response } from 'express';
import { byOperator } from '../../../application/acts.js';
import type { IngestMessages } from '../../../application/ingest/ingest-messages.js';
import type { MessagePage } from '../../../application/ports/rocket-directory.js';
import type { MessageFate, RocketQueries } from '../../../application/rocket-queries.js';
import { methodNotAllowed, readOnly } from '../error-handler.js';
import { operatorIn } from '../gate.js';
import { sendEvents } from '../feed/events-page.js';
import type { BodyLimits } from '../messages/read-body.js';
import { linkNext } from '../page-links.js';
import { Problem } from '../problem.js';
import { QueryReader, askerOf, channelParam, limitIn, numberParam } from '../query-reader.js';
import { eventView, gapView, messageView, rocketView } from '../views.js';
import { readCursor, writeCursor } from './cursor.js';
import { pastBound, pastState } from './past-state.js';
import { rocketQuery } from './rocket-query.js';
import { readSkipWish } from './skip-request.js';

const MAX_NUMBER = Number.MAX_SAFE_INTEGER;

export const rocketsRouter = (queries: RocketQueries, ingest: IngestMessages, limits: BodyLimits): Router => {
  const router = Router({ caseSensitive: true });

  router
    .route('/rockets')
    .get(async (req, res) => {
      const { query, placeAfter } = rocketQuery(req);
      const page = await queries.list(query, askerOf(res));
      if (page.next) linkNext(req, res, { after: placeAfter(page.next) });
      res.json(page.rockets.map(rocketView));
    })
    .all(readOnly);

  router
    .route('/rockets/:channel')
    .get(async (req, res) => {
      const channel = channelParam(req);
      const bound = pastBound(req);
      const summary = await known(queries, channel, res);
      res.json(
        bound === undefined
          ? rocketView(summary)
          : await pastState(queries, channel, bound, summary.version, askerOf(res)),
      );
    })
    .all(readOnly);

  router
    .route('/rockets/:channel/events')
    .get(async (req, res) => {
      const channel = channelParam(req);
      const reader = new QueryReader(req.query);
      const after = reader.integer('after', 0, MAX_NUMBER);
      const order = reader.oneOf('order', ['asc', 'desc']) ?? 'asc';
      const limit = limitIn(reader);
      reader.finish();
      await known(queries, channel, res);
      const events = await queries.history(channel, { after, limit, order }, askerOf(res));
      if (events.length === limit) linkNext(req, res, { after: String(events.at(-1)!.number) });
      sendEvents(req, res, events);
    })
    .all(readOnly);

  router
    .route('/rockets/:channel/messages/:number')
    .get(async (req, res) => {
      const channel = channelParam(req);
      const number = numberParam(req);
      new QueryReader(req.query).finish();
      await known(queries, channel, res);
      const fate = await queries.fate(channel, number);
      if (fate === undefined) {
        throw new Problem('message-not-found', `Message ${number} of ${channel} has not arrived.`);
      }
      res.json({ channel, number, ...fateView(fate) });
    })
    .all(readOnly);

  for (const kind of ['waiting', 'late'] as const) {
    router
      .route(`/rockets/:channel/${kind}`)
      .get(async (req, res) => {
        const channel = channelParam(req);
        const page = messagePage(req);
        await known(queries, channel, res);
        const messages = await queries[kind](channel, page, askerOf(res));
        if (messages.length === page.limit) {
          linkNext(req, res, { after: String(messages.at(-1)!.message.number) });
        }
        res.json(messages.map(messageView));
      })
      .all(readOnly);
  }

  router
    .route('/rockets/:channel/gaps')
    .get(async (req, res) => {
      const channel = channelParam(req);
      await known(queries, channel, res);
      await sendGaps(req, res, queries, channel);
    })
    .all(readOnly);

  router
    .route('/rockets/:channel/gaps/skip')
    .post(async (req, res) => {
      const channel = channelParam(req);
      new QueryReader(req.query).finish();
      const { upTo, expected, why } = await readSkipWish(req, limits);
      await known(queries, channel, res);
      const operator = operatorIn(res);
      const skip = { upTo, by: byOperator(operator), why };
      const result = await ingest.skip(channel, skip, expected, operator.requestId);
      if (result.skipped !== undefined) {
        res.json({ channel, ...result.skipped, version: result.version });
      } else if (result.reason === 'no-gap') {
        const detail = `${channel} has no gap: nothing that arrived waits for a missing message.`;
        throw new Problem('no-gap', detail);
      } else {
        const { from, to } = result.first;
        throw new Problem('gap-moved', `The first gap of ${channel} is now ${from} to ${to}.`);
      }
    })
    .all(methodNotAllowed('POST, OPTIONS'));

  router
    .route('/gaps')
    .get((req, res) => sendGaps(req, res, queries))
    .all(readOnly);

  return router;
};

const known = async (queries: RocketQueries, channel: string, res: Response) => {
  const summary = await queries.find(channel, askerOf(res));
  if (summary === undefined)
    throw new Problem('rocket-not-found', `No rocket has reported on channel ${channel}.`);
  return summary;
};

const fateView = (fate: MessageFate): object => {
  const { outcome } = fate;
  if (fate.outcome === 'buffered') {
    return { outcome, missing: fate.missing, message: messageView(fate.message) };
  }
  const event = eventView(fate.event);
  return fate.outcome === 'late'
    ? { outcome, message: messageView(fate.message), event }
    : { outcome, event };
};

const messagePage = (req: Request): MessagePage => {
  const reader = new QueryReader(req.query);
  const page = { after: reader.integer('after', 0, MAX_NUMBER), limit: limitIn(reader) };
  reader.finish();
  return page;
};

const sendGaps = async (
  req: Request,
  res: Response,
  queries: RocketQueries,
  channel?: string,
): Promise<void> => {
  const reader = new QueryReader(req.query);
  const limit = limitIn(reader);
  const cursor = reader.text('after');
  reader.finish();
  const listing = `gaps ${channel ?? ''}`;
  const place = readCursor(
    cursor,
    listing,
    ([last, from]) => typeof last === 'string' && Number.isSafeInteger(from),
  );
  const after = place && { channel: String(place[0]), from: Number(place[1]) };
  const page = await queries.gaps({ channel, limit, after }, askerOf(res));
  if (page.next) linkNext(req, res, { after: writeCursor(listing, [page.next.channel, page.next.from]) });
  res.json(page.gaps.map(gapView));
};
