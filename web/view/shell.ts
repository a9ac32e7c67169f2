import type { Mission } from '../live/mission.js';
import { describeConnection } from '../model/connection.js';
import { shortFigure } from '../model/format.js';
import type { Route } from '../model/route.js';
import { h, icon, setAttribute, setText, svg } from './dom.js';
import { chooseTheme, currentTheme } from './theme.js';

/** What every screen shares: name, navigation, the state of the connection, the theme. */
export const shell = (mission: Mission) => {
  const refusedCount = h('span', { class: 'count' });
  const fleetLink = h('a', { href: '#/' }, 'Fleet');
  const refusedLink = h('a', { href: '#/refused' }, 'Broken rules ', refusedCount);
  const main = h('main', { id: 'main', tabindex: -1 });
  const connection = connectionView(mission);
  document.body.append(
    h('a', { class: 'skip-link', href: '#main', click: focusMain(main) }, 'Skip to content'),
    h(
      'header',
      { class: 'topbar' },
      h(
        'a',
        { class: 'brand', href: '#/', 'aria-label': 'Rockets, fleet' },
        emblem(),
        h('span', {}, 'Rockets'),
      ),
      h('nav', { 'aria-label': 'Main' }, fleetLink, refusedLink, h('a', { href: '/docs' }, 'API')),
      connection.indicator,
      themeSwitch(),
    ),
    connection.banner,
    main,
    h('footer', { class: 'footer' }, connection.store),
    h('div', { id: 'notice', class: 'notice', role: 'status', 'aria-live': 'polite' }),
  );
  mission.watch(() => {
    connection.render();
    setText(refusedCount, shortFigure(mission.refused.total));
  });
  // A page that turns stale does so by the clock, with nothing else happening.
  setInterval(connection.render, 1_000);
  connection.render();
  const showRoute = ({ screen }: Route): void => {
    fleetLink.toggleAttribute('aria-current', screen === 'fleet');
    refusedLink.toggleAttribute('aria-current', screen === 'refused');
    for (const link of [fleetLink, refusedLink])
      if (link.hasAttribute('aria-current')) link.setAttribute('aria-current', 'page');
  };
  return { main, showRoute };
};

const connectionView = (mission: Mission) => {
  const label = h('span');
  const since = h('span', { class: 'connection-since' });
  const indicator = h(
    'div',
    { class: 'connection', role: 'status' },
    h('span', { class: 'lamp' }),
    h('span', {}, label, since),
  );
  const bannerText = h('span');
  const banner = h('div', { class: 'banner', role: 'alert', hidden: true }, bannerText);
  const store = h('span');
  const render = (): void => {
    const notice = describeConnection(mission.connection, Date.now());
    setText(label, notice.label);
    setText(since, notice.since ?? '');
    setAttribute(indicator, 'data-tone', notice.tone);
    setText(bannerText, notice.banner ?? '');
    banner.hidden = notice.banner === null;
    document.body.classList.toggle('stale', notice.banner !== null);
    if (mission.health !== undefined) setText(store, storeText(mission.health.store));
  };
  return { indicator, banner, store, render };
};

const storeText = ({ name, durability }: { name: string; durability: { description: string } }): string =>
  `Store: ${name}. ${durability.description}`;

const focusMain = (main: HTMLElement) => (event: Event) => {
  // The hash is the router's; the link only moves the focus.
  event.preventDefault();
  main.focus();
};

const themeSwitch = (): HTMLButtonElement => {
  const button = h('button', { type: 'button', class: 'theme-switch' });
  const render = (): void => {
    const next = currentTheme() === 'dark' ? 'light' : 'dark';
    button.replaceChildren(icon(next === 'dark' ? 'moon' : 'sun'));
    button.setAttribute('aria-label', `Switch to ${next} colours`);
    button.title = `Switch to ${next} colours`;
  };
  button.addEventListener('click', () => {
    chooseTheme(currentTheme() === 'dark' ? 'light' : 'dark');
    render();
  });
  render();
  return button;
};

const emblem = (): SVGSVGElement =>
  svg(
    'svg',
    { class: 'emblem', viewBox: '0 0 32 32', 'aria-hidden': 'true' },
    svg('path', { class: 'emblem-arc', d: 'M4 26C7 14 15 8 25 6' }),
    svg('path', { class: 'emblem-tip', d: 'M29 4 19 5.6l6.8 7.2z' }),
    svg('path', { class: 'emblem-ground', d: 'M3 28h26' }),
  );
