import { exactly, record, ref, type Schema } from '../model.js';

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

const messageFate = (
  outcome: string,
  rest: Readonly<Record<string, Schema>>,
  optional?: readonly string[],
): Schema =>
  record(
    { channel: ref('Channel'), number: ref('MessageNumber'), outcome: { const: outcome }, ...rest },
    optional,
  );

export const eventSchemas: Readonly<Record<string, Schema>> = {
  RocketEvent: {
    description:
      'One message number leaves exactly one event. `MessageRefused` keeps the payload of a message that broke a rule; `MessagesSkipped` stands at number `to` for a whole range that an operator gave up.',
    oneOf: [
      event('RocketLaunched', exactly('RocketLaunched')),
      event('RocketSpeedIncreased', exactly('SpeedChange')),
      event('RocketSpeedDecreased', exactly('SpeedChange')),
      event('RocketMissionChanged', exactly('MissionChange')),
      event('RocketExploded', exactly('Explosion')),
      event('MessageRefused', record({ rule: ref('Rule'), message: ref('RocketReport') })),
      event('MessagesSkipped', ref('NumberRange')),
    ],
  },
  MessageFate: {
    description: 'What became of one message number.',
    oneOf: [
      messageFate('applied', { event: ref('RocketEvent') }),
      messageFate('refused', { event: ref('RocketEvent') }),
      messageFate('skipped', { event: ref('RocketEvent') }),
      messageFate(
        'buffered',
        { missing: { ...ref('NumberRange'), description: 'Left out when its turn has come already.' } },
        ['missing'],
      ),
    ],
  },
};
