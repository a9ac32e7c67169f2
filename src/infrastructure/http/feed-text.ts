import type { FeedMessage } from '../../application/feed-subscription.js';
import type { Position } from '../../application/ports/event-store.js';
import type { Gap } from '../../application/ports/rocket-directory.js';
import { eventView } from './views.js';

/** Asks browsers to come back after two seconds. */
export const retryText = 'retry: 2000\n\n';

/**
 * The id of a place before the first event. A reader that connects to an empty store and loses its connection has to
 * come back to something: without an id it would start at the end again.
 */
export const beginning = 'beginning';

/** Server-sent events, rendered once for all readers that get the same message. */
export const feedText = (message: FeedMessage): Buffer => {
  const known = rendered.get(message);
  if (known !== undefined) return known;
  const text = Buffer.from(render(message));
  rendered.set(message, text);
  return text;
};

const rendered = new WeakMap<FeedMessage, Buffer>();

const render = (message: FeedMessage): string => {
  switch (message.kind) {
    case 'news':
      return (
        message.events.map((event) => `id: ${event.position}\n${data(eventView(event))}`).join('') +
        message.closed.map(({ channel, from, to }) => named('gap-closed', { channel, from, to })).join('') +
        message.opened.map((gap) => named('gap-opened', openedView(gap))).join('')
      );
    case 'caught-up':
      return id(message.position) + named('caught-up', { position: message.position ?? null });
    case 'progress':
      // Without data nothing is dispatched, but a browser remembers the id.
      return `${id(message.position)}\n`;
    case 'ping':
      return ': ping\n\n';
    case 'reset':
      return id(undefined) + named('reset', { reason: message.reason });
    case 'dropped':
      return (
        id(message.position) +
        named('dropped', { position: message.position ?? null, reason: message.reason })
      );
  }
};

const openedView = ({ channel, from, to, since, waiting }: Gap) => ({
  channel,
  from,
  to,
  since: new Date(since).toISOString(),
  waiting,
});

const id = (position: Position | undefined): string => `id: ${position ?? beginning}\n`;
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (name: string, value: object): string => `event: ${name}\n${data(value)}`;
