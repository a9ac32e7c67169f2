import { useSignal } from '@preact/signals';
import { figure, plural } from '../model/format.js';
import { subscriptionHref } from '../model/route.js';
import {
  errorText,
  filterText,
  lagText,
  lagTimeText,
  sinkText,
  stateWords,
  waitsText,
} from '../model/subscriptions.js';
import type { MadeSubscriptionJson, SubscriptionJson, SubscriptionState } from '../model/wire.js';
import { Icon, type IconName } from './icons.js';
import { PagedTable } from './paged-table.js';
import { ShownSecret } from './secret-dialogs.js';
import { NewDialog } from './subscription-forms.js';

const columns = [
  'Subscription',
  'Goes to',
  'Waits for, last error',
  'Behind by',
  'Delivered',
  'Parked',
  'Position',
];

/** Whom this service tells what happens to rockets. */
export const SubscriptionsScreen = () => {
  const isMaking = useSignal(false);
  const made = useSignal<MadeSubscriptionJson | undefined>(undefined);
  const show = (name: string): void => {
    location.hash = subscriptionHref(name);
  };
  return (
    <div class="subscriptions-screen">
      <div class="title">
        <h1>Subscriptions</h1>
        <button type="button" class="toggle" onClick={() => (isMaking.value = true)}>
          New subscription …
        </button>
      </div>
      <section class="board" aria-label="Subscriptions">
        <PagedTable<SubscriptionJson>
          label="Subscriptions"
          class="log subscriptions-log"
          path="/subscriptions?limit=50"
          isHeld={false}
          head={columns.map((name) => (
            <div role="columnheader" key={name} class="cell">
              {name}
            </div>
          ))}
          rowKey={({ name }) => name}
          rowClass={({ state }) => `sub-${state}`}
          row={(subscription, at) => <Cells subscription={subscription} at={at} />}
          found={(count, isAll) =>
            `${isAll ? '' : 'over '}${plural(isAll ? count : count - 1, 'subscription')}`
          }
          note={(first, isLoaded) => {
            if (first === undefined) return isLoaded && <NoneYet />;
            return !first.kept && <NotKept />;
          }}
        />
      </section>
      {isMaking.value && (
        <NewDialog
          onMade={(done) => {
            if (done.secret === undefined) show(done.name);
            else made.value = done;
          }}
          onClose={() => (isMaking.value = false)}
        />
      )}
      {made.value?.secret !== undefined && (
        <ShownSecret
          name={made.value.name}
          secret={made.value.secret}
          onClose={() => show(made.value?.name ?? '')}
        />
      )}
    </div>
  );
};

const NoneYet = () => (
  <p class="lead">
    No other system is told what happens to rockets. A subscription hands every event to a webhook or a Kafka
    topic, at least once and each rocket’s in order, and goes on where it was when the receiver was away.
  </p>
);

export const NotKept = () => (
  <p class="not-kept">
    <b>Not kept:</b> this store lives in memory, and subscriptions end with it when the service stops.
  </p>
);

const icons: Readonly<Record<SubscriptionState, IconName>> = {
  running: 'play',
  paused: 'pause',
  failing: 'refused',
};

export const StateMark = ({ state }: { readonly state: SubscriptionState }) => (
  <span class={`status state-${state}`}>
    <Icon name={icons[state]} />
    {stateWords[state]}
  </span>
);

const Cells = ({ subscription, at }: { readonly subscription: SubscriptionJson; readonly at: number }) => {
  const { name, state, lastError, delivered, retried, parked, givenUp, position } = subscription;
  return (
    <>
      <div role="cell" class="cell pair sub-name">
        <a href={subscriptionHref(name)} title={name}>
          {name}
        </a>
        <StateMark state={state} />
      </div>
      <Pair name="sink" above={sinkText(subscription)} below={filterText(subscription)} />
      <Pair
        name="waits"
        above={waitsText(subscription, at)}
        below={lastError === undefined ? 'no error so far' : `last error ${errorText(subscription, at)}`}
      />
      <Pair name="lag" above={lagText(subscription)} below={lagTimeText(subscription)} />
      <Pair name="delivered" above={figure(delivered)} below={`${figure(retried)} retried`} />
      <Pair
        name="parked"
        above={plural(parked, 'rocket')}
        below={`${figure(givenUp)} given up`}
        isBad={parked > 0}
      />
      <div role="cell" class="cell sub-position" title={position}>
        <code>{position}</code>
      </div>
    </>
  );
};

/** Two lines of a row; what does not fit is in the tooltip. */
const Pair = (props: {
  readonly name: string;
  readonly above: string;
  readonly below: string;
  readonly isBad?: boolean;
}) => (
  <div
    role="cell"
    class={`cell pair sub-${props.name} ${props.isBad === true ? 'bad' : ''}`}
    title={[props.above, props.below].filter(Boolean).join('\n')}
  >
    <span>{props.above}</span>
    <span>{props.below}</span>
  </div>
);
