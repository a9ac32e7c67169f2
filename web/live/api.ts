import type { EventJson, GapJson, HealthJson, RefusedJson, RocketJson } from '../model/wire.js';

/** An answer that is not 2xx, in the words of the service. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const pageSize = 1000;

export const fetchHealth = async (): Promise<HealthJson> => {
  const response = await fetch('/health', { signal: AbortSignal.timeout(5_000) });
  // An unhealthy service answers 503 with the same figures.
  return (await response.json()) as HealthJson;
};

export const fetchRocket = (channel: string): Promise<RocketJson> => get(rocketPath(channel));

export const fetchRocketAt = (channel: string, version: number): Promise<RocketJson> =>
  get(`${rocketPath(channel)}?version=${String(version)}`);

export const fetchGapsOf = (channel: string, most: number): Promise<GapJson[]> =>
  collect<GapJson>(`${rocketPath(channel)}/gaps?limit=${String(pageSize)}`, most);

export const fetchRockets = (most: number): Promise<RocketJson[]> =>
  collect<RocketJson>(`/rockets?limit=${String(pageSize)}`, most);

export const fetchGaps = (most: number): Promise<GapJson[]> =>
  collect<GapJson>(`/gaps?limit=${String(pageSize)}`, most);

/** The newest of them, oldest first. */
export const fetchRefused = async (most: number): Promise<RefusedJson[]> => {
  const newestFirst = `/events?type=MessageRefused&order=desc&limit=${String(pageSize)}`;
  return (await collect<RefusedJson>(newestFirst, most)).reverse();
};

/** One page of a rocket's history. */
export const fetchHistory = (channel: string, after: number): Promise<EventJson[]> =>
  get(`${rocketPath(channel)}/events?after=${String(after)}&limit=${String(pageSize)}`);

export const historyPageSize = pageSize;

/** What an operator wants skipped: the first gap as it was shown, or all up to a number. */
export type SkipWish = { readonly why?: string } & (
  { readonly from: number; readonly to: number } | { readonly upTo: number }
);

export interface Skipped {
  readonly from: number;
  readonly to: number;
  /** How many messages were given up. */
  readonly numbers: number;
}

export const skipGaps = async (channel: string, wish: SkipWish): Promise<Skipped> => {
  const response = await fetch(`${rocketPath(channel)}/gaps/skip`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  });
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as Skipped;
};

const rocketPath = (channel: string): string => `/rockets/${encodeURIComponent(channel)}`;

const get = async <T>(path: string): Promise<T> => {
  const response = await request(path);
  return (await response.json()) as T;
};

/** Follows `Link: rel="next"` until the last page or until enough has come. */
const collect = async <T>(first: string, most: number): Promise<T[]> => {
  const items: T[] = [];
  let path: string | undefined = first;
  while (path !== undefined && items.length < most) {
    const response: Response = await request(path);
    for (const item of (await response.json()) as T[]) items.push(item);
    path = nextOf(response.headers.get('link'));
  }
  return items;
};

const nextOf = (link: string | null): string | undefined => {
  const target = /<([^>]+)>;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const url = new URL(target, location.href);
  return url.pathname + url.search;
};

const request = async (path: string): Promise<Response> => {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  if (!response.ok) throw await errorOf(response);
  return response;
};

const errorOf = async (response: Response): Promise<ApiError> => {
  const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
  const text = problem.detail ?? problem.title ?? `The service answered ${String(response.status)}.`;
  return new ApiError(response.status, text);
};
