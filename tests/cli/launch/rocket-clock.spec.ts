import { RocketClock } from '../../../src/cli/launch/rocket-clock.js';

describe('the clock of a rocket', () => {
  const clock = new RocketClock();
  const noon = Date.UTC(2026, 9, 1, 12, 0, 0);

  it('writes RFC 3339 with an offset and 5 to 7 decimals', () => {
    for (const ms of [0, 0.1, 0.12, 1, 123.4567, 999.9999]) {
      const text = clock.write(noon + ms);
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{5,7}[+-]\d\d:\d\d$/);
      expect(Math.abs(Date.parse(text) - (noon + ms))).toBeLessThan(1);
    }
  });

  it('leaves out the last two digits only, and only zeros', () => {
    expect(clock.write(noon)).toMatch(/\.00000[+-]/);
    expect(clock.write(noon + 250)).toMatch(/\.25000[+-]/);
  });

  it('goes on through the change of a second', () => {
    expect(Date.parse(clock.write(noon + 1000)) - Date.parse(clock.write(noon))).toBe(1000);
  });
});
