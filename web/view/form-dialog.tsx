import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { ApiError } from '../live/api.js';
import { lookAgain } from '../live/askers.js';
import { faultAt, faultsElsewhere, type Fault } from '../model/subscriptions.js';

interface Props<T> {
  readonly title: string;
  /** What the button that does it says. */
  readonly verb: string;
  readonly isDanger?: boolean;
  readonly isReady?: boolean;
  /** The pointers of the fields on it; what is wrong elsewhere is said at the foot. */
  readonly fields?: readonly string[];
  readonly act: () => Promise<T>;
  readonly onDone: (done: T) => void;
  readonly onClose: () => void;
  readonly children: (faults: readonly Fault[]) => ComponentChildren;
}

/** Asks the service for something, and stays open with what was typed until the service has done it. */
export const FormDialog = <T,>(props: Props<T>) => {
  const { title, verb, isDanger = false, isReady = true, fields = [] } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const faults = useSignal<readonly Fault[]>([]);
  const isAsking = useSignal(false);
  const titleId = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isAsking.peek()) return;
    isAsking.value = true;
    try {
      const done = await props.act();
      // Gives the focus back to where it was before anything else opens.
      dialog.current?.close();
      props.onDone(done);
    } catch (error) {
      faults.value = faultsOf(error);
      // As soon as the fields say so themselves.
      requestAnimationFrame(() => dialog.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
    }
    isAsking.value = false;
    lookAgain();
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={titleId} onClose={props.onClose}>
      <h2 id={titleId}>{title}</h2>
      <form method="dialog" noValidate onSubmit={(event) => void submit(event)}>
        {props.children(faults.value)}
        <p class="said" role="alert">
          {faultsElsewhere(faults.value, fields).join(' ')}
        </p>
        <div class="dialog-buttons">
          <button type="button" autofocus={isDanger} onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button class={isDanger ? 'danger' : 'do'} disabled={!isReady || isAsking.value}>
            {verb}
          </button>
        </div>
      </form>
    </dialog>
  );
};

const faultsOf = (error: unknown): readonly Fault[] => {
  if (!(error instanceof ApiError))
    return [{ message: 'The service does not answer. Try again in a moment.' }];
  return error.errors.length > 0 ? error.errors : [{ message: error.message }];
};

/** What ties a field to its name and to what is wrong with it. */
export interface FieldProps {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
}

export const Field = (props: {
  readonly label: string;
  readonly hint?: string;
  readonly fault: string | undefined;
  readonly children: (field: FieldProps) => ComponentChildren;
}) => {
  const { label, hint, fault, children } = props;
  const id = useId();
  const said = `${id}-said`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': said, 'aria-invalid': fault !== undefined })}
      <div id={said}>
        {hint !== undefined && <p class="hint">{hint}</p>}
        {fault !== undefined && <p class="said">{fault}</p>}
      </div>
    </div>
  );
};

/** A field with one line of text. */
export const TextField = (props: {
  readonly label: string;
  readonly hint?: string;
  readonly at: string | readonly string[];
  readonly faults: readonly Fault[];
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly isFirst?: boolean;
  readonly placeholder?: string;
  readonly inputMode?: 'numeric' | 'url';
}) => {
  const { label, hint, at, faults, value, placeholder, inputMode } = props;
  const fault = [at].flat().flatMap((pointer) => faultAt(faults, pointer) ?? [])[0];
  return (
    <Field label={label} {...(hint !== undefined && { hint })} fault={fault}>
      {(field) => (
        <input
          {...field}
          type="text"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          autofocus={props.isFirst ?? false}
          value={value}
          {...(placeholder !== undefined && { placeholder })}
          {...(inputMode !== undefined && { inputMode })}
          onInput={({ currentTarget }) => props.onInput(currentTarget.value)}
        />
      )}
    </Field>
  );
};
