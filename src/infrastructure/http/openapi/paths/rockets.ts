import * as example from '../examples.js';
import { ref, type PathItem } from '../model.js';
import {
  channelInPath,
  cursor,
  historyParameters,
  ifNoneMatch,
  limit,
  listParameters,
  numberInPath,
  pastParameters,
  requestId,
} from '../parameters.js';
import {
  headers,
  json,
  jsonArray,
  notModified,
  pageNotModified,
  problemResponses,
  response,
} from '../responses.js';

const tags = ['Rockets'];

const rocketPath: PathItem = {
  get: {
    operationId: 'getRocket',
    tags,
    summary: 'One rocket, now or in the past',
    description:
      'With `version` or `at` the state as it was then, by replay of the history. A rocket of which only early messages arrived is found as `awaiting-launch` in version 0.',
    parameters: [channelInPath, ...pastParameters, ifNoneMatch, requestId],
    responses: {
      '200': response(
        'The rocket.',
        {
          'application/json': {
            schema: { oneOf: [ref('Rocket'), ref('PastRocket')] },
            examples: { now: { value: example.rocket }, past: { value: example.pastRocket } },
          },
        },
        { ETag: headers.etag, 'Cache-Control': headers.cacheControl },
      ),
      ...notModified,
      ...problemResponses(
        'invalid-query',
        'invalid-channel',
        'rocket-not-found',
        'version-not-reached',
        'store-unavailable',
      ),
    },
  },
};

const historyPath: PathItem = {
  get: {
    operationId: 'getHistory',
    tags,
    summary: 'The history of a rocket, in order',
    description: 'An array, or one event a line with `Accept: application/x-ndjson`.',
    parameters: [channelInPath, ...historyParameters, ifNoneMatch, requestId],
    responses: {
      '200': response(
        'A page of the history.',
        {
          'application/json': jsonArray('RocketEvent', example.launchEvent),
          'application/x-ndjson': { schema: ref('RocketEvent') },
        },
        { Link: headers.link },
      ),
      ...pageNotModified,
      ...problemResponses('invalid-query', 'invalid-channel', 'rocket-not-found', 'store-unavailable'),
    },
  },
};

const messagePath: PathItem = {
  get: {
    operationId: 'getMessage',
    tags,
    summary: 'What became of one message',
    parameters: [channelInPath, numberInPath, ifNoneMatch, requestId],
    responses: {
      '200': response('The message was heard, or given up.', {
        'application/json': {
          schema: ref('MessageFate'),
          examples: {
            applied: {
              value: { channel: example.channel, number: 1, outcome: 'applied', event: example.launchEvent },
            },
            buffered: {
              value: {
                channel: example.channel,
                number: 4,
                outcome: 'buffered',
                missing: { from: 3, to: 3 },
              },
            },
          },
        },
      }),
      ...notModified,
      ...problemResponses(
        'invalid-query',
        'invalid-channel',
        'rocket-not-found',
        'message-not-found',
        'store-unavailable',
      ),
    },
  },
};

const skipPath: PathItem = {
  post: {
    operationId: 'skipGap',
    tags: ['Gaps'],
    summary: 'Give up the first gap of a rocket',
    description:
      'For operators. The missing numbers are recorded as one `MessagesSkipped`, what waited is worked off, and the rocket is `complete: false` for ever. Name the gap in the body to be sure that it is still the one you looked at.',
    parameters: [channelInPath, requestId],
    requestBody: {
      required: false,
      content: {
        'application/json': { schema: ref('NumberRange'), examples: { gap: { value: { from: 3, to: 3 } } } },
      },
    },
    responses: {
      '200': response(
        'The gap is skipped.',
        json('SkippedGap', { channel: example.channel, from: 3, to: 3, version: 5 }),
      ),
      ...problemResponses(
        'malformed-json',
        'invalid-message',
        'invalid-query',
        'invalid-channel',
        'rocket-not-found',
        'no-gap',
        'gap-moved',
        'body-too-large',
        'unsupported-content-encoding',
        'store-unavailable',
        'shutting-down',
      ),
    },
  },
};

const gapPages = response(
  'A page of gaps, by channel and number.',
  { 'application/json': jsonArray('Gap', example.gap) },
  { Link: headers.link },
);

export const rocketPaths: Readonly<Record<string, PathItem>> = {
  '/rockets': {
    get: {
      operationId: 'listRockets',
      tags,
      summary: 'List, sort and filter rockets',
      parameters: [...listParameters, ifNoneMatch, requestId],
      responses: {
        '200': response(
          'A page of rockets.',
          { 'application/json': jsonArray('Rocket', example.rocket) },
          { Link: headers.link },
        ),
        ...pageNotModified,
        ...problemResponses('invalid-query', 'store-unavailable'),
      },
    },
  },
  '/rockets/{channel}': rocketPath,
  '/rockets/{channel}/events': historyPath,
  '/rockets/{channel}/messages/{number}': messagePath,
  '/rockets/{channel}/gaps': {
    get: {
      operationId: 'listGapsOfRocket',
      tags: ['Gaps'],
      summary: 'What is missing of one rocket',
      parameters: [channelInPath, limit, cursor, ifNoneMatch, requestId],
      responses: {
        '200': gapPages,
        ...pageNotModified,
        ...problemResponses('invalid-query', 'invalid-channel', 'rocket-not-found', 'store-unavailable'),
      },
    },
  },
  '/rockets/{channel}/gaps/skip': skipPath,
  '/gaps': {
    get: {
      operationId: 'listGaps',
      tags: ['Gaps'],
      summary: 'What is missing of all rockets',
      parameters: [limit, cursor, ifNoneMatch, requestId],
      responses: {
        '200': gapPages,
        ...pageNotModified,
        ...problemResponses('invalid-query', 'store-unavailable'),
      },
    },
  },
};
