import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Asker } from '../live/asker.js';
import { ApiError } from '../live/api.js';
import { changeSubscription, sendTest, subscriptionPath } from '../live/subscriptions.js';
import { useAnswer } from '../live/use-answer.js';
import { clockTime, dateTime, figure } from '../model/format.js';
import {
  batchText,
  errorText,
  filterText,
  lagText,
  lagTimeText,
  sinkText,
  testText,
  waitsText,
} from '../model/subscriptions.js';
import type { SubscriptionJson } from '../model/wire.js';
import { Icon } from './icons.js';
import { LagPanel } from './lag-panel.js';
import { ParkedPanel } from './parked-panel.js';
import { Copyable } from './parts.js';
import {
  ChangeDialog,
  RemoveDialog,
  ReplayDialog,
  SecretDialog,
  ShownSecret,
} from './subscription-dialogs.js';
import { NotKept, StateMark } from './subscriptions-screen.js';

/** One subscription: how far it is, what keeps it, and what an operator can do about it. */
export const SubscriptionScreen = ({ name }: { readonly name: string }) => {
  const asker = useRef<Asker>(undefined);
  const { answer, error } = useAnswer<SubscriptionJson>(
    subscriptionPath(name),
    (begun) => (asker.current = begun),
  );
  const subscription = answer.value?.value;
  // What is delivered is no news on the feed.
  const isMoving =
    subscription !== undefined && subscription.state !== 'paused' && subscription.lag.events > 0;
  useEffect(() => {
    if (!isMoving) return undefined;
    const timer = setInterval(() => asker.current?.changed(), 1_000);
    return () => clearInterval(timer);
  }, [isMoving]);
  return (
    <div class="subscription-screen">
      <a class="back" href="#/subscriptions">
        <Icon name="back" />
        Subscriptions
      </a>
      <div class="title">
        <h1>{name}</h1>
        {subscription !== undefined && <StateMark state={subscription.state} />}
      </div>
      {subscription === undefined ? (
        <p class="none" role="status">
          {messageFor(name, error.value)}
        </p>
      ) : (
        <Known subscription={subscription} at={answer.value?.at ?? 0} />
      )}
    </div>
  );
};

const messageFor = (name: string, error: Error | undefined): string => {
  if (error instanceof ApiError && error.status === 404) return `There is no subscription ${name}.`;
  return error?.message ?? 'Loading …';
};

interface Props {
  readonly subscription: SubscriptionJson;
  readonly at: number;
}

type Asking = 'change' | 'replay' | 'secret' | 'remove';

const Known = ({ subscription, at }: Props) => {
  const { name, state, sink, kept } = subscription;
  const asking = useSignal<Asking | undefined>(undefined);
  const secret = useSignal<string | undefined>(undefined);
  const said = useSignal<{ readonly text: string; readonly isBad: boolean } | undefined>(undefined);
  const act = (work: () => Promise<{ readonly text: string; readonly isBad: boolean }>): void => {
    said.value = { text: 'Asking …', isBad: false };
    void work().then(
      (told) => (said.value = told),
      (error: unknown) => (said.value = { text: reasonOf(error), isBad: true }),
    );
  };
  const well = (work: () => Promise<string>): void => act(async () => ({ text: await work(), isBad: false }));
  const setState = (wanted: 'running' | 'paused'): void =>
    well(async () => {
      await changeSubscription(name, { state: wanted });
      return wanted === 'paused' ? 'Paused: it stands still until somebody resumes it.' : 'It goes on.';
    });
  const test = (): void =>
    act(async () => {
      const told = await sendTest(name);
      return { text: `${clockTime(Date.now())} UTC: ${testText(told)}`, isBad: !told.delivered };
    });
  const close = (): void => {
    asking.value = undefined;
  };
  const ask = (what: Asking) => (): void => {
    asking.value = what;
  };
  const dialog = { subscription, onClose: close };
  return (
    <>
      {!kept && <NotKept />}
      <div class="filters" role="group" aria-label="What to do">
        {state === 'paused' ? (
          <button type="button" class="toggle" onClick={() => setState('running')}>
            <Icon name="play" />
            Resume
          </button>
        ) : (
          <button type="button" class="toggle" onClick={() => setState('paused')}>
            <Icon name="pause" />
            Pause
          </button>
        )}
        <button type="button" class="toggle" onClick={test}>
          Send a test event
        </button>
        <button type="button" class="toggle" onClick={ask('change')}>
          Change …
        </button>
        <button type="button" class="toggle" onClick={ask('replay')}>
          Replay …
        </button>
        {sink.type === 'webhook' && (
          <button type="button" class="toggle" onClick={ask('secret')}>
            New secret …
          </button>
        )}
        <button type="button" class="danger-quiet" onClick={ask('remove')}>
          Remove …
        </button>
      </div>
      <p class={`act-said ${said.value?.isBad === true ? 'bad' : ''}`} role="status">
        {said.value?.text}
      </p>
      <Figures subscription={subscription} at={at} />
      <LagPanel subscription={subscription} at={at} />
      <ParkedPanel subscription={subscription} onAct={well} />
      {asking.value === 'change' && <ChangeDialog {...dialog} />}
      {asking.value === 'replay' && <ReplayDialog {...dialog} />}
      {asking.value === 'secret' && <SecretDialog {...dialog} onSecret={(text) => (secret.value = text)} />}
      {asking.value === 'remove' && <RemoveDialog {...dialog} />}
      {secret.value !== undefined && (
        <ShownSecret name={name} secret={secret.value} onClose={() => (secret.value = undefined)} />
      )}
    </>
  );
};

const reasonOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : 'The service does not answer. Try again in a moment.';

const Figures = ({ subscription, at }: Props) => {
  const { delivered, retried, parked, givenUp, position, createdAt } = subscription;
  const batch = batchText(subscription);
  return (
    <>
      <dl class="figures">
        <Figure name="Behind by">{lagText(subscription)}</Figure>
        <Figure name="Oldest waits">{lagTimeText(subscription)}</Figure>
        <Figure name="Delivered">{figure(delivered)}</Figure>
        <Figure name="Retried">{figure(retried)}</Figure>
        <Figure name="Parked" isBad={parked > 0}>
          {figure(parked)}
        </Figure>
        <Figure name="Given up" isBad={givenUp > 0}>
          {figure(givenUp)}
        </Figure>
      </dl>
      <dl class="facts">
        <Fact name="Waits for">{waitsText(subscription, at)}</Fact>
        <Fact name="Last error">{errorText(subscription, at)}</Fact>
        <Fact name="Goes to">
          {sinkText(subscription)}
          {batch !== undefined && <span class="aside">{batch}</span>}
        </Fact>
        <Fact name="Events">
          {filterText(subscription)}
          {(subscription.channels?.length ?? 0) > 1 && (
            <span class="aside">{subscription.channels?.slice(0, 20).join(', ')}</span>
          )}
        </Fact>
        <Fact name="Position">
          <Copyable what="the position">{position}</Copyable>
        </Fact>
        <Fact name="Made">{dateTime(createdAt)} UTC</Fact>
      </dl>
    </>
  );
};

const Figure = (props: {
  readonly name: string;
  readonly isBad?: boolean;
  readonly children: ComponentChildren;
}) => (
  <div data-tone={props.isBad === true ? 'bad' : undefined} data-name={props.name}>
    <dt>{props.name}</dt>
    <dd>{props.children}</dd>
  </div>
);

const Fact = (props: { readonly name: string; readonly children: ComponentChildren }) => (
  <>
    <dt>{props.name}</dt>
    <dd>{props.children}</dd>
  </>
);
