import { canonicalChannel } from '../../src/domain/channel.js';
import type { Route } from './route.js';
import type { SessionJson } from './wire.js';

/** What the page may offer. */
export interface May {
  /** Look at anything at all. */
  readonly read: boolean;
  /** Look at all rockets and what happens to them. */
  readonly fleet: boolean;
  readonly operate: boolean;
  /** What other systems are told is about all rockets. */
  readonly subscriptions: boolean;
}

/** Without a way to show who asks, everybody may everything. */
export const isOpen = ({ ways }: SessionJson): boolean => ways.length === 0;

export const isLetIn = (session: SessionJson): boolean => isOpen(session) || session.name !== undefined;

const nothing: May = { read: false, fleet: false, operate: false, subscriptions: false };

export const mayOf = (session: SessionJson | undefined): May => {
  if (session === undefined || !isLetIn(session)) return nothing;
  const read = session.scopes.includes('read');
  const operate = session.scopes.includes('operate');
  const all = session.channels === undefined;
  return { read, fleet: read && all, operate, subscriptions: operate && all };
};

/** `own-rockets` stands where the fleet would: a list of those that somebody may look at. */
export type Place =
  'sign-in' | 'nothing-to-read' | 'own-rockets' | 'foreign-rocket' | 'not-an-operator' | 'asked';

/** What somebody sees who asks for a screen. */
export const placeOf = (session: SessionJson, route: Route): Place => {
  if (!isLetIn(session)) return 'sign-in';
  const may = mayOf(session);
  if (route.screen === 'subscriptions' || route.screen === 'subscription')
    return may.subscriptions ? 'asked' : 'not-an-operator';
  if (!may.read) return 'nothing-to-read';
  if (may.fleet) return 'asked';
  if (route.screen !== 'rocket') return 'own-rockets';
  return session.channels?.includes(canonicalChannel(route.channel)) ? 'asked' : 'foreign-rocket';
};

/** The live feed that a screen needs, and that somebody may listen to. */
export const feedPath = (session: SessionJson, route: Route): string | undefined => {
  if (placeOf(session, route) !== 'asked' || !mayOf(session).read) return undefined;
  const of = route.screen === 'rocket' ? `&channel=${encodeURIComponent(route.channel)}` : '';
  return `/events?after=latest${of}`;
};

/** Why somebody is asked for a key again; `detail` is what the service said of the one he had. */
export const endingWords = (session: SessionJson | undefined, detail: string | undefined): string => {
  if (session?.name === undefined) return 'This service asks for a key now.';
  return ['Your session has ended.', detail].filter(Boolean).join(' ');
};
