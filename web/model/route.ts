export type Route =
  | {
      readonly screen: 'fleet' | 'events' | 'arrivals' | 'subscriptions';
      readonly params: URLSearchParams;
    }
  | { readonly screen: 'event'; readonly position: string; readonly params: URLSearchParams }
  | { readonly screen: 'rocket'; readonly channel: string; readonly params: URLSearchParams }
  | { readonly screen: 'subscription'; readonly name: string; readonly params: URLSearchParams };

const lists = ['events', 'arrivals', 'subscriptions'] as const;

/** The address after `#`: the service keeps its own paths (`/rockets/…` is the API). */
export const routeOf = (hash: string): Route => {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  const params = new URLSearchParams(query);
  const [, kind, name] = /^\/(rockets|events|subscriptions)\/([^/]+)$/.exec(path) ?? [];
  if (kind === 'rockets' && name !== undefined) return { screen: 'rocket', channel: decoded(name), params };
  if (kind === 'events' && name !== undefined) return { screen: 'event', position: decoded(name), params };
  if (kind === 'subscriptions' && name !== undefined)
    return { screen: 'subscription', name: decoded(name), params };
  return { screen: lists.find((screen) => path === `/${screen}`) ?? 'fleet', params };
};

export const rocketHref = (channel: string): string => `#/rockets/${encodeURIComponent(channel)}`;

export const subscriptionHref = (name: string): string => `#/subscriptions/${encodeURIComponent(name)}`;

export const eventHref = (position: string, params = new URLSearchParams()): string =>
  withParams(`#/events/${encodeURIComponent(position)}`, params);

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
