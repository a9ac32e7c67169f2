import { h } from './dom.js';
import { notify } from './notice.js';

/** The clipboard needs a secure page; elsewhere the text is selected, ready for the keyboard. */
export const copyButton = (source: HTMLElement, what: string): HTMLButtonElement =>
  h(
    'button',
    {
      type: 'button',
      class: 'quiet copy',
      'aria-label': `Copy ${what}`,
      click: () => void copy(source),
    },
    'Copy',
  );

const copy = async (source: HTMLElement): Promise<void> => {
  try {
    await navigator.clipboard.writeText(source.textContent);
    notify('Copied.');
  } catch {
    getSelection()?.selectAllChildren(source);
    notify('Selected. Press Ctrl+C to copy.');
  }
};
