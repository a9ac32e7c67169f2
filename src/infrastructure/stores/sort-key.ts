import type {
  RocketPlace,
  RocketSort,
  RocketSummary,
  SortKey,
} from '../../application/ports/rocket-directory.js';
import { utcKey } from '../../domain/rocket-time.js';
import { compareText } from './text-order.js';

/** What a listing is sorted by, as the rocket has it; null when unknown. Cheap: only asked whether it has changed. */
export const sortField = (summary: RocketSummary, sort: RocketSort): SortKey => {
  const { rocket } = summary;
  if (sort === 'status') return rocket.status;
  if (sort === 'channel' || sort === 'updatedAt' || sort === 'heardAt' || sort === 'waiting')
    return summary[sort];
  return rocket.status === 'awaiting-launch' ? null : rocket[sort];
};

/** The same in a form that compares: equal instants are equal, whatever zone and decimals they were sent with. */
export const sortKey = (summary: RocketSummary, sort: RocketSort): SortKey => {
  const field = sortField(summary, sort);
  const isTime = sort === 'launchedAt' || sort === 'updatedAt';
  return isTime && typeof field === 'string' ? utcKey(field) : field;
};

/** Unknown values come last and ties go by channel, whichever way the keys run. */
export const placeOrder =
  (descending: boolean) =>
  (a: RocketPlace, b: RocketPlace): number => {
    if (a.key === b.key) return compareText(a.channel, b.channel);
    if (a.key === null) return 1;
    if (b.key === null) return -1;
    return descending ? compare(b.key, a.key) : compare(a.key, b.key);
  };

const compare = (a: string | number, b: string | number): number =>
  typeof a === 'string' ? compareText(a, String(b)) : a - Number(b);
