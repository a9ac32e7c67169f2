import { skipGaps } from '../live/api.js';
import type { Mission } from '../live/mission.js';
import { dateTime, figure, plural } from '../model/format.js';
import { rangesText, rangeText, sizeOf, skipPlan, waitingRanges } from '../model/gaps.js';
import type { GapJson } from '../model/wire.js';
import { h, icon } from './dom.js';
import { notify } from './notice.js';
import { confirmSkip } from './skip-dialog.js';

/** More are counted only: a page must not grow without end. */
const mostShown = 50;

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
    const late = row?.late ?? 0;
    element.classList.toggle('calm', gaps.length === 0);
    const signature = JSON.stringify([gaps, late, row?.complete]);
    // Building the list anew would take the focus from its button.
    if (signature === shown) return;
    shown = signature;
    list.replaceChildren(...gaps.slice(0, mostShown).map(gapCard(mission)));
    if (gaps.length > mostShown)
      list.append(h('p', { class: 'none' }, `and ${figure(gaps.length - mostShown)} more`));
    if (gaps.length === 0)
      list.append(h('p', { class: 'none' }, 'Every number up to the highest heard has arrived.'));
    else list.append(note('Waiting', `no. ${rangesText(waitingRanges(gaps))}`));
    if (late > 0)
      list.append(
        note('Late', `${plural(late, 'message')} came after being skipped: kept, and not in the figures.`),
      );
    if (row?.complete === false)
      list.append(note('Incomplete', 'messages were skipped, the figures leave out what they said.'));
  };
  return { element, render };
};

const note = (name: string, text: string): HTMLElement =>
  h('p', { class: 'waits' }, h('b', {}, `${name}: `), text);

const gapCard = (mission: Mission) => (gap: GapJson, index: number) =>
  h(
    'div',
    { class: 'gap-card' },
    h('strong', { class: 'gap-range' }, rangeText(gap)),
    h('span', {}, `${plural(sizeOf(gap), 'message')} missing, ${figure(gap.waiting)} waiting behind`),
    h('span', { class: 'when' }, `since ${dateTime(gap.since)} UTC`),
    h(
      'button',
      { type: 'button', class: 'danger-quiet', click: () => void askAndSkip(mission, gap) },
      // Gaps close from below: those before it go with it.
      index === 0 ? 'Skip …' : 'Skip up to here …',
    ),
  );

const askAndSkip = async (mission: Mission, { channel, to }: GapJson): Promise<void> => {
  try {
    // What is shown may be a second old; what is said to happen is not.
    const all = await mission.gapsNow(channel);
    const plan = skipPlan(all, all.findIndex((gap) => gap.to === to) + 1);
    const [first] = plan.gaps;
    if (first === undefined) return notify('This gap has closed meanwhile.');
    const why = await confirmSkip(plan, mission.fleet.row(channel)?.status !== 'awaiting-launch');
    if (why === undefined) return;
    // One gap is named as it was shown, so that another one is not skipped by mistake.
    const what = plan.gaps.length === 1 ? { from: first.from, to } : { upTo: to };
    const skipped = await skipGaps(channel, { ...what, ...(why !== '' && { why }) });
    notify(`Skipped ${plural(skipped.numbers, 'message')}, ${rangeText(skipped)}.`);
  } catch (error) {
    notify(error instanceof Error ? error.message : 'Nothing was skipped.');
  }
  mission.gapsChanged(channel);
};
