import * as example from '../examples.js';
import { ref, type PathItem } from '../model.js';
import { afterPlace, channelInPath, ifNoneMatch, limit, requestId } from '../parameters.js';
import { headers, json, jsonArray, pageNotModified, problemResponses, response } from '../responses.js';

const tags = ['Gaps'];

const page = response(
  'A page of gaps, by channel and number.',
  { 'application/json': jsonArray('Gap', example.gap) },
  { Link: headers.link },
);

const skipPath: PathItem = {
  post: {
    operationId: 'skipGaps',
    tags,
    summary: 'Give up gaps of a rocket',
    description:
      'For operators. The missing numbers are recorded as one `MessagesSkipped` for each gap, what waited is worked off, and the rocket is `complete: false` for ever. `from` and `to` name the first gap: when it is another by now, nothing is skipped. `upTo` skips every gap up to a number.',
    parameters: [channelInPath, requestId],
    requestBody: {
      required: true,
      description: 'Sent as JSON: any other `Content-Type` is refused.',
      content: {
        'application/json': {
          schema: ref('Skip'),
          examples: {
            gap: { summary: 'This gap', value: { from: 3, to: 3, why: 'The sender is gone.' } },
            upTo: { summary: 'Every gap up to a number', value: { upTo: 5 } },
          },
        },
      },
    },
    responses: {
      '200': response('What was skipped.', json('SkippedGaps', example.skipped)),
      ...problemResponses(
        'malformed-json',
        'ambiguous-json',
        'invalid-message',
        'invalid-query',
        'invalid-channel',
        'rocket-not-found',
        'no-gap',
        'gap-moved',
        'body-too-large',
        'unsupported-content-encoding',
        'unsupported-media-type',
        'change-refused',
        'store-unavailable',
        'store-full',
        'too-many-reads',
        'shutting-down',
      ),
    },
  },
};

export const gapPaths: Readonly<Record<string, PathItem>> = {
  '/rockets/{channel}/gaps': {
    get: {
      operationId: 'listGapsOfRocket',
      tags,
      summary: 'What is missing of one rocket',
      parameters: [channelInPath, limit, afterPlace, ifNoneMatch, requestId],
      responses: {
        '200': page,
        ...pageNotModified,
        ...problemResponses(
          'invalid-query',
          'invalid-channel',
          'rocket-not-found',
          'store-unavailable',
          'too-many-reads',
        ),
      },
    },
  },
  '/rockets/{channel}/gaps/skip': skipPath,
  '/gaps': {
    get: {
      operationId: 'listGaps',
      tags,
      summary: 'What is missing of all rockets',
      parameters: [limit, afterPlace, ifNoneMatch, requestId],
      responses: {
        '200': page,
        ...pageNotModified,
        ...problemResponses('invalid-query', 'store-unavailable', 'too-many-reads'),
      },
    },
  },
};
