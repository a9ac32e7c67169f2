import { eventTypes } from '../../src/domain/rocket-event.js';
import type { FilterForm, From, SinkForm } from '../model/subscription-form.js';
import { faultAt, type Fault } from '../model/subscriptions.js';
import { eventWords } from '../model/wording.js';
import { Field, TextField } from './form-dialog.js';
import { Segments } from './parts.js';

interface Props<Form> {
  readonly form: Form;
  readonly faults: readonly Fault[];
  readonly onChange: (part: Partial<Form>) => void;
}

export const sinkFields = ['/sink'];
export const filterFields = ['/types', '/channels'];

const kinds = [
  { value: 'webhook', label: 'Webhook' },
  { value: 'kafka', label: 'Kafka topic' },
] as const;

/** Where to. */
export const SinkFields = ({ form, faults, onChange }: Props<SinkForm>) => (
  <fieldset>
    <legend>Goes to</legend>
    <Segments
      label="Kind of receiver"
      choices={kinds}
      chosen={form.kind}
      onChoose={(kind) => onChange({ kind })}
    />
    {form.kind === 'webhook' ? (
      <>
        <TextField
          label="URL"
          at={['/sink/url', '/sink/type', '/sink']}
          faults={faults.filter(({ pointer }) => pointer?.startsWith('/sink/batch') !== true)}
          value={form.url}
          inputMode="url"
          placeholder="https://…"
          onInput={(url) => onChange({ url })}
        />
        <div class="two-fields">
          <TextField
            label="Most events together"
            at="/sink/batch/events"
            faults={faults}
            value={form.events}
            inputMode="numeric"
            placeholder="as usual"
            onInput={(events) => onChange({ events })}
          />
          <TextField
            label="Longest wait, ms"
            at="/sink/batch/ms"
            faults={faults}
            value={form.ms}
            inputMode="numeric"
            placeholder="as usual"
            onInput={(ms) => onChange({ ms })}
          />
        </div>
      </>
    ) : (
      <TextField
        label="Topic"
        hint="Not signed; each event has its channel as the key."
        at={['/sink/topic', '/sink']}
        faults={faults}
        value={form.topic}
        onInput={(topic) => onChange({ topic })}
      />
    )}
  </fieldset>
);

/** Which events. */
export const FilterFields = ({ form, faults, onChange }: Props<FilterForm>) => {
  const { types, channels } = form;
  const ofTypes = faultAt(faults, '/types');
  return (
    <>
      <fieldset>
        <legend>Events</legend>
        <div class="choices">
          {eventTypes.map((type) => (
            <label key={type}>
              <input
                type="checkbox"
                checked={types.includes(type)}
                onChange={({ currentTarget: { checked } }) =>
                  onChange({ types: checked ? [...types, type] : types.filter((other) => other !== type) })
                }
              />
              {eventWords[type]}
            </label>
          ))}
        </div>
        <p class="hint">None chosen: every event.</p>
        {ofTypes !== undefined && <p class="said">{ofTypes}</p>}
      </fieldset>
      <Field
        label="Rockets"
        hint="One channel a line. Empty: every rocket."
        fault={faultAt(faults, '/channels')}
      >
        {(field) => (
          <textarea
            {...field}
            rows={2}
            spellcheck={false}
            autocapitalize="off"
            value={channels}
            onInput={({ currentTarget: { value } }) => onChange({ channels: value })}
          />
        )}
      </Field>
    </>
  );
};

interface Start {
  readonly from: From;
  readonly position: string;
}

/** Behind which position. */
export const FromFields = (props: Props<Start> & { readonly label: string }) => {
  const { form, faults, onChange, label } = props;
  return (
    <>
      <Field label={label} fault={form.from === 'position' ? undefined : faultAt(faults, '/from')}>
        {(field) => (
          <select
            {...field}
            value={form.from}
            onChange={({ currentTarget: { value } }) =>
              onChange({ from: starts.find((start) => start.from === value)?.from ?? 'now' })
            }
          >
            {starts.map(({ from, words }) => (
              <option key={from} value={from}>
                {words}
              </option>
            ))}
          </select>
        )}
      </Field>
      {form.from === 'position' && (
        <TextField
          label="Position"
          hint="As an event has it: open one under Events and copy it."
          at="/from"
          faults={faults}
          value={form.position}
          onInput={(position) => onChange({ position })}
        />
      )}
    </>
  );
};

const starts: readonly { readonly from: From; readonly words: string }[] = [
  { from: 'now', words: 'What happens from now on' },
  { from: 'start', words: 'The very first event' },
  { from: 'position', words: 'What follows a position' },
];
