import { FleetFigures } from '../../../src/application/fleet/fleet-figures.js';
import type { RocketTotals } from '../../../src/application/ports/rocket-directory.js';
import { ManualClock } from '../../support/manual-clock.js';

const totals = { rockets: 7 } as RocketTotals;

/** Figures over a store whose answers the test gives. */
const figuresOver = (clock: ManualClock) => {
  const asked = { totals: 0, oldest: 0, reports: 0 };
  let answer: () => Promise<RocketTotals> = async () => totals;
  const figures = new FleetFigures(
    {
      totals: () => {
        asked.totals++;
        return answer();
      },
      overdueGaps: async () => {
        asked.oldest++;
        return [{ channel: 'a', to: 3, since: clock.now() - 5000 }];
      },
    },
    {},
    { silent: async () => Promise.reject(new Error('too many')) },
    {
      counts: async () => ({ running: 1, paused: 0, failing: 0 }),
      reports: async () => {
        asked.reports++;
        await clock.sleep(1500);
        return [];
      },
    },
    clock,
  );
  return { figures, asked, answers: (next: typeof answer) => (answer = next) };
};

const pass = async (clock: ManualClock, ms: number): Promise<void> => {
  clock.move(ms);
  await turn();
};

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('the figures of the fleet', () => {
  it('leave out what the store does not say, and tell the rest', async () => {
    const clock = new ManualClock();
    const { figures } = figuresOver(clock);
    const told = figures.now();
    await turn();
    await pass(clock, 1500);
    expect(await told).toEqual({
      totals,
      oldestGapMs: 6500,
      heldBackMs: 0,
      subscriptions: { running: 1, paused: 0, failing: 0 },
      lags: [],
    });
  });

  it('are asked for once a second, and what took long not before ten times as long has passed', async () => {
    const clock = new ManualClock();
    const { figures, asked } = figuresOver(clock);
    const first = [figures.now(), figures.now()];
    await turn();
    await pass(clock, 1500);
    await Promise.all(first);
    expect(asked).toEqual({ totals: 1, oldest: 1, reports: 1 });
    await figures.now();
    expect(asked).toEqual({ totals: 2, oldest: 2, reports: 1 });
    await pass(clock, 999);
    await figures.now();
    expect(asked).toEqual({ totals: 2, oldest: 2, reports: 1 });
    await pass(clock, 13_000);
    await figures.now();
    expect(asked).toEqual({ totals: 3, oldest: 3, reports: 1 });
    await pass(clock, 1002);
    const last = figures.now();
    await turn();
    expect(asked).toEqual({ totals: 4, oldest: 4, reports: 2 });
    await pass(clock, 1500);
    await last;
  });

  it('are given up after two seconds, and the question goes on alone', async () => {
    const clock = new ManualClock();
    const { figures, asked, answers } = figuresOver(clock);
    let say: (is: RocketTotals) => void = () => undefined;
    answers(() => new Promise((resolve) => (say = resolve)));
    const first = figures.now();
    await turn();
    await pass(clock, 2000);
    expect(await first).toBeUndefined();
    const second = figures.now();
    await turn();
    await pass(clock, 2000);
    expect(await second).toBeUndefined();
    expect(asked.totals).toBe(1);
    say(totals);
    await turn();
    expect(await figures.now()).toMatchObject({ totals });
    expect(asked.totals).toBe(1);
  });

  it('are asked for again a second after they could not be told', async () => {
    const clock = new ManualClock();
    const { figures, answers } = figuresOver(clock);
    answers(async () => {
      await clock.sleep(1900);
      throw new Error('The disk is gone.');
    });
    const first = figures.now();
    await turn();
    await pass(clock, 1900);
    expect(await first).toBeUndefined();
    answers(async () => totals);
    await pass(clock, 999);
    expect(await figures.now()).toBeUndefined();
    await pass(clock, 1);
    expect(await figures.now()).toMatchObject({ totals });
  });
});
