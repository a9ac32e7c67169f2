import type { FleetRow } from '../model/fleet.js';
import { type FleetQuery, type SortKey, sortedBy } from '../model/fleet-query.js';
import { dateTime, figure, shortTime, unknown } from '../model/format.js';
import { rocketHref } from '../model/route.js';
import { h, icon, setAttribute, setText } from './dom.js';
import { speedChangeTitle, speedText } from '../model/wording.js';
import { channelName, statusMark } from './parts.js';
import { type RowView, WindowedRows } from './windowed-rows.js';

export interface ShownRow {
  readonly row: FleetRow;
  readonly gap: boolean;
  /** Speed as a share of the fastest in the list. */
  readonly share: number;
}

const columns: readonly { key: SortKey; label: string }[] = [
  { key: 'status', label: 'Status' },
  { key: 'channel', label: 'Channel' },
  { key: 'type', label: 'Type' },
  { key: 'mission', label: 'Mission' },
  { key: 'speed', label: 'Speed' },
  { key: 'version', label: 'Messages' },
  { key: 'updatedAt', label: 'Last report' },
];

export const fleetTable = (onSort: (change: (query: FleetQuery) => FleetQuery) => void) => {
  const headers = columns.map(({ key, label }) => {
    const button = h(
      'button',
      { type: 'button', click: () => onSort((query) => sortedBy(query, key)) },
      label,
    );
    return { key, cell: h('div', { role: 'columnheader', class: `cell cell-${key}` }, button) };
  });
  const body = h('div', { role: 'rowgroup', class: 'rows' });
  const element = h(
    'div',
    { role: 'table', class: 'fleet', 'aria-label': 'Rockets' },
    h(
      'div',
      { role: 'rowgroup', class: 'head' },
      h('div', { role: 'row', class: 'row', 'aria-rowindex': 1 }, ...headers.map(({ cell }) => cell)),
    ),
    body,
  );
  const rows = new WindowedRows<ShownRow>(body, {
    key: ({ row }) => row.channel,
    create: fleetRow,
  });
  const render = (items: readonly ShownRow[], query: FleetQuery): void => {
    setAttribute(element, 'aria-rowcount', String(items.length + 1));
    for (const { key, cell } of headers) {
      const order = query.descending ? 'descending' : 'ascending';
      setAttribute(cell, 'aria-sort', query.sort === key ? order : 'none');
    }
    rows.show(items);
  };
  return { element, render, dispose: () => rows.dispose() };
};

/** A rocket that reports all the time is not news each time; one that reports after a pause is. */
const calmMs = 1_500;

const fleetRow = (): RowView<ShownRow> => {
  const cells = Object.fromEntries(
    columns.map(({ key }) => [key, h('div', { role: 'cell', class: `cell cell-${key}` })]),
  ) as Record<SortKey, HTMLDivElement>;
  const link = h('a', {});
  const signals = h('span', { class: 'signals' });
  const speed = h('span', { class: 'figure' });
  const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
  cells.channel.append(link, signals);
  cells.speed.append(bar, speed);
  const element = h('div', { role: 'row', class: 'row' }, ...columns.map(({ key }) => cells[key]));
  let shown: ShownRow | undefined;
  let changedAt = -Infinity;

  const write = ({ row }: ShownRow): void => {
    setText(cells.type, row.type ?? unknown);
    setText(cells.mission, row.mission ?? unknown);
    setText(speed, speedText(row));
    cells.speed.title = row.speedChange === null ? '' : speedChangeTitle;
    setText(cells.version, figure(row.version));
    cells.updatedAt.title = dateTime(row.updatedAt);
  };
  const update = (next: ShownRow): void => {
    const before = shown;
    shown = next;
    bar.style.transform = `scaleX(${next.share.toFixed(3)})`;
    // Midnight alone turns what was said today into yesterday's.
    setText(cells.updatedAt, shortTime(next.row.updatedAt));
    if (before?.row === next.row && before.gap === next.gap) return;
    write(next);
    const { row } = next;
    if (before === undefined) {
      link.href = rocketHref(row.channel);
      link.append(channelName(row.channel));
    } else if (before.row.version !== row.version) {
      const now = performance.now();
      if (now - changedAt > calmMs) flash(element);
      changedAt = now;
    }
    if (before?.row.status !== row.status) {
      cells.status.replaceChildren(statusMark(row.status));
      element.dataset['status'] = row.status;
    }
    if (before?.gap !== next.gap || before.row.complete !== row.complete)
      signals.replaceChildren(...signalsOf(next));
  };
  return { element, update };
};

const signalsOf = ({ row, gap }: ShownRow): HTMLElement[] => [
  ...(gap ? [h('span', { class: 'signal signal-gap' }, icon('gap'), 'gap')] : []),
  ...(row.complete
    ? []
    : [
        h(
          'span',
          { class: 'signal', title: 'Messages were skipped: the figures leave out what they said' },
          'incomplete',
        ),
      ]),
];

/** A short tint on the row that changed; the style sheet leaves it out where motion is not wanted. */
const flash = (element: HTMLElement): void => {
  for (const running of element.getAnimations()) running.cancel();
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const tint = getComputedStyle(element).getPropertyValue('--flash');
  element.animate([{ backgroundColor: tint }, { backgroundColor: 'transparent' }], { duration: 900 });
};
