import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { ProblemSlug } from '../../../src/infrastructure/http/problems.js';
import {
  accepted,
  freshChannel,
  get,
  insertedAfter,
  invalidAt,
  launchText,
  malformed,
  post,
  postOf,
  request,
  type BadInput,
  type Expected,
} from './bad-input.js';

export const bodyLimit = 64 * 1024;

const problem = (status: number, slug: ProblemSlug): Expected => ({ status, slug });
const notFound = problem(404, 'route-not-found');
const tooLarge = problem(413, 'body-too-large');
const encoded = problem(415, 'unsupported-content-encoding');
const notHttp = problem(400, 'malformed-request');
const badQuery = problem(400, 'invalid-query');
const badChannel = problem(400, 'invalid-channel');
const noRocket = problem(404, 'rocket-not-found');
const ok: Expected = { status: 200 };
/** The client is gone before there is anyone to answer. */
const none: Expected = { status: 0 };

const padded = (length: number, text = launchText()): string => text + ' '.repeat(length - text.length);
const withExtra = (value: string): string => insertedAfter(launchText(), '{', `"extra":${value},`);
const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
const chunked = (body: string): Buffer =>
  request(
    'POST /messages',
    ['Transfer-Encoding: chunked'],
    `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  );
const compressed = (name: string, body: Buffer): BadInput => ({
  name: `a body in ${name}`,
  bytes: postOf(body, [`Content-Encoding: ${name}`]),
  expected: encoded,
});
const bomb = Buffer.alloc(10 * 1024 * 1024, ' ');

export const shapes: BadInput[] = [
  post('a body one byte short of the limit', padded(bodyLimit - 1), accepted),
  post('a body at the limit', padded(bodyLimit), accepted),
  post('a body one byte over the limit', padded(bodyLimit + 1), tooLarge),
  post('a body of a megabyte', padded(1024 * 1024), tooLarge),
  { name: 'a chunked body at the limit', bytes: chunked(padded(bodyLimit)), expected: accepted },
  { name: 'a chunked body over the limit', bytes: chunked(padded(bodyLimit + 1)), expected: tooLarge },
  post('8 levels', withExtra(arrays(7)), accepted),
  post('8 levels of objects', withExtra(objects(7)), accepted),
  post('9 levels', withExtra(arrays(8)), malformed),
  post('9 levels of objects', withExtra(objects(8)), malformed),
  post('40,000 levels', arrays(30_000), malformed),
  post('40,000 levels that never close', '['.repeat(40_000), malformed),
  post('10,000 levels of objects', '{"a":'.repeat(10_000), malformed),
  compressed('gzip', gzipSync(bomb)),
  compressed('br', brotliCompressSync(bomb)),
  compressed('deflate', deflateSync(bomb)),
  compressed('gzip, gzip', gzipSync(gzipSync(launchText()))),
  compressed('x-unknown', Buffer.from(launchText())),
  post('JSON inside a string', JSON.stringify(launchText()), invalidAt('')),
  post('JSON inside a string, twice', JSON.stringify(JSON.stringify(launchText())), invalidAt('')),
  post(
    'a message as string',
    launchText({ message: '"{\\"type\\":\\"Falcon-9\\"}"' }),
    invalidAt('/message'),
  ),
  post('a list of messages', `[${launchText()},${launchText()}]`, invalidAt('')),
  post('an empty object', '{}', invalidAt('/metadata')),
  post('a message in a message', launchText({ message: launchText() }), invalidAt('/message/type')),
  post('all fields on one level', '{"channel":"a","messageNumber":1,"by":1}', invalidAt('/metadata')),
  post('10,000 elements', withExtra(`[${'0,'.repeat(9999)}0]`), accepted),
  post(
    'a name of 10,000 characters',
    insertedAfter(launchText(), '{', `"${'n'.repeat(10_000)}":1,`),
    accepted,
  ),
  post('a channel of 128 characters', launchText({ channel: `"${'c'.repeat(128)}"` }), accepted),
  post(
    'a mission of 257 characters',
    launchText({ mission: `"${'m'.repeat(257)}"` }),
    invalidAt('/message/mission'),
  ),
  post(
    'a reason of 60,000 characters',
    launchText({ type: `"${'t'.repeat(60_000)}"` }),
    invalidAt('/message/type'),
  ),
];

const raw = (name: string, text: string, expected: Expected): BadInput => ({
  name,
  bytes: Buffer.from(text, 'latin1'),
  expected,
});
const head = (line: string, headers: readonly string[]): string => [line, ...headers, '', ''].join('\r\n');
const host = 'Host: rockets';
const close = 'Connection: close';

const typed = (type: string): BadInput => ({
  name: `content type ${type}`,
  bytes: postOf(launchText(), [`Content-Type: ${type}`]),
  expected: accepted,
});

const allowed: Readonly<Record<string, readonly string[]>> = {
  '/messages': ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD'],
  '/rockets': ['POST', 'PUT', 'DELETE', 'PATCH'],
  '/rockets/some-channel': ['POST', 'DELETE'],
  '/rockets/some-channel/events': ['POST', 'DELETE'],
  '/rockets/some-channel/gaps': ['POST', 'PUT'],
  '/rockets/some-channel/gaps/skip': ['GET', 'DELETE'],
  '/events': ['POST', 'DELETE'],
  '/gaps': ['POST'],
  '/health': ['POST'],
  '/livez': ['DELETE'],
  '/readyz': ['PUT'],
};
const methods = Object.entries(allowed).flatMap(([path, names]) =>
  names.map((method): BadInput => ({
    name: `${method} ${path}`,
    bytes: request(`${method} ${path}`, ['Content-Length: 0']),
    expected: problem(405, 'method-not-allowed'),
  })),
);

const cutRequest = (name: string, bytes: Buffer | string): BadInput => ({
  name,
  bytes: Buffer.from(bytes),
  expected: none,
  hangsUp: true,
});

export const http: BadInput[] = [
  ...methods,
  raw(
    'length and chunks at once',
    head('POST /messages HTTP/1.1', [host, close, 'Content-Length: 5', 'Transfer-Encoding: chunked']) +
      '0\r\n\r\n',
    notHttp,
  ),
  raw(
    'two lengths',
    head('POST /messages HTTP/1.1', [host, close, 'Content-Length: 2', 'Content-Length: 3']) + '{}',
    notHttp,
  ),
  raw('a negative length', head('POST /messages HTTP/1.1', [host, close, 'Content-Length: -1']), notHttp),
  raw(
    'a length that is no number',
    head('POST /messages HTTP/1.1', [host, close, 'Content-Length: two']),
    notHttp,
  ),
  raw(
    'a length of 10^30',
    head('POST /messages HTTP/1.1', [host, close, `Content-Length: 1${'0'.repeat(30)}`]),
    notHttp,
  ),
  raw(
    'a chunk size that is no number',
    head('POST /messages HTTP/1.1', [host, close, 'Transfer-Encoding: chunked']) + 'zz\r\n{}\r\n',
    notHttp,
  ),
  raw(
    'an unknown transfer encoding',
    head('POST /messages HTTP/1.1', [host, close, 'Transfer-Encoding: cow']) + '{}',
    notHttp,
  ),
  raw('lines that end in a bare line feed', `GET /livez HTTP/1.1\n${host}\n\n`, notHttp),
  raw(
    'a header folded onto a second line',
    head('GET /livez HTTP/1.1', [host, close, 'X-A: 1\r\n 2']),
    notHttp,
  ),
  raw('a space before the colon', head('GET /livez HTTP/1.1', [host, close, 'X-A : 1']), notHttp),
  raw('a header without a name', head('GET /livez HTTP/1.1', [host, close, ': 1']), notHttp),
  raw('NUL in a header', head('GET /livez HTTP/1.1', [host, close, 'X-A: \u0000']), notHttp),
  raw('no host', head('GET /livez HTTP/1.1', [close]), notHttp),
  raw('an unknown method', head('LAUNCH /messages HTTP/1.1', [host, close]), notHttp),
  raw('a method in lower case', head('get /livez HTTP/1.1', [host, close]), notHttp),
  raw('HTTP/9.9', head('GET /livez HTTP/9.9', [host, close]), notHttp),
  raw('the first line of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', notHttp),
  raw('TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', notHttp),
  raw('no HTTP at all', 'hello\r\n\r\n', notHttp),
  raw(
    'headers of 17 KiB',
    head('GET /livez HTTP/1.1', [host, close, `X-A: ${'a'.repeat(17 * 1024)}`]),
    problem(431, 'header-too-large'),
  ),
  raw(
    'a path of 17 KiB',
    head(`GET /${'a'.repeat(17 * 1024)} HTTP/1.1`, [host, close]),
    problem(431, 'header-too-large'),
  ),
  ...[
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
    'application/json; charset=utf-16',
  ].map(typed),
  { name: 'no content type', bytes: postOf(launchText()), expected: accepted },
  {
    name: 'an unknown expectation',
    bytes: postOf(launchText(), ['Expect: a-miracle']),
    expected: accepted,
  },
  { name: 'no body', bytes: request('POST /messages', ['Content-Length: 0']), expected: malformed },
  { name: 'neither length nor body', bytes: request('POST /messages'), expected: malformed },
  cutRequest('a hang-up in the headers', 'POST /messages HTTP/1.1\r\nHost: ro'),
  cutRequest('a hang-up before the body', head('POST /messages HTTP/1.1', [host, 'Content-Length: 100'])),
  cutRequest('a hang-up in the body', postOf(launchText()).subarray(0, -20)),
  cutRequest(
    'a hang-up in a chunk',
    head('POST /messages HTTP/1.1', [host, 'Transfer-Encoding: chunked']) + 'ff\r\n{"metadata"',
  ),
  cutRequest(
    'a hang-up in an NDJSON stream',
    head('POST /messages HTTP/1.1', [host, 'Content-Type: application/x-ndjson', 'Content-Length: 1000']) +
      '{"metadata":',
  ),
  get('a request id that would forge a header', '/livez', ok, ['X-Request-Id: <script>']),
  get('a request id of 1,000 characters', '/livez', ok, [`X-Request-Id: ${'i'.repeat(1000)}`]),
  get('nothing we can serve is accepted', '/livez', ok, ['Accept: image/png']),
];

const cursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const listing = JSON.stringify(['rockets', 'channel', 'asc', undefined, undefined, undefined]);
const launchListing = JSON.stringify(['rockets', 'launchedAt', 'asc', undefined, undefined, undefined]);
const speedListing = JSON.stringify(['rockets', 'speed', 'asc', undefined, undefined, undefined]);
const upperUuid = '193270A9-C9CF-404A-8F83-838E71D9AE67';

export const queries: BadInput[] = [
  ...[
    '/rockets/%00',
    '/rockets/a%20b',
    '/rockets/%E2%80%AE',
    '/rockets/..%2f..%2fetc',
    '/rockets/a%2Fb',
    `/rockets/${'a'.repeat(129)}`,
    '/rockets/%22',
  ].map((path) => get(path, path, badChannel)),
  ...['/rockets/%ZZ', '/rockets/%', '/rockets/%C3%28', '/rockets/%ZZ/events', '/events/%ZZ'].map((path) =>
    get(path, path, notHttp),
  ),
  ...['/rockets/a%20b/gaps', '/rockets/%00/messages/1'].map((path) => get(path, path, badChannel)),
  ...[
    '/rockets/unheard-of',
    `/rockets/${upperUuid}`,
    '/rockets/__proto__',
    '/rockets/constructor',
    '/rockets/unheard-of/events',
    '/rockets/unheard-of/gaps',
    '/rockets/unheard-of/messages/1',
    '/rockets/unheard-of?version=1',
    '/rockets/unheard-of?at=2022-02-02T19:39:05Z',
  ].map((path) => get(path, path, noRocket)),
  ...[
    '/nothing',
    '/rockets/a/b',
    '/messages/1',
    '/rockets/a/messages',
    '/.env',
    '/..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//rockets',
    '/rockets/a/events/1',
  ].map((path) => get(path, path, notFound)),
  ...[
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=1.5',
    'limit=1e2',
    'limit=',
    'limit=ten',
    'limit=0x10',
    'limit=1&limit=2',
    'sort=height',
    'sort=',
    'sort=__proto__',
    'order=up',
    'status=lost',
    'status[]=flying',
    'status=flying&status=flying',
    'unknown=1',
    '__proto__=1',
    'cursor=junk',
    'cursor=',
    `cursor=${cursor({})}`,
    `cursor=${cursor(['other', 'a', 'a'])}`,
  ].map((query) => get(`rockets?${query.slice(0, 60)}`, `/rockets?${query}`, badQuery)),
  get('a cursor that lacks its place', `/rockets?cursor=${cursor([listing])}`, badQuery),
  get('a cursor with a number for a channel', `/rockets?cursor=${cursor([listing, 5, 5])}`, badQuery),
  get(
    'a cursor with a junk time',
    `/rockets?sort=launchedAt&cursor=${cursor([launchListing, 'junk', 'a'])}`,
    ok,
  ),
  get('a gap cursor without a number', `/gaps?cursor=${cursor(['gaps ', 'a', 'b'])}`, badQuery),
  get(
    'a cursor with a text for a speed',
    `/rockets?sort=speed&cursor=${cursor([speedListing, 'fast', 'a'])}`,
    badQuery,
  ),
  ...[
    'at=',
    'at=now',
    'at=2022',
    'at=2022-02-30T00:00:00Z',
    'at=2022-02-02T19:39:05+01:00',
    'version=-1',
    'version=1.5',
    'version=1&at=2022-02-02T19:39:05Z',
  ].map((query) => get(`rocket?${query}`, `/rockets/some?${query}`, badQuery)),
  ...['after=junk', 'after=none-1', 'after=%00'].map((query) =>
    get(`events?${query}`, `/events?${query}`, problem(400, 'unknown-position')),
  ),
  get('an event type we do not know', '/events?type=RocketLanded', badQuery),
];

const lines = (...texts: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(texts.map((text) => Buffer.concat([Buffer.from(text), Buffer.from('\n')])));

const ndjson = (
  name: string,
  body: Buffer | string,
  fields: Readonly<Record<string, unknown>>,
): BadInput => ({
  name,
  bytes: postOf(body, ['Content-Type: application/x-ndjson']),
  expected: { status: 200, fields },
});

const oneBad = (name: string, bad: string | Buffer): BadInput =>
  ndjson(name, lines(launchText(), bad, launchText()), { received: 3, applied: 2, invalid: 1 });

const thousand = (bad: number): Buffer =>
  lines(...Array.from({ length: 1000 }, (_, index) => (index === bad ? '{"bad":' : launchText())));

export const ndjsonStreams: BadInput[] = [
  ndjson('one line', lines(launchText()), { received: 1, applied: 1 }),
  ndjson('no final line feed', launchText(), { received: 1, applied: 1 }),
  ndjson('lines that end in CR LF', `${launchText()}\r\n${launchText()}\r\n`, { received: 2, applied: 2 }),
  ndjson('nothing', '', { received: 0, applied: 0 }),
  ndjson('blank lines only', '\n\n\r\n \n', { received: 0, invalid: 0 }),
  ndjson('blank lines between', `\n${launchText()}\n\n\r\n${launchText()}\n\n`, {
    received: 2,
    applied: 2,
    invalid: 0,
  }),
  ndjson('white space around', ` ${launchText()}\t\n`, { received: 1, applied: 1 }),
  ndjson('one bad line in 1,000', thousand(500), { received: 1000, applied: 999, invalid: 1 }),
  ndjson('the first line bad', thousand(0), { received: 1000, applied: 999, invalid: 1 }),
  ndjson('the last line bad', thousand(999), { received: 1000, applied: 999, invalid: 1 }),
  ndjson('only bad lines', lines('x', '{', '[]', 'null'), { received: 4, applied: 0, invalid: 4 }),
  ndjson('a cut last line', lines(launchText()) + launchText().slice(0, -5), {
    received: 2,
    applied: 1,
    invalid: 1,
  }),
  ndjson('an array of messages', `[${launchText()},\n${launchText()}]`, {
    received: 2,
    applied: 0,
    invalid: 2,
  }),
  ndjson('an overlong line', lines(launchText(), 'x'.repeat(bodyLimit + 10), launchText()), {
    received: 3,
    applied: 2,
    invalid: 1,
  }),
  ndjson('an overlong line without end', lines(launchText()) + 'x'.repeat(3 * bodyLimit), {
    received: 2,
    applied: 1,
    invalid: 1,
  }),
  ndjson('an overlong message', lines(padded(bodyLimit + 10), launchText()), {
    received: 2,
    applied: 1,
    invalid: 1,
  }),
  ndjson('a message at the limit', lines(padded(bodyLimit)), { received: 1, applied: 1 }),
  ndjson('a bare CR between messages', `${launchText()}\r${launchText()}\n`, { received: 1, invalid: 1 }),
  ndjson('two messages on a line', `${launchText()}${launchText()}\n`, { received: 1, invalid: 1 }),
  ndjson('a message over two lines', insertedAfter(launchText(), '{', '\n'), { received: 2, invalid: 2 }),
  ndjson('a character cut by a chunk', lines(launchText({ mission: `"${'é'.repeat(200)}"` })), {
    received: 1,
    applied: 1,
  }),
  oneBad('a byte order mark', '\ufeff' + launchText()),
  oneBad('bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])),
  oneBad('NUL', '\u0000'),
  oneBad('a forbidden name', insertedAfter(launchText(), '{', '"__proto__":1,')),
  oneBad('a name twice', insertedAfter(launchText(), '{', '"metadata":1,')),
  oneBad('9 levels', arrays(9)),
  oneBad('2^53', launchText({ launchSpeed: '9007199254740992' })),
  oneBad('an unknown type', launchText({ messageType: '"RocketLanded"' })),
  oneBad('a bad time', launchText({ messageTime: '"2022"' })),
  oneBad('a bad channel', launchText({ channel: '"a b"' })),
  oneBad('a missing payload', launchText({ message: null })),
  oneBad('a string', '"text"'),
  oneBad('a comment', '# comment'),
  ndjson('the same message twice', lines(...Array<string>(2).fill(launchText())), {
    received: 2,
    applied: 1,
    duplicate: 1,
  }),
  ndjson(
    'a conflict',
    ((channel) => lines(launchText({ channel }), launchText({ channel, mission: '"GEMINI"' })))(
      `"${freshChannel()}"`,
    ),
    { received: 2, applied: 1, conflict: 1 },
  ),
  ndjson(
    'a second launch',
    ((channel) => lines(launchText({ channel }), launchText({ channel, messageNumber: '2' })))(
      `"${freshChannel()}"`,
    ),
    { received: 2, applied: 1, refused: 1 },
  ),
  ndjson(
    'numbers backwards',
    ((channel) => lines(...['3', '2', '1'].map((messageNumber) => launchText({ channel, messageNumber }))))(
      `"${freshChannel()}"`,
    ),
    { received: 3, invalid: 0 },
  ),
  {
    name: 'a compressed stream',
    bytes: postOf(gzipSync(lines(launchText())), [
      'Content-Type: application/x-ndjson',
      'Content-Encoding: gzip',
    ]),
    expected: encoded,
  },
  {
    name: 'a stream in chunks',
    bytes: request(
      'POST /messages',
      ['Content-Type: application/x-ndjson', 'Transfer-Encoding: chunked'],
      '1\r\n{\r\n1\r\n}\r\n1\r\n\n\r\n0\r\n\r\n',
    ),
    expected: { status: 200, fields: { received: 1, invalid: 1 } },
  },
];
