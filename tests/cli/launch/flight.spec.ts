import fc from 'fast-check';
import { flights } from '../../../src/cli/launch/flight.js';
import type { NumberedReport } from '../../../src/cli/launch/sent-message.js';
import { runs } from '../../support/thorough.js';
import { byChannel } from './by-channel.js';

/** Comparing so much as objects would take seconds. */
const text = (messages: readonly NumberedReport[]): string => JSON.stringify(messages);

describe('the default run', () => {
  const messages = [...flights(444, 20, 100_000)];
  const rockets = [...byChannel(messages).values()];

  it('has 100,000 messages of 20 rockets, of which 6 explode', () => {
    expect(messages).toHaveLength(100_000);
    expect(rockets).toHaveLength(20);
    expect(messages.filter(({ report }) => report.type === 'RocketExploded')).toHaveLength(6);
  });

  it('has at most 6,498 messages a rocket', () => {
    expect(Math.max(...rockets.map(({ length }) => length))).toBeLessThanOrEqual(6498);
  });

  it('is the same every time', () => {
    expect(text([...flights(444, 20, 100_000)])).toBe(text(messages));
  });
});

const speeds = (messages: readonly NumberedReport[]): number[] => {
  let speed = 0;
  return messages.map(({ report }) => {
    if (report.type === 'RocketLaunched') speed = report.data.launchSpeed;
    if (report.type === 'RocketSpeedIncreased') speed += report.data.by;
    if (report.type === 'RocketSpeedDecreased') speed -= report.data.by;
    return speed;
  });
};

describe('every run', () => {
  const often = { numRuns: runs(10, 40) };
  const lengths = fc.record({
    seed: fc.nat(),
    rockets: fc.integer({ min: 1, max: 60 }),
    length: fc.integer({ min: 1, max: 3000 }),
  });

  it('tells of each rocket from 1 without a hole, from its launch to nothing after an explosion', () => {
    fc.assert(
      fc.property(lengths, ({ seed, rockets, length }) => {
        const messages = [...flights(seed, rockets, length)];
        expect(messages).toHaveLength(length);
        for (const own of byChannel(messages).values()) {
          expect(own.map(({ number }) => number)).toEqual(own.map((_, index) => index + 1));
          const types = own.map(({ report }) => report.type);
          expect(types.indexOf('RocketLaunched')).toBe(0);
          expect(types.lastIndexOf('RocketLaunched')).toBe(0);
          if (types.includes('RocketExploded')) expect(types.indexOf('RocketExploded')).toBe(own.length - 1);
        }
      }),
      often,
    );
  });

  it('keeps speeds at multiples of 500, never below 500', () => {
    fc.assert(
      fc.property(lengths, ({ seed, rockets, length }) => {
        for (const own of byChannel(flights(seed, rockets, length)).values()) {
          expect(speeds(own).filter((speed) => speed < 500 || speed % 500 !== 0)).toEqual([]);
        }
      }),
      often,
    );
  });

  it('uses UUIDs of version 5', () => {
    fc.assert(
      fc.property(lengths, ({ seed, rockets, length }) => {
        for (const channel of byChannel(flights(seed, rockets, length)).keys()) {
          expect(channel).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        }
      }),
      often,
    );
  });

  it('agrees with a longer run of more rockets about every message they share', () => {
    fc.assert(
      fc.property(
        lengths,
        fc.nat({ max: 20 }),
        fc.nat({ max: 2000 }),
        ({ seed, rockets, length }, more, longer) => {
          const large = byChannel(flights(seed, rockets + more, length + longer));
          for (const [channel, own] of byChannel(flights(seed, rockets, length))) {
            const other = large.get(channel) ?? [];
            const shared = Math.min(own.length, other.length);
            expect(text(own.slice(0, shared))).toBe(text(other.slice(0, shared)));
          }
        },
      ),
      { numRuns: runs(20, 100) },
    );
  });

  it('differs from that of another seed', () => {
    expect([...byChannel(flights(1, 20, 500)).keys()]).not.toEqual([
      ...byChannel(flights(2, 20, 500)).keys(),
    ]);
  });
});
