import type { Gap, GapPage } from '../../application/ports/rocket-directory.js';

/** Of gaps that were looked for one further than the page goes, which shows whether another one follows. */
export const gapPageOf = (gaps: readonly Gap[], limit: number): GapPage => {
  if (gaps.length <= limit) return { gaps, next: undefined };
  const shown = gaps.slice(0, limit);
  const last = shown.at(-1);
  return { gaps: shown, next: last && { channel: last.channel, from: last.from } };
};
