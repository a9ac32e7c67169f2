/** Nearer to the system's clock than that it need not be. */
const DRIFT_MS = 50;

/**
 * Milliseconds since 1970 with fractions, from the steady clock, so that a part never begins before its whole; set anew only
 * where the system's clock was.
 */
export const wallClock = (
  steady: () => number = () => performance.now(),
  system: () => number = Date.now,
): (() => number) => {
  let offset = system() - steady();
  return () => {
    const now = steady() + offset;
    const drift = system() - now;
    if (Math.abs(drift) < DRIFT_MS) return now;
    offset += drift;
    return now + drift;
  };
};
