import fc from 'fast-check';
import { EarlyList } from '../../src/application/early-messages.js';
import { gapsOf } from '../../src/application/gaps.js';
import type { EarlyMessage } from '../../src/application/ports/event-store.js';
import { earlyMessage, faster } from '../support/builders.js';

const listOf = (messages: readonly EarlyMessage[]): EarlyList => {
  const list = new EarlyList();
  for (const message of messages) list.add(message);
  return list;
};

const early = (receivedAtByNumber: Readonly<Record<number, number>>) =>
  listOf(
    Object.entries(receivedAtByNumber).map(([number, receivedAt]) =>
      earlyMessage('a', Number(number), faster(), receivedAt),
    ),
  );

describe('the gaps of a channel', () => {
  it('are none when nothing came early', () => {
    expect(gapsOf('a', 7, listOf([]))).toEqual([]);
  });

  it('are none when the early messages follow the history', () => {
    expect(gapsOf('a', 7, early({ 8: 1, 9: 2 }))).toEqual([]);
  });

  it('lie between the history and the early messages, and between those', () => {
    expect(gapsOf('a', 2, early({ 5: 1, 6: 2, 9: 3 }))).toEqual([
      { channel: 'a', from: 3, to: 4, since: 1, waiting: 3 },
      { channel: 'a', from: 7, to: 8, since: 3, waiting: 1 },
    ]);
  });

  it('are as old as the first message that was received from beyond them', () => {
    const gaps = gapsOf('a', 0, early({ 2: 50, 4: 20, 5: 10, 7: 40 }));
    expect(gaps.map(({ from, since }) => [from, since])).toEqual([
      [1, 10],
      [3, 10],
      [6, 40],
    ]);
  });

  it('reach up to 2^53 − 1', () => {
    expect(gapsOf('a', 0, listOf([earlyMessage('a', Number.MAX_SAFE_INTEGER)]))).toMatchObject([
      { from: 1, to: Number.MAX_SAFE_INTEGER - 1, waiting: 1 },
    ]);
  });

  it('hold exactly the numbers that were not heard', () => {
    const heard = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 });
    fc.assert(
      fc.property(fc.nat(20), heard, (version, numbers) => {
        const above = numbers.filter((number) => number > version).sort((a, b) => a - b);
        const gaps = gapsOf('a', version, listOf(above.map((number) => earlyMessage('a', number))));
        const covered = gaps.flatMap(({ from, to }) =>
          Array.from({ length: to - from + 1 }, (_, i) => from + i),
        );
        const missing = Array.from(
          { length: Math.max(0, (above.at(-1) ?? 0) - version) },
          (_, i) => version + 1 + i,
        );
        expect(covered).toEqual(missing.filter((number) => !above.includes(number)));
        for (const { to, waiting } of gaps)
          expect(waiting).toBe(above.filter((number) => number > to).length);
      }),
    );
  });

  it('come in parts as they come at once', () => {
    const messages = fc.uniqueArray(
      fc.record({ number: fc.integer({ min: 1, max: 60 }), receivedAt: fc.nat(9) }),
      { selector: ({ number }) => number },
    );
    fc.assert(
      fc.property(
        fc.nat(20),
        messages,
        fc.nat(60),
        fc.integer({ min: 1, max: 9 }),
        (version, all, after, limit) => {
          const waiting = all.filter(({ number }) => number > version);
          const list = listOf(waiting.map((one) => earlyMessage('a', one.number, faster(), one.receivedAt)));
          const expected = gapsOf('a', version, list).filter(({ from }) => from > after);
          expect(gapsOf('a', version, list, { after, limit })).toEqual(expected.slice(0, limit));
        },
      ),
    );
  });
});
