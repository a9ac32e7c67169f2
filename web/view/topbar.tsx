import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { freshness } from '../live/service.js';
import type { Route } from '../model/route.js';
import { Emblem, Icon } from './icons.js';
import { chooseTheme, currentTheme } from './theme.js';

/** What every screen shares: name, navigation, how fresh the page is, the theme. */
export const Topbar = ({ screen }: { readonly screen: Route['screen'] }) => (
  <header class="topbar">
    <a class="brand" href="#/" aria-label="Rockets, fleet">
      <Emblem />
      <span>Rockets</span>
    </a>
    <nav aria-label="Screens">
      <NavLink href="#/" name="Fleet" isHere={screen === 'fleet' || screen === 'arrivals'} />
      <NavLink href="#/events" name="Events" isHere={screen === 'events' || screen === 'event'} />
      <a href="/docs">API</a>
    </nav>
    <FreshnessMark />
    <ThemeSwitch />
  </header>
);

const NavLink = (props: { readonly href: string; readonly name: string; readonly isHere: boolean }) => (
  <a href={props.href} aria-current={props.isHere ? 'page' : undefined}>
    {props.name}
  </a>
);

const FreshnessMark = () => {
  const { state, label } = freshness.value;
  return (
    <div class="freshness" role="status" data-state={state} title={titles[state]}>
      <span class="lamp" />
      <span>{label}</span>
    </div>
  );
};

const titles = {
  connecting: 'The service was not reached yet',
  live: 'What is shown is what the service says now',
  behind: 'Something may have happened that is not shown yet',
  lost: 'Nothing on this page is current',
} as const;

const ThemeSwitch = () => {
  const theme = useSignal(currentTheme());
  useEffect(() => {
    const look = (): void => {
      theme.value = currentTheme();
    };
    document.addEventListener('themechange', look);
    return () => document.removeEventListener('themechange', look);
  }, []);
  const next = theme.value === 'dark' ? 'light' : 'dark';
  const label = `Switch to ${next} colours`;
  return (
    <button
      type="button"
      class="theme-switch"
      aria-label={label}
      title={label}
      onClick={() => chooseTheme(next)}
    >
      <Icon name={next === 'dark' ? 'moon' : 'sun'} />
    </button>
  );
};
