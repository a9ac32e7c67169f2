import type { Scope } from '../auth/scope.js';

/** What a caller needs to have; `open`: nothing. */
export type Need = Scope | 'open';

export const guardedMethods = ['GET', 'POST', 'PATCH', 'DELETE'] as const;
export type GuardedMethod = (typeof guardedMethods)[number];

export type RouteNeeds = {
  /** As Express has it. */
  readonly path: string;
  /**
   * What it tells or changes. Who may only reach some rockets reaches what is about one of them, in the path or the query,
   * and his own messages; nothing about the whole fleet.
   */
  readonly about: 'rocket' | 'asked-rockets' | 'fleet' | 'own-messages' | 'service';
} & { readonly [method in GuardedMethod]?: Need };

/**
 * Every route there is and what it takes to use it: the one table behind the checks, the OpenAPI document and the tests. A
 * route that is missing here does not exist. HEAD needs what GET needs; any other method tells nothing but its refusal.
 */
export const routeNeeds: readonly RouteNeeds[] = [
  { path: '/messages', about: 'own-messages', POST: 'ingest' },
  { path: '/rockets', about: 'fleet', GET: 'read' },
  { path: '/rockets/:channel', about: 'rocket', GET: 'read' },
  { path: '/rockets/:channel/events', about: 'rocket', GET: 'read' },
  { path: '/rockets/:channel/messages/:number', about: 'rocket', GET: 'read' },
  { path: '/rockets/:channel/waiting', about: 'rocket', GET: 'read' },
  { path: '/rockets/:channel/late', about: 'rocket', GET: 'read' },
  { path: '/rockets/:channel/gaps', about: 'rocket', GET: 'read' },
  { path: '/rockets/:channel/gaps/skip', about: 'rocket', POST: 'operate' },
  { path: '/gaps', about: 'fleet', GET: 'read' },
  { path: '/events', about: 'asked-rockets', GET: 'read' },
  { path: '/events/:position', about: 'fleet', GET: 'read' },
  { path: '/fleet', about: 'fleet', GET: 'read' },
  { path: '/metrics', about: 'fleet', GET: 'read' },
  { path: '/subscriptions', about: 'fleet', GET: 'operate', POST: 'operate' },
  { path: '/subscriptions/:name', about: 'fleet', GET: 'operate', PATCH: 'operate', DELETE: 'operate' },
  { path: '/subscriptions/:name/replay', about: 'fleet', POST: 'operate' },
  { path: '/subscriptions/:name/secret', about: 'fleet', POST: 'operate' },
  { path: '/subscriptions/:name/test', about: 'fleet', POST: 'operate' },
  { path: '/subscriptions/:name/parked', about: 'fleet', GET: 'operate' },
  { path: '/subscriptions/:name/parked/retry', about: 'fleet', POST: 'operate' },
  { path: '/subscriptions/:name/parked/drop', about: 'fleet', POST: 'operate' },
  // In full for those who may read the fleet.
  { path: '/health', about: 'service', GET: 'open' },
  { path: '/livez', about: 'service', GET: 'open' },
  { path: '/readyz', about: 'service', GET: 'open' },
  { path: '/session', about: 'service', GET: 'open', POST: 'open', DELETE: 'open' },
  { path: '/', about: 'service', GET: 'open' },
  { path: '/assets/:name', about: 'service', GET: 'open' },
  { path: '/openapi.json', about: 'service', GET: 'open' },
  { path: '/asyncapi.json', about: 'service', GET: 'open' },
  { path: '/docs', about: 'service', GET: 'open' },
  { path: '/docs/:name', about: 'service', GET: 'open' },
  { path: '/swagger', about: 'service', GET: 'open' },
  { path: '/problems/:slug', about: 'service', GET: 'open' },
];

export const needOf = (route: RouteNeeds, method: string): Need => {
  const asked = method === 'HEAD' ? 'GET' : method;
  return guardedMethods.some((known) => known === asked) ? (route[asked as GuardedMethod] ?? 'open') : 'open';
};
