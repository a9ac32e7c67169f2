import type { RequestHandler, Response } from 'express';
import type { ServerResponse } from 'node:http';
import { guardedMethods } from './route-needs.js';

/** Requests of one kind that were answered. */
export interface RequestCount {
  readonly method: string;
  readonly route: string;
  readonly status: number | 'none';
  readonly count: number;
}

const methods = new Set<string>([...guardedMethods, 'HEAD', 'OPTIONS']);

type ByStatus = Map<RequestCount['status'], number>;

/**
 * Requests by what they asked for and how they were answered, counted when the answer ends. As few as there are routes, methods
 * and statuses: nothing that a client makes up is among them.
 */
export class RequestCounts {
  private readonly routes = new Map<string, Map<string, ByStatus>>();

  /** Stands before all routes, which say which one they are. */
  readonly watching: RequestHandler = (_req, res, next) => {
    this.watch(res);
    next();
  };

  watch(res: Response, route?: string): void {
    if (route !== undefined) isOf(res, route);
    res.on('close', this.ended);
  }

  get all(): readonly RequestCount[] {
    return [...this.routes].flatMap(([route, byMethod]) =>
      [...byMethod].flatMap(([method, byStatus]) =>
        [...byStatus].map(([status, count]) => ({ method, route, status, count })),
      ),
    );
  }

  /** One for all answers, and none made for each: `this` is the one that ends. */
  private readonly ended = ((counts: RequestCounts) =>
    function ended(this: ServerResponse): void {
      counts.count(this as Response);
    })(this);

  private count(res: Response): void {
    const { method } = res.req;
    const byMethod = within(this.routes, routeIn(res) ?? 'other');
    const byStatus = within(byMethod, methods.has(method) ? method : 'other');
    const status = res.headersSent ? res.statusCode : 'none';
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }
}

/** Says which route of the table a request is for. */
export const isOf = (res: Response, route: string): void => {
  res.locals['route'] = route;
};

/** Undefined: none of the table. */
export const routeIn = (res: Response): string | undefined => res.locals['route'] as string | undefined;

const within = <Key, Inner extends Map<unknown, unknown>>(outer: Map<Key, Inner>, key: Key): Inner => {
  let inner = outer.get(key);
  if (inner === undefined) outer.set(key, (inner = new Map() as Inner));
  return inner;
};
