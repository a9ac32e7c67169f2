import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import {
  changeSubscription,
  drop,
  makeSubscription,
  newSecret,
  removeSubscription,
  replay,
} from '../live/subscriptions.js';
import { figure } from '../model/format.js';
import { rangeText } from '../model/gaps.js';
import {
  changesIn,
  emptyForm,
  formOf,
  fromIn,
  newSubscription,
  type From,
  type SubscriptionForm,
} from '../model/subscription-form.js';
import { lagText } from '../model/subscriptions.js';
import type { MadeSubscriptionJson, ParkedJson, SubscriptionJson } from '../model/wire.js';
import { FormDialog, TextField } from './form-dialog.js';
import { notify } from './notice.js';
import { Copyable } from './parts.js';
import { FilterFields, filterFields, FromFields, SinkFields, sinkFields } from './subscription-fields.js';

interface Props {
  readonly subscription: SubscriptionJson;
  readonly onClose: () => void;
}

const useForm = (first: SubscriptionForm) => {
  const form = useSignal(first);
  const change = (part: Partial<SubscriptionForm>): void => {
    form.value = { ...form.peek(), ...part };
  };
  return { form: form.value, change };
};

export const NewDialog = (props: {
  readonly onMade: (made: MadeSubscriptionJson) => void;
  readonly onClose: () => void;
}) => {
  const { form, change } = useForm(emptyForm);
  return (
    <FormDialog
      title="New subscription"
      verb="Make it"
      fields={[
        '/name',
        ...sinkFields,
        ...filterFields,
        '/from',
        ...(form.kind === 'webhook' ? ['/secret'] : []),
      ]}
      act={() => makeSubscription(newSubscription(form))}
      onDone={props.onMade}
      onClose={props.onClose}
    >
      {(faults) => (
        <>
          <TextField
            label="Name"
            at="/name"
            faults={faults}
            isFirst
            value={form.name}
            onInput={(name) => change({ name })}
          />
          <SinkFields form={form} faults={faults} onChange={change} />
          <FilterFields form={form} faults={faults} onChange={change} />
          <FromFields label="Begins with" form={form} faults={faults} onChange={change} />
          {form.kind === 'webhook' && (
            <TextField
              label="Secret that signs"
              hint="Empty: one is made, and shown once."
              at="/secret"
              faults={faults}
              placeholder="whsec_…"
              value={form.secret}
              onInput={(secret) => change({ secret })}
            />
          )}
        </>
      )}
    </FormDialog>
  );
};

export const ChangeDialog = ({ subscription, onClose }: Props) => {
  const { form, change } = useForm(formOf(subscription));
  const wish = changesIn(subscription, form);
  return (
    <FormDialog
      title={`Change ${subscription.name}`}
      verb="Change it"
      fields={[...sinkFields, ...filterFields]}
      isReady={wish !== undefined}
      act={() => changeSubscription(subscription.name, wish ?? {})}
      onDone={() => notify('Changed.')}
      onClose={onClose}
    >
      {(faults) => (
        <>
          <SinkFields form={form} faults={faults} onChange={change} />
          <FilterFields form={form} faults={faults} onChange={change} />
          <p class="hint">Another filter is in force from where the subscription stands now.</p>
        </>
      )}
    </FormDialog>
  );
};

export const ReplayDialog = ({ subscription, onClose }: Props) => {
  const form = useSignal<{ readonly from: From; readonly position: string }>({ from: 'start', position: '' });
  return (
    <FormDialog
      title={`Replay ${subscription.name}?`}
      verb="Replay"
      isDanger
      fields={['/from']}
      act={() => replay(subscription.name, fromIn(form.value))}
      onDone={() => notify('It stands where you put it.')}
      onClose={onClose}
    >
      {(faults) => (
        <>
          <FromFields
            label="Goes on with"
            form={form.value}
            faults={faults}
            onChange={(part) => (form.value = { ...form.peek(), ...part })}
          />
          <p class="consequence">{consequence(form.value.from, subscription)}</p>
        </>
      )}
    </FormDialog>
  );
};

const consequence = (from: From, subscription: SubscriptionJson): string => {
  switch (from) {
    case 'now':
      return `The receiver hears nothing again. What it was not told yet (${lagText(subscription)}, and what is parked) it is never told.`;
    case 'start':
      return 'The receiver hears the whole history again, what is parked too, with the same ids as before.';
    case 'position':
      return 'The receiver hears everything behind this position again, with the same ids as before. If it was not told yet of what stands before it, it never is.';
  }
};

export const SecretDialog = (props: Props & { readonly onSecret: (secret: string) => void }) => {
  const { subscription, onClose, onSecret } = props;
  const own = useSignal('');
  return (
    <FormDialog
      title={`New secret for ${subscription.name}`}
      verb="Change the secret"
      fields={['/secret']}
      act={() => newSecret(subscription.name, own.value.trim())}
      onDone={({ secret }) => onSecret(secret)}
      onClose={onClose}
    >
      {(faults) => (
        <>
          <p>
            It is in force at once. For a day everything is signed with the one before it as well, so that the
            receiver can be changed without losing an event.
          </p>
          <TextField
            label="Secret"
            hint="Empty: one is made, and shown once."
            at="/secret"
            faults={faults}
            isFirst
            placeholder="whsec_…"
            value={own.value}
            onInput={(secret) => (own.value = secret)}
          />
        </>
      )}
    </FormDialog>
  );
};

/** The only time that it is shown. */
export const ShownSecret = (props: {
  readonly name: string;
  readonly secret: string;
  readonly onClose: () => void;
}) => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="secret-title"
      aria-describedby="secret-text"
      onClose={props.onClose}
      // Escape is pressed too easily for something that does not come back.
      onCancel={(event) => event.preventDefault()}
    >
      <h2 id="secret-title">The secret of {props.name}</h2>
      <p id="secret-text">Give it to the receiver, which checks signatures with it. It is not shown again.</p>
      <div class="command secret">
        <Copyable what="the secret">{props.secret}</Copyable>
      </div>
      <form method="dialog" class="dialog-buttons">
        <button class="do">I have it</button>
      </form>
    </dialog>
  );
};

export const RemoveDialog = ({ subscription, onClose }: Props) => {
  const { name } = subscription;
  const typed = useSignal('');
  return (
    <FormDialog
      title={`Remove ${name}?`}
      verb="Remove it for ever"
      isDanger
      isReady={typed.value.trim() === name}
      act={() => removeSubscription(name)}
      onDone={() => {
        notify(`${name} is removed.`);
        location.hash = '#/subscriptions';
      }}
      onClose={onClose}
    >
      {(faults) => (
        <>
          <p>
            Its receiver is told nothing more. Where it stands, what is parked and what signs it are gone with
            it. The history of the rockets stays.
          </p>
          <TextField
            label={`Type ${name} to say that you mean it`}
            at="/name"
            faults={faults}
            value={typed.value}
            onInput={(value) => (typed.value = value)}
          />
        </>
      )}
    </FormDialog>
  );
};

export const DropDialog = (props: Props & { readonly parked: ParkedJson }) => {
  const { subscription, parked, onClose } = props;
  const upTo = useSignal('');
  return (
    <FormDialog
      title="Drop what is parked?"
      verb="Drop"
      isDanger
      fields={['/upTo']}
      act={() => drop(subscription.name, parked.channel, numberIn(upTo.value))}
      onDone={(dropped) => notify(`Dropped ${rangeText(dropped)} of ${parked.channel}.`)}
      onClose={onClose}
    >
      {(faults) => (
        <>
          <p>
            {subscription.name} never tells its receiver of these events of <b>{parked.channel}</b>, from
            number {figure(parked.number)} on; what follows goes on. They stay in the history. This can’t be
            undone.
          </p>
          <TextField
            label="Up to number"
            hint="Empty: all that wait."
            at="/upTo"
            faults={faults}
            inputMode="numeric"
            value={upTo.value}
            onInput={(value) => (upTo.value = value)}
          />
        </>
      )}
    </FormDialog>
  );
};

const numberIn = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text));
