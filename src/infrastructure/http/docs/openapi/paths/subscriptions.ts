import type { ProblemSlug } from '../../../problems.js';
import * as example from '../examples.js';
import { ref, type ApiResponse, type Operation, type PathItem } from '../model.js';
import { afterChannel, afterName, ifNoneMatch, limit, nameInPath, requestId } from '../parameters.js';
import {
  headers,
  json,
  jsonArray,
  notModified,
  pageNotModified,
  problemResponses,
  response,
} from '../responses.js';

const tags = ['Subscriptions'];

const store = ['store-unavailable', 'too-many-reads'] as const;
const bodies = [
  'malformed-json',
  'ambiguous-json',
  'invalid-subscription',
  'invalid-query',
  'body-too-large',
  'unsupported-content-encoding',
  'unsupported-media-type',
] as const;

const body = (schema: string, examples: Readonly<Record<string, object>>): Operation['requestBody'] => ({
  required: true,
  description: 'Sent as JSON: any other `Content-Type` is refused.',
  content: {
    'application/json': {
      schema: ref(schema),
      examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])),
    },
  },
});

const shown = response('The subscription.', json('Subscription', example.subscription));

/** A POST about one subscription. */
const act = (
  operationId: string,
  summary: string,
  sent: Operation['requestBody'],
  answer: ApiResponse,
  problems: readonly ProblemSlug[],
  description?: string,
): PathItem => ({
  post: {
    operationId,
    tags,
    summary,
    ...(description !== undefined && { description }),
    parameters: [nameInPath, requestId],
    ...(sent && { requestBody: sent }),
    responses: {
      '200': answer,
      ...problemResponses(...bodies, 'subscription-not-found', ...problems, ...store),
    },
  },
});

export const subscriptionPaths: Readonly<Record<string, PathItem>> = {
  '/subscriptions': {
    get: {
      operationId: 'listSubscriptions',
      tags,
      summary: 'All subscriptions, by name',
      parameters: [limit, afterName, ifNoneMatch, requestId],
      responses: {
        '200': response(
          'A page of subscriptions.',
          { 'application/json': jsonArray('Subscription', example.subscription) },
          { Link: headers.link },
        ),
        ...pageNotModified,
        ...problemResponses('invalid-query', ...store),
      },
    },
    post: {
      operationId: 'createSubscription',
      tags,
      summary: 'Have events sent somewhere',
      description:
        'Events go out as CloudEvents, at least once, those of each rocket in order. A webhook is signed as Standard Webhooks has it, with the secret that this answer alone shows.',
      parameters: [requestId],
      requestBody: body('NewSubscription', {
        webhook: example.newSubscription,
        kafka: { name: 'lake', from: 'start', sink: { type: 'kafka', topic: 'rockets.events' } },
      }),
      responses: {
        '201': response(
          'It runs.',
          json('CreatedSubscription', { ...example.subscription, secret: example.secret }),
          { Location: headers.location },
        ),
        ...problemResponses(
          ...bodies,
          'sink-refused',
          'unknown-position',
          'subscription-exists',
          'too-many-subscriptions',
          ...store,
        ),
      },
    },
  },
  '/subscriptions/{name}': {
    get: {
      operationId: 'getSubscription',
      tags,
      summary: 'One subscription: how it is, and how far it has come',
      parameters: [nameInPath, ifNoneMatch, requestId],
      responses: {
        '200': shown,
        ...notModified,
        ...problemResponses('invalid-query', 'subscription-not-found', ...store),
      },
    },
    patch: {
      operationId: 'changeSubscription',
      tags,
      summary: 'Pause it, let it run, or change where it goes and what it wants',
      parameters: [nameInPath, requestId],
      requestBody: body('SubscriptionChange', {
        pause: { state: 'paused' },
        filter: { types: ['RocketExploded'], channels: null },
      }),
      responses: {
        '200': shown,
        ...problemResponses(...bodies, 'sink-refused', 'subscription-not-found', 'no-secret', ...store),
      },
    },
    delete: {
      operationId: 'removeSubscription',
      tags,
      summary: 'Remove it, with all that is parked',
      parameters: [nameInPath, requestId],
      responses: {
        '204': response('It is gone.'),
        ...problemResponses('invalid-query', 'subscription-not-found', ...store),
      },
    },
  },
  '/subscriptions/{name}/replay': act(
    'replaySubscription',
    'Tell all behind a position once more',
    body('Replay', { all: { from: 'start' } }),
    shown,
    ['unknown-position'],
    'What is parked behind it is told again with it.',
  ),
  '/subscriptions/{name}/secret': act(
    'changeSecret',
    'Sign with another secret',
    body('SecretChange', { made: {} }),
    response('The new secret.', json('ChangedSecret', { name: 'billing', secret: example.secret })),
    ['no-secret'],
    'Without one in the body, one is made. The one before it signs as well for 24 hours.',
  ),
  '/subscriptions/{name}/test': act(
    'testSubscription',
    'Send one event that is marked as a test',
    body('Nothing', { nothing: {} }),
    response('What the receiver answered.', json('SubscriptionTest', { delivered: true, answer: 'yes' })),
    ['no-secret'],
    'At once and past all that waits; it stands in no history.',
  ),
  '/subscriptions/{name}/parked': {
    get: {
      operationId: 'listParked',
      tags,
      summary: 'Rockets of which the receiver does not take an event',
      parameters: [nameInPath, limit, afterChannel, ifNoneMatch, requestId],
      responses: {
        '200': response(
          'A page of them, by channel.',
          { 'application/json': jsonArray('Parked', example.parked) },
          { Link: headers.link },
        ),
        ...pageNotModified,
        ...problemResponses('invalid-query', 'subscription-not-found', ...store),
      },
    },
  },
  '/subscriptions/{name}/parked/retry': act(
    'retryParked',
    'Try what is parked again',
    body('ParkedRetry', { all: {}, one: { channel: example.channel } }),
    response('How many rockets it is tried of.', json('Retried', { name: 'billing', retried: 1 })),
    ['nothing-parked'],
    'Of one rocket, or of all that are not tried again by themselves.',
  ),
  '/subscriptions/{name}/parked/drop': act(
    'dropParked',
    'Give up events of a rocket that are parked',
    body('ParkedDrop', {
      all: { channel: example.channel },
      upTo: { channel: example.channel, upTo: 2 },
    }),
    response(
      'Which of them.',
      json('Dropped', { name: 'billing', channel: example.channel, from: 2, to: 2 }),
    ),
    ['nothing-parked'],
    'Those up to a number, or all that wait; what follows is delivered.',
  ),
};
