import type { RefusalRule } from '../../src/domain/rocket-event.js';
import type { Mission } from '../live/mission.js';
import { dateTime, figure, plural, shortTime } from '../model/format.js';
import { rocketHref } from '../model/route.js';
import type { RefusedJson } from '../model/wire.js';
import { eventText, ruleWords } from '../model/wording.js';
import { h, setAttribute, setText } from './dom.js';
import { channelName } from './parts.js';
import type { Screen } from './screen.js';
import { type RowView, WindowedRows } from './windowed-rows.js';

const rules = Object.keys(ruleWords) as RefusalRule[];

/** Every message that broke a rule, newest first, with the rule in words. */
export const refusedScreen = (mission: Mission, params: URLSearchParams): Screen => {
  let rule = rules.find((known) => known === params.get('rule')) ?? null;
  const search = h('input', {
    type: 'search',
    placeholder: 'Search channel',
    'aria-label': 'Search messages that broke a rule by channel',
    value: params.get('search') ?? '',
    input: () => render(),
  });
  const ruleList = ruleButtons((chosen) => {
    rule = rule === chosen ? null : chosen;
    render();
  });
  const count = h('p', { class: 'found', role: 'status' });
  const none = h(
    'p',
    { class: 'none' },
    'No message broke a rule. Those that do will show up here as they arrive.',
  );
  const body = h('div', { role: 'rowgroup', class: 'rows' });
  const table = h(
    'div',
    { role: 'table', class: 'log refused-log', 'aria-label': 'Messages that broke a rule' },
    head(),
    body,
  );
  const rows = new WindowedRows<RefusedJson>(body, {
    key: (event) => `${event.channel} ${String(event.number)}`,
    create: refusedRow,
  });
  const element = h(
    'div',
    { class: 'refused-screen' },
    h('h1', {}, 'Messages that broke a rule'),
    h(
      'p',
      { class: 'lead' },
      'Such a message takes its number, stands in the history with the rule, and never blocks what follows. One that comes after its number was skipped is refused as well, but takes none: it is kept with its rocket as a late message, and is not listed here.',
    ),
    ruleList.element,
    h('div', { class: 'filters', role: 'search' }, search, count),
    none,
    table,
  );
  const render = (): void => {
    const found = mission.refused.matching(rule, search.value);
    ruleList.render(mission.refused.countByRule(), rule);
    setText(count, plural(found.length, 'message'));
    none.hidden = mission.refused.events.length > 0;
    table.hidden = found.length === 0;
    setAttribute(table, 'aria-rowcount', String(found.length + 1));
    rows.show(found);
  };
  return { element, title: 'Broken rules', render, dispose: () => rows.dispose() };
};

const ruleButtons = (onChoose: (rule: RefusalRule) => void) => {
  const buttons = rules.map((rule) => {
    const count = h('strong', {}, '0');
    const button = h(
      'button',
      { type: 'button', class: 'rule', click: () => onChoose(rule) },
      count,
      h('span', { class: 'rule-name' }, rule),
      h('span', { class: 'rule-words' }, ruleWords[rule]),
    );
    return { rule, count, button };
  });
  const element = h(
    'div',
    { class: 'rules', role: 'group', 'aria-label': 'Filter by rule' },
    ...buttons.map(({ button }) => button),
  );
  const render = (counts: ReadonlyMap<RefusalRule, number>, chosen: RefusalRule | null): void => {
    for (const { rule, count, button } of buttons) {
      setText(count, figure(counts.get(rule) ?? 0));
      setAttribute(button, 'aria-pressed', String(rule === chosen));
      setAttribute(button, 'data-zero', String(!counts.has(rule)));
    }
  };
  return { element, render };
};

const head = (): HTMLElement =>
  h(
    'div',
    { role: 'rowgroup', class: 'head' },
    h(
      'div',
      { role: 'row', class: 'row', 'aria-rowindex': 1 },
      ...['Recorded', 'Channel', 'No.', 'Rule', 'What it said'].map((label) =>
        h('div', { role: 'columnheader', class: 'cell' }, label),
      ),
    ),
  );

const refusedRow = (): RowView<RefusedJson> => {
  const element = h('div', { role: 'row', class: 'row' });
  const when = h('div', { role: 'cell', class: 'cell when' });
  const update = (event: RefusedJson): void => {
    setText(when, shortTime(event.recordedAt));
    // A row is made for one event, and an event never changes.
    if (element.firstChild !== null) return;
    const href = `${rocketHref(event.channel)}?version=${String(event.number)}`;
    when.title = dateTime(event.recordedAt);
    element.append(
      when,
      h('div', { role: 'cell', class: 'cell' }, h('a', { href }, channelName(event.channel))),
      h('div', { role: 'cell', class: 'cell number' }, figure(event.number)),
      h(
        'div',
        { role: 'cell', class: 'cell' },
        h('span', { class: 'signal signal-refused', title: ruleWords[event.data.rule] }, event.data.rule),
      ),
      h('div', { role: 'cell', class: 'cell' }, eventText(event)),
    );
  };
  return { element, update };
};
