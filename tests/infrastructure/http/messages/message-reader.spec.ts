import { InvalidInput } from '../../../../src/infrastructure/http/messages/invalid-input.js';
import {
  decodeUtf8,
  readBodyMessage,
  readMessage,
  readMessageAt,
} from '../../../../src/infrastructure/http/messages/message-reader.js';

const metadata = {
  channel: '193270a9-c9cf-404a-8f83-838e71d9ae67',
  messageNumber: 1,
  messageTime: '2022-02-02T19:39:05.86337+01:00',
  messageType: 'RocketLaunched',
};
const launch = { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' };
const canonical = { metadata, message: launch };
const read = (sent: unknown) => readMessage(JSON.stringify(sent));

const errorsOf = (answer: ReturnType<typeof readMessage>) => {
  if (answer instanceof InvalidInput) return answer.errors;
  throw new Error(`It was read as ${JSON.stringify(answer)}`);
};

describe('a message', () => {
  it('is read', () => {
    expect(read(canonical)).toEqual({
      channel: metadata.channel,
      number: 1,
      time: metadata.messageTime,
      report: { type: 'RocketLaunched', data: launch },
    });
  });

  it.each([
    ['RocketSpeedIncreased', { by: 3000 }],
    ['RocketSpeedDecreased', { by: 2500 }],
    ['RocketExploded', { reason: 'PRESSURE_VESSEL_FAILURE' }],
    ['RocketMissionChanged', { newMission: 'SHUTTLE_MIR' }],
  ])('of type %s is read', (messageType, message) => {
    expect(read({ metadata: { ...metadata, messageType }, message })).toMatchObject({
      report: { type: messageType, data: message },
    });
  });

  it('may have its payload under content, its fields in any order, and fields we do not know', () => {
    const plain = read(canonical);
    expect(read({ metadata, content: launch })).toEqual(plain);
    expect(
      read({
        message: { mission: 'ARTEMIS', launchSpeed: 500, type: 'Falcon-9' },
        metadata: Object.fromEntries(Object.entries(metadata).reverse()),
      }),
    ).toEqual(plain);
    const extra = { extra: [1, { toString: 2, then: null }] };
    expect(read({ ...extra, metadata: { ...metadata, ...extra }, message: { ...launch, ...extra } })).toEqual(
      plain,
    );
  });

  it('writes a UUID in lower case and leaves other channels alone', () => {
    const channelOf = (channel: string) => read({ ...canonical, metadata: { ...metadata, channel } });
    expect(channelOf(metadata.channel.toUpperCase())).toMatchObject({ channel: metadata.channel });
    expect(channelOf('Alpha.1')).toMatchObject({ channel: 'Alpha.1' });
  });

  it('is the same, read from its bytes or from characters', () => {
    const text = JSON.stringify(canonical);
    const lines = `\n${text}\n{}`;
    const all = Buffer.from(lines);
    expect(readMessageAt(lines, all, 1, 1 + text.length)).toEqual(readMessage(text));
    expect(readMessageAt(lines, all, 2 + text.length, all.length)).toEqual(readMessage('{}'));
    expect(readBodyMessage(Buffer.from(text))).toEqual(readMessage(text));
    const accented = text.replace('ARTEMIS', 'Ártemis 😀');
    expect(readBodyMessage(Buffer.from(accented))).toMatchObject({
      report: { data: { mission: 'Ártemis 😀' } },
    });
  });
});

describe('a message that is refused', () => {
  it.each<[what: string, sent: unknown, pointer: string, code: string]>([
    ['is an array', [], '', 'wrong-type'],
    ['is null', null, '', 'wrong-type'],
    ['is a string of JSON', JSON.stringify(canonical), '', 'wrong-type'],
    ['has no metadata', { message: launch }, '/metadata', 'missing'],
    ['has an array as metadata', { metadata: [metadata], message: launch }, '/metadata', 'wrong-type'],
    ['has null as message', { metadata, message: null }, '/message', 'wrong-type'],
    ['has no payload', { metadata }, '/message', 'missing'],
    ['has an array as content', { metadata, content: [launch] }, '/content', 'wrong-type'],
    ['has two payloads', { ...canonical, content: launch }, '/content', 'duplicate-payload'],
    [
      'has a message of null and a content',
      { metadata, message: null, content: launch },
      '/content',
      'duplicate-payload',
    ],
    [
      'has a bad field in content',
      { metadata, content: { ...launch, type: '' } },
      '/content/type',
      'wrong-length',
    ],
    [
      'has no channel',
      { ...canonical, metadata: { ...metadata, channel: undefined } },
      '/metadata/channel',
      'missing',
    ],
    [
      'has a space in its channel',
      { ...canonical, metadata: { ...metadata, channel: 'a b' } },
      '/metadata/channel',
      'not-a-channel',
    ],
    [
      'has number 0',
      { ...canonical, metadata: { ...metadata, messageNumber: 0 } },
      '/metadata/messageNumber',
      'out-of-range',
    ],
    [
      'has number 1.5',
      { ...canonical, metadata: { ...metadata, messageNumber: 1.5 } },
      '/metadata/messageNumber',
      'not-an-integer',
    ],
    [
      'has number "1"',
      { ...canonical, metadata: { ...metadata, messageNumber: '1' } },
      '/metadata/messageNumber',
      'wrong-type',
    ],
    [
      'has a date for a time',
      { ...canonical, metadata: { ...metadata, messageTime: '2022-02-02' } },
      '/metadata/messageTime',
      'not-a-time',
    ],
    [
      'has an old type',
      { ...canonical, metadata: { ...metadata, messageType: 'MissionChanged' } },
      '/metadata/messageType',
      'unknown-message-type',
    ],
    [
      'has a type of every object',
      { ...canonical, metadata: { ...metadata, messageType: 'toString' } },
      '/metadata/messageType',
      'unknown-message-type',
    ],
    [
      'has a negative speed',
      { ...canonical, message: { ...launch, launchSpeed: -1 } },
      '/message/launchSpeed',
      'out-of-range',
    ],
    [
      'has a speed of 1e300',
      { ...canonical, message: { ...launch, launchSpeed: 1e300 } },
      '/message/launchSpeed',
      'out-of-range',
    ],
    [
      'has a mission too long',
      { ...canonical, message: { ...launch, mission: 'x'.repeat(257) } },
      '/message/mission',
      'wrong-length',
    ],
  ])('because it %s', (_, sent, pointer, code) => {
    const answer = read(sent);
    expect(errorsOf(answer)).toEqual([{ pointer, code, message: expect.stringMatching(/^[A-Za-z].*\.$/) }]);
    expect(answer).toMatchObject({
      code: expect.stringMatching(/^(invalid-message|malformed-json|ambiguous-json)$/),
    });
  });

  it('is told everything that is wrong at once, in words', () => {
    const answer = read({
      metadata: { channel: 7, messageNumber: 0, messageType: 'Launched' },
      message: 'x',
    });
    expect(errorsOf(answer).map(({ message }) => message)).toEqual([
      'metadata.channel must be a UUID, or 1 to 128 characters of A-Z a-z 0-9 . _ : -, not a number.',
      'metadata.messageNumber must be an integer from 1 to 9007199254740991.',
      'metadata.messageTime is missing; it must be an RFC 3339 time with offset, such as 2022-02-02T19:39:05.86337+01:00.',
      'metadata.messageType must be one of RocketLaunched, RocketSpeedIncreased, RocketSpeedDecreased, RocketExploded, RocketMissionChanged.',
      'message must be an object, not a string.',
    ]);
    expect(answer).toMatchObject({ code: 'invalid-message', message: expect.stringContaining('and 4 more') });
  });

  it('is told where its JSON breaks', () => {
    expect(readMessage('{"metadata":{"channel":nul}}')).toMatchObject({
      code: 'malformed-json',
      errors: [{ pointer: '/metadata/channel', code: 'unexpected-character' }],
    });
  });

  it('is refused for every cut of its text', () => {
    const text = JSON.stringify(canonical);
    for (let end = 0; end < text.length; end++) {
      expect(readMessage(text.slice(0, end))).toMatchObject({ errors: [{ code: 'unexpected-end' }] });
    }
  });
});

describe('bytes', () => {
  it.each<[what: string, bytes: number[], code: string]>([
    ['begin with a byte order mark', [0xef, 0xbb, 0xbf, 0x7b, 0x7d], 'byte-order-mark'],
    ['hold a lone continuation byte', [0x22, 0x80, 0x22], 'invalid-utf-8'],
    ['hold an overlong slash', [0x22, 0xc0, 0xaf, 0x22], 'invalid-utf-8'],
    ['hold a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22], 'invalid-utf-8'],
    ['are cut inside a character', [0x22, 0xe2, 0x82], 'invalid-utf-8'],
    ['lie beyond U+10FFFF', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], 'invalid-utf-8'],
    ['are UTF-16', [0xff, 0xfe, 0x7b, 0x00], 'invalid-utf-8'],
  ])('that %s are refused', (_, bytes, code) => {
    expect(decodeUtf8(Buffer.from(bytes))).toMatchObject({
      code: 'malformed-json',
      errors: [{ pointer: '', code }],
    });
  });

  it('that are invalid are pointed at', () => {
    expect(decodeUtf8(Buffer.from([0x22, 0x61, 0xff, 0x22]))).toMatchObject({
      message: expect.stringContaining('byte 2 '),
    });
  });

  it('that are valid are a text', () => {
    expect(decodeUtf8(Buffer.from('é😀\ufeff'))).toBe('é😀\ufeff');
    expect(decodeUtf8(Buffer.alloc(0))).toBe('');
  });
});
