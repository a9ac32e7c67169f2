import type { RocketMessage, RocketReport } from '../../src/domain/rocket-message.js';

const missions = ['APOLLO', 'ARTEMIS', 'GEMINI', 'MERCURY', 'SKYLAB'];
const types = ['Falcon-9', 'Saturn-I', 'PGM-19-Jupiter', 'Titan-IIID'];

export const channelOf = (rocket: number): string =>
  `8a6e7887-064f-54fa-b5ee-${rocket.toString(16).padStart(12, '0')}`;

/** Message `number` of a rocket that launches, changes its speed, and every tenth time its mission. */
export const messageOf = (rocket: number, number: number): RocketMessage => ({
  channel: channelOf(rocket),
  number,
  time: `2026-10-01T17:${pad(Math.floor(number / 60) % 60)}:${pad(number % 60)}.${String(1_000_000 + (number % 8_999_999))}+02:00`,
  report: reportOf(rocket, number),
});

const reportOf = (rocket: number, number: number): RocketReport => {
  if (number === 1) {
    const mission = missions[rocket % missions.length]!;
    return {
      type: 'RocketLaunched',
      data: { type: types[rocket % types.length]!, launchSpeed: 500, mission },
    };
  }
  if (number % 10 === 0) return { type: 'RocketMissionChanged', data: { newMission: missions[number % 5]! } };
  return number % 3 === 0
    ? { type: 'RocketSpeedDecreased', data: { by: 500 } }
    : { type: 'RocketSpeedIncreased', data: { by: 1500 } };
};

const pad = (value: number): string => String(value).padStart(2, '0');

export const wireOf = ({ channel, number, time, report }: RocketMessage): string =>
  JSON.stringify({
    metadata: { channel, messageNumber: number, messageTime: time, messageType: report.type },
    message: report.data,
  });

/** `count` messages of `rockets` rockets, round robin: number n of every rocket, then number n + 1. */
export const stream = (count: number, rockets: number, from = 0): RocketMessage[] =>
  Array.from({ length: count }, (_, i) =>
    messageOf((from + i) % rockets, Math.floor((from + i) / rockets) + 1),
  );

/** Fisher-Yates within windows, from a seed: the same disorder every time. */
export const shuffled = <T>(values: readonly T[], window: number, seed = 1): T[] => {
  const result = [...values];
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let start = 0; start < result.length; start += window) {
    const end = Math.min(start + window, result.length);
    for (let i = end - 1; i > start; i--) {
      const j = start + random(i - start + 1);
      [result[i], result[j]] = [result[j]!, result[i]!];
    }
  }
  return result;
};
