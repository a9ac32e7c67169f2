import * as example from '../examples.js';
import { ref, type PathItem } from '../model.js';
import { feedParameters, ifNoneMatch, positionInPath, requestId } from '../parameters.js';
import {
  csv,
  json,
  jsonArray,
  notModified,
  eventsHeaders,
  eventsNotModified,
  problemResponses,
  response,
} from '../responses.js';

const liveExample = [
  'retry: 2000',
  '',
  `id: ${example.position}`,
  `data: ${JSON.stringify(example.launchEvent)}`,
  '',
  `id: ${example.position}`,
  'event: caught-up',
  `data: {"position":"${example.position}"}`,
  '',
  '',
].join('\n');

export const eventPaths: Readonly<Record<string, PathItem>> = {
  '/events': {
    get: {
      operationId: 'readFeed',
      tags: ['Events'],
      summary: 'The feed of all rockets: pages, or live',
      description: [
        'Pages of events, as an array, one event a line (`Accept: application/x-ndjson`) or a table (`Accept: text/csv`), in the order in which they were recorded; those of one rocket stand in the order of their numbers. A page narrowed by `type` or `rule` may have fewer than `limit` and still not be the last. Follow `Link` to the end, keep the last position, and ask again later from there.',
        'With `Accept: text/event-stream` the same feed lives: it catches up from the position given, says `caught-up`, and goes on. `/asyncapi.json` describes every message of it. A browser resumes by itself after a break; nothing is lost or doubled.',
      ].join('\n\n'),
      parameters: [...feedParameters, ifNoneMatch, requestId],
      responses: {
        '200': response(
          'A page of events, or the live feed.',
          {
            'application/json': jsonArray('RocketEvent', example.launchEvent),
            'application/x-ndjson': { schema: ref('RocketEvent') },
            'text/csv': csv,
            'text/event-stream': {
              schema: { type: 'string' },
              examples: { caughtUp: { value: liveExample } },
            },
          },
          eventsHeaders,
        ),
        ...eventsNotModified,
        ...problemResponses(
          'invalid-query',
          'unknown-position',
          'store-unavailable',
          'too-many-reads',
          'too-many-readers',
          'shutting-down',
        ),
      },
    },
  },
  '/events/{position}': {
    get: {
      operationId: 'getEvent',
      tags: ['Events'],
      summary: 'One event',
      description: 'Whatever is no position of this store and its present history has no event: `404`.',
      parameters: [positionInPath, ifNoneMatch, requestId],
      responses: {
        '200': response('The event.', json('RocketEvent', example.launchEvent)),
        ...notModified,
        ...problemResponses('invalid-query', 'event-not-found', 'store-unavailable', 'too-many-reads'),
      },
    },
  },
};
