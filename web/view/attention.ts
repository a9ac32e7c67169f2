import type { Mission } from '../live/mission.js';
import { dateTime, figure, plural, shortTime } from '../model/format.js';
import { rangeText, waitingIn } from '../model/gaps.js';
import { rocketHref } from '../model/route.js';
import type { GapJson, RefusedJson } from '../model/wire.js';
import { h, icon, setText } from './dom.js';
import { channelName } from './parts.js';
import { ruleWords } from '../model/wording.js';

const listed = 4;

/** What an operator looks at first: gaps that wait, and messages that broke a rule. */
export const attention = (mission: Mission) => {
  const gaps = panel('Open gaps', 'gap', '#/?gaps=open', 'Rockets with gaps');
  const refused = panel('Broken rules', 'refused', '#/refused', 'All broken rules');
  const element = h(
    'aside',
    { class: 'rail', 'aria-label': 'Needs attention' },
    gaps.element,
    refused.element,
  );
  const render = (): void => {
    const rockets = mission.fleet.gapsByRocket();
    gaps.render(
      rockets.reduce((sum, { length }) => sum + length, 0),
      rockets.sort(byWaiting).slice(0, listed).flatMap(gapItem),
      'Nothing is missing below the highest number heard.',
      `${plural(mission.health?.waiting ?? 0, 'message waits', 'messages wait')} behind them.`,
    );
    refused.render(
      mission.refused.total,
      mission.refused.latest(listed).map(refusedItem),
      'No message broke a rule.',
    );
  };
  return { element, render };
};

interface Item {
  readonly key: string;
  make(): HTMLElement;
}

const panel = (title: string, kind: 'gap' | 'refused', href: string, more: string) => {
  const count = h('strong', { class: 'count' }, '0');
  const list = h('ul', { class: 'attention-list' });
  const none = h('p', { class: 'none' });
  const link = h('a', { class: 'more', href }, more);
  const element = h(
    'section',
    { class: `panel panel-${kind}`, 'aria-label': title },
    h('h2', {}, icon(kind), title, count),
    list,
    none,
    link,
  );
  let keys = '';
  const render = (total: number, items: readonly Item[], nothing: string, about = ''): void => {
    setText(count, figure(total));
    element.classList.toggle('calm', total === 0);
    setText(none, total === 0 ? nothing : about);
    link.hidden = total === 0;
    const wanted = items.map(({ key }) => key).join();
    if (wanted === keys || list.matches(':focus-within, :hover')) return;
    keys = wanted;
    list.replaceChildren(...items.map((item) => item.make()));
  };
  return { element, render };
};

const byWaiting = (a: readonly GapJson[], b: readonly GapJson[]): number =>
  waitingIn(b) - waitingIn(a) || ((a[0]?.channel ?? '') < (b[0]?.channel ?? '') ? -1 : 1);

const gapItem = (gaps: readonly GapJson[]): Item[] => {
  const [first] = gaps;
  if (first === undefined) return [];
  const { channel, since } = first;
  const waiting = waitingIn(gaps);
  const missing = gaps.slice(0, 2).map(rangeText).join(', ') + (gaps.length > 2 ? ' …' : '');
  return [
    {
      key: `${channel} ${missing} ${String(waiting)}`,
      make: () =>
        h(
          'li',
          {},
          h('a', { href: rocketHref(channel) }, channelName(channel)),
          h('span', { class: 'what' }, `${missing} missing`),
          h(
            'span',
            { class: 'when', title: `since ${dateTime(since)} UTC` },
            plural(waiting, 'waits', 'wait'),
          ),
        ),
    },
  ];
};

const refusedItem = (event: RefusedJson): Item => ({
  key: `${event.channel} ${String(event.number)}`,
  make: () =>
    h(
      'li',
      {},
      h('a', { href: rocketHref(event.channel) }, channelName(event.channel)),
      h('span', { class: 'what', title: ruleWords[event.data.rule] }, event.data.rule),
      h(
        'span',
        { class: 'when', title: dateTime(event.recordedAt) },
        // There is room for the clock or the day.
        `no. ${String(event.number)}, ${shortTime(event.recordedAt).slice(0, 10)}`,
      ),
    ),
});
