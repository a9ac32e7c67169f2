import { counted, type Activity, type Counted } from '../ports/minute-log.js';

/** Each figure that is counted, by its name. */
export const each = (figure: (name: Counted) => number): Record<Counted, number> =>
  Object.fromEntries(counted.map((name) => [name, figure(name)])) as Record<Counted, number>;

export const idle: Activity = { ...each(() => 0), gaps: null };

/** Two spans as one: gaps are the same for everybody, so the later or the larger figure stands for both. */
export const together = (one: Activity, other: Activity): Activity => ({
  ...each((name) => one[name] + other[name]),
  gaps: other.gaps ?? one.gaps,
});

/** Equal spans of time one after the other, and what happened in each. */
export interface Series {
  /** When the first of them begins, UTC milliseconds. */
  readonly from: number;
  readonly seconds: number;
  readonly spans: readonly Activity[];
}

/** The spans of so many seconds, of which the last one is the one that `until` is in. */
export const seriesOf = (
  times: Iterable<readonly [second: number, activity: Activity]>,
  until: number,
  seconds: number,
  count: number,
): Series => {
  const last = Math.floor(until / seconds);
  const spans: Activity[] = Array.from({ length: count }, () => idle);
  for (const [second, activity] of times) {
    const place = count - 1 - (last - Math.floor(second / seconds));
    if (place >= 0 && place < count) spans[place] = together(spans[place]!, activity);
  }
  return { from: (last - count + 1) * seconds * 1000, seconds, spans };
};

export const MINUTE = 60;
export const DAY = 24 * 60 * MINUTE;
