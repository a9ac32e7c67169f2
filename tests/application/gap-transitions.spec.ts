import fc from 'fast-check';
import { EarlyList } from '../../src/application/early-messages.js';
import { gapTransitions } from '../../src/application/gap-transitions.js';
import type { NumberRange } from '../../src/application/outcome.js';
import type { Change } from '../../src/application/ports/event-store.js';
import { initialState } from '../../src/application/rocket-state.js';
import { faster, message } from '../support/messages.js';

interface Situation {
  readonly version: number;
  readonly early: readonly number[];
}

const early = (number: number) => ({ message: message(number, faster(1)), receivedAt: 0 });
const headOf = ({ version, early: numbers }: Situation) => {
  const list = new EarlyList();
  for (const number of numbers) list.add(early(number));
  return { state: { ...initialState, version }, early: list };
};

/** What is missing, found by looking at every single number. */
const gapsOf = ({ version, early: numbers }: Situation): NumberRange[] => {
  const gaps: NumberRange[] = [];
  let seen = version;
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (number > seen + 1) gaps.push({ from: seen + 1, to: number - 1 });
    seen = number;
  }
  return gaps;
};

const changeFrom = (before: Situation, version: number, added: readonly number[]): Change => ({
  channel: 'rocket-1',
  numbers: added,
  revision: 0,
  state: { ...initialState, version },
  events: [],
  added: added.map(early),
  released: before.early.filter((number) => number <= version),
  recordedAt: 0,
});

const told = (before: Situation, version: number, added: readonly number[]) =>
  gapTransitions(headOf(before), changeFrom(before, version, added));

describe('the gaps that a change opens and closes', () => {
  it('are none while everything comes in order', () => {
    expect(told({ version: 4, early: [] }, 9, [])).toEqual({ opened: [], closed: [] });
  });

  it('opens one when a message comes ahead', () => {
    expect(told({ version: 1, early: [] }, 1, [5])).toEqual({ opened: [{ from: 2, to: 4 }], closed: [] });
  });

  it('closes one when it is filled', () => {
    expect(told({ version: 1, early: [3, 4] }, 4, [])).toEqual({ opened: [], closed: [{ from: 2, to: 2 }] });
  });

  it('closes a gap that is split and opens both halves', () => {
    expect(told({ version: 1, early: [9] }, 1, [5])).toEqual({
      opened: [
        { from: 2, to: 4 },
        { from: 6, to: 8 },
      ],
      closed: [{ from: 2, to: 8 }],
    });
  });

  it('closes a gap that shrinks and opens what is left', () => {
    expect(told({ version: 1, early: [5] }, 2, [])).toEqual({
      opened: [{ from: 3, to: 4 }],
      closed: [{ from: 2, to: 4 }],
    });
  });

  it('leaves a gap alone that the version only reaches', () => {
    expect(told({ version: 3, early: [5, 10] }, 5, [])).toEqual({ opened: [], closed: [{ from: 4, to: 4 }] });
  });

  it('is quick about numbers that are far apart', () => {
    const far = Number.MAX_SAFE_INTEGER;
    expect(told({ version: 0, early: [far] }, 0, [2 ** 40])).toEqual({
      opened: [
        { from: 1, to: 2 ** 40 - 1 },
        { from: 2 ** 40 + 1, to: far - 1 },
      ],
      closed: [{ from: 1, to: far - 1 }],
    });
  });

  it('equal the difference between all gaps before and after, whether the head shows the early ones then or now', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 2, max: 40 }), { maxLength: 14 });
    fc.assert(
      fc.property(numbers, numbers, fc.nat(30), fc.boolean(), (earlyThen, more, moves, live) => {
        const before = { version: 0, early: earlyThen.sort((a, b) => a - b) };
        // A step drains: the version never rests right below an early message.
        let version = moves;
        while (before.early.includes(version + 1)) version++;
        const added = more
          .filter((number) => number > version + 1 && !before.early.includes(number))
          .sort((a, b) => a - b);
        const left = before.early.filter((number) => number > version);
        const after = { version, early: [...left, ...added] };
        const head = live ? { ...headOf(after), state: headOf(before).state } : headOf(before);

        const { opened, closed } = gapTransitions(head, changeFrom(before, version, added));

        const key = ({ from, to }: NumberRange) => `${from}-${to}`;
        const then = gapsOf(before).map(key);
        const now = gapsOf(after).map(key);
        expect(opened.map(key).sort()).toEqual(now.filter((gap) => !then.includes(gap)).sort());
        expect(closed.map(key).sort()).toEqual(then.filter((gap) => !now.includes(gap)).sort());
      }),
      { numRuns: 2000 },
    );
  });
});
