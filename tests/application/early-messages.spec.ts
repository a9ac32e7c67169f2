import { EarlyList, noEarlyMessages } from '../../src/application/early-messages.js';
import { earlyMessage, newMission } from '../support/builders.js';

const listOf = (...numbers: number[]): EarlyList => {
  const list = new EarlyList();
  for (const number of numbers) list.add(earlyMessage('a', number));
  return list;
};
const numbersOf = (list: EarlyList): number[] => [...list].map(({ message }) => message.number);

describe('early messages', () => {
  it('stand by number, however they came', () => {
    const list = listOf(9, 3, 7);
    expect(numbersOf(list)).toEqual([3, 7, 9]);
    expect(list.size).toBe(3);
    expect(list.highest()).toBe(9);
  });

  it('keep the first message of a number', () => {
    const list = listOf(3);
    list.add(earlyMessage('a', 3, newMission('MARS')));
    expect(list.get(3)).toEqual(earlyMessage('a', 3));
    expect(list.size).toBe(1);
  });

  it('are found by their number, and by what lies below it', () => {
    const list = listOf(3, 7);
    expect(list.get(7)?.message.number).toBe(7);
    expect(list.get(5)).toBeUndefined();
    expect(list.get(8)).toBeUndefined();
    expect([0, 2, 3, 6, 7].map((number) => list.after(number)?.message.number)).toEqual([
      3,
      3,
      7,
      7,
      undefined,
    ]);
  });

  it('go when they have become history', () => {
    const list = listOf(3, 4, 7);
    list.releaseUpTo(4);
    expect(numbersOf(list)).toEqual([7]);
    list.releaseUpTo(6);
    expect(list.size).toBe(1);
    list.releaseUpTo(7);
    expect(list.size).toBe(0);
    expect(list.highest()).toBeUndefined();
  });

  it('reach up to 2^53 − 1', () => {
    const highest = Number.MAX_SAFE_INTEGER;
    const list = listOf(highest, 2, highest - 1);
    expect(list.get(highest)?.message.number).toBe(highest);
    expect(list.after(highest - 1)?.message.number).toBe(highest);
    expect(list.after(highest)).toBeUndefined();
  });

  it('may be none', () => {
    expect(noEarlyMessages.size).toBe(0);
    expect(noEarlyMessages.get(1)).toBeUndefined();
    expect(noEarlyMessages.after(0)).toBeUndefined();
    expect([...noEarlyMessages]).toEqual([]);
  });
});
