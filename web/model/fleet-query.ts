import { withQuery } from '../live/api.js';
import type { FleetJson, RocketStatus } from './wire.js';

/** What the service can sort by, as far as there are columns for it. */
export const sortKeys = ['channel', 'status', 'type', 'mission', 'speed', 'waiting', 'heardAt'] as const;
export type SortKey = (typeof sortKeys)[number];

/** What an operator looks for beside the status. */
export const concerns = ['gaps', 'silent', 'incomplete'] as const;
export type Concern = (typeof concerns)[number];

export interface FleetQuery {
  readonly search: string;
  readonly status: RocketStatus | null;
  readonly type: string | null;
  readonly only: Concern | null;
  readonly sort: SortKey;
  readonly descending: boolean;
}

export const everything: FleetQuery = {
  search: '',
  status: null,
  type: null,
  only: null,
  sort: 'channel',
  descending: false,
};

/** The question to the service. */
export const rocketsPath = (query: FleetQuery, silentAfterSeconds: number, limit: number): string =>
  withQuery('/rockets', {
    limit: String(limit),
    q: query.search.trim(),
    status: query.status ?? undefined,
    type: query.type ?? undefined,
    waiting: query.only === 'gaps' ? 'true' : undefined,
    complete: query.only === 'incomplete' ? 'false' : undefined,
    silentFor: query.only === 'silent' ? `${String(Math.ceil(silentAfterSeconds))}s` : undefined,
    sort: query.sort === 'channel' && !query.descending ? undefined : sortText(query),
  });

/** How many rockets it finds, where the figures of the fleet say so. */
export const knownCount = (query: FleetQuery, { rockets }: FleetJson): number | undefined => {
  if (query.search.trim() !== '' || query.type !== null) return undefined;
  if (query.status !== null) return query.only === null ? rockets.byStatus[query.status] : undefined;
  const counts = { gaps: rockets.withGaps, silent: rockets.silent, incomplete: rockets.incomplete };
  return query.only === null ? rockets.total : counts[query.only];
};

/** A second press on the sorted column turns it round; figures start with the largest, times with the newest. */
export const sortedBy = (query: FleetQuery, key: SortKey): FleetQuery => ({
  ...query,
  sort: key,
  descending:
    query.sort === key ? !query.descending : key === 'speed' || key === 'waiting' || key === 'heardAt',
});

/** The query as it stands in the address, so that a view can be bookmarked and sent to a colleague. */
export const queryToParams = (query: FleetQuery): URLSearchParams => {
  const params = new URLSearchParams();
  if (query.search !== '') params.set('search', query.search);
  if (query.status !== null) params.set('status', query.status);
  if (query.type !== null) params.set('type', query.type);
  if (query.only !== null) params.set('only', query.only);
  if (query.sort !== 'channel' || query.descending) params.set('sort', sortText(query));
  return params;
};

export const queryFromParams = (params: URLSearchParams): FleetQuery => {
  const sort = params.get('sort') ?? 'channel';
  const key = sort.replace(/^-/, '');
  return {
    search: params.get('search') ?? '',
    status: statuses.find((known) => known === params.get('status')) ?? null,
    type: params.get('type'),
    only: concerns.find((known) => known === params.get('only')) ?? null,
    sort: sortKeys.find((known) => known === key) ?? 'channel',
    descending: sort.startsWith('-'),
  };
};

/** An exploded rocket is never silent: it will not be heard again. */
export const isSilent = (
  rocket: { readonly status: RocketStatus; readonly heardAt: string | null },
  silentAfterSeconds: number,
  now: number,
): boolean =>
  rocket.status !== 'exploded' &&
  rocket.heardAt !== null &&
  now - Date.parse(rocket.heardAt) >= silentAfterSeconds * 1000;

const sortText = ({ sort, descending }: FleetQuery): string => `${descending ? '-' : ''}${sort}`;

const statuses: readonly RocketStatus[] = ['awaiting-launch', 'flying', 'exploded'];
