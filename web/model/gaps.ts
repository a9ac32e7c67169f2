import type { GapRange } from './wire.js';

export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** The numbers that arrived and wait behind the first gap: whatever lies above it and is not missing itself. */
export const waitingRanges = (gaps: readonly GapRange[], highestSeen: number): NumberRange[] => {
  const ranges: NumberRange[] = [];
  gaps.forEach((gap, index) => {
    const from = gap.to + 1;
    const to = (gaps[index + 1]?.from ?? highestSeen + 1) - 1;
    if (from <= to) ranges.push({ from, to });
  });
  return ranges;
};

export const sizeOf = ({ from, to }: NumberRange): number => to - from + 1;

export const rangeText = ({ from, to }: NumberRange): string =>
  from === to ? String(from) : `${String(from)}–${String(to)}`;
