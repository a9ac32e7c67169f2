import { eventTypes } from '../../../domain/rocket-event.js';
import { rocketStatuses } from '../../../domain/rocket.js';
import { rocketSorts } from '../../../application/ports/rocket-directory.js';
import * as example from './examples.js';
import { ref, type Parameter, type Schema } from './model.js';

const inPath = (name: string, description: string, schema: Schema, value: unknown): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema,
  example: value,
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

export const ifNoneMatch = inHeader('If-None-Match', 'The `ETag` you already have.');

export const channelInPath = inPath('channel', 'The rocket.', ref('Channel'), example.channel);
export const numberInPath = inPath('number', 'The message number.', ref('MessageNumber'), 1);
export const positionInPath = inPath(
  'position',
  'The position of the event.',
  ref('Position'),
  example.position,
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
  { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
  10,
);

export const cursor = inQuery(
  'cursor',
  'Where the page begins; take it from the `Link` header of the page before.',
  { type: 'string' },
);

const sort = inQuery(
  'sort',
  'The field to sort by; a minus in front sorts downwards. Ties stand in order of the channel, unknown values last.',
  { enum: [...rocketSorts, ...rocketSorts.map((field) => `-${field}`)], default: 'channel' },
  '-speed',
);

export const listParameters: readonly Parameter[] = [
  inQuery('status', 'Only rockets of this status.', { enum: rocketStatuses }),
  inQuery('type', 'Only rockets of this type, in full and letter case.', ref('Text')),
  inQuery('mission', 'Only rockets on this mission, in full and letter case.', ref('Text')),
  sort,
  { ...sort, name: 'sortBy', description: 'The same as `sort`.' },
  inQuery('order', 'The direction, when `sort` does not say it.', {
    enum: ['asc', 'desc', 'ASC', 'DESC'],
    default: 'asc',
  }),
  limit,
  cursor,
];

export const pastParameters: readonly Parameter[] = [
  inQuery('version', 'The state after this message number; 0 is before the first.', ref('Amount')),
  inQuery('at', 'The state as the messages sent up to this time made it; RFC 3339.', ref('Time')),
];

export const historyParameters: readonly Parameter[] = [
  inQuery('after', 'Only events of higher numbers.', { type: 'integer', minimum: 0, default: 0 }),
  limit,
];

export const feedParameters: readonly Parameter[] = [
  inQuery(
    'after',
    'Only events behind this position. A live feed also takes `latest`, only what is still to come, and `beginning`.',
    {
      anyOf: [ref('Position'), { enum: ['latest', 'beginning'] }],
    },
  ),
  inQuery('type', 'Only events of this type.', { enum: eventTypes }),
  inQuery('channel', 'Only events of this rocket.', ref('Channel')),
  limit,
  inHeader(
    'Last-Event-ID',
    'Live feed only: the position to go on from, as browsers send it; wins over `after`.',
  ),
];
