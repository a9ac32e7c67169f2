import { Router, type Request, type RequestHandler, type Response } from 'express';
import { byOperator, type Operator } from '../../application/acts.js';
import type { Logger } from '../../application/ports/logger.js';
import { traceFields } from '../../application/ports/tracing.js';
import { canonicalChannel } from '../../domain/channel.js';
import { nobody, type Access } from '../auth/access.js';
import { reaches, Refusal, type Caller } from '../auth/caller.js';
import type { Scope } from '../auth/scope.js';
import { routeNotFound } from './error-handler.js';
import { closing, Problem } from './problem.js';
import { AskerGone } from './query-reader.js';
import { isOf } from './request-counts.js';
import { spanOf } from './request-traces.js';
import { needOf, routeNeeds, type RouteNeeds } from './route-needs.js';

/** Lets in who may, by the table of routes. Without `access` everybody may everything. */
export class Gate {
  constructor(
    private readonly access: Access | undefined,
    private readonly logger: Logger,
  ) {}

  /** Stands before all routes; who comes past it may do what he asks for. */
  router(): Router {
    const router = Router({ caseSensitive: true });
    for (const route of routeNeeds) router.all(route.path, this.before(route));
    router.use((req, res, next) => (res.locals['isKnown'] ? next() : routeNotFound(req, res, next)));
    return router;
  }

  /** Stands before one route. */
  before(route: RouteNeeds): RequestHandler {
    return async (req, res, next) => {
      isOf(res, route.path);
      await this.admit(route, req, res);
      res.locals['isKnown'] = true;
      next();
    };
  }

  /** For `POST /messages`, which nothing may slow down: `go` is called at once for callers who were seen before. */
  letReport(
    req: Request,
    refuse: (problem: Problem) => void,
    go: (caller: Caller | undefined) => void | Promise<void>,
  ): void | Promise<void> {
    if (this.access === undefined) return go(undefined);
    const caller = this.access.callerOf(req.headers);
    const decide = (one: Caller | Refusal): void | Promise<void> => {
      const problem = one instanceof Refusal ? this.refusal(one, req) : lackOf(one, 'ingest', req);
      // What he sends is not read any more.
      return problem === undefined ? go(one as Caller) : refuse(problem.with(closing));
    };
    if (!(caller instanceof Promise)) return decide(caller);
    return caller.then((one) => (hasGone(req) ? undefined : decide(one)));
  }

  /** Whether he may know all there is to know of the service; asked on routes that are open. */
  async mayReadFleet(req: Request): Promise<boolean> {
    const caller = await this.caller(req);
    if (this.access === undefined) return true;
    return caller !== undefined && caller.scopes.has('read') && caller.channels === undefined;
  }

  /** Who asks on a route that is open; undefined for somebody who shows nothing. */
  async caller(req: Request): Promise<Caller | undefined> {
    const { authorization, cookie } = req.headers;
    if (this.access === undefined || (authorization === undefined && cookie === undefined)) return undefined;
    const caller = await this.access.callerOf(req.headers);
    if (!(caller instanceof Refusal)) return caller;
    // A cookie stays behind when what it stood for has ended; a header is sent on purpose.
    if (authorization === undefined) return undefined;
    throw this.refusal(caller, req);
  }

  private async admit(route: RouteNeeds, req: Request, res: Response): Promise<void> {
    const need = needOf(route, req.method);
    if (this.access === undefined || need === 'open') return;
    const caller = await this.access.callerOf(req.headers);
    if (hasGone(req)) throw new AskerGone('The client has gone.');
    if (caller instanceof Refusal) throw this.refusal(caller, req);
    res.locals['caller'] = caller;
    const lack = lackOf(caller, need, req) ?? foreign(caller, route, req);
    if (lack !== undefined) {
      if (need === 'operate') this.reportLack(lack, req, res);
      throw lack;
    }
    // What one caller is told, no cache between may tell another.
    res.set('Cache-Control', 'private, no-cache');
    res.locals['whileLetIn'] = (over: (problem: Problem) => void): void => this.whileLetIn(caller, res, over);
  }

  /** Calls `over` when the caller is not let in any more, as long as he is being answered. */
  whileLetIn(caller: Caller, res: Response, over: (problem: Problem) => void): void {
    const end = this.access?.whileLetIn(caller, (refusal) => over(problemOf(refusal)));
    if (end !== undefined) res.once('close', end);
  }

  /** Somebody's key is too weak for his task, or in the wrong hands. */
  private reportLack({ code: why }: Problem, { method, path }: Request, res: Response): void {
    const { key, requestId } = operatorIn(res);
    this.logger.warn('a caller may not operate', { by: byOperator({ key }), why, method, path, requestId });
  }

  refusal(refusal: Refusal, req: Request): Problem {
    const { method, path } = req;
    const fields = { why: refusal.why, method, path, ...traceFields(spanOf(req)) };
    if (refusal !== nobody) this.logger.warn('a credential was refused', fields);
    return problemOf(refusal);
  }
}

/** To judge a token can take a while. What begins only then would never hear that nobody waits for it, and never end. */
const hasGone = (req: Request): boolean => req.socket.destroyed;

/** Undefined where everybody may everything. */
export const callerIn = (res: Response): Caller | undefined => res.locals['caller'] as Caller | undefined;

/** Who acts here, for the log and for histories. */
export const operatorIn = (res: Response): Operator => {
  const key = callerIn(res)?.name;
  return { requestId: String(res.getHeader('X-Request-Id')), ...(key !== undefined && { key }) };
};

/** The same for routes behind the gate. */
export const whileLetIn = (res: Response, over: (problem: Problem) => void): void =>
  (res.locals['whileLetIn'] as ((over: (problem: Problem) => void) => void) | undefined)?.(over);

/** A caller who may not report for this rocket. */
export const foreignChannel = (caller: Caller | undefined, channel: string): string | undefined =>
  caller === undefined || reaches(caller, channel)
    ? undefined
    : `${caller.name} may not report for channel ${channel}, only for: ${listed(caller)}.`;

const problemOf = (refusal: Refusal): Problem => {
  const { why, isOurs } = refusal;
  if (isOurs) return new Problem('issuer-unavailable', why);
  // RFC 6750: it names an error only where something was shown.
  const error = refusal === nobody ? '' : ', error="invalid_token"';
  return new Problem('unauthenticated', why, undefined, {
    'WWW-Authenticate': `Bearer realm="rockets"${error}`,
  });
};

const lackOf = ({ name, scopes }: Caller, need: Scope, { method, path }: Request): Problem | undefined => {
  if (scopes.has(need)) return undefined;
  const has = scopes.size === 0 ? 'none' : [...scopes].join(', ');
  return new Problem('missing-scope', `${method} ${path} needs the scope ${need}; ${name} has ${has}.`);
};

const foreign = (caller: Caller, { about }: RouteNeeds, req: Request): Problem | undefined => {
  const { name, channels } = caller;
  if (channels === undefined) return undefined;
  const asked = about === 'rocket' ? req.params['channel'] : req.query['channel'];
  if (about !== 'fleet' && typeof asked === 'string' && channels.has(canonicalChannel(asked)))
    return undefined;
  const hint = about === 'asked-rockets' ? ' Name one with ?channel=.' : '';
  const detail = `${name} may not ask about ${about === 'rocket' ? 'this rocket' : 'the whole fleet'}, only about: ${listed(caller)}.${hint}`;
  return new Problem('channel-not-allowed', detail);
};

const NAMES_SAID = 5;

const listed = ({ channels }: Caller): string => {
  const names = [...(channels ?? [])];
  return names.slice(0, NAMES_SAID).join(', ') + (names.length > NAMES_SAID ? ', …' : '');
};
