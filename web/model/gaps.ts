import { plural } from './format.js';
import type { GapJson } from './wire.js';

export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

export const waitingIn = (gaps: readonly GapJson[]): number =>
  gaps.reduce((sum, { waiting }) => sum + waiting, 0);

/** What becomes of a rocket whose gaps are skipped, the first ones up to some of them. */
export interface SkipPlan {
  readonly gaps: readonly GapJson[];
  readonly missing: number;
  /** Messages that become history. */
  readonly released: number;
  /** What goes on waiting, and the gap it waits for then. */
  readonly stillWaiting: number;
  readonly next: NumberRange | undefined;
}

export const skipPlan = (all: readonly GapJson[], count: number): SkipPlan => {
  const gaps = all.slice(0, count);
  return {
    gaps,
    missing: gaps.reduce((sum, gap) => sum + sizeOf(gap), 0),
    released: waitingIn(gaps),
    stillWaiting: waitingIn(all.slice(count)),
    next: all[count],
  };
};

export const sizeOf = ({ from, to }: NumberRange): number => to - from + 1;

export const rangeText = ({ from, to }: NumberRange): string =>
  from === to ? String(from) : `${String(from)}–${String(to)}`;

export const rangesText = (ranges: readonly NumberRange[], most = 6): string => {
  const shown = ranges.slice(0, most).map(rangeText).join(', ');
  return ranges.length <= most ? shown : `${shown} and ${plural(ranges.length - most, 'more range')}`;
};
