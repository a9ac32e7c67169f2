import { Router, type Request, type Response } from 'express';
import { byOperator, logAct } from '../../application/acts.js';
import type { LogFields, Logger } from '../../application/ports/logger.js';
import type { Access } from '../auth/access.js';
import { Refusal, type Caller } from '../auth/caller.js';
import { scopes } from '../auth/scope.js';
import { sessionCookie } from '../auth/sessions.js';
import { methodNotAllowed } from './error-handler.js';
import { operatorIn, type Gate } from './gate.js';
import { invalidBody, readJsonObject } from './json-body.js';
import type { BodyLimits } from './messages/read-body.js';
import { QueryReader } from './query-reader.js';

/** How a browser shows a key once and is known from then on. What it is known by, no script of a page can read. */
export const sessionRouter = (
  gate: Gate,
  access: Access | undefined,
  limits: BodyLimits,
  logger: Logger,
): Router => {
  const router = Router({ caseSensitive: true });

  const told = (what: string, { name: key }: Caller, res: Response, fields?: LogFields): void =>
    logAct(logger, `session ${what}`, byOperator({ key }), fields, operatorIn(res).requestId);

  router
    .route('/session')
    .get(async (req, res) => {
      new QueryReader(req.query).finish();
      res.json(sessionView(access, await gate.caller(req)));
    })
    .post(async (req, res) => {
      new QueryReader(req.query).finish();
      const { key } = await readJsonObject(req, limits);
      if (typeof key !== 'string' || key === '') {
        throw invalidBody('/key', 'missing', 'The body must be {"key": "…"}, an API key or a token.');
      }
      if (access === undefined) return void res.json(sessionView(access, undefined));
      const caller = await access.showing(key);
      if (caller instanceof Refusal) throw gate.refusal(caller, req);
      const { text, until } = access.beginSession(caller);
      setCookie(req, res, text, until);
      told('opened', caller, res, { until: new Date(until).toISOString() });
      res.json(sessionView(access, { ...caller, until }));
    })
    .delete(async (req, res) => {
      new QueryReader(req.query).finish();
      setCookie(req, res, '', 0);
      const caller = await access?.callerOf({ cookie: req.headers.cookie });
      if (caller !== undefined && !(caller instanceof Refusal)) told('closed', caller, res);
      res.status(204).end();
    })
    .all(methodNotAllowed('GET, HEAD, POST, DELETE, OPTIONS'));

  return router;
};

/** What the one who asks may do, so that a page offers nothing else. */
const sessionView = (access: Access | undefined, caller: Caller | undefined): object => {
  if (access === undefined) return { ways: [], scopes };
  if (caller === undefined) return { ways: access.ways, scopes: [] };
  const { name, channels, until } = caller;
  return {
    ways: access.ways,
    name,
    scopes: scopes.filter((scope) => caller.scopes.has(scope)),
    ...(channels && { channels: [...channels] }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  };
};

/** Behind a proxy that ends TLS, the proxy says so. */
const setCookie = (req: Request, res: Response, text: string, until: number): void => {
  const isSecure = req.secure || /^https\b/i.test(req.get('X-Forwarded-Proto') ?? '');
  res.cookie(sessionCookie, text, {
    httpOnly: true,
    sameSite: 'strict',
    secure: isSecure,
    path: '/',
    expires: new Date(until),
  });
};
