import { gzipSync } from 'node:zlib';
import type { ProblemSlug } from '../../../src/infrastructure/http/problems.js';
import { ambiguous, malformed, request, type BadInput, type Expected } from './bad-input.js';

const problem = (status: number, slug: ProblemSlug): Expected => ({ status, slug });
const refusedAt = (pointer: string): Expected => ({ ...problem(400, 'invalid-subscription'), pointer });
const json = 'Content-Type: application/json';

const sent = (
  name: string,
  line: string,
  body: Buffer | string,
  expected: Expected,
  headers = [json],
): BadInput => {
  const bytes = Buffer.from(body);
  const lines = [...headers, `Content-Length: ${bytes.length}`];
  return { name, bytes: request(line, lines, bytes), expected };
};

const url = '"https://receiver.example/"';
const sink = `{"type":"webhook","url":${url}}`;
const long = (length: number): string => JSON.stringify('n'.repeat(length));
const many = (count: number): string => JSON.stringify(Array.from({ length: count }, (_, i) => `c${i}`));

/** A new subscription, with single fields replaced by any text at all; null leaves the field out. */
const subscription = (literals: Readonly<Record<string, string | null>>): string => {
  const fields = Object.entries({ name: '"bad"', sink, ...literals }).filter(([, text]) => text !== null);
  return `{${fields.map(([name, text]) => `"${name}":${text}`).join(',')}}`;
};

const wrongTypes = ['null', '5', 'true', '[]', '{}'];
const notSinks: readonly (readonly [literal: string, pointer: string])[] = [
  ...['null', '5', '"https://receiver.example/"', '[]', `[${sink}]`].map((text) => [text, '/sink'] as const),
  ['{}', '/sink/type'],
  ['{"type":null}', '/sink/type'],
  ['{"type":"mail","to":"a"}', '/sink/type'],
  ['{"type":"Webhook"}', '/sink/type'],
  ['{"type":"webhook"}', '/sink/url'],
  ...[...wrongTypes, '""', '"receiver.example"', '"/hook"', '"http://"', '"http://a b/"'].map(
    (text) => [`{"type":"webhook","url":${text}}`, '/sink/url'] as const,
  ),
  [`{"type":"webhook","url":"https://receiver.example/${'u'.repeat(2048)}"}`, '/sink/url'],
  [`{"type":"webhook","url":${url},"topic":"a"}`, '/sink/topic'],
  [`{"type":"webhook","url":${url},"secret":"a"}`, '/sink/secret'],
  ...['null', '5', '[]', '"100"'].map(
    (text) => [`{"type":"webhook","url":${url},"batch":${text}}`, '/sink/batch'] as const,
  ),
  [`{"type":"webhook","url":${url},"batch":{}}`, '/sink/batch/events'],
  [`{"type":"webhook","url":${url},"batch":{"events":1}}`, '/sink/batch/ms'],
  [`{"type":"webhook","url":${url},"batch":{"ms":1}}`, '/sink/batch/events'],
  ...['0', '-1', '1001', '1.5', '"1"', 'null'].map(
    (text) =>
      [`{"type":"webhook","url":${url},"batch":{"events":${text},"ms":1}}`, '/sink/batch/events'] as const,
  ),
  ...['-1', '60001', '0.5', '"1"', 'null'].map(
    (text) =>
      [`{"type":"webhook","url":${url},"batch":{"events":1,"ms":${text}}}`, '/sink/batch/ms'] as const,
  ),
  [`{"type":"webhook","url":${url},"batch":{"events":1,"ms":1,"bytes":1}}`, '/sink/batch/bytes'],
  ['{"type":"kafka"}', '/sink/topic'],
  ...[...wrongTypes, '""', '"a b"', '"."', '".."', '"ä"', long(250)].map(
    (text) => [`{"type":"kafka","topic":${text}}`, '/sink/topic'] as const,
  ),
  ['{"type":"kafka","topic":"a","url":"http://a/"}', '/sink/url'],
];

const fields: Readonly<Record<string, readonly string[]>> = {
  name: [...wrongTypes, '""', '"a b"', '"a/b"', '"."', '"..."', '"ä"', '"a\\n"', long(65)],
  types: ['5', '{}', '[]', '"RocketExploded"', JSON.stringify(Array(8).fill('RocketExploded'))],
  channels: ['5', '{}', '[]', '"a"', many(1001)],
  from: ['null', '5', '[]', '{}', '""', long(129)],
  secret: ['null', '5', '[]', '""', '"short"', '"whsec_"', '"whsec_c2hvcnQ="', '"whsec_!"', long(10_000)],
  colour: ['"red"'],
  position: ['"start"'],
  state: ['"paused"'],
};
const withinLists: readonly (readonly [field: string, literal: string, pointer: string])[] = [
  ['types', '["RocketLanded"]', '/types/0'],
  ['types', '["RocketExploded",null]', '/types/1'],
  ['types', '["RocketExploded","RocketExploded"]', '/types/1'],
  ['channels', '["a b"]', '/channels/0'],
  ['channels', '["a",5]', '/channels/1'],
  ['channels', '["a","b","a"]', '/channels/2'],
  [
    'channels',
    '["193270a9-c9cf-404a-8f83-838e71d9ae67","193270A9-C9CF-404A-8F83-838E71D9AE67"]',
    '/channels/1',
  ],
];

const made = (what: string, body: Buffer | string, expected: Expected, headers?: string[]): BadInput =>
  sent(`a subscription ${what}`, 'POST /subscriptions', body, expected, headers);
const changed = (body: string, pointer: string): BadInput =>
  sent(`a change of ${body.slice(0, 60)}`, 'PATCH /subscriptions/bad', body, refusedAt(pointer));
const act = (path: string, body: string, pointer: string): BadInput =>
  sent(`${path} of ${body.slice(0, 60)}`, `POST /subscriptions/bad/${path}`, body, refusedAt(pointer));

const notFound = problem(404, 'subscription-not-found');

export const subscriptions: BadInput[] = [
  ...Object.entries(fields).flatMap(([name, literals]) =>
    literals.map((text) =>
      made(`with ${name} ${text.slice(0, 40)}`, subscription({ [name]: text }), refusedAt(`/${name}`)),
    ),
  ),
  ...withinLists.map(([name, text, pointer]) =>
    made(`with ${name} ${text.slice(0, 40)}`, subscription({ [name]: text }), refusedAt(pointer)),
  ),
  ...notSinks.map(([text, pointer]) =>
    made(`to ${text.slice(0, 90)}`, subscription({ sink: text }), refusedAt(pointer)),
  ),
  ...['name', 'sink'].map((name) =>
    made(`without ${name}`, subscription({ [name]: null }), refusedAt(`/${name}`)),
  ),
  ...['null', '5', '"a"', '[]', `[${subscription({})}]`].map((text) =>
    made(`of ${text.slice(0, 40)}`, text, refusedAt('')),
  ),
  made(
    'to Kafka with a secret',
    subscription({
      sink: '{"type":"kafka","topic":"a"}',
      secret: `"whsec_${Buffer.alloc(24).toString('base64')}"`,
    }),
    refusedAt('/secret'),
  ),
  made('that ends early', '{"name":', malformed),
  made('of nothing', '', malformed),
  made('with a name twice', '{"name":"a","name":"b"}', ambiguous),
  made('with a forbidden name', '{"__proto__":{}}', ambiguous),
  made('with NUL in its name', '{"name":"\\u0000"}', ambiguous),
  made('of 70,000 bytes', ' '.repeat(70_000), problem(413, 'body-too-large')),
  made('that is compressed', gzipSync('{}'), problem(415, 'unsupported-content-encoding'), [
    json,
    'Content-Encoding: gzip',
  ]),
  ...['text/plain', 'application/x-www-form-urlencoded', 'application/x-ndjson'].map((type) =>
    made(`as ${type}`, subscription({}), problem(415, 'unsupported-media-type'), [`Content-Type: ${type}`]),
  ),
  sent('a subscription with a parameter', 'POST /subscriptions?dry=1', subscription({}), {
    ...problem(400, 'invalid-query'),
    parameter: 'dry',
  }),
  ...['null', '[]', '{}', '5'].map((text) => changed(text, '')),
  ...['null', '5', '"stopped"', '"failing"'].map((text) => changed(`{"state":${text}}`, '/state')),
  ...['[]', '5', '{}', '"a"'].flatMap((text) =>
    ['types', 'channels'].map((name) => changed(`{"${name}":${text}}`, `/${name}`)),
  ),
  changed('{"sink":null}', '/sink'),
  changed('{"sink":{"type":"webhook"}}', '/sink/url'),
  changed('{"name":"other"}', '/name'),
  changed('{"position":"now"}', '/position'),
  changed('{"state":"paused","from":"now"}', '/from'),
  act('replay', '{}', '/from'),
  act('replay', '{"from":null}', '/from'),
  act('replay', '{"from":5}', '/from'),
  act('replay', '{"from":"now","to":"start"}', '/to'),
  act('secret', '[]', ''),
  act('secret', '{"secret":null}', '/secret'),
  act('secret', '{"secret":"short"}', '/secret'),
  act('secret', '{"key":"a"}', '/key'),
  act('test', 'null', ''),
  act('test', '{"event":1}', '/event'),
  act('parked/retry', '[]', ''),
  act('parked/retry', '{"channel":"a b"}', '/channel'),
  act('parked/retry', '{"channel":null}', '/channel'),
  act('parked/retry', '{"upTo":1}', '/upTo'),
  act('parked/drop', '{}', '/channel'),
  act('parked/drop', '{"upTo":1}', '/channel'),
  ...['0', '-1', '1.5', '"1"', 'null'].map((text) =>
    act('parked/drop', `{"channel":"a","upTo":${text}}`, '/upTo'),
  ),
  ...['limit=0', 'limit=1001', 'after=a%20b', 'after=', 'after=...', 'state=paused'].flatMap((query) => {
    const parameter = query.split('=')[0]!;
    const expected = { ...problem(400, 'invalid-query'), parameter };
    return ['', '/bad/parked'].map((path) => ({
      name: `a list of subscriptions${path} with ${query}`,
      bytes: request(`GET /subscriptions${path}?${query}`),
      expected: path === '' || query !== 'after=...' ? expected : notFound,
    }));
  }),
  ...['DELETE /subscriptions/bad', 'GET /subscriptions/bad', 'DELETE /subscriptions/a%00b'].map((line) => ({
    name: `${line} of which there is none`,
    bytes: request(line),
    expected: notFound,
  })),
  sent('a change of what there is not', 'PATCH /subscriptions/bad', '{"state":"paused"}', notFound),
];
