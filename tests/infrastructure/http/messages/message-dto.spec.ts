import { violations } from '../../../../src/infrastructure/http/messages/explain-refusal.js';
import { isText, messageTypes } from '../../../../src/infrastructure/http/messages/message-dto.js';

const metadata = {
  channel: '193270a9-c9cf-404a-8f83-838e71d9ae67',
  messageNumber: 1,
  messageTime: '2022-02-02T19:39:05.86337+01:00',
};

describe('the message format', () => {
  it.each([
    ['RocketLaunched', { type: 'Falcon-9', launchSpeed: 0, mission: 'ARTEMIS' }],
    ['RocketSpeedIncreased', { by: 0 }],
    ['RocketSpeedDecreased', { by: Number.MAX_SAFE_INTEGER }],
    ['RocketExploded', { reason: 'PRESSURE_VESSEL_FAILURE' }],
    ['RocketMissionChanged', { newMission: 'SHUTTLE_MIR' }],
  ])('knows %s', (messageType, message) => {
    const sent = { metadata: { ...metadata, messageType }, message };
    expect(violations(sent)).toEqual([]);
    for (const field of Object.keys(message)) {
      const broken = { ...sent, message: { ...message, [field]: undefined } };
      expect(
        violations(broken)
          .flatMap(({ children = [] }) => children)
          .map(({ property }) => property),
      ).toEqual([field]);
    }
    expect(violations({ ...sent, message: {} })).not.toEqual([]);
  });

  it('names every type', () => {
    expect([...messageTypes].sort()).toEqual([
      'RocketExploded',
      'RocketLaunched',
      'RocketMissionChanged',
      'RocketSpeedDecreased',
      'RocketSpeedIncreased',
    ]);
  });

  it.each<[boolean, string, unknown]>([
    [false, 'an empty string', ''],
    [true, 'one character', 'x'],
    [true, 'a space', ' '],
    [true, '256 characters', 'x'.repeat(256)],
    [false, '257 characters', 'x'.repeat(257)],
    [true, '256 characters outside the first plane', '😀'.repeat(256)],
    [false, '257 characters outside the first plane', '😀'.repeat(257)],
    [false, '300 variation selectors', '\ufe0f'.repeat(300)],
    [false, 'a number', 5],
    [false, 'a String object', new String('x')],
  ])('answers %s for %s as a text', (valid, _, value) => {
    expect(isText(value)).toBe(valid);
  });
});
