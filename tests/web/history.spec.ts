import { pointAt, RocketHistory, rocketFrom, speedChart, stepAt } from '../../web/model/history.js';
import { event, faster, launch, refused, rocket } from './builders.js';

const historyOf = (...events: Parameters<RocketHistory['append']>[0]): RocketHistory => {
  const history = new RocketHistory();
  history.append(events);
  return history;
};

describe('the history of a rocket', () => {
  const stateAt = ({ steps }: RocketHistory, version: number) => steps[stepAt(steps, version)]?.rocket;

  it('has a step for any version', () => {
    const history = historyOf(launch(), faster(2, 100), refused(3), faster(4, 50));
    expect(stateAt(history, 0)).toBeUndefined();
    expect(stateAt(history, 2)).toMatchObject({ speed: 600 });
    expect(stateAt(history, 3)).toMatchObject({ speed: 600 });
    expect(stateAt(history, 99)).toMatchObject({ speed: 650 });
  });

  it('shows what stood before a skipped range for a version inside it', () => {
    const skip = event(5, { type: 'MessagesSkipped', data: { from: 2, to: 5, by: { who: 'operator' } } });
    const history = historyOf(launch(), skip, faster(6, 1));
    expect(history.steps[stepAt(history.steps, 3)]?.event.number).toBe(1);
    expect(stateAt(history, 5)).toMatchObject({ complete: false });
    expect(history.version).toBe(6);
  });

  it('goes on from a state that the service told, with no event before it', () => {
    const history = new RocketHistory(10, rocketFrom(rocket({ speed: 700, version: 10 })));
    history.append([faster(10, 1), faster(11, 5)]);
    expect(history.steps.map((step) => step.rocket)).toMatchObject([{ speed: 705, mission: 'ARTEMIS' }]);
    expect(rocketFrom(rocket({ status: 'awaiting-launch' }))).toEqual({
      status: 'awaiting-launch',
      complete: true,
    });
  });

  it('takes pages and live events that overlap only once, and nothing out of order', () => {
    const history = historyOf(launch(), faster(2, 100));
    history.append([faster(2, 100), faster(3, 100)]);
    history.append([faster(5, 100)]);
    expect(history.steps.map((step) => step.event.number)).toEqual([1, 2, 3]);
  });
});

describe('the speed chart', () => {
  const history = historyOf(
    launch({ time: '2026-10-01T10:00:00Z' }),
    faster(2, 100, { time: '2026-10-01T10:00:10Z' }),
    refused(3),
    event(
      4,
      { type: 'RocketMissionChanged', data: { newMission: 'GEMINI' } },
      { time: '2026-10-01T10:00:05Z' },
    ),
    event(5, { type: 'RocketExploded', data: { reason: 'PRESSURE' } }, { time: '2026-10-01T10:00:20Z' }),
  );

  it('never runs backwards in time, whatever the clock of the rocket said', () => {
    const start = Date.parse('2026-10-01T10:00:00Z');
    expect(speedChart(history.steps, 'time').xs.map((x) => x - start)).toEqual([
      0, 10_000, 10_000, 10_000, 20_000,
    ]);
  });

  it('has a point for every event, and marks launch, missions and the explosion', () => {
    const chart = speedChart(history.steps, 'version');
    expect(chart.xs).toEqual([1, 2, 3, 4, 5]);
    expect(chart.speeds).toEqual([500, 600, 600, 600, 600]);
    expect(chart.marks).toEqual([
      { x: 1, kind: 'launch', label: 'ARTEMIS' },
      { x: 4, kind: 'mission', label: 'GEMINI' },
      { x: 5, kind: 'explosion', label: 'PRESSURE' },
    ]);
  });

  it('finds the event at a place on its axis: the last one of several, the first one before all', () => {
    expect(pointAt([10, 20, 20, 30], 20)).toBe(2);
    expect(pointAt([10, 20, 20, 30], 29)).toBe(2);
    expect(pointAt([10, 20], 5)).toBe(0);
  });
});
