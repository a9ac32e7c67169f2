import { rocketStatuses } from '../../../../domain/rocket.js';
import { record, ref, type Schema } from '../model.js';

const orNull = (schema: Schema): Schema => ({ oneOf: [schema, { type: 'null' }] });
const nullOnly: Schema = { type: 'null' };

const rocketFields: Readonly<Record<string, Schema>> = {
  channel: ref('Channel'),
  type: { ...orNull(ref('Text')), description: 'Null before the launch, and when the launch was skipped.' },
  speed: {
    type: ['integer', 'null'],
    description:
      'Null before the launch. On a rocket that is not `complete` it is relative and may be below zero.',
  },
  mission: orNull(ref('Text')),
  status: { enum: rocketStatuses },
  reason: { ...orNull(ref('Text')), description: 'Why it exploded.' },
  launchedAt: orNull(ref('UtcTime')),
  explodedAt: orNull(ref('UtcTime')),
  updatedAt: { ...orNull(ref('UtcTime')), description: 'Time of the last message that was not refused.' },
  version: {
    type: 'integer',
    minimum: 0,
    description:
      'The number of the last message that was consumed. The state holds up to here, without a gap.',
  },
  highestSeen: { type: 'integer', minimum: 0, description: 'The highest message number heard so far.' },
  pending: { type: 'integer', minimum: 0, description: 'Messages that wait behind a gap.' },
  complete: { type: 'boolean', description: 'False for ever once a range of messages was skipped.' },
};

/** What the status says about the other fields. */
const byStatus: Schema = {
  allOf: [
    {
      if: { type: 'object', properties: { status: { const: 'awaiting-launch' } } },
      then: {
        type: 'object',
        properties: { type: nullOnly, speed: nullOnly, mission: nullOnly, launchedAt: nullOnly },
      },
    },
    {
      if: { type: 'object', properties: { status: { const: 'exploded' } } },
      then: {
        type: 'object',
        properties: { reason: ref('Text'), explodedAt: ref('UtcTime'), speed: { type: 'integer' } },
      },
      else: { type: 'object', properties: { reason: nullOnly, explodedAt: nullOnly } },
    },
  ],
};

const asOf: Schema = record(
  {
    at: { ...ref('Time'), description: 'The time that was asked for.' },
    version: { type: 'integer', minimum: 0 },
  },
  ['at'],
);

export const rocketSchemas: Readonly<Record<string, Schema>> = {
  Rocket: { ...record(rocketFields), ...byStatus },
  PastRocket: {
    ...record({ ...rocketFields, asOf }),
    ...byStatus,
    description: 'The rocket as it was; `highestSeen` is the version then and nothing is `pending`.',
  },
  Gap: record({
    channel: ref('Channel'),
    from: ref('MessageNumber'),
    to: ref('MessageNumber'),
    count: { type: 'integer', minimum: 1, description: 'How many numbers are missing.' },
    since: { ...ref('UtcTime'), description: 'When the first message from beyond the gap was received.' },
    waiting: { type: 'integer', minimum: 0, description: 'Messages that wait beyond the gap.' },
  }),
  SkippedGap: record({
    channel: ref('Channel'),
    from: ref('MessageNumber'),
    to: ref('MessageNumber'),
    version: { type: 'integer', minimum: 1, description: 'The version after what waited was worked off.' },
  }),
};
