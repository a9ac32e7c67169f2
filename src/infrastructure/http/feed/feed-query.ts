import type { FeedSelection } from '../../../application/feed/feed-selection.js';
import { eventTypes, refusalRules } from '../../../domain/rocket-event.js';
import type { QueryReader } from '../query-reader.js';

/** Which events a page or a live feed is asked for. */
export const selectionIn = (query: QueryReader): FeedSelection => {
  const channel = query.channel('channel');
  const type = query.oneOf('type', eventTypes);
  const rule = query.oneOf('rule', refusalRules);
  if (rule !== undefined && type !== undefined && type !== 'MessageRefused')
    query.refuse('rule', 'exclusive', `asks for MessageRefused, and type for ${type}`);
  return { channel, type, rule };
};
