import {
  clockTime,
  dateTime,
  exactTime,
  figure,
  latenessOf,
  latenessText,
  needsMillis,
  plural,
  rateFigure,
  shortFigure,
  shortTime,
} from '../../web/model/format.js';
import { rangesText, skipPlan } from '../../web/model/gaps.js';
import { eventHref, rocketHref, routeOf } from '../../web/model/route.js';
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

describe('the address', () => {
  it('leads to a rocket of any name and back', () => {
    for (const channel of ['193270a9-c9cf-404a-8f83-838e71d9ae67', 'pad:7.b_1']) {
      expect(routeOf(rocketHref(channel))).toMatchObject({ screen: 'rocket', channel });
    }
    expect(routeOf('#/rockets/a?version=3').params.get('version')).toBe('3');
  });

  it('leads to one event, and keeps the filters it was found with', () => {
    const href = eventHref('a1b2-77', new URLSearchParams({ type: 'RocketLaunched' }));
    expect(href).toBe('#/events/a1b2-77?type=RocketLaunched');
    expect(routeOf(href)).toMatchObject({ screen: 'event', position: 'a1b2-77' });
    expect(routeOf(href).params.get('type')).toBe('RocketLaunched');
  });

  it('leads to the fleet when it says nothing known', () => {
    expect(routeOf('')).toMatchObject({ screen: 'fleet' });
    expect(routeOf('#/moon')).toMatchObject({ screen: 'fleet' });
    expect(routeOf('#/arrivals')).toMatchObject({ screen: 'arrivals' });
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

  it('tell a time to the millisecond where its neighbour has the same second', () => {
    const time = '2026-10-01T17:39:42.8989223+02:00';
    expect(exactTime(time)).toBe('2026-10-01 15:39:42.898');
    expect(needsMillis(time, '2026-10-01T15:39:42.001Z', undefined)).toBe(true);
    expect(needsMillis(time, undefined, '2026-10-01T15:39:42Z')).toBe(true);
    expect(needsMillis(time, '2026-10-01T15:39:43Z', '2026-10-01T15:39:41.999Z')).toBe(false);
    expect(shortTime(time, Date.parse('2026-10-01T20:00:00Z'), true)).toBe('15:39:42.898');
  });

  it('say how late an event was recorded, also when the clock of the rocket was ahead', () => {
    const sent = (time: string) => latenessOf({ time, recordedAt: '2026-10-01T10:00:01.000Z' });
    expect(latenessText(sent('2026-10-01T12:00:00.877+02:00'))).toBe('+0.123 s');
    expect(latenessText(sent('2026-10-01T10:00:03Z'))).toBe('−2.000 s');
    expect(latenessText(sent('2026-10-01T09:57:01Z'))).toBe('+3 min');
    expect(latenessText(sent('2026-09-29T10:00:01Z'))).toBe('+2 d');
  });

  it('round a rate as far as it is large', () => {
    expect(rateFigure(0.25)).toBe('0.3');
    expect(rateFigure(12.5)).toBe('13');
    expect(rateFigure(null)).toBe('—');
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
