import type { FeedSelection } from '../feed/feed-selection.js';
import type { StoredEvent } from '../ports/event-store.js';
import type { Selection } from '../ports/subscription-store.js';

export const isWanted = ({ types, channels }: Selection, { channel, event }: StoredEvent): boolean =>
  (types === undefined || types.includes(event.type)) &&
  (channels === undefined || channels.includes(channel));

/** What the feed itself can leave out. */
export const asFeed = ({ types, channels }: Selection): FeedSelection => ({
  ...(types?.length === 1 && { type: types[0]! }),
  ...(channels?.length === 1 && { channel: channels[0]! }),
});

/** Whether one who reads the feed for the one reads the wrong events for the other. */
export const isOtherFeed = (one: Selection, other: Selection): boolean =>
  JSON.stringify(asFeed(one)) !== JSON.stringify(asFeed(other));
