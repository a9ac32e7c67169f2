import type { RefusalRule } from '../../domain/rocket-event.js';
import type { FeedFilter, StoredEvent } from '../ports/event-store.js';

/** Which events are wanted: what a store can look for, and the rule that a refused message broke. */
export interface FeedSelection extends FeedFilter {
  readonly rule?: RefusalRule;
}

/** What a store is asked for; of what it answers, `selects` may leave out more. */
export const storeFilter = ({ channel, type, rule }: FeedSelection): FeedFilter => ({
  channel,
  type: rule === undefined ? type : 'MessageRefused',
});

export const selects = (
  { channel, type, rule }: FeedSelection,
  { channel: of, event }: Pick<StoredEvent, 'channel' | 'event'>,
): boolean =>
  (channel === undefined || channel === of) &&
  (type === undefined || type === event.type) &&
  (rule === undefined || (event.type === 'MessageRefused' && event.data.rule === rule));

/** Whether only events are wanted, and nothing is to be told of gaps and late messages. */
export const isOfEvents = ({ type, rule }: FeedSelection): boolean =>
  type !== undefined || rule !== undefined;
