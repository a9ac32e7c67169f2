import { Counters } from '../../../../../application/ingest/counters.js';
import { rocketStatuses } from '../../../../../domain/rocket.js';
import { problems } from '../../../problems.js';
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
  FieldError: {
    ...record(
      {
        pointer: { type: 'string', description: 'JSON pointer into the body.' },
        parameter: {
          type: 'string',
          minLength: 1,
          description: 'Name of a parameter in the path or the query.',
        },
        code: { type: 'string', minLength: 1 },
        message: { type: 'string', minLength: 1 },
      },
      ['pointer', 'parameter'],
    ),
    oneOf: [{ required: ['pointer'] }, { required: ['parameter'] }],
  },
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
      detail: { type: 'string', description: 'Only when `unavailable`: why.' },
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
        byStatus: counts(...rocketStatuses),
        incomplete: ref('Amount'),
        withGaps: ref('Amount'),
      }),
      gaps: ref('Amount'),
      events: ref('Amount'),
      waiting: { ...ref('Amount'), description: 'Messages that wait for a gap to close.' },
      late: { ...ref('Amount'), description: 'Messages that came after their number was skipped.' },
      messages: {
        ...counts(...Object.keys(new Counters().messages)),
        description: 'Since the start. `received` is the sum of all others.',
      },
      buffer: {
        ...counts('messages', 'bytes'),
        description: 'Messages taken and not answered yet.',
      },
      feed: {
        ...record({ readers: ref('Amount'), lagSeconds: { type: 'number', minimum: 0 } }),
        description: 'Who reads live, and how far they are behind what is stored.',
      },
    },
    ['detail', 'rockets', 'gaps', 'events', 'waiting', 'late'],
  ),
  Liveness: record({ status: { const: 'ok' } }),
};
