import { Mission } from './live/mission.js';
import { type Route, routeOf } from './model/route.js';
import { fleetScreen } from './view/fleet-screen.js';
import { refusedScreen } from './view/refused-screen.js';
import { rocketScreen } from './view/rocket-screen.js';
import type { Screen } from './view/screen.js';
import { shell } from './view/shell.js';

const mission = new Mission();
const { main, showRoute } = shell(mission);

const screenFor = (route: Route): Screen => {
  if (route.screen === 'rocket') return rocketScreen(mission, route.channel, route.params);
  return route.screen === 'refused'
    ? refusedScreen(mission, route.params)
    : fleetScreen(mission, route.params);
};

let shown: Screen | undefined;

const show = (): void => {
  const route = routeOf(location.hash);
  shown?.dispose();
  shown = screenFor(route);
  main.replaceChildren(shown.element);
  document.title = `${shown.title} · Rockets`;
  showRoute(route);
  scrollTo(0, 0);
  shown.render();
};

mission.watch(() => shown?.render());
addEventListener('hashchange', () => {
  show();
  // A new screen starts where a reader starts; on the first load the browser's own start is right.
  main.focus({ preventScroll: true });
});
show();
mission.start();
