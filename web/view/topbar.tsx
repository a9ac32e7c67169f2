import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { signOut } from '../live/api.js';
import { freshness } from '../live/service.js';
import { may, session } from '../live/session.js';
import type { Route } from '../model/route.js';
import { Emblem, Icon } from './icons.js';
import { notify } from './notice.js';
import { chooseTheme, currentTheme } from './theme.js';

/** What every screen shares: name, navigation, how fresh the page is, who is signed in, the theme. */
export const Topbar = ({ screen }: { readonly screen: Route['screen'] }) => (
  <header class="topbar">
    <a class="brand" href="#/" aria-label="Rockets, fleet">
      <Emblem />
      <span>Rockets</span>
    </a>
    <nav aria-label="Screens">
      <Screens screen={screen} />
      {/* On a phone there is no room for it beside all others. */}
      <a href="/docs" class={may.value.subscriptions ? 'wide-only' : undefined}>
        API
      </a>
    </nav>
    {(session.value === undefined || may.value.read || may.value.subscriptions) && <FreshnessMark />}
    <SignedIn />
    <ThemeSwitch />
  </header>
);

const Screens = ({ screen }: { readonly screen: Route['screen'] }) => {
  const { read, fleet, subscriptions } = may.value;
  const isOfOwn = read && !fleet;
  const isOfFleet = fleet || session.value === undefined;
  const isSubscriptions = screen === 'subscriptions' || screen === 'subscription';
  return (
    <>
      {isOfOwn && <NavLink href="#/" name="Your rockets" isHere={screen !== 'rocket' && !isSubscriptions} />}
      {isOfFleet && (
        <>
          <NavLink href="#/" name="Fleet" isHere={screen === 'fleet' || screen === 'arrivals'} />
          <NavLink href="#/events" name="Events" isHere={screen === 'events' || screen === 'event'} />
        </>
      )}
      {subscriptions && <NavLink href="#/subscriptions" name="Subscriptions" isHere={isSubscriptions} />}
    </>
  );
};

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

const SignedIn = () => {
  const { name } = session.value ?? {};
  if (name === undefined) return null;
  const leave = (): Promise<void> =>
    signOut().catch(() => notify('You are still signed in: the service does not answer.'));
  return (
    <div class="signed-in">
      <span class="who wide-only" title={name}>
        {name}
      </span>
      <button type="button" class="quiet" aria-label="Sign out" title="Sign out" onClick={() => void leave()}>
        <Icon name="out" />
        <span class="wide-only">Sign out</span>
      </button>
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
