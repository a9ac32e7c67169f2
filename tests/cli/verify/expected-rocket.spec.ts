import type { Report, SentMessage } from '../../../src/cli/launch/sent-message.js';
import { expectedRocket } from '../../../src/cli/verify/expected-rocket.js';

const launch: Report = {
  type: 'RocketLaunched',
  data: { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' },
};

const flight = (...reports: readonly Report[]): SentMessage[] =>
  [launch, ...reports].map((report, index) => ({
    channel: 'a',
    number: index + 1,
    time: `2026-10-01T17:39:${40 + index}.8989223+02:00`,
    accepted: true,
    report,
  }));

const expected = (messages: readonly SentMessage[]) =>
  expectedRocket(
    messages,
    messages.map(({ time }) => time),
  );

describe('the expected rocket', () => {
  it('is what it was launched as', () => {
    expect(expected(flight())).toEqual({
      channel: 'a',
      type: 'Falcon-9',
      speed: 500,
      speedChange: null,
      mission: 'ARTEMIS',
      status: 'flying',
      reason: null,
      launchedAt: '2026-10-01T17:39:40.8989223+02:00',
      explodedAt: null,
      updatedAt: '2026-10-01T17:39:40.8989223+02:00',
      version: 1,
      highestHeard: 1,
      waiting: 0,
      late: 0,
      complete: true,
    });
  });

  it('has the sum of its speeds and the last of its missions', () => {
    const messages = flight(
      { type: 'RocketSpeedIncreased', data: { by: 3000 } },
      { type: 'RocketMissionChanged', data: { newMission: 'GEMINI' } },
      { type: 'RocketSpeedDecreased', data: { by: 2500 } },
      { type: 'RocketMissionChanged', data: { newMission: 'SKYLAB' } },
    );
    expect(expected(messages)).toMatchObject({ speed: 1000, mission: 'SKYLAB', version: 5, highestHeard: 5 });
  });

  it('has exploded when that was its last word', () => {
    const rocket = expected(flight({ type: 'RocketExploded', data: { reason: 'FROZEN_O_RINGS' } }));
    expect(rocket).toMatchObject({ status: 'exploded', reason: 'FROZEN_O_RINGS', speed: 500, version: 2 });
    expect(rocket.explodedAt).toBe('2026-10-01T17:39:41.8989223+02:00');
  });

  it('begins with a launch', () =>
    expect(() => expected(flight({ type: 'RocketSpeedIncreased', data: { by: 1 } }).slice(1))).toThrow(
      /launch/,
    ));

  it('is what it was, but for its version, after what broke a rule', () => {
    const [launched, ...rest] = flight({ type: 'RocketSpeedDecreased', data: { by: 501 } });
    const broken = rest.map((message) => ({ ...message, breaks: 'speed-below-zero' as const }));
    expect(expected([launched!, ...broken])).toEqual({
      ...expected([launched!]),
      version: 2,
      highestHeard: 2,
    });
  });

  it('waits for its launch when all it said broke a rule', () => {
    const early = flight({ type: 'RocketSpeedIncreased', data: { by: 1 } })
      .slice(1)
      .map((message) => ({ ...message, breaks: 'not-launched' as const }));
    expect(expected(early)).toMatchObject({
      status: 'awaiting-launch',
      speed: null,
      updatedAt: null,
      version: 2,
    });
  });
});
