import { Counters } from '../../../../../application/ingest/counters.js';
import { outcomes } from '../../../../../application/ports/minute-log.js';
import { rocketStatuses } from '../../../../../domain/rocket.js';
import { scopes } from '../../../../auth/scope.js';
import { problems } from '../../../problems.js';
import { openRecord, record, ref, type Schema } from '../model.js';
import { lineCounts } from './messages.js';

const amounts: Schema = { type: 'array', items: ref('Amount') };
const list = (name: string): Schema => ({ type: 'array', items: ref(name) });
const rulesBroken: Schema = {
  ...ref('Amount'),
  description: 'Events that say that a message broke a rule.',
};

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
        parameter: { type: 'string', description: 'Name of a parameter in the path or the query.' },
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
  SignIn: openRecord({ key: { type: 'string', minLength: 1, description: 'An API key, or a token.' } }),
  Session: record(
    {
      ways: {
        type: 'array',
        items: { enum: ['keys', 'jwt'] },
        description: 'What callers can show; empty where everybody may everything.',
      },
      name: { type: 'string', minLength: 1, description: 'Of the key, or the subject of the token.' },
      scopes: { type: 'array', items: { enum: scopes } },
      channels: {
        type: 'array',
        items: ref('Channel'),
        description: 'Only where the key is for some rockets.',
      },
      until: { ...ref('UtcTime'), description: 'When it ends by itself.' },
    },
    ['name', 'channels', 'until'],
  ),
  HealthInShort: {
    ...record({ status: { enum: ['ok', 'stopping', 'unavailable'] } }),
    description: 'For callers who may not read the whole fleet.',
  },
  Health: record(
    {
      status: {
        enum: ['ok', 'stopping', 'unavailable'],
        description: 'When `unavailable`, what the store would have to say is left out.',
      },
      detail: { type: 'string', description: 'Only when `unavailable`: why.' },
      uptimeSeconds: { type: 'number', minimum: 0 },
      store: record(
        {
          name: { enum: ['memory', 'sqlite', 'postgres'] },
          durability: record({
            level: { enum: ['none', 'process', 'disk'] },
            description: { type: 'string', minLength: 1 },
          }),
          fullness: {
            ...counts('bytes', 'limit'),
            description:
              'Only in memory: what the store keeps, by estimate, and what it may (`STORE_BYTES`).',
          },
        },
        ['fullness'],
      ),
      rockets: record({
        total: ref('Amount'),
        byStatus: counts(...rocketStatuses),
        incomplete: ref('Amount'),
        withGaps: ref('Amount'),
      }),
      gaps: ref('Amount'),
      events: ref('Amount'),
      rulesBroken,
      waiting: { ...ref('Amount'), description: 'Messages that wait for a gap to close.' },
      late: { ...ref('Amount'), description: 'Messages that came after their number was skipped.' },
      messages: {
        ...counts(...Object.keys(new Counters().messages)),
        description: 'Since the start. `received` is the sum of all others.',
      },
      buffer: {
        ...counts('messages', 'bytes', 'limit'),
        description:
          'Messages taken and not answered yet; the bytes of all that is held on the way, those of clients that send or take slowly included, and what may be (`BUFFER_BYTES`).',
      },
      feed: {
        ...record(
          { readers: ref('Amount'), lagSeconds: { type: 'number', minimum: 0 }, heldBack: ref('HeldBack') },
          ['heldBack'],
        ),
        description: 'Who reads live, and how far they are behind what is stored.',
      },
      subscriptions: {
        ...counts('running', 'paused', 'failing'),
        description: 'Only when there are any, by their state.',
      },
      kafka: { ...ref('KafkaHealth'), description: 'Only with `INGEST=kafka` or `CONSUME=kafka`.' },
      log: {
        ...counts('lost'),
        description: 'Lines of the log that could not be written.',
      },
    },
    ['detail', 'rockets', 'gaps', 'events', 'rulesBroken', 'waiting', 'late', 'subscriptions', 'kafka'],
  ),
  KafkaHealth: record(
    {
      gateway: {
        ...record(
          {
            queued: { ...ref('Amount'), description: 'Messages that Kafka took, since the start.' },
            waiting: { ...ref('Amount'), description: 'Messages that Kafka does not hold yet.' },
            error: { type: 'string', description: 'Why it takes nothing.' },
          },
          ['error'],
        ),
        description: 'How messages are handed over.',
      },
      consumer: {
        ...record(
          {
            partitions: {
              type: 'array',
              items: record({ partition: ref('Amount'), lag: ref('Amount') }),
              description: 'Those of this instance, and how many of their records are not worked off.',
            },
            rebalances: { ...ref('Amount'), description: 'How often the group was made up anew.' },
            remade: { ...ref('Amount'), description: 'How often its client was made anew.' },
            heartbeatAgoSeconds: { type: 'number', minimum: 0 },
            rejected: {
              ...ref('Amount'),
              description: 'Records that no message could be made of, since the start.',
            },
            error: { type: 'string', description: 'What keeps it from getting on.' },
          },
          ['heartbeatAgoSeconds', 'error'],
        ),
        description: 'How this instance works off the topic.',
      },
    },
    ['gateway', 'consumer'],
  ),
  HeldBack: {
    ...record({
      events: { ...ref('Amount'), description: 'Counted up to 10,000.' },
      seconds: { type: 'number', minimum: 0, description: 'For how long at least.' },
      since: ref('UtcTime'),
      by: record(
        {
          what: { type: 'string', minLength: 1, description: 'Who, in words.' },
          pid: { type: 'integer', description: 'Of the process at the database server.' },
          name: { type: 'string', description: 'Of a prepared transaction.' },
          application: { type: 'string' },
          user: { type: 'string' },
          database: { type: 'string' },
          state: { type: 'string', description: 'As `idle in transaction`.' },
        },
        ['pid', 'name', 'application', 'user', 'database', 'state'],
      ),
    }),
    description:
      'Only while a transaction that somebody left open holds back the feed of PostgreSQL for more than a second: how many events are stored and not told yet, and who it is, as far as the role of the service is told. States and histories show them.',
  },
  Liveness: record({ status: { const: 'ok' } }),
  Fleet: record({
    rockets: record({
      total: ref('Amount'),
      byStatus: counts(...rocketStatuses),
      incomplete: { ...ref('Amount'), description: 'Rockets of which messages were skipped.' },
      withGaps: ref('Amount'),
      silent: {
        ...ref('Amount'),
        description:
          'Rockets not heard for `silentAfterSeconds` and not exploded. Counted again after a second, among more than 10,000 rockets after ten.',
      },
    }),
    silentAfterSeconds: { type: 'number', minimum: 0 },
    events: ref('Amount'),
    rulesBroken,
    gaps: ref('Amount'),
    waiting: { ...ref('Amount'), description: 'Messages that wait for a gap to close.' },
    late: { ...ref('Amount'), description: 'Messages that came after their number was skipped.' },
    types: { ...list('NameCount'), description: 'The most frequent types, counted again as `silent` is.' },
    missions: {
      ...list('NameCount'),
      description: 'The most frequent missions, counted again as `silent` is.',
    },
    activity: {
      ...record({
        since: { ...ref('UtcTime'), description: 'From when on there are figures.' },
        minute: { ...ref('Activity'), description: 'The last 60 seconds, as this instance saw them.' },
        hour: {
          ...ref('Activity'),
          description: 'The last 60 minutes, the one that is under way included, of all instances.',
        },
        day: { ...ref('Activity'), description: 'The last 96 quarters of an hour, of all instances.' },
      }),
      description:
        'What happened in equal spans of time, one after the other. Kept by a durable store over restarts.',
    },
  }),
  NameCount: record({ name: ref('Text'), rockets: ref('Amount') }),
  Activity: record({
    from: { ...ref('UtcTime'), description: 'When the first span begins.' },
    seconds: { type: 'integer', minimum: 1, description: 'How long each span is.' },
    events: { ...amounts, description: 'Events recorded, span by span.' },
    rulesBroken: amounts,
    gaps: {
      type: 'array',
      items: { anyOf: [ref('Amount'), { type: 'null' }] },
      description: 'Gaps open at the end of each span; null where nobody looked.',
    },
    messages: {
      ...record(Object.fromEntries(outcomes.map((outcome) => [outcome, amounts]))),
      description: 'By what became of them.',
    },
  }),
};
