import { outcomes } from '../../../../../application/ports/minute-log.js';
import { ref, type Media, type PathItem, type Schema } from '../model.js';
import { ifNoneMatch, requestId, slugInPath } from '../parameters.js';
import { headers, json, notModified, problemResponses, response } from '../responses.js';
import { problems } from '../../../problems.js';

const parameters = [requestId];
const cached = [ifNoneMatch, requestId];
const probes = ['Service'];
const documentation = ['Documentation'];
const page: Schema = { type: 'string' };

const health = (status: 'ok' | 'stopping'): object => ({
  status,
  uptimeSeconds: 86400,
  store: {
    name: 'memory',
    durability: { level: 'none', description: 'in memory: everything is lost when the process ends' },
  },
  rockets: {
    total: 20,
    byStatus: { 'awaiting-launch': 0, flying: 14, exploded: 6 },
    incomplete: 0,
    withGaps: 0,
  },
  gaps: 0,
  events: 100000,
  rulesBroken: 0,
  waiting: 0,
  late: 0,
  messages: {
    received: 100000,
    applied: 100000,
    refused: 0,
    buffered: 0,
    duplicate: 0,
    conflict: 0,
    invalid: 0,
    shed: 0,
    failed: 0,
  },
  buffer: { messages: 0, bytes: 0, limit: 134_217_728 },
  feed: { readers: 1, lagSeconds: 0.012 },
  log: { lost: 0 },
});

const wholeOrShort = (whole: object): Readonly<Record<string, Media>> => ({
  'application/json': {
    schema: { oneOf: [ref('Health'), ref('HealthInShort')] },
    examples: { whole: { value: whole } },
  },
});

const span = (seconds: number, count: number, events: number): object => {
  const each = (figure: number): number[] => Array<number>(count).fill(figure);
  return {
    from: '2026-06-01T12:00:00.000Z',
    seconds,
    events: each(events),
    rulesBroken: each(0),
    gaps: each(1),
    messages: Object.fromEntries(
      outcomes.map((outcome) => [
        outcome,
        each(outcome === 'received' || outcome === 'applied' ? events : 0),
      ]),
    ),
  };
};

const fleet: object = {
  rockets: {
    total: 20,
    byStatus: { 'awaiting-launch': 0, flying: 14, exploded: 6 },
    incomplete: 0,
    withGaps: 1,
    silent: 2,
  },
  silentAfterSeconds: 600,
  events: 100000,
  rulesBroken: 3,
  gaps: 1,
  waiting: 5,
  late: 0,
  types: [{ name: 'Falcon-9', rockets: 7 }],
  missions: [{ name: 'ARTEMIS', rockets: 4 }],
  activity: {
    since: '2026-06-01T11:00:00.000Z',
    minute: span(1, 60, 20),
    hour: span(60, 60, 1200),
    day: span(900, 96, 18000),
  },
};

export const probePaths: Readonly<Record<string, PathItem>> = {
  '/fleet': {
    get: {
      operationId: 'getFleet',
      tags: ['Fleet'],
      summary: 'The whole fleet in figures',
      description:
        'How many rockets there are, by what is true of them, and what happened in the last minute, hour and day.',
      parameters: cached,
      responses: {
        '200': response('The figures.', json('Fleet', fleet)),
        ...notModified,
        ...problemResponses('invalid-query', 'store-unavailable', 'too-many-reads'),
      },
    },
  },
  '/health': {
    get: {
      operationId: 'getHealth',
      tags: probes,
      summary: 'How the service is, in numbers',
      description:
        'Says in words what an acknowledgement is worth: `store.durability`. Where callers need a key, those who may not read the whole fleet are told the status alone.',
      parameters,
      responses: {
        '200': response('All is well.', wholeOrShort(health('ok'))),
        '503': response(
          'The store cannot be reached, or the service is shutting down.',
          wholeOrShort(health('stopping')),
        ),
      },
    },
  },
  '/metrics': {
    get: {
      operationId: 'getMetrics',
      tags: probes,
      summary: 'How the service is, for Prometheus',
      description:
        'In the text format of Prometheus; docs/metrics.md explains every metric. While the store does not answer, the figures of the fleet are missing and `rockets_store_up` is 0. Where `ADMIN_PORT` is set, it is there and not here.',
      parameters,
      responses: {
        '200': response('The figures.', {
          'text/plain': {
            schema: { type: 'string' },
            examples: {
              gaps: { value: '# HELP rockets_gaps Gaps.\n# TYPE rockets_gaps gauge\nrockets_gaps 3\n' },
            },
          },
        }),
      },
    },
  },
  '/livez': {
    get: {
      operationId: 'getLiveness',
      tags: probes,
      summary: 'Whether the process is alive',
      description: 'Asks nothing else: a failing store is no reason to restart the process.',
      parameters,
      responses: { '200': response('Alive.', json('Liveness', { status: 'ok' })) },
    },
  },
  '/readyz': {
    get: {
      operationId: 'getReadiness',
      tags: probes,
      summary: 'Whether to send traffic here',
      parameters,
      responses: {
        '200': response('Ready.', json('Liveness', { status: 'ok' })),
        ...problemResponses('store-unavailable', 'queue-unavailable', 'shutting-down'),
      },
    },
  },
};

const documentPath = (operationId: string, summary: string): PathItem => ({
  get: {
    operationId,
    tags: documentation,
    summary,
    parameters: cached,
    responses: {
      '200': response('The document.', { 'application/json': { schema: { type: 'object' } } }),
      ...notModified,
    },
  },
});

export const documentationPaths: Readonly<Record<string, PathItem>> = {
  '/': {
    get: {
      operationId: 'getDashboard',
      tags: documentation,
      summary: 'The dashboard',
      parameters: cached,
      responses: { '200': response('The page.', { 'text/html': { schema: page } }), ...notModified },
    },
  },
  '/openapi.json': documentPath('getOpenApi', 'This document'),
  '/asyncapi.json': documentPath('getAsyncApi', 'The AsyncAPI document of the live feed'),
  '/docs': {
    get: {
      operationId: 'getDocs',
      tags: documentation,
      summary: 'This document to read and try out in the browser',
      parameters: cached,
      responses: { '200': response('The page.', { 'text/html': { schema: page } }), ...notModified },
    },
  },
  '/swagger': {
    get: {
      operationId: 'getSwagger',
      tags: documentation,
      summary: 'Leads to /docs',
      parameters,
      responses: { '302': response('Go to /docs.', undefined, { Location: headers.location }) },
    },
  },
  '/problems/{slug}': {
    get: {
      operationId: 'getProblemType',
      tags: documentation,
      summary: 'Explains a type of problem and what to do about it',
      parameters: [slugInPath, ifNoneMatch, requestId],
      responses: {
        '200': response('The explanation, by `Accept` as a page or as JSON.', {
          'application/json': {
            schema: ref('ProblemType'),
            examples: { conflict: { value: { type: '/problems/conflict', ...problems.conflict } } },
          },
          'text/html': { schema: page },
        }),
        ...notModified,
        ...problemResponses('problem-not-found'),
      },
    },
  },
};
