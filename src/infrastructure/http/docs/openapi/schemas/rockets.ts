import { rocketStatuses } from '../../../../../domain/rocket.js';
import { record, ref, type Schema } from '../model.js';

const orNull = (schema: Schema): Schema => ({ oneOf: [schema, { type: 'null' }] });
const nullOnly: Schema = { type: 'null' };
const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description });

const rocketFields: Readonly<Record<string, Schema>> = {
  channel: ref('Channel'),
  type: { ...orNull(ref('Text')), description: 'Null before the launch, and when the launch was skipped.' },
  speed: {
    type: ['integer', 'null'],
    description:
      'Null while no launch was heard. On a rocket that is not `complete` it is the sum of what was heard, and may be below zero.',
  },
  speedChange: {
    type: ['integer', 'null'],
    description:
      'The sum of all speed changes heard of a rocket whose launch was not: there is no speed to add them to. Null for every other rocket.',
  },
  mission: orNull(ref('Text')),
  status: { enum: rocketStatuses },
  reason: { ...orNull(ref('Text')), description: 'Why it exploded.' },
  launchedAt: orNull(ref('UtcTime')),
  explodedAt: orNull(ref('UtcTime')),
  updatedAt: { ...orNull(ref('UtcTime')), description: 'Time of the last message that was not refused.' },
  heardAt: {
    ...ref('UtcTime'),
    description: 'When something new was last heard of it, by the clock of the service.',
  },
  version: count(
    'The number of the last message that was consumed. The state holds up to here, without a gap.',
  ),
  highestHeard: count('The highest message number heard so far.'),
  waiting: count('Messages that wait for a gap to close.'),
  late: count('Messages that came after their number was skipped.'),
  complete: { type: 'boolean', description: 'False for ever once a range of messages was skipped.' },
};

/** What the status, and what was heard of the launch, say about the other fields. */
const dependencies: Schema = {
  allOf: [
    {
      if: { type: 'object', properties: { status: { const: 'awaiting-launch' } } },
      then: {
        type: 'object',
        properties: {
          type: nullOnly,
          speed: nullOnly,
          speedChange: nullOnly,
          mission: nullOnly,
          launchedAt: nullOnly,
        },
      },
      else: {
        type: 'object',
        oneOf: [
          {
            properties: { launchedAt: { type: 'string' }, speed: { type: 'integer' }, speedChange: nullOnly },
          },
          {
            properties: {
              launchedAt: nullOnly,
              speed: nullOnly,
              speedChange: { type: 'integer' },
              complete: { const: false },
            },
          },
        ],
      },
    },
    {
      if: { type: 'object', properties: { status: { const: 'exploded' } } },
      then: { type: 'object', properties: { reason: ref('Text'), explodedAt: ref('UtcTime') } },
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

const range = { from: ref('MessageNumber'), to: ref('MessageNumber') };

export const rocketSchemas: Readonly<Record<string, Schema>> = {
  Rocket: { ...record(rocketFields), ...dependencies },
  PastRocket: {
    ...record({ ...rocketFields, heardAt: nullOnly, asOf }),
    ...dependencies,
    description:
      'The rocket as it was: `highestHeard` is the version then, and nothing is `waiting` or `late`.',
  },
  Gap: record({
    channel: ref('Channel'),
    ...range,
    count: { type: 'integer', minimum: 1, description: 'How many numbers are missing.' },
    since: { ...ref('UtcTime'), description: 'When the gap opened.' },
    waiting: count('Messages that wait right behind it, up to the next gap.'),
  }),
  Skip: {
    description:
      'The first gap, named by its ends, so that nothing is skipped if it has moved; or `upTo`: every gap that begins at or below that number, and of the last one no more than up to there.',
    oneOf: [
      {
        title: 'One gap',
        type: 'object',
        properties: { ...range, why: ref('Why') },
        required: ['from', 'to'],
        not: { required: ['upTo'] },
      },
      {
        title: 'Several gaps',
        type: 'object',
        properties: { upTo: ref('MessageNumber'), why: ref('Why') },
        required: ['upTo'],
        not: { anyOf: [{ required: ['from'] }, { required: ['to'] }] },
      },
    ],
  },
  SkippedGaps: record({
    channel: ref('Channel'),
    ...range,
    gaps: { type: 'integer', minimum: 1, description: 'How many gaps were skipped.' },
    numbers: { type: 'integer', minimum: 1, description: 'How many numbers were given up.' },
    version: {
      type: 'integer',
      minimum: 1,
      description: 'The version of the rocket behind the skip, with what could be worked off at once.',
    },
  }),
};
