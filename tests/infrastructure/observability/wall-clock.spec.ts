import { wallClock } from '../../../src/infrastructure/observability/wall-clock.js';

const clocks = () => {
  const at = { steady: 1000, system: 1_700_000_000_000 };
  const now = wallClock(
    () => at.steady,
    () => at.system,
  );
  return { at, now };
};

describe('the clock of spans', () => {
  it('goes on steadily between two milliseconds of the system', () => {
    const { at, now } = clocks();
    at.steady += 0.25;
    expect(now()).toBe(1_700_000_000_000.25);
  });

  it('takes no notice of small corrections, and follows when the clock is set', () => {
    const { at, now } = clocks();
    at.steady += 100;
    at.system += 90;
    expect(now()).toBe(1_700_000_000_100);
    at.system += 3_600_000;
    expect(now()).toBe(at.system);
    at.steady += 1;
    at.system += 1;
    expect(now()).toBe(at.system);
  });

  it('is that of this machine', () => {
    expect(Math.abs(wallClock()() - Date.now())).toBeLessThan(50);
  });
});
