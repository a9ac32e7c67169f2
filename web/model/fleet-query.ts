import type { FleetRow } from './fleet.js';
import type { RocketStatus } from './wire.js';

export const sortKeys = ['status', 'channel', 'type', 'mission', 'speed', 'version', 'updatedAt'] as const;
export type SortKey = (typeof sortKeys)[number];

export interface FleetQuery {
  readonly search: string;
  readonly status: RocketStatus | null;
  readonly type: string | null;
  readonly onlyGaps: boolean;
  readonly sort: SortKey;
  readonly descending: boolean;
}

export const everything: FleetQuery = {
  search: '',
  status: null,
  type: null,
  onlyGaps: false,
  sort: 'channel',
  descending: false,
};

export const rowsFor = (
  rows: Iterable<FleetRow>,
  query: FleetQuery,
  hasGap: (channel: string) => boolean,
): FleetRow[] => {
  const words = query.search.toLowerCase().split(/\s+/).filter(Boolean);
  const found: FleetRow[] = [];
  for (const row of rows) {
    if (query.status !== null && row.status !== query.status) continue;
    if (query.type !== null && row.type !== query.type) continue;
    if (query.onlyGaps && !hasGap(row.channel)) continue;
    if (words.length > 0 && !words.every((word) => says(row, word))) continue;
    found.push(row);
  }
  return found.sort(comparing(query.sort, query.descending));
};

const says = (row: FleetRow, word: string): boolean =>
  row.channel.toLowerCase().includes(word) ||
  (row.mission?.toLowerCase().includes(word) ?? false) ||
  (row.type?.toLowerCase().includes(word) ?? false) ||
  (row.reason?.toLowerCase().includes(word) ?? false);

/** Unknown values come last in either direction; ties are settled by channel, so rows do not dance. */
const comparing = (key: SortKey, descending: boolean) => {
  const sign = descending ? -1 : 1;
  return (a: FleetRow, b: FleetRow): number => {
    const x = valueOf(a, key);
    const y = valueOf(b, key);
    if (x === y) return compare(a.channel, b.channel);
    if (x === null) return 1;
    if (y === null) return -1;
    return sign * compare(x, y) || compare(a.channel, b.channel);
  };
};

const valueOf = (row: FleetRow, key: SortKey): string | number | null =>
  key === 'updatedAt' ? row.updatedMs : row[key];

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

/** A second press on the sorted column turns it round; figures start with the largest. */
export const sortedBy = (query: FleetQuery, key: SortKey): FleetQuery => ({
  ...query,
  sort: key,
  descending:
    query.sort === key ? !query.descending : key === 'speed' || key === 'version' || key === 'updatedAt',
});

/** The query as it stands in the address, so that a view can be bookmarked and sent to a colleague. */
export const queryToParams = (query: FleetQuery): URLSearchParams => {
  const params = new URLSearchParams();
  if (query.search !== '') params.set('search', query.search);
  if (query.status !== null) params.set('status', query.status);
  if (query.type !== null) params.set('type', query.type);
  if (query.onlyGaps) params.set('gaps', 'open');
  if (query.sort !== 'channel' || query.descending)
    params.set('sort', `${query.descending ? '-' : ''}${query.sort}`);
  return params;
};

export const queryFromParams = (params: URLSearchParams): FleetQuery => {
  const sort = params.get('sort') ?? 'channel';
  const key = sort.replace(/^-/, '');
  const status = params.get('status');
  return {
    search: params.get('search') ?? '',
    status: statuses.find((known) => known === status) ?? null,
    type: params.get('type'),
    onlyGaps: params.get('gaps') === 'open',
    sort: sortKeys.find((known) => known === key) ?? 'channel',
    descending: sort.startsWith('-'),
  };
};

const statuses: readonly RocketStatus[] = ['awaiting-launch', 'flying', 'exploded'];
