import fc from 'fast-check';
import { InvalidInput, readMessage } from '../../../../src/infrastructure/http/messages/message-reader.js';
import { UsualMessageReader } from '../../../../src/infrastructure/http/messages/usual-message.js';

const reader = new UsualMessageReader();
const read = (text: string, start = 0, end = text.length) =>
  reader.read(text, Buffer.from(text, 'latin1'), start, end);

const payloads: readonly [string, object][] = [
  ['RocketLaunched', { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' }],
  ['RocketSpeedIncreased', { by: 3000 }],
  ['RocketSpeedDecreased', { by: 0 }],
  ['RocketExploded', { reason: 'PRESSURE_VESSEL_FAILURE' }],
  ['RocketMissionChanged', { newMission: 'SHUTTLE_MIR' }],
];
const written = (messageType: string, message: object, metadata: object = {}): string =>
  JSON.stringify({
    metadata: {
      channel: '193270a9-c9cf-404a-8f83-838e71d9ae67',
      messageNumber: 1,
      messageTime: '2022-02-02T19:39:05.86337+01:00',
      messageType,
      ...metadata,
    },
    message,
  });

/** Whatever the quick reader reads, the strict one reads alike. */
const isReadAlike = (text: string): void => {
  const quick = read(text);
  if (quick !== undefined) expect(quick).toEqual(readMessage(text));
};

describe('a message in the usual form', () => {
  it.each(payloads)('of type %s is read as the strict reader does', (type, payload) => {
    const text = written(type, payload);
    expect(read(text)).toEqual(readMessage(text));
    expect(read(text)).not.toBeInstanceOf(InvalidInput);
    expect(read(text)).toBeDefined();
  });

  it('is read from where it stands, and nothing behind it', () => {
    const text = written('RocketSpeedIncreased', { by: 5 });
    const lines = `${text}\n${text}\n`;
    expect(read(lines, text.length + 1, lines.length - 1)).toEqual(readMessage(text));
    expect(read(lines, 0, text.length + 1)).toBeUndefined();
    expect(read(lines, 0, text.length - 1)).toBeUndefined();
  });

  it('shares its channel with the messages before it', () => {
    const first = written('RocketSpeedIncreased', { by: 5 });
    const second = written('RocketSpeedDecreased', { by: 7 }, { messageNumber: 2 });
    expect(read(first)?.channel).toBe(read(second)?.channel);
  });
});

describe('any other message', () => {
  it.each([
    ['an escape', { channel: 'caf\\u00e9' }],
    ['a bad channel', { channel: 'a b' }],
    ['a UUID in upper case', { channel: '193270A9-C9CF-404A-8F83-838E71D9AE67' }],
    ['no channel', { channel: '' }],
    ['number 0', { messageNumber: 0 }],
    ['a number of 16 digits', { messageNumber: 1_000_000_000_000_000 }],
    ['a time that is none', { messageTime: '2022-02-30T19:39:05+01:00' }],
    ['an unknown type', { messageType: 'RocketLanded' }],
  ])('is left to the strict reader: %s', (_, metadata) => {
    expect(read(written('RocketSpeedIncreased', { by: 5 }, metadata))).toBeUndefined();
  });

  it('is left to the strict reader when a text is empty or too long', () => {
    for (const reason of ['', 'x'.repeat(257)])
      expect(read(written('RocketExploded', { reason }))).toBeUndefined();
    expect(read(written('RocketExploded', { reason: 'x'.repeat(256) }))).toBeDefined();
  });

  it('is read alike or not at all, whatever one character of it becomes', () => {
    for (const [type, payload] of payloads) {
      const text = written(type, payload);
      for (let at = 0; at <= text.length; at++) {
        isReadAlike(text.slice(0, at) + text.slice(at + 1));
        for (const other of ['"', '\\', '0', '-', '.', 'e', ' ', '}', ',', 'Z', '\u0000', '\u00e9']) {
          isReadAlike(text.slice(0, at) + other + text.slice(at));
          isReadAlike(text.slice(0, at) + other + text.slice(at + 1));
        }
      }
    }
  });

  it('is read alike or not at all, whatever its fields are', () => {
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.nat(), fc.constantFrom('5', 1e15, -0, 1.5));
    fc.assert(
      fc.property(fc.constantFrom(...payloads), fc.nat(6), value, ([type, payload], which, odd) => {
        const names = ['channel', 'messageNumber', 'messageTime', 'messageType', ...Object.keys(payload)];
        const name = names[which % names.length]!;
        isReadAlike(
          name in payload
            ? written(type, { ...payload, [name]: odd })
            : written(type, payload, { [name]: odd }),
        );
      }),
    );
  });
});
