import { useEffect } from 'preact/hooks';
import { follow, freshness, health } from '../live/service.js';
import { may, session } from '../live/session.js';
import { dateTime } from '../model/format.js';
import { kafkaTroubles } from '../model/kafka.js';
import type { Route } from '../model/route.js';
import { feedPath, placeOf, type Place } from '../model/session.js';
import { ArrivalsScreen } from './arrivals-screen.js';
import { EventsScreen } from './events-screen.js';
import { FleetScreen } from './fleet-screen.js';
import { ForeignRocket, NoOperator, NothingToRead, OwnRockets } from './limited-screens.js';
import { Notice } from './notice.js';
import { RocketScreen } from './rocket-screen.js';
import { route } from './router.js';
import { SignIn } from './sign-in.js';
import { SubscriptionScreen } from './subscription-screen.js';
import { SubscriptionsScreen } from './subscriptions-screen.js';
import { Topbar } from './topbar.js';

export const App = () => {
  const now = route.value;
  const { state, banner } = freshness.value;
  const place = session.value && placeOf(session.value, now);
  const feed = session.value && feedPath(session.value, now);
  useEffect(() => follow(feed), [feed]);
  useEffect(() => {
    document.title = `${titleOf(now, place)} · Rockets`;
  }, [now, place]);
  // Who sees nothing need not be told how old it is.
  const isAsked = place === undefined || place === 'asked' || may.value.read;
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
      {isAsked && banner !== undefined && (
        <div class="banner" role="alert">
          {banner}
        </div>
      )}
      <KafkaBanners />
      <main id="main" tabIndex={-1} class={isAsked ? `freshness-${state}` : ''}>
        <Screen now={now} place={place} />
      </main>
      <footer class="footer">
        {isAsked && <span>All times are UTC.</span>}
        <Footer />
      </footer>
      <Notice />
    </>
  );
};

/** Whoever is told nothing of it has none. */
const KafkaBanners = () =>
  kafkaTroubles(health.value?.kafka ?? {}).map((trouble) => (
    <div key={trouble} class="banner" role="alert">
      {trouble}
    </div>
  ));

const Footer = () => {
  const store = health.value?.store;
  const { name, until } = session.value ?? {};
  return (
    <>
      {may.value.fleet && store !== undefined && (
        <span>
          Store: {store.name}. {store.durability.description}
        </span>
      )}
      {name !== undefined && (
        <span>
          Signed in as {name}
          {until !== undefined && ` until ${dateTime(until)} UTC`}.
        </span>
      )}
    </>
  );
};

const Screen = ({ now, place }: { readonly now: Route; readonly place: Place | undefined }) => {
  switch (place) {
    case undefined:
      return <p class="none waiting-text">Loading …</p>;
    case 'sign-in':
      return <SignIn />;
    case 'nothing-to-read':
      return <NothingToRead />;
    case 'own-rockets':
      return <OwnRockets />;
    case 'foreign-rocket':
      return <ForeignRocket />;
    case 'not-an-operator':
      return <NoOperator />;
    case 'asked':
      return <Asked now={now} />;
  }
};

const Asked = ({ now }: { readonly now: Route }) => {
  switch (now.screen) {
    case 'rocket':
      return <RocketScreen key={now.channel} channel={now.channel} params={now.params} />;
    case 'events':
      return <EventsScreen params={now.params} position={undefined} />;
    case 'event':
      return <EventsScreen params={now.params} position={now.position} />;
    case 'arrivals':
      return <ArrivalsScreen />;
    case 'subscriptions':
      return <SubscriptionsScreen />;
    case 'subscription':
      return <SubscriptionScreen key={now.name} name={now.name} />;
    case 'fleet':
      return <FleetScreen params={now.params} />;
  }
};

const titleOf = (now: Route, place: Place | undefined): string => {
  if (place === 'sign-in') return 'Sign in';
  if (place === 'own-rockets') return 'Your rockets';
  if (now.screen === 'rocket') return `Rocket ${now.channel.slice(0, 8)}`;
  if (now.screen === 'subscription') return `Subscription ${now.name}`;
  return titles[now.screen];
};

const titles = {
  fleet: 'Fleet',
  events: 'Events',
  event: 'Event',
  arrivals: 'Arrivals',
  subscriptions: 'Subscriptions',
} as const;
