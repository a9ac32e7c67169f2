import type { ServerResponse } from 'node:http';
import { problems, type ProblemSlug } from './problems.js';

/** One thing that is wrong with what was sent, and where. */
export interface InputError {
  /** JSON pointer into the body. */
  readonly pointer?: string;
  /** Name of a parameter in the path or the query. */
  readonly parameter?: string;
  readonly code: string;
  readonly message: string;
}

/** An error whose answer is known: thrown anywhere below a router, rendered by the error handler. */
export class Problem extends Error {
  constructor(
    readonly code: ProblemSlug,
    detail: string,
    readonly errors?: readonly InputError[],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }

  with(headers: Readonly<Record<string, string>>): Problem {
    return new Problem(this.code, this.message, this.errors, { ...this.headers, ...headers });
  }
}

/** What every answer carries, beside its request id. */
export const commonHeaders = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/** The header of an answer after which the connection is of no more use. */
export const closing = { Connection: 'close' };

export const isProblemSlug = (code: unknown): code is ProblemSlug =>
  typeof code === 'string' && Object.hasOwn(problems, code);

/** The RFC 9457 body; also needed where there is no response object, as for a request Node could not parse. */
export const problemBody = (problem: Problem, requestId: string, extra?: object): string => {
  const { status, title } = problems[problem.code];
  const { errors, message: detail } = problem;
  return JSON.stringify({
    type: `/problems/${problem.code}`,
    title,
    status,
    detail,
    requestId,
    errors,
    ...extra,
  });
};

export const sendProblem = (
  res: ServerResponse,
  problem: Problem,
  requestId: string,
  extra?: object,
): void => {
  res.end(writeProblemHead(res, problem, requestId, extra));
};

/** Answers the body that belongs to the head. */
export const writeProblemHead = (
  res: ServerResponse,
  problem: Problem,
  requestId: string,
  extra?: object,
): string => {
  const { status } = problems[problem.code];
  const body = problemBody(problem, requestId, extra);
  res.writeHead(status, {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Request-Id': requestId,
    ...commonHeaders,
    ...(status === 503 ? { 'Retry-After': '1' } : {}),
    ...problem.headers,
  });
  return body;
};
