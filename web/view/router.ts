import { signal } from '@preact/signals';
import { routeOf, withParams, type Route } from '../model/route.js';

export const route = signal<Route>(routeOf(location.hash));

addEventListener('hashchange', () => {
  const before = placeOf(route.peek());
  route.value = routeOf(location.hash);
  if (placeOf(route.peek()) === before) return;
  scrollTo(0, 0);
  // A new screen starts where a reader starts; on the first load the browser's own start is right.
  document.getElementById('main')?.focus({ preventScroll: true });
});

/** The same screen with another view on it: bookmarked and sent like any other, but no step back. */
export const setParams = (params: URLSearchParams): void => {
  const [path = '#/'] = (location.hash === '' ? '#/' : location.hash).split('?');
  history.replaceState(null, '', withParams(path, params));
  route.value = routeOf(location.hash);
};

/** An event opens beside the list it stands in. */
const placeOf = (now: Route): string => {
  if (now.screen === 'rocket') return now.channel;
  if (now.screen === 'subscription') return `subscription ${now.name}`;
  return now.screen === 'event' ? 'events' : now.screen;
};
