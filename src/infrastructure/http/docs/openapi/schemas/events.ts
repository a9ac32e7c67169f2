import { maxWhyCharacters } from '../../../../../domain/rocket-event.js';
import { messageTypes } from '../../../messages/message-dto.js';
import { exactly, record, ref, type Schema } from '../model.js';
import { withoutNul } from '../schema-of.js';
import { payloadName } from './messages.js';

const event = (type: string, data: Schema): Schema =>
  record({
    position: ref('Position'),
    channel: ref('Channel'),
    number: ref('MessageNumber'),
    type: { const: type },
    data,
    time: ref('Time'),
    recordedAt: ref('UtcTime'),
  });

const fate = (
  outcome: string,
  rest: Readonly<Record<string, Schema>>,
  optional?: readonly string[],
): Schema =>
  record(
    { channel: ref('Channel'), number: ref('MessageNumber'), outcome: { const: outcome }, ...rest },
    optional,
  );

const whole = { event: ref('RocketEvent') };

export const eventSchemas: Readonly<Record<string, Schema>> = {
  RocketEvent: {
    description:
      'One message number leaves exactly one event. `MessageRefused` keeps the payload of a message that broke a rule; `MessagesSkipped` stands at number `to` for a whole range that was given up.',
    oneOf: [
      ...messageTypes.map((type) => event(type, exactly(payloadName(type)))),
      event('MessageRefused', record({ rule: ref('RuleOfFlight'), message: ref('RocketReport') })),
      event('MessagesSkipped', ref('SkippedRange')),
    ],
  },
  SkippedRange: record(
    {
      from: ref('MessageNumber'),
      to: ref('MessageNumber'),
      by: {
        description: 'An operator, or nobody: the gap stayed open for longer than `GAP_TIMEOUT`.',
        oneOf: [
          record({ who: { const: 'operator' }, key: { type: 'string', minLength: 1 } }, ['key']),
          record({ who: { const: 'timeout' } }),
        ],
      },
      why: ref('Why'),
    },
    ['why'],
  ),
  Why: {
    type: 'string',
    minLength: 1,
    maxLength: maxWhyCharacters,
    ...withoutNul,
    description: 'What the operator gave as the reason.',
  },
  ReceivedMessage: {
    ...record({
      channel: ref('Channel'),
      number: ref('MessageNumber'),
      type: { enum: messageTypes },
      time: ref('Time'),
      payload: { oneOf: [...new Set(messageTypes.map(payloadName))].map(exactly) },
      receivedAt: ref('UtcTime'),
    }),
    description:
      'A message that is no event: it waits for missing numbers, or came after its own was skipped.',
  },
  MessageFate: {
    description: 'What became of one message number.',
    oneOf: [
      fate('applied', whole),
      fate('refused', whole),
      fate('skipped', whole),
      fate('late', { message: ref('ReceivedMessage'), ...whole }),
      fate(
        'buffered',
        {
          missing: {
            ...ref('NumberRange'),
            description: 'What it waits for; left out when its turn has come already.',
          },
          message: ref('ReceivedMessage'),
        },
        ['missing'],
      ),
    ],
  },
};
