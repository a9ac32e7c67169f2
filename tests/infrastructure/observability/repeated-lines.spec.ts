import { RepeatedLines } from '../../../src/infrastructure/observability/repeated-lines.js';

describe('lines that are repeated', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('are told ten times in ten seconds, and then how many more there were', () => {
    const sums: unknown[] = [];
    const lines = new RepeatedLines((...sum) => sums.push(sum));
    const told = (text: string, count: number): number =>
      Array.from({ length: count }, () => lines.tells(text)).filter(Boolean).length;
    expect([told('conflict', 4322), told('other', 3)]).toEqual([10, 3]);
    jest.advanceTimersByTime(9999);
    expect(told('conflict', 1)).toBe(0);
    expect(sums).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(sums).toEqual([['conflict', 4313, 10]]);
    expect(told('conflict', 11)).toBe(10);
    jest.advanceTimersByTime(10_000);
    expect(sums).toEqual([
      ['conflict', 4313, 10],
      ['conflict', 1, 10],
    ]);
  });
});
