import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { eventTypes, refusalRules } from '../../src/domain/rocket-event.js';
import { download, type Format } from '../live/download.js';
import { eventsPath, type EventsQuery } from '../model/events-query.js';
import { figure } from '../model/format.js';
import { eventWords } from '../model/wording.js';
import { notify } from './notice.js';
import { PauseButton } from './parts.js';

interface Props {
  readonly query: EventsQuery;
  readonly isPaused: boolean;
  readonly onChange: (query: EventsQuery) => void;
  readonly onPause: (isPaused: boolean) => void;
}

export const EventsFilters = ({ query, isPaused, onChange, onPause }: Props) => (
  <div class="filters" role="search">
    <select
      aria-label="Type of event"
      value={query.type ?? ''}
      onChange={({ currentTarget: { value } }) =>
        onChange({ ...query, type: eventTypes.find((type) => type === value) ?? null, rule: null })
      }
    >
      <option value="">Every event</option>
      {eventTypes.map((type) => (
        <option key={type} value={type}>
          {eventWords[type]}
        </option>
      ))}
    </select>
    <select
      aria-label="Broken rule"
      value={query.rule ?? ''}
      onChange={({ currentTarget: { value } }) =>
        onChange({
          ...query,
          rule: refusalRules.find((rule) => rule === value) ?? null,
          type: value === '' ? query.type : 'MessageRefused',
        })
      }
    >
      <option value="">Any rule or none</option>
      {refusalRules.map((rule) => (
        <option key={rule} value={rule}>
          {rule}
        </option>
      ))}
    </select>
    <ChannelField channel={query.channel} onChange={(channel) => onChange({ ...query, channel })} />
    <PauseButton isPaused={isPaused} title="Hold the list still, to read in it" onChange={onPause} />
    <Downloads query={query} />
  </div>
);

const ChannelField = (props: { readonly channel: string; readonly onChange: (channel: string) => void }) => {
  const field = useRef<HTMLInputElement>(null);
  const { channel, onChange } = props;
  useEffect(() => {
    if (field.current !== null && document.activeElement !== field.current) field.current.value = channel;
  }, [channel]);
  const take = (): void => {
    const wanted = field.current?.value.trim() ?? '';
    if (wanted !== channel) onChange(wanted);
  };
  return (
    <input
      ref={field}
      type="search"
      placeholder="Channel, in full"
      aria-label="Channel"
      autocomplete="off"
      spellcheck={false}
      maxLength={128}
      pattern="[A-Za-z0-9._:\-]*"
      // Half a channel finds nothing: it is looked for when it is there.
      onChange={take}
      onKeyDown={({ key }) => {
        if (key === 'Enter') take();
      }}
      onInput={({ currentTarget: { value } }) => {
        if (value === '') take();
      }}
    />
  );
};

/** All that the filters find, as a file; a long history can be broken off. */
const Downloads = ({ query }: { readonly query: EventsQuery }) => {
  const lines = useSignal<number | undefined>(undefined);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const begin = async (format: Format): Promise<void> => {
    stop.current = new AbortController();
    lines.value = 0;
    try {
      await download(eventsPath(query, 1000), format, (count) => (lines.value = count), stop.current.signal);
      notify(`Saved events.${format}.`);
    } catch (error) {
      if (!stop.current.signal.aborted) notify(error instanceof Error ? error.message : 'Nothing was saved.');
    }
    lines.value = undefined;
  };
  if (lines.value !== undefined)
    return (
      <button type="button" class="quiet" onClick={() => stop.current?.abort()}>
        {figure(lines.value)} events so far. Stop
      </button>
    );
  return (
    <span class="downloads" role="group" aria-label="Download what is filtered">
      <button type="button" class="quiet" onClick={() => void begin('csv')}>
        Save as CSV
      </button>
      <button type="button" class="quiet" onClick={() => void begin('ndjson')}>
        NDJSON
      </button>
    </span>
  );
};
