import { fleetSeries, latest, most } from '../../web/model/activity.js';
import { bodyOf } from '../../web/model/csv.js';
import { eventsFromParams, eventsPath, eventsToParams } from '../../web/model/events-query.js';
import {
  everything,
  isSilent,
  knownCount,
  queryFromParams,
  queryToParams,
  rocketsPath,
  sortedBy,
} from '../../web/model/fleet-query.js';
import { queryOfRocket, rocketParams } from '../../web/model/rocket-query.js';
import { activity, fleetReport, rocket } from './builders.js';

describe('what of the fleet is looked at', () => {
  const busy = {
    search: ' falcon ',
    status: 'flying',
    type: 'Falcon-9',
    only: 'silent',
    sort: 'heardAt',
    descending: true,
  } as const;

  it('stands in the address', () => {
    expect(queryFromParams(queryToParams(busy))).toEqual(busy);
    expect(queryFromParams(queryToParams(everything))).toEqual(everything);
    expect(queryToParams(everything).size).toBe(0);
    expect(queryFromParams(new URLSearchParams('sort=moon&status=lost&only=x'))).toEqual(everything);
  });

  it('is a question to the service', () => {
    expect(rocketsPath(everything, 600, 50)).toBe('/rockets?limit=50');
    expect(rocketsPath(busy, 600, 50)).toBe(
      '/rockets?limit=50&q=falcon&status=flying&type=Falcon-9&silentFor=600s&sort=-heardAt',
    );
    expect(rocketsPath({ ...everything, only: 'gaps' }, 600, 50)).toContain('waiting=true');
    expect(rocketsPath({ ...everything, only: 'incomplete' }, 600, 50)).toContain('complete=false');
  });

  it('turns a column round on the second press, and begins figures with the largest', () => {
    const bySpeed = sortedBy(everything, 'speed');
    expect(bySpeed).toMatchObject({ sort: 'speed', descending: true });
    expect(sortedBy(bySpeed, 'speed').descending).toBe(false);
    expect(sortedBy(everything, 'type').descending).toBe(false);
  });

  it('has a known number of rockets where the figures of the fleet say it', () => {
    const fleet = fleetReport();
    expect(knownCount(everything, fleet)).toBe(20);
    expect(knownCount({ ...everything, status: 'exploded' }, fleet)).toBe(7);
    expect(knownCount({ ...everything, only: 'silent' }, fleet)).toBe(3);
    expect(knownCount({ ...everything, only: 'silent', status: 'flying' }, fleet)).toBeUndefined();
    expect(knownCount({ ...everything, search: 'x' }, fleet)).toBeUndefined();
  });

  it('calls a rocket silent that was not heard for long, but never an exploded one', () => {
    const now = Date.parse('2026-10-01T10:10:00.000Z');
    expect(isSilent(rocket(), 600, now)).toBe(true);
    expect(isSilent(rocket(), 601, now)).toBe(false);
    expect(isSilent(rocket({ status: 'exploded' }), 600, now)).toBe(false);
    expect(isSilent(rocket({ status: 'awaiting-launch' }), 600, now)).toBe(true);
  });
});

describe('what of the events is looked at', () => {
  it('is a question for the newest first', () => {
    const query = { type: 'RocketLaunched', channel: 'a:b', rule: null } as const;
    expect(eventsPath(query, 50)).toBe('/events?order=desc&limit=50&type=RocketLaunched&channel=a%3Ab');
    expect(eventsFromParams(eventsToParams(query))).toEqual(query);
  });

  it('asks by the rule alone where one is chosen: only refused messages have one', () => {
    const query = eventsFromParams(new URLSearchParams('rule=not-launched&type=RocketLaunched'));
    expect(query).toEqual({ type: 'MessageRefused', channel: '', rule: 'not-launched' });
    expect(eventsPath(query, 50)).toBe('/events?order=desc&limit=50&rule=not-launched');
  });

  it('is saved with the names of the columns said once', () => {
    expect(bodyOf('channel,number\r\na,1\r\na,2\r\n')).toBe('a,1\r\na,2\r\n');
    expect(bodyOf('channel,number')).toBe('');
  });
});

describe('what of a rocket is looked at', () => {
  it('stands in the address', () => {
    const query = { version: 3, axis: 'version', type: 'MessageRefused' } as const;
    expect(queryOfRocket(rocketParams(query))).toEqual(query);
    expect(rocketParams(queryOfRocket(new URLSearchParams())).size).toBe(0);
    expect(queryOfRocket(new URLSearchParams('version=-1&by=moon&type=x'))).toEqual({
      version: null,
      axis: 'time',
      type: null,
    });
  });
});

describe('the history of the fleet', () => {
  const start = Date.parse('2026-10-01T10:00:00.000Z');
  const series = fleetSeries(
    activity({ events: [0, 0, 600, 100], rulesBroken: [0, 0, 2, 0], gaps: [null, null, 5, 3] }),
    '2026-10-01T10:01:30.000Z',
    start + 190_000,
  );

  it('does not call it nothing when nobody counted', () => {
    expect(series.eventsPerSecond[0]).toBeNull();
    expect(series.rulesBroken).toEqual([null, null, 2, 0]);
    expect(series.gaps).toEqual([null, null, 5, 3]);
  });

  it('divides the span that is under way by what has passed of it', () => {
    expect(series.eventsPerSecond.slice(1)).toEqual([null, 10, 10]);
    expect(series.xs).toEqual([0, 60_000, 120_000, 180_000].map((ms) => start + ms));
  });

  it('knows its latest and its largest figure', () => {
    expect([latest(series.gaps), most(series.gaps), latest([]), most([])]).toEqual([3, 5, null, 0]);
  });
});
