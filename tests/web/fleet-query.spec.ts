import {
  everything,
  type FleetQuery,
  queryFromParams,
  queryToParams,
  rowsFor,
  sortedBy,
} from '../../web/model/fleet-query.js';
import { row } from './builders.js';

const rows = [
  row({ channel: 'c', speed: 10, mission: 'GEMINI', status: 'exploded', reason: 'PRESSURE' }),
  row({ channel: 'a', speed: 30, mission: 'ARTEMIS' }),
  row({ channel: 'd', speed: null, mission: null, type: null, status: 'awaiting-launch' }),
  row({ channel: 'b', speed: 10, mission: 'APOLLO', type: 'Saturn-V' }),
];
const found = (query: Partial<FleetQuery>, gaps: readonly string[] = []) =>
  rowsFor(rows, { ...everything, ...query }, (channel) => gaps.includes(channel)).map(
    ({ channel }) => channel,
  );

describe('the order of the table', () => {
  it('is by channel at first', () => {
    expect(found({})).toEqual(['a', 'b', 'c', 'd']);
  });

  it('settles ties by channel and puts the unknown last, in both directions', () => {
    expect(found({ sort: 'speed' })).toEqual(['b', 'c', 'a', 'd']);
    expect(found({ sort: 'speed', descending: true })).toEqual(['a', 'b', 'c', 'd']);
  });

  it('starts a column of figures with the largest and turns round on the second press', () => {
    const once = sortedBy(everything, 'speed');
    expect(once).toMatchObject({ sort: 'speed', descending: true });
    expect(sortedBy(once, 'speed')).toMatchObject({ sort: 'speed', descending: false });
    expect(sortedBy(once, 'mission')).toMatchObject({ sort: 'mission', descending: false });
  });
});

describe('the filters', () => {
  it('search channel, type, mission and reason, every word of it', () => {
    expect(found({ search: 'saturn' })).toEqual(['b']);
    expect(found({ search: 'pressure' })).toEqual(['c']);
    expect(found({ search: 'falcon artemis' })).toEqual(['a']);
    expect(found({ search: 'falcon apollo' })).toEqual([]);
  });

  it('narrow by status, type and gaps together', () => {
    expect(found({ status: 'flying' })).toEqual(['a', 'b']);
    expect(found({ status: 'flying', type: 'Saturn-V' })).toEqual(['b']);
    expect(found({ onlyGaps: true }, ['d'])).toEqual(['d']);
  });
});

describe('the query in the address', () => {
  it('comes back as it was', () => {
    const query: FleetQuery = {
      search: 'a & b',
      status: 'exploded',
      type: 'Saturn-V',
      onlyGaps: true,
      sort: 'speed',
      descending: true,
    };
    expect(queryFromParams(new URLSearchParams(queryToParams(query).toString()))).toEqual(query);
  });

  it('is empty for the first view and forgiving to nonsense', () => {
    expect(queryToParams(everything).size).toBe(0);
    expect(queryFromParams(new URLSearchParams('status=landed&sort=-colour'))).toEqual({
      ...everything,
      descending: true,
    });
  });
});
