export type Route =
  | { readonly screen: 'fleet'; readonly params: URLSearchParams }
  | { readonly screen: 'refused'; readonly params: URLSearchParams }
  | { readonly screen: 'rocket'; readonly channel: string; readonly params: URLSearchParams };

/** The address after `#`: the service keeps its own paths (`/rockets/…` is the API). */
export const routeOf = (hash: string): Route => {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  const params = new URLSearchParams(query);
  const rocket = /^\/rockets\/([^/]+)$/.exec(path);
  if (rocket?.[1] !== undefined) return { screen: 'rocket', channel: decoded(rocket[1]), params };
  return { screen: path === '/refused' ? 'refused' : 'fleet', params };
};

export const rocketHref = (channel: string): string => `#/rockets/${encodeURIComponent(channel)}`;

export const withParams = (path: string, params: URLSearchParams): string =>
  params.size === 0 ? path : `${path}?${params.toString()}`;

/** A hand-written address may carry a stray %; it is then taken as it stands. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
