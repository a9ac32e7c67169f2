import type { RefusalRule } from '../../../../domain/rocket-event.js';
import type { RocketReport } from '../../../../domain/rocket-message.js';
import { exactly, openRecord, record, ref, type Schema } from '../model.js';

const payloads = {
  RocketLaunched: 'RocketLaunched',
  RocketSpeedIncreased: 'SpeedChange',
  RocketSpeedDecreased: 'SpeedChange',
  RocketMissionChanged: 'MissionChange',
  RocketExploded: 'Explosion',
} as const satisfies Record<RocketReport['type'], string>;

const rules = [
  'already-launched',
  'not-launched',
  'speed-out-of-range',
  'speed-below-zero',
  'rocket-exploded',
] as const satisfies readonly RefusalRule[];

const message = (messageType: keyof typeof payloads): Schema => ({
  type: 'object',
  required: ['metadata'],
  properties: {
    metadata: openRecord({
      channel: ref('Channel'),
      messageNumber: ref('MessageNumber'),
      messageTime: ref('Time'),
      messageType: { const: messageType },
    }),
    message: ref(payloads[messageType]),
    content: { ...ref(payloads[messageType]), description: 'An older name of `message`.' },
  },
  oneOf: [{ required: ['message'] }, { required: ['content'] }],
});

/** What one rocket said, as the history shows it inside a refused message. */
const report = (type: keyof typeof payloads): Schema =>
  record({ type: { const: type }, data: exactly(payloads[type]) });

const missing: Schema = {
  ...ref('NumberRange'),
  description: 'Only when `buffered`: the first range of numbers that this message waits for.',
};

const outcomeFields: Readonly<Record<string, Schema>> = {
  outcome: {
    enum: ['applied', 'refused', 'buffered', 'duplicate'],
    description:
      '`applied`: it changed the rocket. `refused`: recorded, but it broke a rule of flight. `buffered`: stored until the missing numbers arrive. `duplicate`: the same message had already arrived.',
  },
  channel: ref('Channel'),
  messageNumber: ref('MessageNumber'),
  version: {
    type: 'integer',
    minimum: 0,
    description: 'The version of the rocket after the batch this message was judged in.',
  },
  missing,
  refusal: { ...ref('Refusal'), description: 'Only when `refused`: the rule that was broken.' },
};

/** What became of the lines of an NDJSON stream. */
export const lineCounts: Readonly<Record<string, Schema>> = Object.fromEntries(
  ['received', 'applied', 'refused', 'buffered', 'duplicate', 'conflict', 'invalid'].map((name) => [
    name,
    ref('Amount'),
  ]),
);

export const messageSchemas: Readonly<Record<string, Schema>> = {
  RocketLaunched: openRecord({ type: ref('Text'), launchSpeed: ref('Amount'), mission: ref('Text') }),
  SpeedChange: openRecord({ by: ref('Amount') }),
  MissionChange: openRecord({ newMission: ref('Text') }),
  Explosion: openRecord({ reason: ref('Text') }),
  RocketMessage: {
    oneOf: (Object.keys(payloads) as (keyof typeof payloads)[]).map(message),
    description: 'What a rocket reports by radio. Fields that are not named here are ignored.',
  },
  RocketReport: { oneOf: (Object.keys(payloads) as (keyof typeof payloads)[]).map(report) },
  Rule: {
    enum: rules,
    description: 'A rule of flight that a message can break.',
  },
  Refusal: { enum: [...rules, 'arrived-after-skip'] },
  NumberRange: record({ from: ref('MessageNumber'), to: ref('MessageNumber') }),
  MessageOutcome: record(outcomeFields, ['missing', 'refusal']),
  BatchResult: record(
    {
      ...lineCounts,
      items: {
        type: 'array',
        items: ref('BatchItem'),
        description: 'The lines that were refused, in conflict or invalid; at most 1,000.',
      },
      itemsOmitted: { type: 'integer', minimum: 1, description: 'How many more such lines there were.' },
    },
    ['itemsOmitted'],
  ),
  BatchItem: record(
    {
      line: { type: 'integer', minimum: 1, description: 'Counts from 1, blank lines too.' },
      outcome: { enum: ['refused', 'conflict', 'invalid'] },
      retryable: { type: 'boolean', description: 'Whether sending the same line again can end otherwise.' },
      channel: ref('Channel'),
      messageNumber: ref('MessageNumber'),
      refusal: ref('Refusal'),
      detail: { type: 'string', minLength: 1, description: 'Only when `invalid`: what is wrong with it.' },
      errors: { type: 'array', items: ref('FieldError') },
    },
    ['channel', 'messageNumber', 'refusal', 'detail', 'errors'],
  ),
};
