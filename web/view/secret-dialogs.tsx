import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { newSecret } from '../live/subscriptions.js';
import { FormDialog, TextField } from './form-dialog.js';
import { Copyable } from './parts.js';

interface Props {
  readonly name: string;
  readonly onSecret: (secret: string) => void;
  readonly onClose: () => void;
}

export const SecretDialog = ({ name, onSecret, onClose }: Props) => {
  const own = useSignal('');
  return (
    <FormDialog
      title={`New secret for ${name}`}
      verb="Change the secret"
      fields={['/secret']}
      act={() => newSecret(name, own.value.trim())}
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
