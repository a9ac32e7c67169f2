import { clockTime, dateTime, figure, plural, shortFigure, shortTime } from '../../web/model/format.js';
import { rangesText, rangeText, skipPlan, waitingRanges } from '../../web/model/gaps.js';
import { RateHistory } from '../../web/model/rate.js';
import { RefusedLog } from '../../web/model/refused-log.js';
import { rocketHref, routeOf } from '../../web/model/route.js';
import { rowWindow } from '../../web/model/row-window.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import { eventText, speedText } from '../../web/model/wording.js';
import { refused } from './builders.js';

describe('the window over the rows', () => {
  it('holds what is in sight and some rows to spare', () => {
    expect(rowWindow(10_000, 40, 4_000, 800, 8)).toEqual({ first: 92, end: 128 });
  });

  it('stays within the list, above it, below it and when it is empty', () => {
    expect(rowWindow(10_000, 40, -300, 800, 8)).toEqual({ first: 0, end: 21 });
    expect(rowWindow(20, 40, 4_000, 800, 8)).toEqual({ first: 20, end: 20 });
    expect(rowWindow(0, 40, 0, 800, 8)).toEqual({ first: 0, end: 0 });
  });
});

describe('what waits behind the gaps', () => {
  const since = '2026-10-01T10:00:00.000Z';
  const gaps = [
    { channel: 'a', since, from: 4, to: 6, waiting: 3 },
    { channel: 'a', since, from: 10, to: 10, waiting: 2 },
    { channel: 'a', since, from: 13, to: 20, waiting: 1 },
  ];

  it('is every number above the first gap that is not missing itself', () => {
    expect(waitingRanges(gaps).map(rangeText)).toEqual(['7–9', '11–12', '21']);
    expect(waitingRanges([])).toEqual([]);
  });

  it('becomes history up to the next gap when the first one is skipped', () => {
    expect(skipPlan(gaps, 1)).toMatchObject({
      missing: 3,
      released: 3,
      stillWaiting: 3,
      next: { from: 10, to: 10 },
    });
  });

  it('becomes history up to where is skipped, and all of it with the last gap', () => {
    expect(skipPlan(gaps, 2)).toMatchObject({
      missing: 4,
      released: 5,
      stillWaiting: 1,
      next: { from: 13, to: 20 },
    });
    expect(skipPlan(gaps, 3)).toMatchObject({ missing: 12, released: 6, stillWaiting: 0, next: undefined });
  });

  it('is named as far as there is room', () => {
    expect(rangesText(gaps)).toBe('4–6, 10, 13–20');
    expect(rangesText(gaps, 2)).toBe('4–6, 10 and 1 more range');
  });
});

describe('the rate', () => {
  it('comes from two readings of the counter', () => {
    const rate = new RateHistory();
    rate.add({ at: 0, received: 100 });
    expect(rate.now).toBeNull();
    rate.add({ at: 2_000, received: 300 });
    expect(rate.now).toBe(100);
  });

  it('starts anew with a restarted service and keeps a bounded past', () => {
    const rate = new RateHistory(3);
    rate.add({ at: 0, received: 1_000 });
    rate.add({ at: 1_000, received: 5 });
    expect(rate.rates).toEqual([]);
    for (let second = 2; second < 9; second += 1) rate.add({ at: second * 1_000, received: second * second });
    expect(rate.rates).toEqual([11, 13, 15]);
  });
});

describe('the log of refused messages', () => {
  it('takes each message once and shows the newest first', () => {
    const log = new RefusedLog();
    log.load([refused(1), refused(2)]);
    log.add(refused(2));
    log.add(refused(3, 'b'));
    expect(log.latest(2).map(({ number }) => number)).toEqual([3, 2]);
    expect(log.matching('speed-below-zero', 'B').map(({ number }) => number)).toEqual([3]);
    expect(log.matching('not-launched', '')).toEqual([]);
    expect(log.countByRule().get('speed-below-zero')).toBe(3);
  });
});

describe('a full log of refused messages', () => {
  it('lets the newest push the oldest out and still counts them all', () => {
    const log = new RefusedLog(10);
    for (let number = 1; number <= 25; number += 1) log.add(refused(number));
    expect(log.events.length).toBeLessThanOrEqual(10);
    expect(log.latest(1).map(({ number }) => number)).toEqual([25]);
    expect(log.total).toBe(25);
  });
});

describe('the address', () => {
  it('leads to a rocket of any name and back', () => {
    for (const channel of ['193270a9-c9cf-404a-8f83-838e71d9ae67', 'pad:7.b_1']) {
      expect(routeOf(rocketHref(channel))).toMatchObject({ screen: 'rocket', channel });
    }
    expect(routeOf('#/rockets/a?version=3').params.get('version')).toBe('3');
  });

  it('leads to the fleet when it says nothing known', () => {
    expect(routeOf('')).toMatchObject({ screen: 'fleet' });
    expect(routeOf('#/moon')).toMatchObject({ screen: 'fleet' });
    expect(routeOf('#/refused')).toMatchObject({ screen: 'refused' });
    expect(routeOf('#/rockets/100%')).toMatchObject({ screen: 'rocket', channel: '100%' });
  });
});

describe('the words', () => {
  it('write figures and times the same everywhere', () => {
    expect(figure(1234567)).toBe('1,234,567');
    expect(figure(null)).toBe('—');
    expect(shortFigure(12_345)).toBe('12,345');
    expect(shortFigure(12_345_678)).toBe('12.3M');
    expect(plural(1, 'gap')).toBe('1 gap');
    expect(plural(2, 'gap')).toBe('2 gaps');
    expect(clockTime('2026-10-01T17:39:42.8989223+02:00')).toBe('15:39:42');
    expect(dateTime('2026-10-01T17:39:42+02:00')).toBe('2026-10-01 15:39:42');
    expect(dateTime(null)).toBe('—');
  });

  it('say the day of a time unless it is today, in UTC', () => {
    const now = Date.parse('2026-10-01T23:30:00Z');
    expect(shortTime('2026-10-02T01:00:00+02:00', now)).toBe('23:00:00');
    expect(shortTime('2026-10-02T02:00:00+02:00', now)).toBe('2026-10-02 00:00:00');
    expect(shortTime('1969-07-16T13:32:00Z', now)).toBe('1969-07-16 13:32:00');
    expect(shortTime(null, now)).toBe('—');
  });

  it('say what an event was about', () => {
    expect(eventText(refused(3))).toBe('Speed down: −9,000');
    const skip = (data: object): string =>
      eventText({ type: 'MessagesSkipped', data, time: '' } as RocketEvent);
    expect(skip({ from: 4, to: 6, by: { who: 'operator' }, why: 'no radio' })).toBe(
      'Messages 4–6, skipped by an operator: no radio',
    );
    expect(skip({ from: 4, to: 4, by: { who: 'timeout' } })).toBe(
      'Message 4, skipped after waiting too long',
    );
    expect(skip({ from: 4, to: 6, by: { who: 'operator', key: 'ann' } })).toBe(
      'Messages 4–6, skipped by ann',
    );
  });

  it('never call a change a speed', () => {
    expect(speedText({ speed: 1234, speedChange: null })).toBe('1,234');
    expect(speedText({ speed: null, speedChange: 1234 })).toBe('Δ +1,234');
    expect(speedText({ speed: null, speedChange: -5 })).toBe('Δ −5');
    expect(speedText({ speed: null, speedChange: null })).toBe('—');
    expect(speedText(undefined)).toBe('—');
  });
});
