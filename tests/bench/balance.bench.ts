import { byChance, dealings, fleetsOf, imbalances, namings, sharesOf, type Naming } from './balance.js';
import { scaled, type Row } from './measure.js';

const ROCKETS = scaled(10_000_000);

/**
 * How evenly lanes, partitions and instances are loaded, by the hashes that decide it. A bound is what chance does at its
 * worst: a hash that has a pattern in common with the names would be beyond it.
 */
export const balanceBench = async (): Promise<Row[]> => {
  const fleets = fleetsOf(ROCKETS);
  const found = namings.map((naming) => ({ naming, of: imbalances(naming, fleets) }));
  return fleets.flatMap((fleet, f) => {
    const shares = sharesOf(fleet);
    return dealings.map((dealing, d): Row => {
      const { measured, naming } = found
        .map(({ naming, of }) => ({ naming, measured: of[f]![d]! }))
        .reduce(worse);
      return {
        goal: '',
        what: `greatest load ÷ mean, ${dealing.name}: ${fleet.name} (worst: ${naming.name})`,
        measured,
        good: byChance(shares, dealing, drawing()),
        better: 'lower',
      };
    });
  });
};

const worse = <T extends { readonly measured: number; readonly naming: Naming }>(one: T, other: T): T =>
  other.measured > one.measured ? other : one;

/** The same numbers every time: what is no accident today is none tomorrow. */
const drawing = (): (() => number) => {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};
