import { rocketSorts } from '../../../../application/ports/rocket-directory.js';
import { eventTypes, refusalRules } from '../../../../domain/rocket-event.js';
import { rocketStatuses } from '../../../../domain/rocket.js';
import { DEFAULT_PAGE, MAX_PAGE } from '../../query-reader.js';
import * as example from './examples.js';
import { ref, type Parameter, type Schema } from './model.js';

const inPath = (name: string, description: string, schema: Schema, value?: unknown): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema,
  ...(value === undefined ? {} : { example: value }),
});

const inQuery = (name: string, description: string, schema: Schema, value?: unknown): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
  ...(value === undefined ? {} : { example: value }),
});

const inHeader = (name: string, description: string): Parameter => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string' },
});

export const requestId = inHeader(
  'X-Request-Id',
  'An id of your own for this request; it comes back and stands in the log. `Request-Id` is read as well.',
);

export const traceparent = inHeader(
  'traceparent',
  'The trace that this belongs to, as W3C Trace Context has it. With `TRACING=otlp` its flag says whether the way of the message is recorded; one that makes no sense is ignored.',
);

export const ifNoneMatch = inHeader('If-None-Match', 'The `ETag` you already have.');

export const channelInPath = inPath('channel', 'The rocket.', ref('Channel'), example.channel);
export const numberInPath = inPath('number', 'The message number.', ref('MessageNumber'), 1);
/** Without an example: no position but one that this very store gave out would be found. */
export const positionInPath = inPath(
  'position',
  'The `position` of the event, as any event has it: `GET /events?limit=1` has the first one.',
  ref('Position'),
);
export const nameInPath = inPath(
  'name',
  'The subscription.',
  ref('SubscriptionName'),
  example.subscription.name,
);
export const slugInPath = inPath(
  'slug',
  'The last part of the `type` of a problem.',
  { type: 'string' },
  'conflict',
);

export const limit = inQuery(
  'limit',
  'The most entries of one page.',
  { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE },
  10,
);

/** Of a listing whose pages only its own links lead through. */
export const afterPlace = inQuery(
  'after',
  'Where the page begins; take it from the `Link` header of the page before, with the same sort and filters.',
  { type: 'string' },
);

export const afterName = inQuery('after', 'Only what stands behind this name.', ref('SubscriptionName'));

export const afterChannel = inQuery('after', 'Only what stands behind this channel.', ref('Channel'));

/** Of what belongs to one rocket and has numbers. */
export const afterNumber = inQuery('after', 'Only what stands behind this number, in the order asked for.', {
  type: 'integer',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
});

const order = inQuery('order', '`desc`: the newest first.', { enum: ['asc', 'desc'], default: 'asc' });

const sort = inQuery(
  'sort',
  'The field to sort by, without it `channel`; a minus in front sorts downwards. Ties stand in order of the channel, unknown values last.',
  { enum: [...rocketSorts, ...rocketSorts.map((field) => `-${field}`)] },
  '-speed',
);

export const listParameters: readonly Parameter[] = [
  {
    ...inQuery('status', 'Only rockets of these, by comma: `status=flying,exploded`.', {
      type: 'array',
      items: { enum: rocketStatuses },
      minItems: 1,
    }),
    explode: false,
  },
  inQuery('type', 'Only rockets of this type, in full and letter case.', ref('Text')),
  inQuery('mission', 'Only rockets on this mission, in full and letter case.', ref('Text')),
  inQuery(
    'q',
    'Only rockets with this in channel, type or mission, whatever the case of A to Z.',
    ref('Text'),
  ),
  inQuery('waiting', 'Only rockets with gaps, or only those without.', { type: 'boolean' }),
  inQuery('complete', 'Only rockets of which nothing was skipped, or only the others.', { type: 'boolean' }),
  inQuery('silentFor', 'Only rockets not heard for so long and not exploded: `30s`, `10m`, `1h`, `2d`.', {
    type: 'string',
    pattern: '^(0|[0-9]+(\\.[0-9]+)?(ms|s|m|h|d))$',
  }),
  sort,
  { ...sort, name: 'sortBy', description: 'The same as `sort`.' },
  // Without a default, which /docs would send along, against a `sort` that begins with a minus.
  inQuery('order', 'The direction, when `sort` does not say it; without either `asc`.', {
    enum: ['asc', 'desc', 'ASC', 'DESC'],
  }),
  limit,
  afterPlace,
];

export const pastParameters: readonly Parameter[] = [
  inQuery('version', 'The state after this message number; 0 is before the first.', ref('Amount')),
  inQuery('at', 'The state as the messages sent up to this time made it; RFC 3339.', ref('Time')),
];

export const historyParameters: readonly Parameter[] = [afterNumber, order, limit];

export const feedParameters: readonly Parameter[] = [
  inQuery(
    'after',
    'Only events behind this position, in the order asked for. Whoever has none yet takes `beginning`, the place before all events, or `latest`, behind all that there are.',
    { anyOf: [ref('Position'), { enum: ['latest', 'beginning'] }] },
    'beginning',
  ),
  inQuery('type', 'Only events of this type.', { enum: eventTypes }),
  inQuery('rule', 'Only messages that were refused by this rule.', { enum: refusalRules }),
  inQuery('channel', 'Only events of this rocket.', ref('Channel')),
  { ...order, description: 'Pages only. `desc`: the newest first.' },
  { ...limit, description: 'Pages only: the most entries of one page.' },
  inHeader(
    'Last-Event-ID',
    'Live feed only: the position to go on from, as browsers send it; wins over `after`.',
  ),
];
