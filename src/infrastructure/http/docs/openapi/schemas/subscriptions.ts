import { eventTypes } from '../../../../../domain/rocket-event.js';
import {
  LONGEST_URL,
  LONGEST_WAIT_MS,
  MOST_CHANNELS,
  MOST_IN_BATCH,
  namePattern,
  topicPattern,
} from '../../../subscriptions/subscription-body.js';
import { record, ref, type Schema } from '../model.js';

const whole = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum });
const different = (items: Schema, maxItems: number): Schema => ({
  type: 'array',
  items,
  minItems: 1,
  maxItems,
  uniqueItems: true,
});
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });

const types: Schema = {
  ...different({ enum: eventTypes }, eventTypes.length),
  description: 'Only events of these types.',
};
const channels: Schema = {
  ...different(ref('Channel'), MOST_CHANNELS),
  description: 'Only events of these rockets.',
};
const from: Schema = {
  anyOf: [{ enum: ['start', 'now'] }, ref('Position')],
  description: 'Behind which position it begins: `start`, `now`, or one that an event has.',
};
const seconds: Schema = { type: 'number', minimum: 0 };
const what: Schema = {
  type: 'string',
  description: 'What was answered instead, or why there was no answer.',
};

export const subscriptionSchemas: Readonly<Record<string, Schema>> = {
  SubscriptionName: {
    type: 'string',
    pattern: namePattern.source,
    description: '1 to 64 characters of `A-Z a-z 0-9 . _ -`, and not dots alone.',
  },
  Secret: {
    type: 'string',
    minLength: 1,
    description:
      'What signs webhooks, as Standard Webhooks has it: `whsec_` and at least 24 bytes in base64. Shown this once.',
  },
  Sink: {
    oneOf: [
      record(
        {
          type: { const: 'webhook' },
          url: {
            type: 'string',
            minLength: 1,
            maxLength: LONGEST_URL,
            description:
              'http or https, outside of the network of the service unless `WEBHOOK_ALLOW` names it.',
          },
          batch: {
            ...record({ events: whole(1, MOST_IN_BATCH), ms: whole(0, LONGEST_WAIT_MS) }),
            description:
              'So many events go together at the most, and the first of them waits so long for others.',
          },
        },
        ['batch'],
      ),
      record({
        type: { const: 'kafka' },
        topic: { type: 'string', pattern: topicPattern.source },
      }),
    ],
    description: 'Where to.',
  },
  NewSubscription: record(
    {
      name: ref('SubscriptionName'),
      types: orNull(types),
      channels: orNull(channels),
      from: { ...from, default: 'now' },
      sink: ref('Sink'),
      secret: {
        type: 'string',
        description: 'Only for webhooks; without it one is made. `whsec_` and at least 24 bytes in base64.',
      },
    },
    ['types', 'channels', 'from', 'secret'],
  ),
  SubscriptionChange: {
    ...record(
      {
        state: { enum: ['running', 'paused'] },
        types: orNull(types),
        channels: orNull(channels),
        sink: ref('Sink'),
      },
      ['state', 'types', 'channels', 'sink'],
    ),
    minProperties: 1,
    description: '`null` takes a filter away. A filter is in force for what is not delivered yet.',
  },
  Replay: record({ from }),
  SecretChange: record({ secret: { type: 'string' } }, ['secret']),
  Nothing: record({}),
  ParkedRetry: record({ channel: ref('Channel') }, ['channel']),
  ParkedDrop: record({ channel: ref('Channel'), upTo: ref('MessageNumber') }, ['upTo']),
  Subscription: subscriptionRecord(),
  CreatedSubscription: subscriptionRecord({ secret: ref('Secret') }, ['secret']),
  ChangedSecret: record({ name: ref('SubscriptionName'), secret: ref('Secret') }),
  SubscriptionTest: record(
    {
      delivered: { type: 'boolean' },
      answer: {
        enum: ['yes', 'again', 'no', 'gone'],
        description: '`again`: it may well be taken later; `gone`: the receiver wants nothing more.',
      },
      what,
      afterSeconds: { ...seconds, description: 'Not before, as the receiver says.' },
    },
    ['what', 'afterSeconds'],
  ),
  Parked: record(
    {
      channel: ref('Channel'),
      number: {
        ...ref('MessageNumber'),
        description: 'The first that was not delivered; all that follow wait behind it.',
      },
      position: ref('Position'),
      since: ref('UtcTime'),
      tries: ref('Amount'),
      nextTryAt: {
        ...ref('UtcTime'),
        description: 'Without it, it is given up: tried again when somebody says so.',
      },
      what,
    },
    ['nextTryAt'],
  ),
  Retried: record({ name: ref('SubscriptionName'), retried: ref('Amount') }),
  Dropped: record({
    name: ref('SubscriptionName'),
    channel: ref('Channel'),
    from: ref('MessageNumber'),
    to: ref('MessageNumber'),
  }),
};

function subscriptionRecord(
  more: Readonly<Record<string, Schema>> = {},
  optional: readonly string[] = [],
): Schema {
  return record(
    {
      name: ref('SubscriptionName'),
      state: {
        enum: ['running', 'paused', 'failing'],
        description: '`failing`: the receiver takes nothing; it is tried again by itself.',
      },
      types,
      channels,
      sink: ref('Sink'),
      position: {
        ...ref('Position'),
        description: 'All that stands up to here was delivered, is parked, or is not wanted.',
      },
      lag: {
        ...record(
          {
            events: ref('Amount'),
            isMore: { const: true, description: 'There are more, and nobody counted further.' },
            seconds: { ...seconds, description: 'How long the first of them has been stored.' },
          },
          ['isMore'],
        ),
        description: 'What stands behind the position, wanted or not.',
      },
      waitsFor: { type: 'string', minLength: 1, description: 'What has to come next, in words.' },
      delivered: { ...ref('Amount'), description: 'Events that were taken.' },
      retried: { ...ref('Amount'), description: 'Attempts that had to be made again.' },
      parked: {
        ...ref('Amount'),
        description: 'Rockets of which an event was refused; what follows of them waits behind it.',
      },
      givenUp: { ...ref('Amount'), description: 'Of those, how many are not tried again by themselves.' },
      lastError: record({ at: ref('UtcTime'), what }),
      pausedAs: { type: 'string', description: 'Why it paused by itself.' },
      nextTryAt: { ...ref('UtcTime'), description: 'Only when `failing`.' },
      createdAt: ref('UtcTime'),
      kept: { type: 'boolean', description: 'Whether it outlives the process.' },
      ...more,
    },
    ['types', 'channels', 'lastError', 'pausedAs', 'nextTryAt', ...optional],
  );
}
