const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** A receiver that asks for more is asked again all the same. */
const MOST_ASKED_MS = 60 * 60 * 1000;

/** How long to wait before the next try: longer each time, and scattered, so that not all come back at once. */
export const pauseBefore = (tries: number, random: () => number, askedMs = 0): number => {
  const ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries - 1, 20));
  return Math.max(ms * (0.5 + random() / 2), Math.min(askedMs, MOST_ASKED_MS));
};
