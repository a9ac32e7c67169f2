import { problems } from '../../problems.js';
import { record, ref, type Schema } from '../model.js';
import { lineCounts } from './messages.js';

const counts = (...names: readonly string[]): Schema =>
  record(Object.fromEntries(names.map((name) => [name, ref('Amount')])));

export const problemTypes = Object.keys(problems).map((slug) => `/problems/${slug}`);

export const serviceSchemas: Readonly<Record<string, Schema>> = {
  Problem: {
    ...record(
      {
        type: { enum: problemTypes, description: 'A page of this service that explains the problem.' },
        title: { type: 'string', minLength: 1 },
        status: { type: 'integer', minimum: 400, maximum: 599 },
        detail: { type: 'string', minLength: 1, description: 'What was wrong this time.' },
        requestId: {
          type: 'string',
          minLength: 1,
          description: 'The same as in `X-Request-Id`, and in the log.',
        },
        errors: { type: 'array', items: ref('FieldError') },
        ...lineCounts,
      },
      ['errors', ...Object.keys(lineCounts)],
    ),
    description:
      'RFC 9457. The counts are there only when an NDJSON stream was broken off, and say what had become of its lines.',
  },
  FieldError: record({
    pointer: {
      type: 'string',
      description: 'JSON pointer into the body; of a query parameter, `/query/` and its name.',
    },
    code: { type: 'string', minLength: 1 },
    message: { type: 'string', minLength: 1 },
  }),
  ProblemType: record({
    type: { enum: problemTypes },
    title: { type: 'string' },
    status: { type: 'integer' },
    advice: { type: 'string', description: 'What to do about it.' },
  }),
  Health: record(
    {
      status: {
        enum: ['ok', 'stopping', 'unavailable'],
        description: 'When `unavailable`, what the store would have to say is left out.',
      },
      uptimeSeconds: { type: 'number', minimum: 0 },
      store: record({
        name: { enum: ['memory', 'sqlite'] },
        durability: record({
          level: { enum: ['none', 'process', 'disk'] },
          description: { type: 'string', minLength: 1 },
        }),
      }),
      rockets: record({
        total: ref('Amount'),
        byStatus: counts('awaiting-launch', 'flying', 'exploded'),
        incomplete: ref('Amount'),
        withGaps: ref('Amount'),
      }),
      events: ref('Amount'),
      early: { ...ref('Amount'), description: 'Messages stored that wait behind a gap.' },
      messages: counts(
        'received',
        'applied',
        'refused',
        'buffered',
        'duplicate',
        'conflict',
        'invalid',
        'shed',
        'failed',
      ),
      buffer: counts('messages', 'bytes'),
    },
    ['rockets', 'events', 'early'],
  ),
  Liveness: record({ status: { const: 'ok' } }),
};
