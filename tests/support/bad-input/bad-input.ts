import type { ProblemSlug } from '../../../src/infrastructure/http/problems.js';

/** One thing a client may do to us, and what it has to get for it. */
export interface BadInput {
  readonly name: string;
  /** Every byte the client sends. */
  readonly bytes: Buffer;
  readonly expected: Expected;
  /** The body alone, when the request is nothing but a message: the reader is asked as well. */
  readonly message?: Buffer;
  /** Bodies posted beforehand, each of which is accepted. */
  readonly before?: readonly string[];
  /** The client hangs up instead of waiting for an answer. */
  readonly hangsUp?: boolean;
}

export interface Expected {
  readonly status: number;
  readonly slug?: ProblemSlug;
  /** Of the first entry of `errors`. */
  readonly pointer?: string;
  readonly parameter?: string;
  readonly outcome?: string;
  /** Some of the fields of a 200. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export const accepted: Expected = { status: 202 };
export const malformed: Expected = { status: 400, slug: 'malformed-json' };
/** JSON, but not what every program reads alike. */
export const ambiguous: Expected = { status: 400, slug: 'ambiguous-json' };
export const invalid: Expected = { status: 400, slug: 'invalid-message' };
export const invalidAt = (pointer: string): Expected => ({ ...invalid, pointer });

export const request = (line: string, headers: readonly string[] = [], body: Buffer | string = ''): Buffer =>
  Buffer.concat([
    Buffer.from(
      [`${line} HTTP/1.1`, 'Host: rockets', 'Connection: close', ...headers, '', ''].join('\r\n'),
      'latin1',
    ),
    typeof body === 'string' ? Buffer.from(body) : body,
  ]);

export const postOf = (body: Buffer | string, headers: readonly string[] = []): Buffer => {
  const bytes = Buffer.from(body);
  return request('POST /messages', ['Accept: */*', `Content-Length: ${bytes.length}`, ...headers], bytes);
};

/** A request whose body is one message and nothing special. */
export const post = (name: string, body: Buffer | string, expected: Expected): BadInput => {
  const message = Buffer.from(body);
  return { name, bytes: postOf(message), message, expected };
};

export const get = (
  name: string,
  path: string,
  expected: Expected,
  headers: readonly string[] = [],
): BadInput => ({
  name,
  bytes: request(`GET ${path}`, headers),
  expected,
});

let channels = 0;
/** No two cases share a rocket. */
export const freshChannel = (): string => `corpus-${++channels}`;

const payloads = {
  RocketLaunched: { type: '"Falcon-9"', launchSpeed: '500', mission: '"ARTEMIS"' },
  RocketSpeedIncreased: { by: '3000' },
  RocketSpeedDecreased: { by: '2500' },
  RocketExploded: { reason: '"PRESSURE_VESSEL_FAILURE"' },
  RocketMissionChanged: { newMission: '"SHUTTLE_MIR"' },
};
export type MessageType = keyof typeof payloads;

/** JSON literals by field name, for any level; null leaves the field out. */
export type Literals = Readonly<Record<string, string | null>>;

/** A message as JSON text, with single fields replaced by any text at all. */
export const messageText = (type: MessageType, literals: Literals = {}): string => {
  const metadata = {
    channel: `"${freshChannel()}"`,
    messageNumber: '1',
    messageTime: '"2022-02-02T19:39:05.86337+01:00"',
    messageType: `"${type}"`,
  };
  return objectText({
    metadata:
      literals['metadata'] === undefined ? objectText(replaced(metadata, literals)) : literals['metadata'],
    message:
      literals['message'] === undefined
        ? objectText(replaced(payloads[type], literals))
        : literals['message'],
  });
};

export const launchText = (literals: Literals = {}): string => messageText('RocketLaunched', literals);

export const fieldsOf = (type: MessageType): string[] => Object.keys(payloads[type]);

const replaced = (fields: Literals, literals: Literals): Literals =>
  Object.fromEntries(
    Object.entries(fields).map(([name, text]) => [name, name in literals ? literals[name]! : text]),
  );

const objectText = (fields: Literals): string =>
  `{${Object.entries(fields)
    .filter(([, text]) => text !== null)
    .map(([name, text]) => `"${name}":${text}`)
    .join(',')}}`;

/** A text put behind the first occurrence of another. */
export const insertedAfter = (text: string, mark: string, added: string): string => {
  const at = text.indexOf(mark) + mark.length;
  return text.slice(0, at) + added + text.slice(at);
};
