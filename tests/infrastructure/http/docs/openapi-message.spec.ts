import { InvalidInput, readMessage } from '../../../../src/infrastructure/http/messages/message-reader.js';
import { launchMessage, messages } from '../../../../src/infrastructure/http/docs/openapi/examples.js';
import { check } from '../../../support/openapi-validator.js';

const accepted = (message: unknown): boolean =>
  !(readMessage(JSON.stringify(message)) instanceof InvalidInput);

const documented = (message: unknown): boolean => {
  try {
    check(['components', 'schemas', 'RocketMessage'], message);
    return true;
  } catch {
    return false;
  }
};

const { metadata, message } = launchMessage;
const integers = [-1, 0, 1, 1.5, Number.MAX_SAFE_INTEGER, '1', null, true, [], {}, undefined];
const texts = [
  '',
  'x',
  'x'.repeat(256),
  'x'.repeat(257),
  '🚀'.repeat(256),
  '🚀'.repeat(257),
  1,
  null,
  [],
  undefined,
];
const channels = [
  '',
  'A.b_c:1-',
  'a b',
  'a/b',
  'ä',
  'x'.repeat(128),
  'x'.repeat(129),
  metadata.channel.toUpperCase(),
  1,
  null,
];
const times = [
  '2026-10-01T17:39:05+02:00',
  '2026-10-01T17:39:05Z',
  '2026-10-01',
  '2026-02-30T00:00:00Z',
  'noon',
  5,
  null,
];
const objects = [undefined, null, [], {}, 'x', 1];

const withMetadata = (field: string, values: readonly unknown[]): unknown[] =>
  values.map((value) => ({ metadata: { ...metadata, [field]: value }, message }));
const withLaunch = (field: string, values: readonly unknown[]): unknown[] =>
  values.map((value) => ({ metadata, message: { ...message, [field]: value } }));
const ofType = (messageType: string, payloads: readonly unknown[]): unknown[] =>
  payloads.map((payload) => ({ metadata: { ...metadata, messageType }, message: payload }));

const variations: Readonly<Record<string, readonly unknown[]>> = {
  'the examples': Object.values(messages),
  'the whole': [...objects, { metadata }, { message }],
  metadata: objects.map((value) => ({ metadata: value, message })),
  message: objects.map((value) => ({ metadata, message: value })),
  content: [
    { metadata, content: message },
    { metadata, message, content: message },
  ],
  channel: withMetadata('channel', [...channels, undefined]),
  messageNumber: withMetadata('messageNumber', integers),
  messageTime: withMetadata('messageTime', [...times, undefined]),
  messageType: withMetadata('messageType', [
    'RocketExploded',
    'MissionChanged',
    'MessageRefused',
    'toString',
    1,
    undefined,
  ]),
  type: withLaunch('type', texts),
  mission: withLaunch('mission', texts),
  launchSpeed: withLaunch('launchSpeed', integers),
  by: ['RocketSpeedIncreased', 'RocketSpeedDecreased'].flatMap((type) =>
    ofType(
      type,
      integers.map((by) => ({ by })),
    ),
  ),
  newMission: ofType(
    'RocketMissionChanged',
    texts.map((newMission) => ({ newMission })),
  ),
  reason: ofType(
    'RocketExploded',
    texts.map((reason) => ({ reason })),
  ),
  'fields nobody knows': [
    { ...launchMessage, more: 1 },
    ...withMetadata('more', [1]),
    ...withLaunch('more', [1]),
  ],
};

describe('the OpenAPI document and the service agree on what a message is', () => {
  it.each(Object.entries(variations))('%s', (_name, cases) => {
    // Without `undefined` fields, as JSON has none.
    const sent = cases.map((value): unknown =>
      value === undefined ? undefined : JSON.parse(JSON.stringify(value)),
    );
    const bodies = sent.filter((value) => value !== undefined);
    expect(bodies.map((body) => [body, documented(body)])).toEqual(
      bodies.map((body) => [body, accepted(body)]),
    );
  });
});
