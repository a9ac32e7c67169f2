import { problems, type ProblemSlug } from '../../problems.js';
import { ref, type ApiResponse, type Header, type Media } from './model.js';

/** What every answer carries. */
const common = {
  'X-Request-Id': {
    required: true,
    description: 'The id of this request in the log: the one that was sent, when sane, otherwise a new one.',
    schema: { type: 'string', minLength: 1 },
  },
  'Cache-Control': {
    required: true,
    description: 'How long the answer may be kept.',
    schema: { type: 'string', minLength: 1 },
  },
  'X-Content-Type-Options': {
    required: true,
    description: 'The content type is the one that is said, whatever the bytes look like.',
    schema: { const: 'nosniff' },
  },
} as const satisfies Readonly<Record<string, Header>>;

export const headers = {
  etag: {
    required: true,
    description: 'Send it back in `If-None-Match` and get an empty `304` while nothing has changed.',
    schema: { type: 'string', pattern: '^(W/)?".+"$' },
  },
  link: {
    description: 'The next page, `<…>; rel="next"`. Missing on the last one.',
    schema: { type: 'string', pattern: '^<.+>; rel="next"$' },
  },
  retryAfter: {
    required: true,
    description: 'Seconds to wait before trying again.',
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
  attachment: {
    description: 'Only with CSV: what a browser calls the file.',
    schema: { type: 'string', pattern: '^attachment; ' },
  },
  allow: { required: true, description: 'The methods of this route.', schema: { type: 'string' } },
  setCookie: {
    description: 'What the browser is known by. Without `AUTH` there is none.',
    schema: { type: 'string', pattern: '^rockets_session=' },
  },
  authenticate: {
    required: true,
    description: 'How to show who you are.',
    schema: { enum: ['Bearer realm="rockets"', 'Bearer realm="rockets", error="invalid_token"'] },
  },
  location: { required: true, description: 'Where it is.', schema: { type: 'string' } },
} as const satisfies Readonly<Record<string, Header>>;

export const response = (
  description: string,
  content?: Readonly<Record<string, Media>>,
  extra: Readonly<Record<string, Header>> = {},
): ApiResponse => ({
  description,
  headers: { ...common, ...extra },
  ...(content === undefined ? {} : { content }),
});

const unchanged = 'Nothing has changed since the `ETag` in `If-None-Match`.';

export const notModified: Readonly<Record<string, ApiResponse>> = {
  '304': response(unchanged, undefined, { ETag: headers.etag }),
};

export const pageNotModified: Readonly<Record<string, ApiResponse>> = {
  '304': response(unchanged, undefined, { ETag: headers.etag, Link: headers.link }),
};

/** A page of events may be a table. */
export const eventsHeaders = { Link: headers.link, 'Content-Disposition': headers.attachment };

export const eventsNotModified: Readonly<Record<string, ApiResponse>> = {
  '304': response(unchanged, undefined, { ETag: headers.etag, ...eventsHeaders }),
};

export const json = (schema: string, example: unknown): Readonly<Record<string, Media>> => ({
  'application/json': { schema: ref(schema), examples: { example: { value: example } } },
});

export const csv: Media = {
  schema: {
    type: 'string',
    pattern: '^position,channel,number,type,time,recordedAt,',
    description:
      'RFC 4180 with a header line; a column for each thing that any event says. A text that begins like a formula has an apostrophe in front.',
  },
};

export const jsonArray = (schema: string, example: unknown): Media => ({
  schema: { type: 'array', items: ref(schema) },
  examples: { example: { value: [example] } },
});

/** The problems of one operation, one response for each status; the schema admits exactly these types. */
export const problemResponses = (...slugs: readonly ProblemSlug[]): Readonly<Record<string, ApiResponse>> => {
  const statuses = [...new Set(slugs.map((slug) => problems[slug].status))];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      problemResponse(slugs.filter((slug) => problems[slug].status === status)),
    ]),
  );
};

export const problemResponse = (slugs: readonly ProblemSlug[]): ApiResponse => {
  const description = slugs
    .map((slug) => `[${slug}](/problems/${slug}): ${problems[slug].title}.`)
    .join('\n\n');
  const content = {
    'application/problem+json': {
      schema: {
        allOf: [
          ref('Problem'),
          { type: 'object', properties: { type: { enum: slugs.map((slug) => `/problems/${slug}`) } } },
        ],
      },
      examples: Object.fromEntries(slugs.map((slug) => [slug, { value: problemExample(slug) }])),
    },
  };
  const statuses: readonly number[] = slugs.map((slug) => problems[slug].status);
  return response(description, content, {
    ...(statuses.includes(503) ? { 'Retry-After': headers.retryAfter } : {}),
    ...(slugs.includes('conflict') ? { 'Rocket-Outcome': conflictHeader } : {}),
    ...(statuses.includes(401) ? { 'WWW-Authenticate': headers.authenticate } : {}),
    ...(statuses.includes(405) ? { Allow: headers.allow } : {}),
  });
};

/** A conflict says so in the header too, as every other outcome does. */
const conflictHeader: Header = {
  required: true,
  description: 'For clients that do not read bodies.',
  schema: { const: 'conflict' },
};

const fieldErrors: Partial<Record<ProblemSlug, readonly object[]>> = {
  'invalid-message': [
    {
      pointer: '/metadata/messageNumber',
      code: 'not-an-integer',
      message: 'metadata.messageNumber must be an integer from 1 to 9007199254740991.',
    },
  ],
  'invalid-subscription': [{ pointer: '/sink/url', code: 'missing', message: 'sink.url is missing.' }],
  'invalid-query': [
    { parameter: 'limit', code: 'not-in-range', message: 'limit must be an integer from 1 to 1000.' },
  ],
};

const problemExample = (slug: ProblemSlug): object => ({
  type: `/problems/${slug}`,
  title: problems[slug].title,
  status: problems[slug].status,
  detail: `${problems[slug].title}.`,
  requestId: '6f0d1c0e7a',
  ...(fieldErrors[slug] === undefined ? {} : { errors: fieldErrors[slug] }),
});
