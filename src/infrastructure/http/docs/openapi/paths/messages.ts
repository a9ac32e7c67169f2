import { outcomeKinds } from '../../../../../application/ingest/outcome.js';
import * as example from '../examples.js';
import { ref, type Media, type PathItem } from '../model.js';
import { requestId, traceparent } from '../parameters.js';
import { problemResponses, response } from '../responses.js';

const outcomeHeader = {
  'Rocket-Outcome': {
    required: true,
    description: 'What became of the message, for clients that do not read bodies.',
    schema: { enum: [...outcomeKinds.filter((kind) => kind !== 'conflict'), 'queued'] },
  },
};

const asExamples = (values: Readonly<Record<string, unknown>>): NonNullable<Media['examples']> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));

const ndjson = Object.values(example.messages)
  .map((message) => JSON.stringify(message))
  .join('\n');

const batchResult = {
  received: 5,
  applied: 4,
  refused: 1,
  buffered: 0,
  duplicate: 0,
  conflict: 0,
  invalid: 0,
  items: [
    {
      line: 5,
      outcome: 'refused',
      retryable: false,
      channel: example.channel,
      number: 6,
      rule: 'rocket-exploded',
    },
  ],
};

export const messagePaths: Readonly<Record<string, PathItem>> = {
  '/messages': {
    post: {
      operationId: 'sendMessages',
      tags: ['Messages'],
      summary: 'Send one message, or a stream of them',
      description: [
        'Messages may come in any order and more than once: the number decides. Sending again is always safe.',
        'Any `Content-Type` except `application/x-ndjson` is read as one JSON message. `content` is read as `message`.',
        'A client that sends no `Accept` header gets an empty `202` with the outcome in `Rocket-Outcome`.',
        'NDJSON takes one message a line and any number of lines; the answer counts the outcomes and lists every line that was refused, in conflict or invalid.',
      ].join('\n\n'),
      parameters: [requestId, traceparent],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: ref('RocketMessage'), examples: asExamples(example.messages) },
          'application/x-ndjson': {
            schema: { type: 'string', description: 'One `RocketMessage` a line.' },
            examples: { fiveMessages: { value: ndjson } },
          },
        },
      },
      responses: {
        '200': response('The NDJSON stream was read to its end.', {
          'application/json': {
            schema: ref('BatchResult'),
            examples: { oneRefused: { summary: 'The last line broke a rule of flight', value: batchResult } },
          },
        }),
        '202': {
          ...response(
            'The message is stored as safely as the store can, and judged; or, when `queued`, Kafka holds it.',
            { 'application/json': { schema: ref('MessageOutcome'), examples: asExamples(example.outcomes) } },
            outcomeHeader,
          ),
          'x-empty-without-accept': true,
        },
        ...problemResponses(
          'malformed-json',
          'ambiguous-json',
          'invalid-message',
          'conflict',
          'body-too-large',
          'unsupported-content-encoding',
          'change-refused',
          'overloaded',
          'store-unavailable',
          'queue-unavailable',
          'store-full',
          'shutting-down',
        ),
      },
    },
  },
};
