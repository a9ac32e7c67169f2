import { simulate } from './simulation.js';
import { neverMet, type Met, type Situation } from './situations.js';

/** With the limits of production. */
const SEEDS = 1000;
/** `npm run sim` has them. */
const needSmallLimits: readonly Situation[] = [
  'drain in several steps',
  'drain resumed after a restart',
  'skip asked during a drain',
  'follower dropped: too-slow',
  'many gaps changed',
];

describe('the service under faults, for long', () => {
  it('keeps its promises on a thousand seeds, in all situations', async () => {
    const met: Met = new Map();
    for (let seed = 1001; seed <= 1000 + SEEDS; seed++) {
      const { violation } = await simulate(seed, met);
      expect({ seed, violation }).toEqual({ seed, violation: undefined });
    }
    expect(neverMet(met).filter((situation) => !needSmallLimits.includes(situation))).toEqual([]);
  });
});
