import { wireForm } from '../producers.js';
import type { NewRecord } from './kafka-tool.js';

/** One of each pair cannot be taken: the one that comes second. */
export const PAIRS = 10;

/** One that no message can be made of, as its header says. */
export const badRecord = (i: number): NewRecord => {
  const headers = { planted: 'bad', trace: String(i) };
  const values = [
    `no JSON ${i}`,
    null,
    `{"metadata":{"channel":"bad-${i}"}}`,
    Buffer.from([i % 256, 0, 255, 254]),
    wireForm(`bad-${i}`, {
      number: 0,
      type: 'RocketExploded',
      data: { reason: 'x' },
      time: '2026-01-01T00:00:00Z',
    }),
    ...(i % 50 === 5 ? ['x'.repeat(100_000)] : []),
  ];
  return { ...(i % 3 === 0 ? {} : { key: `bad-${i % 40}` }), value: values[i % values.length]!, headers };
};

/** Two launches of one rocket that say different things. */
export const pairs = (): readonly NewRecord[] =>
  Array.from({ length: PAIRS * 2 }, (_, i) => {
    const channel = `either-${i >> 1}`;
    const mission = i % 2 === 0 ? 'ONE' : 'OTHER';
    const data = { type: 'Falcon-9', launchSpeed: 500, mission };
    const sent = { number: 1, type: 'RocketLaunched', data, time: '2026-01-01T00:00:00.000Z' };
    return { key: channel, value: wireForm(channel, sent), headers: { planted: mission } };
  });
