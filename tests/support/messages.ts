import fc from 'fast-check';
import type { RocketMessage, RocketReport } from '../../src/domain/rocket-message.js';

export const launched = (launchSpeed = 500, type = 'Falcon-9', mission = 'ARTEMIS'): RocketReport => ({
  type: 'RocketLaunched',
  data: { type, launchSpeed, mission },
});
export const faster = (by: number): RocketReport => ({ type: 'RocketSpeedIncreased', data: { by } });
export const slower = (by: number): RocketReport => ({ type: 'RocketSpeedDecreased', data: { by } });
export const missionChanged = (newMission: string): RocketReport => ({
  type: 'RocketMissionChanged',
  data: { newMission },
});
export const exploded = (reason = 'PRESSURE_VESSEL_FAILURE'): RocketReport => ({
  type: 'RocketExploded',
  data: { reason },
});

const sentFrom = Date.UTC(2026, 9, 1);

/** Each number has its own time of sending, a second after the one before; it starts again after a year. */
export const timeOf = (number: number): string =>
  new Date(sentFrom + (number % 31_536_000) * 1000).toISOString();

export const message = (number: number, report: RocketReport, channel = 'rocket-1'): RocketMessage => ({
  channel,
  number,
  time: timeOf(number),
  report,
});

/** The reports as the messages 1, 2, 3 … of one channel. */
export const messages = (reports: readonly RocketReport[], channel = 'rocket-1'): RocketMessage[] =>
  reports.map((report, i) => message(i + 1, report, channel));

const words = fc.string({ minLength: 1, maxLength: 8 });
const speeds = fc.oneof(
  { weight: 6, arbitrary: fc.nat(1000) },
  { weight: 1, arbitrary: fc.constantFrom(0, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER) },
);

export const anyReport: fc.Arbitrary<RocketReport> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.tuple(speeds, words, words).map(([speed, type, to]) => launched(speed, type, to)),
  },
  { weight: 4, arbitrary: speeds.map(faster) },
  { weight: 4, arbitrary: speeds.map(slower) },
  { weight: 2, arbitrary: words.map(missionChanged) },
  { weight: 1, arbitrary: words.map(exploded) },
);

/** Mostly what rockets report: a launch first, an end at times; any other nonsense in between. */
export const anyHistory: fc.Arbitrary<RocketReport[]> = fc
  .tuple(fc.boolean(), fc.array(anyReport, { maxLength: 30 }))
  .map(([proper, reports]) => (proper ? [launched(), ...reports] : reports));
