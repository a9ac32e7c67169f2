import { Router, type Request, type Response } from 'express';
import type { IngestMessages } from '../../application/ingest-messages.js';
import type { NumberRange } from '../../application/outcome.js';
import {
  rocketSorts,
  type Gap,
  type RocketQuery,
  type RocketSort,
} from '../../application/ports/rocket-directory.js';
import type { RocketQueries } from '../../application/rocket-queries.js';
import { isRfc3339, utcMillis } from '../../domain/rocket-time.js';
import { rocketStatuses } from '../../domain/rocket.js';
import { readCursor, writeCursor } from './cursor.js';
import { methodNotAllowed, readOnly } from './error-handler.js';
import { sendEvents } from './events-page.js';
import { InvalidInput, decodeUtf8 } from './message-reader.js';
import { linkNext } from './page-links.js';
import { Problem } from './problem.js';
import { QueryReader, channelParam } from './query-reader.js';
import { readBody, type BodyLimits } from './read-body.js';
import { parseStrictJson } from './strict-json.js';
import { eventView, gapView, pastRocketView, rocketView } from './views.js';

const MAX_PAGE = 1000;
const DEFAULT_PAGE = 100;

export const rocketsRouter = (queries: RocketQueries, ingest: IngestMessages, limits: BodyLimits): Router => {
  const router = Router();

  router
    .route('/rockets')
    .get(async (req, res) => {
      const { query, listing } = rocketQuery(req);
      const page = await queries.list(query);
      if (page.next) linkNext(req, res, { cursor: writeCursor(listing, [page.next.key, page.next.channel]) });
      res.json(page.rockets.map(rocketView));
    })
    .all(readOnly);

  router
    .route('/rockets/:channel')
    .get(async (req, res) => {
      const channel = channelParam(req);
      const bound = pastBound(req);
      const summary = await known(queries, channel);
      if (bound === undefined) res.json(rocketView(summary));
      else await sendPast(res, queries, channel, bound, summary.version);
    })
    .all(readOnly);

  router
    .route('/rockets/:channel/events')
    .get(async (req, res) => {
      const channel = channelParam(req);
      const reader = new QueryReader(req.query);
      const after = reader.integer('after', 0, Number.MAX_SAFE_INTEGER) ?? 0;
      const limit = reader.integer('limit', 1, MAX_PAGE) ?? DEFAULT_PAGE;
      reader.finish();
      await known(queries, channel);
      const events = await queries.history(channel, after, limit);
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
      await known(queries, channel);
      const fate = await queries.fate(channel, number);
      if (fate === undefined) {
        throw new Problem('message-not-found', `Message ${number} of ${channel} has not arrived.`);
      }
      const { outcome } = fate;
      res.json(
        fate.outcome === 'buffered'
          ? { channel, number, outcome, missing: fate.missing }
          : { channel, number, outcome, event: eventView(fate.event) },
      );
    })
    .all(readOnly);

  router
    .route('/rockets/:channel/gaps')
    .get(async (req, res) => {
      const channel = channelParam(req);
      await known(queries, channel);
      await sendGaps(req, res, queries, channel);
    })
    .all(readOnly);

  router
    .route('/rockets/:channel/gaps/skip')
    .post(async (req, res) => {
      const channel = channelParam(req);
      new QueryReader(req.query).finish();
      const expected = await expectedGap(req, limits);
      await known(queries, channel);
      const result = await ingest.skipGap(channel, expected);
      if (result.skipped) {
        res.json({ channel, ...result.skipped, version: result.version });
        return;
      }
      throw result.reason === 'no-gap'
        ? new Problem('no-gap', `${channel} has no gap: nothing that arrived waits for a missing message.`)
        : new Problem(
            'gap-moved',
            `The first gap of ${channel} is now ${result.first?.from} to ${result.first?.to}.`,
          );
    })
    .all(methodNotAllowed('POST, OPTIONS'));

  router
    .route('/gaps')
    .get((req, res) => sendGaps(req, res, queries))
    .all(readOnly);

  return router;
};

const known = async (queries: RocketQueries, channel: string) => {
  const summary = await queries.find(channel);
  if (summary === undefined)
    throw new Problem('rocket-not-found', `No rocket has reported on channel ${channel}.`);
  return summary;
};

const rocketQuery = (req: Request): { query: RocketQuery; listing: string } => {
  const reader = new QueryReader(req.query);
  const filter = {
    status: reader.oneOf('status', rocketStatuses),
    type: reader.text('type'),
    mission: reader.text('mission'),
  };
  const { sort, order } = sorting(reader);
  const limit = reader.integer('limit', 1, MAX_PAGE) ?? DEFAULT_PAGE;
  const cursor = reader.text('cursor');
  reader.finish();
  const listing = JSON.stringify(['rockets', sort, order, filter.status, filter.type, filter.mission]);
  const keyType = sort === 'speed' ? 'number' : 'string';
  const place = readCursor(
    cursor,
    listing,
    ([key, channel]) => typeof channel === 'string' && (key === null || typeof key === keyType),
  );
  const after = place && { key: place[0] ?? null, channel: String(place[1]) };
  return { query: { ...filter, sort, order, limit, after }, listing };
};

/** `sort=-speed` is `sort=speed&order=desc`; `sortBy` is another name for `sort`. */
const sorting = (reader: QueryReader): { sort: RocketSort; order: 'asc' | 'desc' } => {
  const names = [...rocketSorts, ...rocketSorts.map((sort) => `-${sort}` as const)];
  const alias = reader.oneOf('sortBy', names);
  const sort = reader.oneOf('sort', names);
  const order = reader.oneOf('order', ['asc', 'desc', 'ASC', 'DESC'])?.toLowerCase();
  if (sort !== undefined && alias !== undefined)
    reader.refuse('sortBy', 'exclusive', 'is another name for sort');
  const name = sort ?? alias ?? 'channel';
  const descending = name.startsWith('-');
  if (descending && order === 'asc') reader.refuse('order', 'exclusive', `says the opposite of sort=${name}`);
  const key = rocketSorts.find((known) => known === name.replace('-', '')) ?? 'channel';
  return { sort: key, order: descending || order === 'desc' ? 'desc' : 'asc' };
};

type PastBound = { readonly version: number } | { readonly at: string };

const pastBound = (req: Request): PastBound | undefined => {
  const reader = new QueryReader(req.query);
  const version = reader.integer('version', 0, Number.MAX_SAFE_INTEGER);
  const at = reader.text('at');
  if (at !== undefined && !isRfc3339(at)) {
    reader.refuse(
      'at',
      'not-a-time',
      'must be RFC 3339 with an offset, as 2026-10-01T15:39:42Z (write + as %2B)',
    );
  }
  if (at !== undefined && version !== undefined)
    reader.refuse('at', 'exclusive', 'and version exclude each other');
  reader.finish();
  if (version !== undefined) return { version };
  return at === undefined ? undefined : { at };
};

const sendPast = async (
  res: Response,
  queries: RocketQueries,
  channel: string,
  bound: PastBound,
  current: number,
): Promise<void> => {
  if ('version' in bound) {
    if (bound.version > current) {
      throw new Problem(
        'version-not-reached',
        `${channel} is at version ${current}, not yet at ${bound.version}.`,
      );
    }
    res.json(pastRocketView(channel, await queries.asOf(channel, bound), {}));
  } else {
    const state = await queries.asOf(channel, { time: utcMillis(bound.at) });
    res.json(pastRocketView(channel, state, { at: bound.at }));
  }
};

const sendGaps = async (
  req: Request,
  res: Response,
  queries: RocketQueries,
  channel?: string,
): Promise<void> => {
  const reader = new QueryReader(req.query);
  const limit = reader.integer('limit', 1, MAX_PAGE) ?? DEFAULT_PAGE;
  const cursor = reader.text('cursor');
  reader.finish();
  const listing = `gaps ${channel ?? ''}`;
  const place = readCursor(
    cursor,
    listing,
    ([last, from]) => typeof last === 'string' && Number.isSafeInteger(from),
  );
  const after = place && { channel: String(place[0]), from: Number(place[1]) };
  const page = await queries.gaps({ channel, limit, after });
  if (page.next) linkNext(req, res, { cursor: writeCursor(listing, [page.next.channel, page.next.from]) });
  res.json(page.gaps.map((gap: Gap) => gapView(gap)));
};

const numberParam = (req: Request): number => {
  const text = String(req.params['number']);
  const number = Number(text);
  if (/^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(number)) return number;
  const message = 'A message number is an integer from 1 to 9007199254740991.';
  throw new Problem('invalid-query', message, [{ pointer: '/path/number', code: 'not-in-range', message }]);
};

/** The optional body `{"from": 4, "to": 6}` of a skip. */
const expectedGap = async (req: Request, limits: BodyLimits): Promise<NumberRange | undefined> => {
  const body = await new Promise<Buffer>((resolve, reject) => {
    readBody(req, limits, (problem, bytes) => (problem ? reject(problem) : resolve(bytes)));
  });
  if (body.length === 0) return undefined;
  const value = jsonIn(body);
  if (isRange(value)) return { from: value.from, to: value.to };
  const message = 'The body, when there is one, must be {"from": …, "to": …}: the gap to skip.';
  throw new Problem('invalid-message', message, [{ pointer: '', code: 'not-a-gap', message }]);
};

const jsonIn = (body: Buffer): unknown => {
  const text = decodeUtf8(body);
  const value = typeof text === 'string' ? parseStrictJson(text) : text;
  if (value instanceof InvalidInput) throw new Problem(value.code, value.message, value.errors);
  return value;
};

const isRange = (value: unknown): value is NumberRange =>
  typeof value === 'object' &&
  value !== null &&
  'from' in value &&
  'to' in value &&
  Number.isSafeInteger(value.from) &&
  Number.isSafeInteger(value.to);
