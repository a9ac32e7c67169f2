import type { DropReason } from '../../../../application/feed/feed-message.js';
import { eventTypes, refusalRules } from '../../../../domain/rocket-event.js';
import { openApi } from './document.js';
import * as example from './examples.js';
import { record, ref, type Schema } from './model.js';

interface FeedMessage {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly contentType: 'application/json';
  readonly payload: Schema;
  readonly examples: readonly { readonly payload: unknown }[];
}

const message = (
  name: string,
  title: string,
  summary: string,
  payload: Schema,
  samples: readonly unknown[],
): FeedMessage => ({
  name,
  title,
  summary,
  contentType: 'application/json',
  payload,
  examples: samples.map((sample) => ({ payload: sample })),
});

const { channel, position } = example;

const messages: Readonly<Record<string, FeedMessage>> = {
  event: message(
    'message',
    'An event',
    'Everything recorded, refused and skipped messages included. It has no `event:` line; `id:` is its position.',
    ref('RocketEvent'),
    [example.launchEvent, example.skipEvent],
  ),
  caughtUp: message(
    'caught-up',
    'The past is told',
    'Everything up to this position was sent; what follows happens now.',
    record({ position: ref('Position') }),
    [{ position }],
  ),
  gapsChanged: message(
    'gaps-changed',
    'What is missing has changed',
    'Gaps of this rocket opened, closed or changed, or what waits behind them: ask `GET /rockets/{channel}/gaps`. Without `channel` those of many rockets have. Told at most a few times a second, without a position, and not to a reader that asks for one `type` or `rule`.',
    record({ channel: ref('Channel') }, ['channel']),
    [{ channel }, {}],
  ),
  messageLate: message(
    'message-late',
    'A message came after its number was skipped',
    'It is kept: `GET /rockets/{channel}/messages/{number}`. Told without a position: whoever was not there finds it in `GET /rockets/{channel}/late`. Not told to a reader that asks for one `type` or `rule`.',
    record({ channel: ref('Channel'), number: ref('MessageNumber') }),
    [{ channel, number: 3 }],
  ),
  dropped: message(
    'dropped',
    'The service ends the feed',
    'The reader took nothing for too long, or the service shuts down or has lost its store. Come back with the position.',
    record({
      position: ref('Position'),
      reason: { enum: ['too-slow', 'shutting-down', 'store-unavailable'] satisfies DropReason[] },
    }),
    [{ position, reason: 'shutting-down' }],
  ),
  reset: message(
    'reset',
    'The position is not of this history',
    'It belongs to another store, or to the time before this one was restored from a copy. The feed starts from its beginning, which is the `position` and the `id`: forget what you have built.',
    record({ reason: { const: 'unknown-position' }, position: ref('Position') }),
    [{ reason: 'unknown-position', position: 'k3x9q2-0' }],
  ),
};

/** The contract of the live feed, served at /asyncapi.json. */
export const asyncApi = {
  asyncapi: '3.0.0',
  info: {
    title: 'Rockets live feed',
    version: '1.0.0',
    description:
      'Server-sent events on GET /events with `Accept: text/event-stream`. All rockets on one connection, narrowed by `channel`, `type` and `rule`. `retry: 2000` asks browsers to come back after 2 s; a comment line every 15 s shows that the connection lives. The `id` says where to go on; a block with nothing but an `id` tells a reader with filters how far the feed has come. Resume with `Last-Event-ID` or `?after=`: nothing is lost or doubled, and events of one rocket come in order.',
    license: { name: 'MIT' },
  },
  defaultContentType: 'application/json',
  servers: {
    here: { host: 'localhost:8088', protocol: 'http', description: 'The default address of the service' },
  },
  channels: {
    feed: {
      address: '/events',
      title: 'The feed of all rockets',
      messages: Object.fromEntries(
        Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
      ),
    },
  },
  operations: {
    followFeed: {
      action: 'send',
      title: 'Follow the feed',
      channel: { $ref: '#/channels/feed' },
      bindings: {
        http: {
          method: 'GET',
          query: {
            type: 'object',
            properties: {
              after: { anyOf: [ref('Position'), { enum: ['latest', 'beginning'] }] },
              type: { enum: eventTypes },
              rule: { enum: refusalRules },
              channel: ref('Channel'),
            },
          },
          bindingVersion: '0.3.0',
        },
      },
      messages: Object.keys(messages).map((name) => ({ $ref: `#/channels/feed/messages/${name}` })),
    },
  },
  components: {
    messages,
    schemas: openApi.components.schemas,
  },
} as const;
