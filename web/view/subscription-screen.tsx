import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Asker } from '../live/asker.js';
import { ApiError } from '../live/api.js';
import { lookAgain } from '../live/askers.js';
import { changeSubscription, sendTest, subscriptionPath } from '../live/subscriptions.js';
import { useAnswer } from '../live/use-answer.js';
import { clockTime } from '../model/format.js';
import { testText } from '../model/subscriptions.js';
import type { SubscriptionJson } from '../model/wire.js';
import { Icon } from './icons.js';
import { LagPanel } from './lag-panel.js';
import { ParkedPanel } from './parked-panel.js';
import { SecretDialog, ShownSecret } from './secret-dialogs.js';
import { RemoveDialog, ReplayDialog } from './subscription-dialogs.js';
import { SubscriptionFigures } from './subscription-figures.js';
import { ChangeDialog } from './subscription-forms.js';
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
  const { state, lag, parked = 0, givenUp = 0 } = subscription ?? {};
  const isMoving = state !== 'paused' && ((lag?.events ?? 0) > 0 || parked > givenUp);
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
    void work()
      .catch((error: unknown) => ({ text: reasonOf(error), isBad: true }))
      .then((told) => {
        said.value = told;
        lookAgain();
      });
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
      <SubscriptionFigures subscription={subscription} at={at} />
      <LagPanel subscription={subscription} at={at} />
      <ParkedPanel subscription={subscription} onAct={well} />
      {asking.value === 'change' && <ChangeDialog {...dialog} />}
      {asking.value === 'replay' && <ReplayDialog {...dialog} />}
      {asking.value === 'secret' && (
        <SecretDialog name={name} onSecret={(text) => (secret.value = text)} onClose={close} />
      )}
      {asking.value === 'remove' && <RemoveDialog {...dialog} />}
      {secret.value !== undefined && (
        <ShownSecret name={name} secret={secret.value} onClose={() => (secret.value = undefined)} />
      )}
    </>
  );
};

const reasonOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : 'The service does not answer. Try again in a moment.';
