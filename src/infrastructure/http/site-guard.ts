import type { Request, Response } from 'express';
import { closing, Problem, sendProblem } from './problem.js';
import { requestIdOf } from './request-id.js';

export interface SiteRules {
  /** Other origins whose pages may do what ours may, as `https://a.example`. */
  readonly allowedOrigins: readonly string[];
  /** The names by which this service may be addressed; none: any. */
  readonly allowedHosts: readonly string[];
}

const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Asked for by programs that know no name, and they tell nothing. */
const probes = new Set(['/livez', '/readyz']);

/** Whether the request is let in; one that is not has been answered. */
export type SiteGuard = (req: Request, res: Response) => boolean;

/**
 * Pages of other sites act with the reach of whoever looks at them: through a browser inside a network they get at a
 * service that nobody outside can see. So what changes something is refused when a browser says that it comes from
 * elsewhere. Programs that are no browsers say nothing of that kind and are not concerned.
 */
export const siteGuard = ({ allowedOrigins, allowedHosts }: SiteRules): SiteGuard => {
  const origins = new Set(allowedOrigins);
  const hosts = new Set(allowedHosts.map((host) => host.toLowerCase()));
  return (req, res) => {
    const { host, origin } = req.headers;
    if (hosts.size > 0 && !isAddressed(hosts, host) && !probes.has(req.path)) {
      const detail = `This service is not called ${String(host).slice(0, 100)}.`;
      return refuse(req, res, new Problem('unknown-host', detail, undefined, closing));
    }
    if (origin !== undefined && origins.has(origin)) return allow(req, res, origin);
    if (!harmless.has(req.method) && isForeign(req.headers['sec-fetch-site'], origin, host)) {
      const from = origin === undefined || origin === 'null' ? 'another site' : origin.slice(0, 100);
      const detail = `A page of ${from} may not change anything here.`;
      return refuse(req, res, new Problem('cross-site', detail, undefined, closing));
    }
    return true;
  };
};

const isForeign = (
  site: string | string[] | undefined,
  origin: string | undefined,
  host: string | undefined,
): boolean => {
  if (site === 'cross-site' || site === 'same-site') return true;
  return origin !== undefined && nameOf(origin) !== nameOf(`http://${host}`);
};

/** Host and port, whatever the scheme: in front of us a proxy may end TLS. */
const nameOf = (origin: string): string | undefined => {
  try {
    const { hostname, port } = new URL(origin);
    return port === '' || port === '443' || port === '80' ? hostname : `${hostname}:${port}`;
  } catch {
    return undefined;
  }
};

const isAddressed = (hosts: ReadonlySet<string>, host = ''): boolean => {
  const name = host.toLowerCase();
  return hosts.has(name) || hosts.has(name.replace(/:\d+$/, ''));
};

/** What the browser needs to hear to let that page see the answer. */
const allow = (req: Request, res: Response, origin: string): true => {
  res.setHeader('Access-Control-Allow-Origin', origin);
  res.setHeader('Access-Control-Expose-Headers', 'Link, ETag, Retry-After, Rocket-Outcome, X-Request-Id');
  res.setHeader('Vary', 'Origin');
  const asked = req.headers['access-control-request-headers'];
  if (req.method === 'OPTIONS' && req.headers['access-control-request-method'] !== undefined) {
    res.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST, PATCH, DELETE');
    if (asked !== undefined) res.setHeader('Access-Control-Allow-Headers', asked);
    res.setHeader('Access-Control-Max-Age', '600');
  }
  return true;
};

const refuse = (req: Request, res: Response, problem: Problem): false => {
  sendProblem(res, problem, requestIdOf(req));
  return false;
};
