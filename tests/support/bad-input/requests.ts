import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { ProblemSlug } from '../../../src/infrastructure/http/problems.js';
import {
  accepted,
  get,
  insertedAfter,
  invalidAt,
  launchText,
  ambiguous,
  malformed,
  post,
  postOf,
  request,
  type BadInput,
  type Expected,
} from './bad-input.js';

export const bodyLimit = 64 * 1024;

const problem = (status: number, slug: ProblemSlug): Expected => ({ status, slug });
const tooLarge = problem(413, 'body-too-large');
export const encoded = problem(415, 'unsupported-content-encoding');
const notHttp = problem(400, 'malformed-request');
const ok: Expected = { status: 200 };
/** The client is gone before there is anyone to answer. */
const none: Expected = { status: 0 };

export const padded = (length: number, text = launchText()): string =>
  text + ' '.repeat(length - text.length);
const withExtra = (value: string): string => insertedAfter(launchText(), '{', `"extra":${value},`);
export const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
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
  post('9 levels', withExtra(arrays(8)), ambiguous),
  post('9 levels of objects', withExtra(objects(8)), ambiguous),
  post('40,000 levels', arrays(30_000), ambiguous),
  post('40,000 levels that never close', '['.repeat(40_000), ambiguous),
  post('10,000 levels of objects', '{"a":'.repeat(10_000), ambiguous),
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
  '/rockets/some-channel/waiting': ['POST', 'DELETE'],
  '/rockets/some-channel/late': ['POST', 'DELETE'],
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
  raw('a target that is no URL', head('GET /\\rockets?a&#+@3` HTTP/1.1', [host, close]), notHttp),
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
