import * as example from '../examples.js';
import { ref, type Media, type PathItem } from '../model.js';
import {
  afterNumber,
  channelInPath,
  historyParameters,
  ifNoneMatch,
  limit,
  listParameters,
  numberInPath,
  pastParameters,
  requestId,
} from '../parameters.js';
import {
  csv,
  headers,
  jsonArray,
  notModified,
  eventsHeaders,
  eventsNotModified,
  pageNotModified,
  problemResponses,
  response,
} from '../responses.js';

const tags = ['Rockets'];

/** What reading anything of one rocket can end in. */
const unreadable = [
  'invalid-query',
  'invalid-channel',
  'rocket-not-found',
  'store-unavailable',
  'too-many-reads',
] as const;

const rocketPath: PathItem = {
  get: {
    operationId: 'getRocket',
    tags,
    summary: 'One rocket, now or in the past',
    description:
      'With `version` or `at` the state as it was then, by replay of the history. A rocket of which only messages ahead of a gap arrived is found as `awaiting-launch` in version 0.',
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
        { ETag: headers.etag },
      ),
      ...notModified,
      ...problemResponses(...unreadable, 'version-not-reached'),
    },
  },
};

const historyPath: PathItem = {
  get: {
    operationId: 'getHistory',
    tags,
    summary: 'The history of a rocket, in order',
    description:
      'An array, one event a line with `Accept: application/x-ndjson`, or a table with `Accept: text/csv`.',
    parameters: [channelInPath, ...historyParameters, ifNoneMatch, requestId],
    responses: {
      '200': response(
        'A page of the history.',
        {
          'application/json': jsonArray('RocketEvent', example.launchEvent),
          'application/x-ndjson': { schema: ref('RocketEvent') },
          'text/csv': csv,
        },
        eventsHeaders,
      ),
      ...eventsNotModified,
      ...problemResponses(...unreadable),
    },
  },
};

const fates: NonNullable<Media['examples']> = Object.fromEntries(
  Object.entries(example.fates).map(([outcome, value]) => [outcome, { value }]),
);

const messagePath: PathItem = {
  get: {
    operationId: 'getMessage',
    tags,
    summary: 'What became of one message',
    description:
      'Its event; what it waits for; or, when its number was skipped, the skip, and the message itself if it came after all.',
    parameters: [channelInPath, numberInPath, ifNoneMatch, requestId],
    responses: {
      '200': response('The message was heard, or given up.', {
        'application/json': { schema: ref('MessageFate'), examples: fates },
      }),
      ...notModified,
      ...problemResponses(...unreadable, 'message-not-found'),
    },
  },
};

const receivedPath = (
  operationId: string,
  summary: string,
  description: string,
  sample: object,
): PathItem => ({
  get: {
    operationId,
    tags: ['Gaps'],
    summary,
    description,
    parameters: [channelInPath, afterNumber, limit, ifNoneMatch, requestId],
    responses: {
      '200': response(
        'A page of messages, by number.',
        { 'application/json': jsonArray('ReceivedMessage', sample) },
        { Link: headers.link },
      ),
      ...pageNotModified,
      ...problemResponses(...unreadable),
    },
  },
});

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
        ...problemResponses('invalid-query', 'store-unavailable', 'too-many-reads'),
      },
    },
  },
  '/rockets/{channel}': rocketPath,
  '/rockets/{channel}/events': historyPath,
  '/rockets/{channel}/messages/{number}': messagePath,
  '/rockets/{channel}/waiting': receivedPath(
    'listWaiting',
    'The messages of a rocket that wait for a gap to close',
    'They become history when everything before them has arrived or was skipped.',
    example.waitingMessage,
  ),
  '/rockets/{channel}/late': receivedPath(
    'listLate',
    'The messages of a rocket that came after their numbers were skipped',
    'They are kept for ever and change nothing: the history goes on without them.',
    example.lateMessage,
  ),
};
