import { LagLog } from '../../web/model/lag-log.js';

const noon = Date.parse('2026-10-01T12:00:00Z');
const second = 1_000;

/** So many events behind, at so many seconds after noon by both clocks. */
const logOf = (...samples: readonly (readonly [at: number, events: number])[]): LagLog => {
  const log = new LagLog();
  for (const [at, events] of samples)
    log.add(noon + at * second, { lag: { events, seconds: events / 10 } }, noon + at * second);
  return log;
};

const seen = (log: LagLog, at: number) => {
  const { xs, events } = log.series(noon + at * second);
  return xs.map((x, index) => [(x - noon) / second, events[index]]);
};

describe('the lag that a page has seen', () => {
  it('is nothing at first', () => {
    expect(seen(logOf(), 5)).toEqual([]);
    expect(logOf().isOld(noon)).toBe(false);
  });

  it('is a curve of events and of seconds', () => {
    const log = logOf([0, 10], [1, 30], [6, 0]);
    expect(seen(log, 7)).toEqual([
      [0, 10],
      [1, 30],
      [6, 0],
    ]);
    expect(log.series(noon + 7 * second).seconds).toEqual([1, 3, 0]);
  });

  it('keeps one value a second, the last', () => {
    expect(seen(logOf([0, 10], [0, 12], [1, 5]), 1)).toEqual([
      [0, 12],
      [1, 5],
    ]);
  });

  it('is broken where nobody looked', () => {
    expect(seen(logOf([0, 10], [60, 30]), 60)).toEqual([
      [0, 10],
      [0.001, null],
      [60, 30],
    ]);
  });

  it('does not reach up to now when it was heard long ago', () => {
    const log = logOf([0, 10], [5, 20]);
    expect(log.isOld(noon + 17 * second)).toBe(false);
    expect(log.isOld(noon + 18 * second)).toBe(true);
    expect(seen(log, 18)).toEqual([
      [0, 10],
      [5, 20],
      [18, null],
    ]);
  });

  it('is told by the clock of the service, whatever that of the browser says', () => {
    const log = new LagLog();
    const anHour = 3_600_000;
    log.add(noon, { lag: { events: 1, seconds: 1 } }, noon + anHour);
    expect(log.isOld(noon + anHour + second)).toBe(false);
    expect(log.series(noon + anHour + 20 * second).xs).toEqual([noon, noon + 20 * second]);
  });

  it('goes back an hour, and begins anew when the clock was set back', () => {
    const log = logOf([0, 1], [1_800, 2], [3_700, 3]);
    expect(seen(log, 3_700).filter(([, events]) => events !== null)).toEqual([
      [1_800, 2],
      [3_700, 3],
    ]);
    log.add(noon, { lag: { events: 9, seconds: 9 } }, noon);
    expect(seen(log, 0)).toEqual([[0, 9]]);
  });
});
