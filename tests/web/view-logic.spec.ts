import { clockTime, dateTime, figure, plural, shortFigure, shortTime } from '../../web/model/format.js';
import { rangeText, waitingRanges } from '../../web/model/gaps.js';
import { RateHistory } from '../../web/model/rate.js';
import { RefusedLog } from '../../web/model/refused-log.js';
import { rocketHref, routeOf } from '../../web/model/route.js';
import { rowWindow } from '../../web/model/row-window.js';
import { eventText } from '../../web/model/wording.js';
import { event, refused } from './builders.js';

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
  const gaps = [
    { channel: 'a', from: 4, to: 6 },
    { channel: 'a', from: 10, to: 10 },
  ];

  it('is every number above the first gap that is not missing itself', () => {
    expect(waitingRanges(gaps, 12).map(rangeText)).toEqual(['7–9', '11–12']);
  });

  it('is nothing without a gap', () => {
    expect(waitingRanges([], 12)).toEqual([]);
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
    expect(eventText(event(6, { type: 'MessagesSkipped', data: { from: 4, to: 6 } }))).toBe(
      'Messages 4–6 never arrived',
    );
  });
});
