import { plural } from '../model/format.js';
import { rangeText, sizeOf } from '../model/gaps.js';
import type { GapJson } from '../model/wire.js';
import { h } from './dom.js';

/** Skipping cannot be undone, so it says what it does and asks first. The safe answer has the focus. */
export const confirmSkip = (gap: GapJson): Promise<boolean> =>
  new Promise((resolve) => {
    const dialog = h(
      'dialog',
      { class: 'dialog', 'aria-labelledby': 'skip-title', 'aria-describedby': 'skip-text' },
      h('h2', { id: 'skip-title' }, `Give up on ${plural(sizeOf(gap), 'message')}?`),
      h(
        'p',
        { id: 'skip-text' },
        `${sizeOf(gap) === 1 ? 'Message' : 'Messages'} ${rangeText(gap)} will be recorded as skipped, and the ${plural(gap.waiting, 'message')} that ${gap.waiting === 1 ? 'waits' : 'wait'} behind will be applied.`,
      ),
      h(
        'p',
        {},
        'The rocket is marked incomplete for ever: its figures miss whatever the skipped messages said. Should they still arrive, they are refused. This cannot be undone.',
      ),
      h(
        'form',
        { method: 'dialog', class: 'dialog-buttons' },
        h('button', { value: 'wait', autofocus: true }, 'Keep waiting'),
        h('button', { value: 'skip', class: 'danger' }, `Skip ${rangeText(gap)}`),
      ),
    );
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'skip');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
