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
  sample: unknown,
): FeedMessage => ({
  name,
  title,
  summary,
  contentType: 'application/json',
  payload,
  examples: [{ payload: sample }],
});

const { channel, position } = example;
const positionOnly = ref('Position');

const messages: Readonly<Record<string, FeedMessage>> = {
  event: message(
    'message',
    'An event',
    'Everything recorded, refused and skipped messages included. It has no `event:` line; `id:` is its position.',
    ref('RocketEvent'),
    example.launchEvent,
  ),
  caughtUp: message(
    'caught-up',
    'The past is told',
    'Everything up to this position was sent; what follows happens now.',
    record({ position: { oneOf: [positionOnly, { type: 'null' }] } }),
    { position },
  ),
  gapOpened: message(
    'gap-opened',
    'A gap opened',
    'A message came ahead of others that are missing.',
    record({
      channel: ref('Channel'),
      from: ref('MessageNumber'),
      to: ref('MessageNumber'),
      since: ref('UtcTime'),
      waiting: ref('Amount'),
    }),
    { channel, from: 3, to: 3, since: example.gap.since, waiting: 2 },
  ),
  gapClosed: message(
    'gap-closed',
    'A gap closed',
    'The missing messages arrived, or the gap was skipped.',
    record({ channel: ref('Channel'), from: ref('MessageNumber'), to: ref('MessageNumber') }),
    { channel, from: 3, to: 3 },
  ),
  dropped: message(
    'dropped',
    'The service ends the feed',
    'The reader was too slow, or the service shuts down or has lost its store. Come back with the position.',
    record({
      position: { oneOf: [positionOnly, { type: 'null' }] },
      reason: { enum: ['too-slow', 'shutting-down', 'store-unavailable'] },
    }),
    { position, reason: 'shutting-down' },
  ),
  reset: message(
    'reset',
    'The position is not of this store',
    'The feed starts from its beginning: forget what you have built.',
    record({ reason: { const: 'unknown-position' } }),
    { reason: 'unknown-position' },
  ),
};

/** The contract of the live feed, served at /asyncapi.json. */
export const asyncApi = {
  asyncapi: '3.0.0',
  info: {
    title: 'Rockets live feed',
    version: '1.0.0',
    description:
      'Server-sent events on GET /events with `Accept: text/event-stream`. All rockets on one connection, narrowed by `channel` and `type`. `retry: 2000` asks browsers to come back after 2 s; a comment line every 15 s shows that the connection lives. The `id` says where to go on; a block with nothing but an `id` tells a reader with filters how far the feed has come. Resume with `Last-Event-ID` or `?after=`: nothing is lost or doubled, and events of one rocket come in order.',
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
              after: { anyOf: [positionOnly, { enum: ['latest', 'beginning'] }] },
              type: { type: 'string' },
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
