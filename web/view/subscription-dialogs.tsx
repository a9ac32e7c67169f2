import { useSignal } from '@preact/signals';
import { drop, removeSubscription, replay } from '../live/subscriptions.js';
import { figure } from '../model/format.js';
import { rangeText } from '../model/gaps.js';
import { fromIn, type From } from '../model/subscription-form.js';
import { lagText } from '../model/subscriptions.js';
import type { ParkedJson, SubscriptionJson } from '../model/wire.js';
import { FormDialog, TextField } from './form-dialog.js';
import { notify } from './notice.js';
import { FromFields } from './subscription-fields.js';

interface Props {
  readonly subscription: SubscriptionJson;
  readonly onClose: () => void;
}

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
