import { skipGap } from '../live/api.js';
import type { Mission } from '../live/mission.js';
import { dateTime, figure, plural } from '../model/format.js';
import { rangeText, sizeOf, waitingRanges } from '../model/gaps.js';
import type { GapJson } from '../model/wire.js';
import { h, icon } from './dom.js';
import { notify } from './notice.js';
import { confirmSkip } from './skip-dialog.js';

/** What is missing on one rocket, what waits for it, and the way to give it up. */
export const gapsPanel = (mission: Mission, channel: string) => {
  const list = h('div', { class: 'gap-list' });
  const element = h(
    'section',
    { class: 'panel panel-gap', 'aria-label': 'Gaps' },
    h('h2', {}, icon('gap'), 'Gaps'),
    list,
  );
  let shown = '';
  const render = (): void => {
    const gaps = mission.fleet.gapsOf(channel);
    const row = mission.fleet.row(channel);
    const waiting = waitingRanges(gaps, row?.highestSeen ?? 0);
    element.classList.toggle('calm', gaps.length === 0);
    const signature = JSON.stringify([gaps, waiting, row?.complete]);
    // Building the list anew would take the focus from its button.
    if (signature === shown) return;
    shown = signature;
    list.replaceChildren(...gaps.map(gapCard(mission)));
    if (gaps.length === 0)
      list.append(h('p', { class: 'none' }, 'Every number up to the highest heard has arrived.'));
    else if (waiting.length > 0)
      list.append(
        h('p', { class: 'waits' }, h('b', {}, 'Waiting: '), `no. ${shortList(waiting.map(rangeText))}`),
      );
    if (row?.complete === false)
      list.append(
        h(
          'p',
          { class: 'waits' },
          h('b', {}, 'Incomplete: '),
          'messages were skipped, the figures are relative.',
        ),
      );
  };
  return { element, render };
};

const shortList = (texts: readonly string[]): string =>
  texts.length <= 6
    ? texts.join(', ')
    : `${texts.slice(0, 6).join(', ')} and ${figure(texts.length - 6)} more ranges`;

const gapCard = (mission: Mission) => (gap: GapJson, index: number) =>
  h(
    'div',
    { class: 'gap-card' },
    h('strong', { class: 'gap-range' }, rangeText(gap)),
    h('span', {}, `${plural(sizeOf(gap), 'message')} missing, ${figure(gap.waiting)} waiting behind`),
    h('span', { class: 'when' }, `since ${dateTime(gap.since)} UTC`),
    // Gaps close from below: only the first can be skipped.
    index === 0
      ? h(
          'button',
          { type: 'button', class: 'danger-quiet', click: () => void askAndSkip(mission, gap) },
          'Skip …',
        )
      : undefined,
  );

const askAndSkip = async (mission: Mission, gap: GapJson): Promise<void> => {
  if (!(await confirmSkip(gap))) return;
  try {
    await skipGap(gap);
    mission.gapClosed(gap);
    notify(`Skipped ${rangeText(gap)}.`);
  } catch (error) {
    notify(error instanceof Error ? error.message : 'The gap was not skipped.');
  }
  void mission.refetch(gap.channel);
};
