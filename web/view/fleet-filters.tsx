import { useEffect, useRef } from 'preact/hooks';
import type { Concern, FleetQuery } from '../model/fleet-query.js';
import type { FleetJson, RocketStatus } from '../model/wire.js';
import { statusWords } from '../model/wording.js';
import { PauseButton, Segments } from './parts.js';

interface Props {
  readonly query: FleetQuery;
  readonly fleet: FleetJson;
  readonly isPaused: boolean;
  readonly onChange: (query: FleetQuery) => void;
  readonly onPause: (isPaused: boolean) => void;
}

const statuses = (['flying', 'exploded', 'awaiting-launch'] as const).map((status) => ({
  value: status as RocketStatus | 'all',
  label: statusWords[status],
}));

/** While somebody types, the service is asked when they pause. */
const typingMs = 150;

/** Search, filters and the pause button above the table. `/` leads to the search from anywhere. */
export const FleetFilters = ({ query, fleet, isPaused, onChange, onPause }: Props) => (
  <div class="filters" role="search">
    <Search text={query.search} onChange={(search) => onChange({ ...query, search })} />
    <Segments
      label="Status"
      choices={[{ value: 'all', label: 'All' }, ...statuses]}
      chosen={query.status ?? 'all'}
      onChoose={(status) => onChange({ ...query, status: status === 'all' ? null : status })}
    />
    <select
      aria-label="Type of rocket"
      value={query.type ?? ''}
      onChange={({ currentTarget: { value } }) => onChange({ ...query, type: value === '' ? null : value })}
    >
      <option value="">Every type</option>
      {typesOf(fleet, query.type).map((type) => (
        <option key={type} value={type}>
          {type}
        </option>
      ))}
    </select>
    <select
      aria-label="Only rockets that are"
      value={query.only ?? ''}
      onChange={({ currentTarget: { value } }) =>
        onChange({ ...query, only: value === '' ? null : (value as Concern) })
      }
    >
      <option value="">Every rocket</option>
      <option value="gaps">With gaps</option>
      <option value="silent">Silent</option>
      <option value="incomplete">Incomplete</option>
    </select>
    <PauseButton isPaused={isPaused} title="Hold the table still; the figures go on" onChange={onPause} />
  </div>
);

const Search = ({ text, onChange }: { readonly text: string; onChange(text: string): void }) => {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const change = useRef(onChange);
  change.current = onChange;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  useEffect(() => {
    // What is being typed is newer than the address.
    if (field.current !== null && document.activeElement !== field.current) field.current.value = text;
  }, [text]);
  return (
    <input
      ref={field}
      type="search"
      placeholder="Search channel, type, mission"
      aria-label="Search rockets"
      autocomplete="off"
      spellcheck={false}
      maxLength={256}
      onInput={({ currentTarget: { value } }) => {
        clearTimeout(timer.current);
        timer.current = setTimeout(() => change.current(value), typingMs);
      }}
    />
  );
};

/** The service tells the most frequent ones. */
const typesOf = (fleet: FleetJson, chosen: string | null): readonly string[] => {
  const names = fleet.types.map(({ name }) => name);
  return chosen === null || names.includes(chosen) ? names : [...names, chosen];
};

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, select, textarea');
