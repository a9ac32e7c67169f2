import fc from 'fast-check';
import { flights } from '../../../src/cli/launch/flight.js';
import type { NumberedReport } from '../../../src/cli/launch/sent-message.js';
import { initialState, record, decide } from '../../../src/domain/rocket.js';
import { runs } from '../../support/thorough.js';
import { byChannel } from './by-channel.js';

/** As the service decides, which here is right by definition. */
const rulesBroken = (messages: readonly NumberedReport[]): (string | undefined)[] => {
  let state = initialState;
  return messages.map(({ channel, number, report }) => {
    const event = decide({ channel, number, time: '2026-10-01T17:39:42Z', report }, state.rocket);
    state = record(state, number, event);
    return event.type === 'MessageRefused' ? event.data.rule : undefined;
  });
};

describe('a run with broken rules', () => {
  const lengths = fc.record({
    seed: fc.nat(),
    rockets: fc.integer({ min: 1, max: 30 }),
    length: fc.integer({ min: 1, max: 2000 }),
  });
  const share = fc.double({ min: 0.01, max: 0.9, noNaN: true });

  it('knows of every message whether it breaks a rule, and which', () => {
    fc.assert(
      fc.property(lengths, share, ({ seed, rockets, length }, ruleBreaking) => {
        const messages = [...flights(seed, rockets, length, ruleBreaking)];
        expect(messages).toHaveLength(length);
        for (const own of byChannel(messages).values()) {
          expect(own.map(({ number }) => number)).toEqual(own.map((_, index) => index + 1));
          expect(own.map(({ breaks }) => breaks)).toEqual(rulesBroken(own));
        }
      }),
      { numRuns: runs(15, 100) },
    );
  });

  it('says everything else as without them, in the same order', () => {
    const calm = byChannel(flights(7, 5, 5000));
    for (const [channel, own] of byChannel(flights(7, 5, 5000, 0.1))) {
      const facts = own.filter(({ breaks }) => breaks === undefined).map(({ report }) => report);
      const others = calm.get(channel)?.map(({ report }) => report);
      expect(facts.length).toBeGreaterThan(100);
      const shared = Math.min(facts.length, others?.length ?? 0);
      expect(facts.slice(0, shared)).toEqual(others?.slice(0, shared));
    }
  });

  it('breaks about as many as asked for, and every rule there is', () => {
    const messages = [...flights(444, 50, 100_000, 0.02)];
    const broken = messages.filter(({ breaks }) => breaks !== undefined);
    expect(broken.length / messages.length).toBeCloseTo(0.02, 2);
    expect([...new Set(broken.map(({ breaks }) => breaks))].sort()).toEqual([
      'already-launched',
      'not-launched',
      'rocket-exploded',
      'speed-below-zero',
      'speed-out-of-range',
    ]);
  });

  it('lets every exploded rocket speak once more', () => {
    const exploded = [...byChannel(flights(444, 20, 100_000, 0.001)).values()].filter((own) =>
      own.some(({ report, breaks }) => report.type === 'RocketExploded' && breaks === undefined),
    );
    expect(exploded.length).toBeGreaterThan(3);
    for (const own of exploded) expect(own.at(-1)?.breaks).toBe('rocket-exploded');
  });
});
