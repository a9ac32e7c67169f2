import { gzipSync } from 'node:zlib';
import { freshChannel, insertedAfter, launchText, postOf, request, type BadInput } from './bad-input.js';
import { arrays, bodyLimit, encoded, padded } from './requests.js';

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
