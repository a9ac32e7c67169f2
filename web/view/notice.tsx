import { signal } from '@preact/signals';

const text = signal('');
const isShown = signal(false);
let timer: ReturnType<typeof setTimeout> | undefined;

/** One short line at the foot of the page, read out by screen readers. */
export const notify = (line: string): void => {
  text.value = line;
  isShown.value = true;
  clearTimeout(timer);
  timer = setTimeout(() => (isShown.value = false), 5_000);
};

export const Notice = () => (
  <div class={isShown.value ? 'notice shown' : 'notice'} role="status" aria-live="polite">
    {text.value}
  </div>
);
