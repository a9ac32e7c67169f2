import {
  accepted,
  fieldsOf,
  insertedAfter,
  invalidAt,
  launchText,
  ambiguous,
  malformed,
  messageText,
  post,
  postOf,
  type BadInput,
  type Expected,
  type Literals,
  type MessageType,
} from './bad-input.js';

export const canonicalText =
  '{"metadata":{"channel":"193270a9-c9cf-404a-8f83-838e71d9ae67","messageNumber":1,' +
  '"messageTime":"2022-02-02T19:39:05.86337+01:00","messageType":"RocketLaunched"},' +
  '"message":{"type":"Falcon-9","launchSpeed":500,"mission":"ARTEMIS"}}';

const cuts = Array.from({ length: canonicalText.length }, (_, length) =>
  post(`cut after ${length} bytes`, canonicalText.slice(0, length), malformed),
);

const speeds = [
  'NaN',
  'Infinity',
  '-Infinity',
  'undefined',
  '+500',
  '0500',
  '.5',
  '5.',
  '0x1F',
  '1_000',
  '500n',
  '5e',
  '--5',
  'True',
  'None',
];

const syntaxErrors: readonly [name: string, text: string][] = [
  ...speeds.map((literal): [string, string] => [`speed ${literal}`, launchText({ launchSpeed: literal })]),
  ['single quotes', canonicalText.replaceAll('"', "'")],
  ['a name without quotes', canonicalText.replace('"metadata"', 'metadata')],
  ['a comma behind the last field', canonicalText.slice(0, -1) + ',}'],
  ['a comma behind the last field of metadata', canonicalText.replace('},', ',},')],
  ['a comma missing', canonicalText.replace(',"messageNumber"', '"messageNumber"')],
  ['two commas', canonicalText.replace('},', '},,')],
  ['a colon missing', canonicalText.replace('"metadata":', '"metadata"')],
  ['an equals sign', canonicalText.replace('"metadata":', '"metadata"=')],
  ['a line comment', canonicalText + '// end'],
  ['a block comment', canonicalText.replace('{', '{/* it */')],
  ['a shell comment', '# message\n' + canonicalText],
  ['a byte order mark', '\ufeff' + canonicalText],
  ['a letter behind', canonicalText + 'x'],
  ['a brace behind', canonicalText + '}'],
  ['a second message behind', canonicalText + canonicalText],
  ['a second message on the next line', canonicalText + '\n' + canonicalText],
  ['NUL behind', canonicalText + '\u0000'],
  ['a semicolon behind', canonicalText + ';'],
  ['a guard against scripts in front', ")]}',\n" + canonicalText],
  ['a call around', `callback(${canonicalText})`],
  ['a vertical tab in front', '\v' + canonicalText],
  ['a no-break space in front', '\u00a0' + canonicalText],
  ['a raw line feed in a string', launchText({ mission: '"AR\nTEMIS"' })],
  ['a raw tab in a string', launchText({ mission: '"AR\tTEMIS"' })],
  ['white space only', ' \r\n\t '],
];

export const jsonText: BadInput[] = [
  ...cuts,
  ...syntaxErrors.map(([name, text]) => post(name, text, malformed)),
];

const missionOf = (bytes: readonly number[]): Buffer => {
  const [before = '', after = ''] = launchText({ mission: '"@"' }).split('@');
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
};

const invalidUtf8: readonly (readonly number[])[] = [
  ...[[0x80], [0xbf], [0x80, 0x80], [0xc0], [0xc0, 0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xc2], [0xc3, 0x28]],
  ...[
    [0xe0, 0x80, 0xaf],
    [0xe0, 0x9f, 0xbf],
    [0xe2, 0x82],
    [0xe2, 0x28, 0xa1],
    [0xed, 0xa0, 0x80],
    [0xed, 0xbf, 0xbf],
  ],
  ...[
    [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
    [0xf0, 0x80, 0x80, 0xaf],
    [0xf0, 0x8f, 0xbf, 0xbf],
    [0xf0, 0x9f, 0x98],
  ],
  ...[
    [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0xf8, 0x88, 0x80, 0x80, 0x80],
    [0xfe],
    [0xff],
    [0xe9],
  ],
];

const notEscapes = ['\\x00', '\\0', '\\u{41}', '\\U0041', '\u0000'];
const badEscapes = [
  '\\u0000',
  'a\\u0000b',
  '\\ud800',
  '\\udbff',
  '\\udc00',
  '\\udfff',
  '\\ude00\\ud83d',
  '\\ud83d\\ud83d',
  '\\ud83d-',
  '\\ud83d\\u0041',
];

const goodTexts = [
  '\u202eSIMETRA',
  '\u2066ARTEMIS\u2069',
  '\u200b',
  'A\ufeffB',
  '\ufffd',
  '\uffff',
  '😀',
  '👨‍🚀',
  'e\u0301',
  '\u2028\u2029',
  '\\ud83d\\ude80',
  '\\u00e9',
  '\u007f',
];

const whole = (encoding: BufferEncoding, mark: readonly number[] = []): Buffer =>
  Buffer.concat([Buffer.from(mark), Buffer.from(canonicalText, encoding)]);
const wide = (littleEndian: boolean): Buffer =>
  Buffer.concat(
    [...canonicalText].map((c) =>
      Buffer.from(littleEndian ? [c.charCodeAt(0), 0, 0, 0] : [0, 0, 0, c.charCodeAt(0)]),
    ),
  );

export const encoding: BadInput[] = [
  ...invalidUtf8.map((bytes) =>
    post(`bytes ${bytes.map((byte) => byte.toString(16)).join(' ')}`, missionOf(bytes), malformed),
  ),
  ...notEscapes.map((text) =>
    post(`text ${JSON.stringify(text)}`, launchText({ mission: `"${text}"` }), malformed),
  ),
  ...badEscapes.map((text) =>
    post(`text ${JSON.stringify(text)}`, launchText({ mission: `"${text}"` }), ambiguous),
  ),
  ...goodTexts.map((text) =>
    post(`text ${JSON.stringify(text)}`, launchText({ mission: `"${text}"` }), accepted),
  ),
  post('UTF-16, little end first', whole('utf16le'), malformed),
  post('UTF-16, little end first, with its mark', whole('utf16le', [0xff, 0xfe]), malformed),
  post('UTF-16, big end first', whole('utf16le').swap16(), malformed),
  post('UTF-32, little end first', wide(true), malformed),
  post('UTF-32, big end first', wide(false), malformed),
  post('UTF-7', canonicalText.replaceAll('{', '+AHs-').replaceAll('"', '+ACI-'), malformed),
  {
    name: 'UTF-8 that calls itself UTF-7',
    bytes: postOf(launchText(), ['Content-Type: application/json; charset=utf-7']),
    expected: accepted,
  },
];

const forbidden = ['__proto__', 'constructor', 'prototype'];
const escaped = ['\\u005f_proto__', 'const\\u0072uctor', 'prototyp\\u0065'];
const harmless = [
  'toString',
  'toJSON',
  'then',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  '',
  '$where',
];
const places: readonly [place: string, mark: string][] = [
  ['the message', '{'],
  ['metadata', '"metadata":{'],
  ['the payload', '"message":{'],
];
const withField = (mark: string, field: string): string => insertedAfter(launchText(), mark, `${field},`);
const manyNames = (count: number): string =>
  withField('{', Array.from({ length: count }, (_, index) => `"${index.toString(36)}":0`).join(','));

export const keys: BadInput[] = [
  ...places.flatMap(([place, mark]) => [
    ...forbidden.map((name) =>
      post(`${name} in ${place}`, withField(mark, `"${name}":{"polluted":true}`), ambiguous),
    ),
    ...escaped.map((name) => post(`${name} in ${place}`, withField(mark, `"${name}":null`), ambiguous)),
  ]),
  ...forbidden.map((name) =>
    post(`${name} in an unknown field`, withField('{', `"extra":[{"${name}":1}]`), ambiguous),
  ),
  ...harmless.map((name) => post(`"${name}" in the message`, withField('{', `"${name}":1`), accepted)),
  ...harmless
    .slice(0, 4)
    .map((name) => post(`"${name}" in metadata`, withField('"metadata":{', `"${name}":{}`), accepted)),
  ...harmless
    .slice(0, 4)
    .map((name) => post(`"${name}" in the payload`, withField('"message":{', `"${name}":null`), accepted)),
  ...['channel', 'messageNumber', 'messageTime', 'messageType'].map((name) =>
    post(`${name} twice`, withField('"metadata":{', `"${name}":1`), ambiguous),
  ),
  ...['type', 'launchSpeed', 'mission'].map((name) =>
    post(`${name} twice`, withField('"message":{', `"${name}":1`), ambiguous),
  ),
  ...['metadata', 'message'].map((name) => post(`${name} twice`, withField('{', `"${name}":{}`), ambiguous)),
  post('channel twice, once escaped', withField('"metadata":{', '"chann\\u0065l":1'), ambiguous),
  post('message and content', withField('{', '"content":{}'), invalidAt('/content')),
  post('5,000 unknown names', manyNames(5000), accepted),
  post('10,000 unknown names', manyNames(10_000), { status: 413, slug: 'body-too-large' }),
];

const numericFields: readonly [field: string, type: MessageType, min: number][] = [
  ['messageNumber', 'RocketLaunched', 1],
  ['launchSpeed', 'RocketLaunched', 0],
  ['by', 'RocketSpeedIncreased', 0],
  ['by', 'RocketSpeedDecreased', 0],
];

/** Each with its value when it is an integer we can keep, and whether it is JSON that we read at all. */
const numbers: readonly [literal: string, value: number | undefined, readable: boolean][] = [
  ['0', 0, true],
  ['-0', 0, true],
  ['-1', -1, true],
  ['1.5', undefined, true],
  ['1.0', 1, true],
  ['1e0', 1, true],
  ['0.1e1', 1, true],
  ['9007199254740991', 9007199254740991, true],
  ['9007199254740992', undefined, false],
  ['9007199254740993', undefined, false],
  ['-9007199254740993', undefined, false],
  ['9223372036854775808', undefined, false],
  ['1e300', undefined, true],
  ['1e400', undefined, false],
  ['1'.repeat(400), undefined, false],
  ['1e-400', undefined, false],
  ['"5"', undefined, true],
];

const pointerOf = (field: string): string =>
  field.startsWith('message') || field === 'channel' ? `/metadata/${field}` : `/message/${field}`;

export const numeric: BadInput[] = [
  ...numericFields.flatMap(([field, type, min]) =>
    numbers.map(([literal, value, readable]) => {
      const fits = value !== undefined && value >= min;
      const expected = !readable
        ? { ...ambiguous, pointer: pointerOf(field) }
        : fits
          ? accepted
          : invalidAt(pointerOf(field));
      return post(
        `${field} ${literal.slice(0, 20)} of ${type}`,
        messageText(type, { [field]: literal }),
        expected,
      );
    }),
  ),
  post('a number that rounds to an integer', launchText({ launchSpeed: '9007199254740990.9' }), ambiguous),
  post('a number with an exponent', launchText({ messageNumber: '1E+2' }), accepted),
];

const kinds: readonly [kind: string, literal: string | null][] = [
  ['missing', null],
  ['null', 'null'],
  ['a boolean', 'true'],
  ['a number', '7'],
  ['a string', '"text"'],
  ['an empty array', '[]'],
  ['an empty object', '{}'],
  ['an array in an array', '[[]]'],
];

const holders: readonly [type: MessageType, fields: readonly string[]][] = [
  ['RocketLaunched', ['metadata', 'message', 'channel', 'messageNumber', 'messageTime', 'messageType']],
  ...(['RocketLaunched', 'RocketSpeedIncreased', 'RocketMissionChanged', 'RocketExploded'] as const).map(
    (type): [MessageType, string[]] => [type, fieldsOf(type)],
  ),
];
const takesNumber = ['messageNumber', 'launchSpeed', 'by'];
const takesText = ['channel', 'type', 'mission', 'newMission', 'reason'];

const typeExpectation = (field: string, kind: string): Expected => {
  if (kind === 'a number' && takesNumber.includes(field)) return accepted;
  if (kind === 'a string' && takesText.includes(field)) return accepted;
  if (field === 'metadata' || field === 'message') {
    if (kind !== 'an empty object') return invalidAt(`/${field}`);
    return field === 'metadata' ? invalidAt('/metadata/channel') : invalidAt('/message/type');
  }
  return invalidAt(pointerOf(field));
};

export const types: BadInput[] = [
  ...holders.flatMap(([type, fields]) =>
    fields.flatMap((field) =>
      kinds.map(([kind, literal]) => {
        // "text" is a channel; one of its own keeps the cases apart.
        const own = field === 'channel' && kind === 'a string' ? '"corpus-text"' : literal;
        return post(
          `${field} is ${kind}`,
          messageText(type, { [field]: own } satisfies Literals),
          typeExpectation(field, kind),
        );
      }),
    ),
  ),
];

const timesRefused = [
  ...[
    '',
    '2022',
    '2022-02',
    '2022-02-02',
    '2022-W05',
    '2022-W05-3',
    '2022-W05-3T19:39:05Z',
    '2022-033',
    '2022-033T19:39:05Z',
    '20220202T193905Z',
  ],
  ...[
    '2022-02-02T19:39:05',
    '2022-02-02T19:39Z',
    '2022-02-02T19Z',
    '2022-02-02 19:39:05Z',
    '2022-02-02_19:39:05Z',
    '2022-02-02T19:39:05 Z',
    ' 2022-02-02T19:39:05Z',
  ],
  ...[
    '2022-02-30T19:39:05Z',
    '2022-02-29T19:39:05Z',
    '1900-02-29T19:39:05Z',
    '2022-04-31T19:39:05Z',
    '2022-00-02T19:39:05Z',
    '2022-13-02T19:39:05Z',
    '2022-02-00T19:39:05Z',
  ],
  ...[
    '2022-02-02T24:00:00Z',
    '2022-02-02T25:00:00Z',
    '2022-02-02T19:60:05Z',
    '2022-02-02T19:39:61Z',
    '2022-02-02T19:39:60Z',
    '2016-12-31T22:59:60Z',
  ],
  ...[
    '2022-02-02T19:39:05.Z',
    '2022-02-02T19:39:05,5Z',
    '2022-02-02T19:39:05.123456789012Z',
    '2022-02-02T19:39:05.1234567890Z',
    '2022-02-02T19:39:05.86337',
  ],
  ...[
    '2022-02-02T19:39:05+1:00',
    '2022-02-02T19:39:05+0100',
    '2022-02-02T19:39:05+01',
    '2022-02-02T19:39:05+24:00',
    '2022-02-02T19:39:05+01:60',
    '2022-02-02T19:39:05CET',
  ],
  ...[
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '10000-01-01T00:00:00Z',
    '-2022-02-02T19:39:05Z',
    'Wed, 02 Feb 2022 19:39:05 GMT',
    '1643827145',
    'now',
  ],
];
const timesAccepted = [
  ...[
    '2022-02-02T19:39:05Z',
    '2022-02-02t19:39:05z',
    '2022-02-02T19:39:05.1Z',
    '2022-02-02T19:39:05.123456789Z',
    '2022-02-02T19:39:05-00:00',
    '2022-02-02T19:39:05+23:59',
  ],
  ...[
    '2024-02-29T00:00:00Z',
    '2000-02-29T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '2016-12-31T23:59:60Z',
    '2017-01-01T00:59:60+01:00',
  ],
];

export const times: BadInput[] = [
  ...timesRefused.map((time) =>
    post(
      `time ${time}`,
      launchText({ messageTime: JSON.stringify(time) }),
      invalidAt('/metadata/messageTime'),
    ),
  ),
  ...timesAccepted.map((time) =>
    post(`time ${time}`, launchText({ messageTime: JSON.stringify(time) }), accepted),
  ),
];

const hostile = [
  ...[
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "javascript:alert('x')",
    '{{7*7}}',
    '${7*7}',
    '<!--',
    ']]>',
    '</textarea>',
  ],
  ...[
    'line\nforged log line',
    'line\r\nSet-Cookie: a=b',
    '\u001b[31mred\u001b[0m',
    '\u001b]0;title\u0007',
    '\b\b\b',
    '%0d%0aX: y',
    '\u0085',
    '\u009b31m',
  ],
  ...[
    "'; DROP TABLE events; --",
    "1' OR '1'='1",
    '\\',
    '%',
    '_',
    'a'.repeat(256),
    '(a+)+$' + 'a'.repeat(100),
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '../../etc/passwd',
    'C:\\con',
    'null',
  ],
];
const channelsRefused = ['<b>', 'a b', 'a/b', 'a\\b', "a'b", 'a\nb', '', 'é', '💥', 'x'.repeat(129)];

export const strings: BadInput[] = [
  ...hostile.map((text) =>
    post(
      `mission ${JSON.stringify(text).slice(0, 40)}`,
      launchText({ mission: JSON.stringify(text) }),
      accepted,
    ),
  ),
  ...channelsRefused.map((text) =>
    post(
      `channel ${JSON.stringify(text).slice(0, 40)}`,
      launchText({ channel: JSON.stringify(text) }),
      invalidAt('/metadata/channel'),
    ),
  ),
];
