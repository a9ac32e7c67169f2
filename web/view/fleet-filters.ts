import type { Fleet } from '../model/fleet.js';
import { everything, type FleetQuery } from '../model/fleet-query.js';
import type { RocketStatus } from '../model/wire.js';
import { statusWords } from '../model/wording.js';
import { h, icon, setAttribute } from './dom.js';

const statuses: readonly (RocketStatus | null)[] = [null, 'flying', 'exploded', 'awaiting-launch'];

/** Search, filters and the pause button above the table. `/` leads to the search from anywhere. */
export const fleetFilters = (onChange: (query: FleetQuery) => void, onPause: (paused: boolean) => void) => {
  let query = everything;
  const search = h('input', {
    type: 'search',
    placeholder: 'Search channel, type, mission',
    'aria-label': 'Search rockets',
    autocomplete: 'off',
    spellcheck: 'false',
    input: () => onChange({ ...query, search: search.value }),
  });
  const buttons = statuses.map((status) => ({
    status,
    button: h(
      'button',
      { type: 'button', click: () => onChange({ ...query, status }) },
      status === null ? 'All' : statusWords[status],
    ),
  }));
  const types = h('select', {
    'aria-label': 'Type of rocket',
    change: () => onChange({ ...query, type: types.value === '' ? null : types.value }),
  });
  const gaps = h(
    'button',
    { type: 'button', class: 'toggle', click: () => onChange({ ...query, onlyGaps: !query.onlyGaps }) },
    icon('gap'),
    'With gaps',
  );
  const pause = pauseButton(onPause);
  const element = h(
    'div',
    { class: 'filters', role: 'search' },
    search,
    h(
      'div',
      { class: 'segments', role: 'group', 'aria-label': 'Status' },
      ...buttons.map(({ button }) => button),
    ),
    types,
    gaps,
    pause,
  );
  const knownTypes = new Set<string>();
  const render = (next: FleetQuery, fleet: Fleet): void => {
    query = next;
    if (document.activeElement !== search) search.value = query.search;
    for (const { status, button } of buttons)
      setAttribute(button, 'aria-pressed', String(status === query.status));
    setAttribute(gaps, 'aria-pressed', String(query.onlyGaps));
    offerTypes(types, knownTypes, fleet, query.type);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
    event.preventDefault();
    search.focus();
  };
  addEventListener('keydown', onKey);
  return { element, render, dispose: () => removeEventListener('keydown', onKey) };
};

const pauseButton = (onPause: (paused: boolean) => void): HTMLButtonElement => {
  let paused = false;
  const button = h(
    'button',
    { type: 'button', class: 'toggle', 'aria-pressed': 'false' },
    icon('pause'),
    'Pause',
  );
  button.title = 'Hold the table still; the totals go on';
  button.addEventListener('click', () => {
    paused = !paused;
    button.setAttribute('aria-pressed', String(paused));
    button.replaceChildren(icon(paused ? 'play' : 'pause'), paused ? 'Paused' : 'Pause');
    onPause(paused);
  });
  return button;
};

const offerTypes = (
  select: HTMLSelectElement,
  known: Set<string>,
  fleet: Fleet,
  chosen: string | null,
): void => {
  const before = known.size;
  for (const { type } of fleet.rows) if (type !== null) known.add(type);
  if (chosen !== null) known.add(chosen);
  if (known.size !== before || select.options.length === 0)
    select.replaceChildren(
      h('option', { value: '' }, 'Every type'),
      ...[...known].sort().map((type) => h('option', { value: type }, type)),
    );
  select.value = chosen ?? '';
};

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, select, textarea');
