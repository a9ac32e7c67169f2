import type { ReceivedMessage } from '../../../src/application/ports/event-store.js';
import { nothingWaits, WaitingList } from '../../../src/infrastructure/stores/waiting-list.js';
import { newMission, received } from '../../support/builders.js';

const listOf = (...numbers: number[]): WaitingList =>
  WaitingList.of(numbers.map((number) => received('a', number)));
const numbersOf = (messages: Iterable<ReceivedMessage>): number[] =>
  [...messages].map(({ message }) => message.number);

describe('messages that wait', () => {
  it('stand by number, however they came', () => {
    const list = listOf(9, 3, 7);
    expect(numbersOf(list)).toEqual([3, 7, 9]);
    expect(list.size).toBe(3);
  });

  it('keep the first message of a number', () => {
    const list = listOf(3);
    list.add(received('a', 3, newMission('MARS')));
    expect(list.get(3)).toEqual(received('a', 3));
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

  it('come in pages of the first ones behind a number', () => {
    const list = listOf(9, 3, 7, 4);
    expect([0, 2, 3, 5, 9].map((after) => numbersOf(list.page(after, 2)))).toEqual([
      [3, 4],
      [3, 4],
      [4, 7],
      [7, 9],
      [],
    ]);
    expect(numbersOf(list.page(0, 100))).toEqual([3, 4, 7, 9]);
    expect(list.page(0, 0)).toEqual([]);
  });

  it('go when they have become history', () => {
    const list = listOf(3, 4, 7);
    list.releaseUpTo(4);
    expect(numbersOf(list)).toEqual([7]);
    list.releaseUpTo(6);
    expect(list.size).toBe(1);
    list.releaseUpTo(7);
    expect(list.size).toBe(0);
  });

  it('reach up to 2^53 − 1', () => {
    const highest = Number.MAX_SAFE_INTEGER;
    const list = listOf(highest, 2, highest - 1);
    expect(list.get(highest)?.message.number).toBe(highest);
    expect(list.after(highest - 1)?.message.number).toBe(highest);
    expect(list.after(highest)).toBeUndefined();
  });

  it('may be none', () => {
    expect(nothingWaits.size).toBe(0);
    expect(nothingWaits.get(1)).toBeUndefined();
    expect(nothingWaits.after(0)).toBeUndefined();
  });
});
