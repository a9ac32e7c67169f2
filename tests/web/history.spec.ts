import { pointAt, RocketHistory, speedChart } from '../../web/model/history.js';
import { event, faster, launch, refused } from './builders.js';

const historyOf = (...events: Parameters<RocketHistory['append']>[0]): RocketHistory => {
  const history = new RocketHistory();
  history.append(events);
  return history;
};

describe('the history of a rocket', () => {
  it('knows the state as of any version', () => {
    const history = historyOf(launch(), faster(2, 100), refused(3), faster(4, 50));
    expect(history.at(0)).toBeUndefined();
    expect(history.at(2)?.rocket).toMatchObject({ speed: 600 });
    expect(history.at(3)?.rocket).toMatchObject({ speed: 600 });
    expect(history.at(99)?.rocket).toMatchObject({ speed: 650 });
  });

  it('shows what stood before a skipped range for a version inside it', () => {
    const skip = event(5, { type: 'MessagesSkipped', data: { from: 2, to: 5, by: { who: 'operator' } } });
    const history = historyOf(launch(), skip, faster(6, 1));
    expect(history.at(3)?.event.number).toBe(1);
    expect(history.at(5)?.rocket).toMatchObject({ complete: false });
    expect(history.version).toBe(6);
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
    expect(speedChart(history.steps, 'time').xs.map((x) => x - start)).toEqual([0, 10_000, 10_000, 20_000]);
  });

  it('leaves out what was refused and marks launch, missions and the explosion', () => {
    const chart = speedChart(history.steps, 'number');
    expect(chart.xs).toEqual([1, 2, 4, 5]);
    expect(chart.speeds).toEqual([500, 600, 600, 600]);
    expect(chart.marks).toEqual([
      { x: 1, kind: 'launch', label: 'ARTEMIS' },
      { x: 4, kind: 'mission', label: 'GEMINI' },
      { x: 5, kind: 'explosion', label: 'PRESSURE' },
    ]);
  });

  it('finds the point of a version, also of one that is not drawn', () => {
    const chart = speedChart(history.steps, 'number');
    expect(pointAt(chart, 3)).toBe(1);
    expect(pointAt(chart, 0)).toBe(-1);
  });
});
