import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface Shown {
  /** The version at the slider, null at its end. */
  readonly chosen: number | null;
  readonly type: string | null;
  readonly count: number;
  /** The row of the version at the slider, from the top. */
  readonly place: number;
  readonly rowHeight: number;
}

/**
 * Moves the list in its box, and never the page, with the slider under somebody's hand: to the event at the slider when
 * that moves, and so that what is in sight stays there when rows come on top. Returns what to do when somebody scrolls.
 */
export const useStillBox = (box: RefObject<HTMLElement | null>, shown: Shown): (() => void) => {
  const { chosen, type, count, place, rowHeight } = shown;
  /** Until somebody scrolls away from it, the event at the slider stays in sight. */
  const keepsChosen = useRef(true);
  const countBefore = useRef(count);
  useEffect(() => {
    keepsChosen.current = true;
  }, [chosen, type]);
  useEffect(() => {
    const element = box.current;
    const added = count - countBefore.current;
    countBefore.current = count;
    if (element === null) return;
    if (chosen !== null && keepsChosen.current) bringIntoSight(element, place * rowHeight, rowHeight);
    else if (element.scrollTop > 0) element.scrollTop += added * rowHeight;
  }, [chosen, type, count, rowHeight]);
  return () => {
    keepsChosen.current = box.current !== null && isInSight(box.current, place * rowHeight, rowHeight);
  };
};

const bringIntoSight = (box: HTMLElement, top: number, height: number): void => {
  if (!isInSight(box, top, height)) box.scrollTop = Math.max(0, top - 2 * height);
};

const isInSight = (box: HTMLElement, top: number, height: number): boolean => {
  const edge = box.getBoundingClientRect();
  const headHeight = box.querySelector('.head')?.clientHeight ?? 0;
  // The lower part of the box may lie below the screen.
  const room = Math.min(edge.bottom, innerHeight) - edge.top - headHeight;
  return top >= box.scrollTop && top + height <= box.scrollTop + Math.max(room, height);
};
