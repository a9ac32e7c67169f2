import type { Request, Response } from 'express';
import type { IncomingMessage } from 'node:http';
import type { Span, SpanOptions, Tracing } from '../../application/ports/tracing.js';
import { routeIn } from './request-counts.js';

const SPAN = Symbol('span');
const PROBES = /^\/(livez|readyz|health|metrics)$/;
const LONGEST_TEXT = 256;
/** One for all: most requests are not recorded. */
const ofServer: SpanOptions = { kind: 'server' };

type TracedRequest = IncomingMessage & { [SPAN]?: Span };

/** Of what was asked, where it is recorded. */
export const spanOf = (req: IncomingMessage): Span | undefined => (req as TracedRequest)[SPAN];

/** Records what is asked, from its head to the end of its answer. */
export class RequestTraces {
  constructor(private readonly tracing: Tracing) {}

  /** `route`: where it is known already. */
  begin(req: Request, res: Response, route?: string): void {
    // Probes come by the second, and a feed is followed for hours.
    if (route === undefined && (PROBES.test(req.path) || isFollowing(req))) return;
    const { traceparent } = req.headers;
    const asked = typeof traceparent === 'string' ? traceparent : undefined;
    const span = this.tracing.begin(req.method, asked, ofServer);
    if (span === undefined) return;
    if (route !== undefined) span.rename(`${req.method} ${route}`);
    (req as TracedRequest)[SPAN] = span;
    const begun = { method: req.method, path: req.path };
    res.once('close', () => this.end(span, begun, req, res, route));
  }

  private end(
    span: Span,
    { method, path }: { method: string; path: string },
    req: Request,
    res: Response,
    known: string | undefined,
  ): void {
    const route = known ?? routeIn(res);
    if (known === undefined && route !== undefined) span.rename(`${method} ${route}`);
    const { statusCode: status } = res;
    const isWhole = res.writableFinished;
    const requestId = res.getHeader('X-Request-Id');
    const agent = req.headers['user-agent'];
    span.set({
      'http.request.method': method,
      'url.path': path.slice(0, LONGEST_TEXT),
      'url.scheme': 'encrypted' in req.socket ? 'https' : 'http',
      ...(route && { 'http.route': route }),
      ...(agent && { 'user_agent.original': agent.slice(0, LONGEST_TEXT) }),
      ...(res.headersSent && { 'http.response.status_code': status }),
      ...(typeof requestId === 'string' && { 'rockets.request_id': requestId }),
    });
    if (!isWhole) span.end(undefined, 'the client went away before it had the answer');
    else span.end(undefined, status >= 500 ? `answered ${status}` : undefined);
  }
}

const isFollowing = ({ headers }: IncomingMessage): boolean =>
  headers.accept?.includes('text/event-stream') === true;
