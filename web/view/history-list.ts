import { eventTypes, type RocketEvent } from '../../src/domain/rocket-event.js';
import { dateTime, figure, plural, shortTime } from '../model/format.js';
import type { Step } from '../model/history.js';
import { eventText, eventWords, ruleWords, speedText } from '../model/wording.js';
import { h, setAttribute, setText } from './dom.js';
import { type RowView, WindowedRows } from './windowed-rows.js';

interface Line {
  readonly step: Step;
  readonly chosen: boolean;
  readonly future: boolean;
}

/** Every event of a rocket, newest first; picking a number sets the slider to it. */
export const historyList = (onPick: (version: number) => void) => {
  let steps: readonly Step[] = [];
  let chosen: number | null = null;
  const filter = h(
    'select',
    { 'aria-label': 'Type of event', change: () => draw() },
    h('option', { value: '' }, 'Every event'),
    ...eventTypes.map((type) => h('option', { value: type }, eventWords[type])),
  );
  const count = h('p', { class: 'found', role: 'status' });
  const body = h('div', { role: 'rowgroup', class: 'rows' });
  const table = h('div', { role: 'table', class: 'log history-log', 'aria-label': 'History' }, head(), body);
  const rows = new WindowedRows<Line>(body, {
    key: ({ step }) => String(step.event.number),
    create: () => historyRow(onPick),
  });
  const element = h(
    'section',
    { class: 'history', 'aria-labelledby': 'history-title' },
    h('div', { class: 'filters' }, h('h2', { id: 'history-title' }, 'History'), filter, count),
    table,
  );
  const draw = (): void => {
    const type = filter.value;
    const found = steps.filter(({ event }) => type === '' || event.type === type);
    setText(count, plural(found.length, 'event'));
    setAttribute(table, 'aria-rowcount', String(found.length + 1));
    rows.show(
      found.reverse().map((step) => ({
        step,
        chosen: chosen !== null && step.event.number === chosen,
        future: chosen !== null && step.event.number > chosen,
      })),
    );
  };
  const render = (next: readonly Step[], version: number | null): void => {
    steps = next;
    chosen = version;
    draw();
  };
  return { element, render, dispose: () => rows.dispose() };
};

const head = (): HTMLElement =>
  h(
    'div',
    { role: 'rowgroup', class: 'head' },
    h(
      'div',
      { role: 'row', class: 'row', 'aria-rowindex': 1 },
      ...['No.', 'Sent', 'Event', 'Detail', 'Speed after'].map((label) =>
        h('div', { role: 'columnheader', class: 'cell' }, label),
      ),
    ),
  );

const historyRow = (onPick: (version: number) => void): RowView<Line> => {
  const element = h('div', { role: 'row', class: 'row' });
  let parts: ReturnType<typeof fill> | undefined;
  const update = ({ step, chosen, future }: Line): void => {
    parts ??= fill(element, step, onPick);
    setAttribute(parts.button, 'aria-pressed', String(chosen));
    setText(parts.when, shortTime(step.event.time));
    element.classList.toggle('chosen', chosen);
    element.classList.toggle('future', future);
  };
  return { element, update };
};

const fill = (element: HTMLElement, { event, rocket }: Step, onPick: (version: number) => void) => {
  const button = h(
    'button',
    {
      type: 'button',
      class: 'pick',
      'aria-label': `Show the state as of ${String(event.number)}`,
      click: () => onPick(event.number),
    },
    figure(event.number),
  );
  const when = h('div', {
    role: 'cell',
    class: 'cell when',
    title: `${event.time}, recorded ${event.recordedAt}`,
  });
  const speed = speedText(rocket.status === 'awaiting-launch' ? undefined : rocket);
  element.dataset['type'] = event.type;
  element.append(
    h('div', { role: 'cell', class: 'cell number' }, button),
    when,
    h('div', { role: 'cell', class: 'cell event-name' }, eventWords[event.type]),
    h('div', { role: 'cell', class: 'cell detail', title: dateTime(event.time) }, ...detailOf(event)),
    h('div', { role: 'cell', class: 'cell speed-after' }, speed),
  );
  return { button, when };
};

const detailOf = (event: RocketEvent): (Node | string)[] =>
  event.type === 'MessageRefused'
    ? [
        h('span', { class: 'signal signal-refused', title: ruleWords[event.data.rule] }, event.data.rule),
        ` ${eventText(event)}`,
      ]
    : [eventText(event)];
