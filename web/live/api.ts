import type { Fault } from '../model/subscriptions.js';
import type { SessionJson } from '../model/wire.js';
import { beginSession, endSession, session } from './session.js';

/** An answer that is not 2xx, in the words of the service. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** The name of the problem. */
    readonly code = '',
    readonly errors: readonly Fault[] = [],
  ) {
    super(message);
  }
}

export interface Page<T> {
  readonly items: readonly T[];
  /** The address of the next page, undefined behind the last one. */
  readonly next: string | undefined;
  /** By the clock of the service, whose times the items hold. */
  readonly at: number;
}

/** The browser keeps answers with their ETag and asks whether they still hold; what has not changed costs a header. */
export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await (await request(path, signal)).json()) as T;

export const getPage = async <T>(path: string, signal?: AbortSignal): Promise<Page<T>> => {
  const response = await request(path, signal);
  return { items: (await response.json()) as T[], next: nextOf(response), at: serverTime(response) };
};

/** Clocks of browsers and services differ; an answer says what time it was over there. */
export const serverTime = (response: Response): number => {
  const at = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(at) ? Date.now() : at;
};

export const request = async (
  path: string,
  signal?: AbortSignal,
  accept = 'application/json',
): Promise<Response> => {
  const asked = session.peek();
  const response = await fetch(path, { headers: { accept }, ...(signal && { signal }) });
  if (!response.ok) throw await refusalOf(response, asked);
  return response;
};

export const nextOf = (response: Response): string | undefined => {
  const target = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get('link') ?? '')?.[1];
  if (target === undefined) return undefined;
  // It names no host: only its path counts.
  const url = new URL(target, 'http://service');
  return url.pathname + url.search;
};

export const withQuery = (path: string, query: Readonly<Record<string, string | undefined>>): string => {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') params.set(name, value);
  return params.size === 0 ? path : `${path}?${params.toString()}`;
};

export const rocketPath = (channel: string): string => `/rockets/${encodeURIComponent(channel)}`;

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
  const response = await send('POST', `${rocketPath(channel)}/gaps/skip`, wish);
  return (await response.json()) as Skipped;
};

/** What changes something there. */
export const send = async (
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  content?: object,
): Promise<Response> => {
  const asked = session.peek();
  const response = await write(method, path, content);
  if (!response.ok) throw await refusalOf(response, asked);
  return response;
};

/** From here on the browser has a cookie that no script can read. */
export const signIn = async (key: string): Promise<void> => {
  const response = await write('POST', '/session', { key });
  if (!response.ok) throw await errorOf(response);
  beginSession((await response.json()) as SessionJson);
};

export const signOut = async (): Promise<void> => {
  const { ways = [] } = session.peek() ?? {};
  const response = await fetch('/session', { method: 'DELETE' });
  if (!response.ok) throw await errorOf(response);
  beginSession({ ways, scopes: [] });
};

const write = (method: string, path: string, content?: object): Promise<Response> =>
  fetch(path, {
    method,
    headers: { accept: 'application/json', ...(content && { 'content-type': 'application/json' }) },
    ...(content && { body: JSON.stringify(content) }),
  });

/** Whatever is refused for want of somebody who may ask leads back to the sign-in screen. */
const refusalOf = async (response: Response, asked: SessionJson | undefined): Promise<ApiError> => {
  const error = await errorOf(response);
  if (response.status !== 401) return error;
  // Without an error in it, it means that nothing was shown: there is nothing to say of it.
  const hasShown = response.headers.get('www-authenticate')?.includes('error=') === true;
  return new ApiError(401, endSession(asked, hasShown ? error.message : undefined));
};

interface ProblemJson {
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly Fault[];
}

const errorOf = async (response: Response): Promise<ApiError> => {
  const problem = (await response.json().catch(() => ({}))) as ProblemJson;
  const { type = '', title, detail, errors } = problem;
  const text = detail ?? title ?? `The service answered ${String(response.status)}.`;
  return new ApiError(response.status, text, type.split('/').at(-1), errors);
};
