import { session } from '../live/session.js';
import { rocketHref } from '../model/route.js';
import { Drawing } from './empty-state.js';
import { Icon } from './icons.js';
import { ChannelName } from './parts.js';

/** For a key that may do other things than look. */
export const NothingToRead = () => {
  const { name, scopes = [] } = session.value ?? {};
  return (
    <section class="empty sign-in" aria-labelledby="nothing-title">
      <Drawing />
      <div class="empty-text">
        <h1 id="nothing-title">Nothing to see with this key</h1>
        <p>
          {name} may {scopes.join(' and ')}. What this page shows takes a key that may <code>read</code>.
        </p>
        <p class="fine">Sign out to come back with another one.</p>
      </div>
    </section>
  );
};

/** Where others see the whole fleet. */
export const OwnRockets = () => {
  const { name, channels = [] } = session.value ?? {};
  return (
    <section class="limited">
      <h1>Your rockets</h1>
      <p class="lead">{name} may look at these, and at nothing of the rest of the fleet.</p>
      <ul class="own-rockets">
        {channels.map((channel) => (
          <li key={channel}>
            <a href={rocketHref(channel)}>
              <ChannelName channel={channel} />
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
};

export const ForeignRocket = () => (
  <section class="rocket-screen">
    <a class="back" href="#/">
      <Icon name="back" />
      Your rockets
    </a>
    <h1>Not one of your rockets</h1>
    <p class="lead">{session.value?.name} may not look at this one.</p>
  </section>
);

/** What other systems are told is the affair of whoever runs the whole fleet. */
export const NoOperator = () => {
  const { name, scopes = [], channels } = session.value ?? {};
  return (
    <section class="limited">
      <h1>Not with this key</h1>
      <p class="lead">
        {name} may {scopes.join(' and ')}
        {channels !== undefined && ' some rockets'}. Subscriptions take a key that may <code>operate</code>{' '}
        all rockets.
      </p>
    </section>
  );
};
