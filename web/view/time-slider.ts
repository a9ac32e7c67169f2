import { figure } from '../model/format.js';
import { h, setAttribute, setText } from './dom.js';

/** Moves through the versions of a rocket; at its right end it follows the rocket live. */
export const timeSlider = (onMove: (version: number | null) => void) => {
  let latest = 0;
  const words = h('output', { class: 'slider-words', for: 'version-slider' });
  const range = h('input', {
    id: 'version-slider',
    type: 'range',
    min: 0,
    max: 0,
    step: 1,
    'aria-label': 'Show the state as of version',
    input: () => onMove(range.valueAsNumber >= latest ? null : range.valueAsNumber),
  });
  const live = h('button', { type: 'button', class: 'toggle', click: () => onMove(null) }, 'Latest');
  const step = (by: number) => () => {
    const to = Math.min(Math.max(range.valueAsNumber + by, 0), latest);
    onMove(to >= latest ? null : to);
  };
  const element = h(
    'div',
    { class: 'slider' },
    h('button', { type: 'button', class: 'quiet', 'aria-label': 'One version back', click: step(-1) }, '‹'),
    range,
    h('button', { type: 'button', class: 'quiet', 'aria-label': 'One version on', click: step(1) }, '›'),
    live,
    words,
  );
  const render = (version: number, chosen: number | null, state: string): void => {
    latest = version;
    const at = chosen ?? version;
    range.max = String(version);
    if (range.valueAsNumber !== at) range.valueAsNumber = at;
    range.style.setProperty('--done', version === 0 ? '100%' : `${String((at / version) * 100)}%`);
    setAttribute(range, 'aria-valuetext', `version ${String(at)} of ${String(version)}: ${state}`);
    setAttribute(live, 'aria-pressed', String(chosen === null));
    setText(words, `Version ${figure(at)} of ${figure(version)}`);
  };
  return { element, render };
};
