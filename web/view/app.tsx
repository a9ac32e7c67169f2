import { useEffect } from 'preact/hooks';
import { follow, freshness, health } from '../live/service.js';
import type { Route } from '../model/route.js';
import { ArrivalsScreen } from './arrivals-screen.js';
import { EventsScreen } from './events-screen.js';
import { FleetScreen } from './fleet-screen.js';
import { Notice } from './notice.js';
import { RocketScreen } from './rocket-screen.js';
import { route } from './router.js';
import { Topbar } from './topbar.js';

export const App = () => {
  const now = route.value;
  const { state, banner } = freshness.value;
  const channel = now.screen === 'rocket' ? now.channel : undefined;
  useEffect(() => follow(channel), [channel]);
  useEffect(() => {
    document.title = `${titleOf(now)} · Rockets`;
  }, [now]);
  const focusMain = (event: Event): void => {
    // The hash is the router's; the link only moves the focus.
    event.preventDefault();
    document.getElementById('main')?.focus();
  };
  return (
    <>
      <a class="skip-link" href="#main" onClick={focusMain}>
        Skip to content
      </a>
      <Topbar screen={now.screen} />
      {banner !== undefined && (
        <div class="banner" role="alert">
          {banner}
        </div>
      )}
      <main id="main" tabIndex={-1} class={`freshness-${state}`}>
        <Screen now={now} />
      </main>
      <footer class="footer">
        <span>All times are UTC.</span>
        {health.value !== undefined && (
          <span>
            Store: {health.value.store.name}. {health.value.store.durability.description}
          </span>
        )}
      </footer>
      <Notice />
    </>
  );
};

const Screen = ({ now }: { readonly now: Route }) => {
  switch (now.screen) {
    case 'rocket':
      return <RocketScreen key={now.channel} channel={now.channel} params={now.params} />;
    case 'events':
      return <EventsScreen params={now.params} position={undefined} />;
    case 'event':
      return <EventsScreen params={now.params} position={now.position} />;
    case 'arrivals':
      return <ArrivalsScreen />;
    case 'fleet':
      return <FleetScreen params={now.params} />;
  }
};

const titleOf = (now: Route): string => {
  if (now.screen === 'rocket') return `Rocket ${now.channel.slice(0, 8)}`;
  return { fleet: 'Fleet', events: 'Events', event: 'Event', arrivals: 'Arrivals' }[now.screen];
};
