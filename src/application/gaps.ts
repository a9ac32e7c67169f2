import type { Gap, GapPage } from './ports/rocket-directory.js';

/** Early messages of one channel, as far as gaps are concerned, wherever they lie. */
export interface EarlyNumbers {
  /** Ascending, from the lowest number that is not below `number`. */
  from(number: number): Iterable<EarlyNumber>;
  /** What is there above `number`. */
  above(number: number): Waiting;
}

interface EarlyNumber {
  readonly message: { readonly number: number };
  readonly receivedAt: number;
}

export interface Waiting {
  readonly waiting: number;
  /** When the first of it was received; Infinity of nothing. */
  readonly since: number;
}

/** What is asked for: the first gaps of those that begin above `after`. */
export interface GapRange {
  readonly after: number;
  readonly limit: number;
}

/**
 * What is missing between the version and the early messages of one channel, from the lowest number up. Walks through
 * what is asked for and no further: a rocket may have a hundred thousand gaps.
 */
export const gapsOf = (
  channel: string,
  version: number,
  early: EarlyNumbers,
  { after, limit }: GapRange = { after: 0, limit: Infinity },
): Gap[] => {
  const runs: Run[] = [];
  // A gap that begins above `after` ends right before an early number that has its predecessor there.
  let last = version >= after ? version : undefined;
  let holes = 0;
  for (const { message, receivedAt } of early.from(after)) {
    const { number } = message;
    const run = runs.at(-1);
    if (run !== undefined && number === last! + 1) {
      run.waiting++;
      run.since = Math.min(run.since, receivedAt);
    } else {
      const from = last === undefined ? number : last + 1;
      if (from < number && holes++ === limit) break;
      runs.push({ from, to: number - 1, waiting: 1, since: receivedAt });
    }
    last = number;
  }
  return withWaiting(channel, runs, early.above(last ?? after));
};

/** The hole `from…to`, possibly empty, and the unbroken run of early messages that follows it. */
interface Run {
  readonly from: number;
  readonly to: number;
  waiting: number;
  since: number;
}

const withWaiting = (channel: string, runs: readonly Run[], beyond: Waiting): Gap[] => {
  let { waiting, since } = beyond;
  const gaps: Gap[] = [];
  for (const run of runs.toReversed()) {
    waiting += run.waiting;
    since = Math.min(since, run.since);
    const { from, to } = run;
    if (to >= from) gaps.push({ channel, from, to, since, waiting });
  }
  return gaps.reverse();
};

/** Of gaps that were looked for one further than the page goes, which shows whether another one follows. */
export const gapPageOf = (gaps: readonly Gap[], limit: number): GapPage => {
  if (gaps.length <= limit) return { gaps, next: undefined };
  const shown = gaps.slice(0, limit);
  const last = shown.at(-1);
  return { gaps: shown, next: last && { channel: last.channel, from: last.from } };
};
