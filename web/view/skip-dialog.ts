import { plural } from '../model/format.js';
import { rangesText, rangeText, type SkipPlan } from '../model/gaps.js';
import { h } from './dom.js';

/** The longest reason that the service keeps. */
const mostWhy = 256;

/** Skipping can't be undone, so it says what it does and asks first; answers the reason given, undefined for no. */
export const confirmSkip = (plan: SkipPlan, isLaunched: boolean): Promise<string | undefined> =>
  new Promise((resolve) => {
    const why = h('input', { id: 'skip-why', type: 'text', maxlength: mostWhy, autocomplete: 'off' });
    const dialog = h(
      'dialog',
      { class: 'dialog', 'aria-labelledby': 'skip-title', 'aria-describedby': 'skip-text' },
      h('h2', { id: 'skip-title' }, `Give up on ${plural(plan.missing, 'message')}?`),
      h('p', { id: 'skip-text' }, whatHappens(plan)),
      h('p', {}, whatFollows(isLaunched)),
      h(
        'form',
        { method: 'dialog' },
        h('label', { for: 'skip-why' }, 'Why? The answer stands in the history.'),
        why,
        h(
          'div',
          { class: 'dialog-buttons' },
          // The safe answer has the focus, and is the one that Enter gives.
          h('button', { value: 'wait', autofocus: true }, 'Keep waiting'),
          h('button', { value: 'skip', class: 'danger' }, `Skip ${rangesText(plan.gaps, 3)}`),
        ),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'skip' ? why.value.trim() : undefined);
    });
    document.body.append(dialog);
    dialog.showModal();
  });

const whatHappens = ({ gaps, missing, released, stillWaiting, next }: SkipPlan): string => {
  const those = `${missing === 1 ? 'Message' : 'Messages'} ${rangesText(gaps)}`;
  const history = `${plural(released, 'message that waits becomes', 'messages that wait become')} history`;
  const rest =
    next === undefined
      ? 'Nothing waits then'
      : `${plural(stillWaiting, 'waits', 'wait')} on, for ${rangeText(next)}`;
  return `${those} will be recorded as skipped, and ${history}. ${rest}.`;
};

const whatFollows = (isLaunched: boolean): string =>
  [
    'The rocket is marked incomplete for ever: its figures leave out whatever the skipped messages said.',
    isLaunched ? '' : 'Its speed, type and mission stay unknown until a launch is heard.',
    'Should they still arrive, they are kept as late messages and change nothing. This can’t be undone.',
  ]
    .filter(Boolean)
    .join(' ');
