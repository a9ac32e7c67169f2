import type { Mission } from '../live/mission.js';
import { figure, shortFigure } from '../model/format.js';
import type { Outcome, RocketStatus } from '../model/wire.js';
import { outcomeTitles, outcomeWords, statusWords } from '../model/wording.js';
import { h, icon, setAttribute, setText, svg } from './dom.js';

const statuses: readonly RocketStatus[] = ['flying', 'exploded', 'awaiting-launch'];
const outcomes = Object.keys(outcomeWords) as Outcome[];

/** The head of the first screen: the rate as a strip chart, and the ledger of totals. */
export const summary = (mission: Mission) => {
  const rate = rateStrip(mission);
  const rockets = rocketsTotal(mission);
  const messages = messagesTotal(mission);
  const element = h(
    'section',
    { class: 'summary', 'aria-label': 'Totals' },
    rate.element,
    h('div', { class: 'ledger' }, rockets.element, messages.element),
  );
  const render = (): void => {
    rate.render();
    rockets.render();
    messages.render();
  };
  return { element, render };
};

const rateStrip = (mission: Mission) => {
  const value = h('strong', { class: 'big' }, '—');
  const peak = h('span', { class: 'peak' });
  const line = svg('path', { class: 'trace' });
  const area = svg('path', { class: 'trace-area' });
  const element = h(
    'div',
    { class: 'strip' },
    h('div', { class: 'strip-figure' }, h('h2', {}, 'Messages per second'), value, peak),
    h(
      'div',
      { class: 'strip-paper' },
      svg('svg', { viewBox: '0 0 590 100', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, area, line),
      h(
        'span',
        { class: 'strip-scale', 'aria-hidden': 'true' },
        h('span', {}, '2 min ago'),
        h('span', {}, 'now'),
      ),
    ),
  );
  let drawn: readonly number[] | undefined;
  const render = (): void => {
    const { rates, now } = mission.rate;
    if (rates === drawn) return;
    drawn = rates;
    setText(value, figure(now));
    const most = Math.max(...rates, 1);
    setText(peak, rates.length > 1 ? `peak ${figure(Math.max(...rates))}` : '');
    const start = 590 - (rates.length - 1) * 10;
    const points = rates.map((r, i) => `${String(start + i * 10)} ${(92 - (r / most) * 80).toFixed(1)}`);
    line.setAttribute('d', points.length > 1 ? `M${points.join('L')}` : '');
    area.setAttribute('d', points.length > 1 ? `M${String(start)} 100L${points.join('L')}L590 100z` : '');
  };
  return { element, render };
};

const rocketsTotal = (mission: Mission) => {
  const total = h('strong', { class: 'big' }, '—');
  const lines = statuses.map((status) => {
    const value = h('span', { class: 'value' }, '—');
    const share = h('span', { class: `share share-${status}` });
    const line = h(
      'li',
      {},
      h(
        'a',
        { href: `#/?status=${status}`, class: `status status-${status}` },
        icon(status),
        statusWords[status],
      ),
      value,
    );
    return { status, value, share, line };
  });
  const element = h(
    'section',
    { class: 'total', 'aria-label': 'Rockets by status' },
    h('h2', {}, 'Rockets'),
    total,
    h('div', { class: 'shares', 'aria-hidden': 'true' }, ...lines.map(({ share }) => share)),
    h('ul', { class: 'breakdown' }, ...lines.map(({ line }) => line)),
  );
  const render = (): void => {
    const rockets = mission.health?.rockets;
    if (rockets === undefined) return;
    setText(total, figure(rockets.total));
    for (const { status, value, share } of lines) {
      setText(value, figure(rockets.byStatus[status]));
      share.style.flexGrow = String(rockets.byStatus[status]);
    }
  };
  return { element, render };
};

const messagesTotal = (mission: Mission) => {
  const total = h('strong', { class: 'big' }, '—');
  const lines = outcomes.map((outcome) => {
    const value = h('span', { class: 'value' }, '—');
    const name = h('span', { class: 'outcome' }, outcomeWords[outcome]);
    const title = outcomeTitles[outcome];
    return { outcome, value, line: h('li', { 'data-outcome': outcome, title }, name, value) };
  });
  const element = h(
    'section',
    { class: 'total', 'aria-label': 'Messages by outcome' },
    h('h2', {}, 'Messages received since the service started'),
    total,
    h('ul', { class: 'breakdown breakdown-columns' }, ...lines.map(({ line }) => line)),
  );
  const render = (): void => {
    const messages = mission.health?.messages;
    if (messages === undefined) return;
    setText(total, shortFigure(messages.received));
    for (const { outcome, value, line } of lines) {
      setText(value, shortFigure(messages[outcome]));
      setAttribute(line, 'data-zero', String(messages[outcome] === 0));
    }
  };
  return { element, render };
};
