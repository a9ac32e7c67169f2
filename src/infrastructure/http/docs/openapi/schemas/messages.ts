import { outcomeKinds } from '../../../../../application/ingest/outcome.js';
import { refusalRules } from '../../../../../domain/rocket-event.js';
import type { RocketReport } from '../../../../../domain/rocket-message.js';
import {
  ExplosionDto,
  LaunchDto,
  MessageDto,
  MissionChangeDto,
  SpeedChangeDto,
  messageTypes,
  nestedField,
  type Class,
} from '../../../messages/message-dto.js';
import { exactly, openRecord, record, ref, type Schema } from '../model.js';
import { fieldSchemas } from '../schema-of.js';
import { named } from './values.js';

/** The names of the payloads in the document; what they hold is what the message format says. */
const payloads: Readonly<Record<string, Class>> = {
  RocketLaunched: LaunchDto,
  SpeedChange: SpeedChangeDto,
  MissionChange: MissionChangeDto,
  Explosion: ExplosionDto,
};

const fieldsOf = (dto: Class): Readonly<Record<string, Schema>> =>
  Object.fromEntries(Object.entries(fieldSchemas(dto)).map(([name, schema]) => [name, named(schema)]));

/** Where the payload of a type is described. */
export const payloadName = (messageType: RocketReport['type']): string => {
  const dto = nestedField(MessageDto, 'message')?.choose({ metadata: { messageType } });
  const name = Object.keys(payloads).find((one) => payloads[one] === dto);
  if (name === undefined) throw new Error(`The payload of ${messageType} has no name.`);
  return name;
};

const metadataOf = (messageType: RocketReport['type']): Schema => {
  const dto = nestedField(MessageDto, 'metadata')?.choose({});
  if (dto === undefined) throw new Error('A message has no metadata.');
  return openRecord({ ...fieldsOf(dto), messageType: { const: messageType } });
};

const message = (messageType: RocketReport['type']): Schema => {
  const payload = ref(payloadName(messageType));
  return {
    type: 'object',
    required: ['metadata'],
    properties: {
      metadata: metadataOf(messageType),
      message: payload,
      content: { ...payload, description: 'An older name of `message`.' },
    },
    oneOf: [{ required: ['message'] }, { required: ['content'] }],
  };
};

/** What one rocket said, as the history shows it inside a refused message. */
const report = (type: RocketReport['type']): Schema =>
  record({ type: { const: type }, data: exactly(payloadName(type)) });

const outcomeFields: Readonly<Record<string, Schema>> = {
  outcome: {
    enum: [...outcomeKinds.filter((kind) => kind !== 'conflict'), 'queued'],
    description:
      '`applied`: it changed the rocket. `refused`: recorded, but it broke a rule of flight, or its number was skipped before. `buffered`: stored until the missing numbers arrive. `duplicate`: the same message had already arrived. `queued`: a gateway handed it to Kafka; what became of it shows under `/rockets/{channel}/messages/{number}`.',
  },
  channel: ref('Channel'),
  number: ref('MessageNumber'),
  version: {
    type: 'integer',
    minimum: 0,
    description:
      'The version of the rocket after the batch this message was judged in; not when `queued`, as it is not judged yet.',
  },
  missing: {
    ...ref('NumberRange'),
    description: 'Only when `buffered`: the first range of numbers that this message waits for.',
  },
  rule: { ...ref('Rule'), description: 'Only when `refused`: the rule that was broken.' },
};

/** What became of the lines of an NDJSON stream. */
export const lineCounts: Readonly<Record<string, Schema>> = Object.fromEntries(
  ['received', ...outcomeKinds, 'invalid'].map((name) => [name, ref('Amount')]),
);

/** Only where Kafka stands before the store. */
export const queuedCount: Readonly<Record<string, Schema>> = {
  queued: { ...ref('Amount'), description: 'Only of a gateway: lines that Kafka holds, to be worked off.' },
};

export const messageSchemas: Readonly<Record<string, Schema>> = {
  ...Object.fromEntries(Object.entries(payloads).map(([name, dto]) => [name, openRecord(fieldsOf(dto))])),
  RocketMessage: {
    oneOf: messageTypes.map(message),
    description: 'What a rocket reports by radio. Fields that are not named here are ignored.',
  },
  RocketReport: { oneOf: messageTypes.map(report) },
  RuleOfFlight: { enum: refusalRules, description: 'A rule of flight that a message can break.' },
  Rule: {
    enum: [...refusalRules, 'arrived-after-skip'],
    description:
      'Why a message was refused: a rule of flight, or `arrived-after-skip`, when its number was given up before it came. It is kept all the same, as a late message.',
  },
  NumberRange: record({ from: ref('MessageNumber'), to: ref('MessageNumber') }),
  MessageOutcome: record(outcomeFields, ['version', 'missing', 'rule']),
  BatchResult: record(
    {
      ...lineCounts,
      ...queuedCount,
      items: {
        type: 'array',
        items: ref('BatchItem'),
        description: 'The lines that were refused, in conflict or invalid; at most 1,000.',
      },
      itemsOmitted: { type: 'integer', minimum: 1, description: 'How many more such lines there were.' },
    },
    ['queued', 'itemsOmitted'],
  ),
  BatchItem: record(
    {
      line: { type: 'integer', minimum: 1, description: 'Counts from 1, blank lines too.' },
      outcome: { enum: ['refused', 'conflict', 'invalid'] },
      retryable: { type: 'boolean', description: 'Whether sending the same line again can end otherwise.' },
      channel: ref('Channel'),
      number: ref('MessageNumber'),
      rule: ref('Rule'),
      detail: {
        type: 'string',
        minLength: 1,
        description: 'Only when `invalid`: what is wrong with it, or why the database refuses it for good.',
      },
      errors: { type: 'array', items: ref('FieldError') },
    },
    ['channel', 'number', 'rule', 'detail', 'errors'],
  ),
};
