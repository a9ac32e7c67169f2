import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { changeSubscription, makeSubscription } from '../live/subscriptions.js';
import {
  changesIn,
  emptyForm,
  formOf,
  newSubscription,
  type SubscriptionForm,
} from '../model/subscription-form.js';
import type { MadeSubscriptionJson, SubscriptionJson } from '../model/wire.js';
import { FormDialog, TextField } from './form-dialog.js';
import { notify } from './notice.js';
import { FilterFields, filterFields, FromFields, SinkFields, sinkFields } from './subscription-fields.js';

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

export const ChangeDialog = ({
  subscription,
  onClose,
}: {
  readonly subscription: SubscriptionJson;
  readonly onClose: () => void;
}) => {
  // What others change meanwhile is not to be undone: only what was changed here is asked for.
  const { current: before } = useRef(subscription);
  const { form, change } = useForm(formOf(before));
  const wish = changesIn(before, form);
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
