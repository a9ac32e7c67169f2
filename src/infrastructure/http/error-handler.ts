import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { LogFields, Logger } from '../../application/ports/logger.js';
import { Problem, isProblemSlug, sendProblem } from './problem.js';
import { problems } from './problems.js';
import { AskerGone } from './query-reader.js';
import { traceFields } from '../../application/ports/tracing.js';
import { requestIdOf } from './request-id.js';
import { spanOf } from './request-traces.js';

/** The only place where an error becomes an answer. */
export const errorHandler = (logger: Logger): ErrorRequestHandler => {
  const log = (problem: Problem, fields: LogFields): void => {
    if (problem.code === 'internal-error') logger.error('a request failed', fields);
    else if (problem.code === 'store-unavailable')
      logger.error('the store could not answer a request', fields);
    else logger.debug('a request was turned away', fields);
  };
  return (error: unknown, req: Request, res: Response, next) => {
    if (error instanceof AskerGone) return;
    const requestId = String(res.getHeader('X-Request-Id') ?? requestIdOf(req));
    const problem = problemOf(error);
    if (problems[problem.code].status >= 500) {
      const asked = { requestId, method: req.method, path: req.path, ...traceFields(spanOf(req)) };
      log(problem, { ...asked, error: describe(error) });
    }
    if (res.headersSent) next(error);
    else sendProblem(res, problem, requestId);
  };
};

export const problemOf = (error: unknown): Problem => {
  if (error instanceof Problem) return error;
  if (error instanceof URIError || statusOf(error) === 400) {
    return new Problem(
      'malformed-request',
      'The path has a percent sign that is not followed by two hexadecimal digits.',
    );
  }
  if (error instanceof Error && 'code' in error && isProblemSlug(error.code)) {
    return new Problem(error.code, error.message);
  }
  return new Problem('internal-error', 'Something went wrong here; nothing of the request was acknowledged.');
};

export const routeNotFound: RequestHandler = (req) => {
  throw new Problem('route-not-found', `There is nothing at ${req.path}; /docs lists every route.`);
};

/** Stands last on a route; `allow` lists what stands before it. */
export const methodNotAllowed =
  (allow: string): RequestHandler =>
  (req, res) => {
    if (req.method === 'OPTIONS') {
      res.set('Allow', allow).status(204).end();
      return;
    }
    throw new Problem('method-not-allowed', `${req.method} does not work here; use ${allow}.`, undefined, {
      Allow: allow,
    });
  };

/** The same for a route that only answers GET. */
export const readOnly = methodNotAllowed('GET, HEAD, OPTIONS');

const statusOf = (error: unknown): unknown =>
  error instanceof Error && 'status' in error ? error.status : undefined;

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
