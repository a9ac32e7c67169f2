import type { RocketSort, RocketSummary, SortKey } from '../../application/ports/rocket-directory.js';
import { toUtc } from '../../domain/rocket-time.js';

/** What a listing is sorted by, as the rocket has it; null when unknown. */
export const sortField = ({ channel, rocket, updatedAt }: RocketSummary, sort: RocketSort): SortKey => {
  if (sort === 'channel') return channel;
  if (sort === 'updatedAt') return updatedAt;
  if (sort === 'status') return rocket.status;
  return rocket.status === 'awaiting-launch' ? null : rocket[sort];
};

/** The same in a form that compares: equal instants are equal, whatever zone and decimals they were sent with. */
export const sortKey = (summary: RocketSummary, sort: RocketSort): SortKey => {
  const field = sortField(summary, sort);
  const isTime = sort === 'launchedAt' || sort === 'updatedAt';
  return isTime && typeof field === 'string' ? instantKey(field) : field;
};

/** UTC without closing zeros: `05` before `05.5` before `05.51`. */
export const instantKey = (time: string): string => {
  const utc = toUtc(time);
  return utc.includes('.') ? utc.replace(/\.?0*Z$/, '') : utc.slice(0, -1);
};
