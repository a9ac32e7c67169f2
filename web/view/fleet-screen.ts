import type { Mission } from '../live/mission.js';
import { type FleetQuery, queryFromParams, queryToParams, rowsFor } from '../model/fleet-query.js';
import { figure, plural } from '../model/format.js';
import { withParams } from '../model/route.js';
import { attention } from './attention.js';
import { h, setText } from './dom.js';
import { emptyState } from './empty-state.js';
import { fleetFilters } from './fleet-filters.js';
import { fleetTable, type ShownRow } from './fleet-table.js';
import type { Screen } from './screen.js';
import { summary } from './summary.js';

/** Sorting ten thousand rows takes some milliseconds: often enough to look live, seldom enough to stay smooth. */
const reorderMs = 250;

export const fleetScreen = (mission: Mission, params: URLSearchParams): Screen => {
  let query = queryFromParams(params);
  let paused = false;
  let orderedAt = -Infinity;
  let rows: ShownRow[] = [];
  let timer = 0;

  const change = (next: FleetQuery): void => {
    query = next;
    history.replaceState(null, '', withParams('#/', queryToParams(query)));
    order();
  };
  const filters = fleetFilters(change, (now) => {
    paused = now;
    order();
  });
  const table = fleetTable((turn) => change(turn(query)));
  const totals = summary(mission);
  const rail = attention(mission);
  const empty = emptyState();
  const count = h('p', { class: 'found', role: 'status' });
  const list = h('section', { class: 'board', 'aria-label': 'Fleet' }, filters.element, count, table.element);
  const lower = h('div', { class: 'columns' }, list, rail.element);
  const element = h(
    'div',
    { class: 'fleet-screen' },
    h('h1', { class: 'unseen' }, 'Fleet'),
    totals.element,
    lower,
    empty,
  );

  const order = (): void => {
    orderedAt = performance.now();
    const { fleet } = mission;
    const found = rowsFor(fleet.rows, query, (channel) => fleet.hasGap(channel));
    const fastest = found.reduce((most, { speed }) => Math.max(most, speed ?? 0), 1);
    rows = found.map((row) => ({
      row,
      gap: fleet.hasGap(row.channel),
      share: Math.max(0, (row.speed ?? 0) / fastest),
    }));
    setText(count, countText(rows.length, fleet.size));
    filters.render(query, fleet);
    table.render(rows, query);
  };

  const render = (): void => {
    const isEmpty = mission.loadedTimes > 0 && mission.fleet.size === 0;
    empty.hidden = !isEmpty;
    lower.hidden = isEmpty;
    totals.render();
    if (paused) return;
    rail.render();
    clearTimeout(timer);
    const wait = orderedAt + reorderMs - performance.now();
    if (wait <= 0) order();
    else timer = window.setTimeout(() => !paused && order(), wait);
  };

  const dispose = (): void => {
    clearTimeout(timer);
    filters.dispose();
    table.dispose();
  };
  return { element, title: 'Fleet', render, dispose };
};

const countText = (found: number, all: number): string =>
  found === all ? plural(all, 'rocket') : `${figure(found)} of ${plural(all, 'rocket')}`;
