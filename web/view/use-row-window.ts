import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { rowWindow, type RowWindow } from '../model/row-window.js';

export interface Windowed extends RowWindow {
  readonly body: RefObject<HTMLDivElement | null>;
  /** In pixels; the style sheet says it as `--row`, in rem, because it changes with the width of the screen. */
  readonly rowHeight: number;
}

/** Which rows are in sight: of the page, or of the box that scrolls. */
export const useRowWindow = (count: number, box?: RefObject<HTMLElement | null>): Windowed => {
  const body = useRef<HTMLDivElement>(null);
  const seen = useSignal({ offset: 0, height: innerHeight, rowHeight: 40 });
  useEffect(() => {
    let frame = 0;
    const look = (): void => {
      frame = 0;
      if (body.current === null) return;
      const top = box?.current?.getBoundingClientRect().top ?? 0;
      const now = {
        offset: top - body.current.getBoundingClientRect().top,
        height: box?.current?.clientHeight ?? innerHeight,
        rowHeight: rowHeightOf(body.current),
      };
      const { offset, height, rowHeight } = seen.peek();
      if (now.offset !== offset || now.height !== height || now.rowHeight !== rowHeight) seen.value = now;
    };
    const soon = (): void => {
      frame ||= requestAnimationFrame(look);
    };
    const scroller = box?.current ?? window;
    scroller.addEventListener('scroll', soon, { passive: true });
    addEventListener('resize', soon, { passive: true });
    look();
    return () => {
      cancelAnimationFrame(frame);
      scroller.removeEventListener('scroll', soon);
      removeEventListener('resize', soon);
    };
  }, []);
  const { offset, height, rowHeight } = seen.value;
  return { body, rowHeight, ...rowWindow(count, rowHeight, offset, height) };
};

const rowHeightOf = (element: Element): number =>
  parseFloat(getComputedStyle(element).getPropertyValue('--row')) *
  parseFloat(getComputedStyle(document.documentElement).fontSize);
