import { sessionCookie } from '../../../auth/sessions.js';
import { guardedMethods, needOf, routeNeeds, type RouteNeeds } from '../../route-needs.js';
import type { Operation, PathItem } from './model.js';
import { problemResponses } from './responses.js';

export const securitySchemes = {
  key: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, `rk_…`, or a token (JWT) with the claims `sub`, `exp` and `scope`.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: sessionCookie,
    description: 'What `POST /session` gives to a browser.',
  },
} as const;

/** What callers have to show, from the table by which they are checked. */
export const secured = (path: string, item: PathItem): PathItem => {
  const route = routeNeeds.find((one) => one.path === path.replace(/\{(\w+)\}/g, ':$1'));
  if (route === undefined) throw new Error(`${path} is not in the table of routes.`);
  const operations = guardedMethods.flatMap((method) => {
    const verb = method.toLowerCase() as keyof PathItem;
    const operation = item[verb];
    return operation === undefined ? [] : [[verb, securedOperation(route, method, operation)] as const];
  });
  return Object.fromEntries(operations);
};

const securedOperation = (route: RouteNeeds, method: string, operation: Operation): Operation => {
  const need = needOf(route, method);
  // Nobody needs to show anything, but whoever does is told more, or that it counts for nothing.
  if (route.path === '/health') {
    const responses = { ...operation.responses, ...problemResponses('unauthenticated') };
    return { ...operation, responses, security: [{}, { key: ['read'] }, { session: ['read'] }] };
  }
  if (route.path === '/session' && method !== 'DELETE') {
    const responses = { ...operation.responses, ...problemResponses('unauthenticated') };
    return { ...operation, responses, security: [{}] };
  }
  if (need === 'open') return { ...operation, security: [{}] };
  const refusals = problemResponses('unauthenticated', 'missing-scope', 'channel-not-allowed');
  const responses = { ...operation.responses, ...refusals };
  return { ...operation, responses, security: [{ key: [need] }, { session: [need] }] };
};
