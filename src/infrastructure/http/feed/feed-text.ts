import type { FeedMessage } from '../../../application/feed/feed-message.js';
import type { Position, StoredEvent } from '../../../application/ports/event-store.js';
import { eventText } from '../views.js';

/** Asks browsers to come back after two seconds. */
export const retryText = 'retry: 2000\n\n';

/** Server-sent events, rendered once for all readers that get the same message. */
export interface FeedText {
  readonly bytes: Buffer;
  /** How many readers have not taken it all. */
  holders: number;
}

export const feedText = (message: FeedMessage): FeedText => {
  const known = rendered.get(message);
  if (known !== undefined) return known;
  const text = { bytes: Buffer.from(render(message)), holders: 0 };
  rendered.set(message, text);
  return text;
};

const rendered = new WeakMap<FeedMessage, FeedText>();

const render = (message: FeedMessage): string => {
  switch (message.kind) {
    case 'news':
      return newsText(message.events);
    case 'gaps-changed': {
      const { channels } = message;
      if (channels === undefined) return named('gaps-changed', {});
      return channels.map((channel) => named('gaps-changed', { channel })).join('');
    }
    case 'message-late':
      return message.messages.map((late) => named('message-late', late)).join('');
    case 'caught-up':
      return id(message.position) + named('caught-up', { position: message.position });
    case 'progress':
      // Without data nothing is dispatched, but a browser remembers the id.
      return `${id(message.position)}\n`;
    case 'ping':
      return ': ping\n\n';
    case 'reset':
      return id(message.position) + named('reset', { reason: message.reason, position: message.position });
    case 'dropped':
      return id(message.position) + named('dropped', { position: message.position, reason: message.reason });
  }
};

/** A loop over one string: with a live reader this is what an event costs most. */
const newsText = (events: readonly StoredEvent[]): string => {
  let text = '';
  for (const event of events) text += `id: ${event.position}\ndata: ${eventText(event)}\n\n`;
  return text;
};

const id = (position: Position): string => `id: ${position}\n`;
const named = (name: string, value: object): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
