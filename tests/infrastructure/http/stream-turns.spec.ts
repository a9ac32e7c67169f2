import { StreamTurns } from '../../../src/infrastructure/http/stream-turns.js';
import { turns as pass } from '../../support/manual-clock.js';

const BUDGET = 100;

/** Who was given work, turn by turn of the event loop. */
const watched = () => {
  const turns = new StreamTurns(BUDGET);
  const calls: string[] = [];
  const ask = (name: string, bytes: number) => {
    const go = (): void => void calls.push(name);
    turns.take(bytes, go);
    return go;
  };
  const called = (): string => calls.splice(0).join(' ');
  return { turns, ask, called };
};

describe('the turns of many streams', () => {
  it('are given at once until the budget is used up, and then one event-loop turn after the other', async () => {
    const { ask, called } = watched();
    for (const name of 'abcdefg') ask(name, 40);
    expect(called()).toBe('a b c');
    await pass(1);
    expect(called()).toBe('d e f');
    await pass(1);
    expect(called()).toBe('g');
    await pass(2);
    expect(called()).toBe('');
  });

  it('are given to whoever came first, also before those that need less', async () => {
    const { ask, called } = watched();
    ask('first', BUDGET);
    ask('large', 10 * BUDGET);
    ask('small', 1);
    expect(called()).toBe('first');
    await pass(1);
    expect(called()).toBe('large');
    ask('late', 1);
    expect(called()).toBe('');
    await pass(1);
    expect(called()).toBe('small late');
  });

  it('leave nobody out when each comes back as soon as it had one', async () => {
    const { turns } = watched();
    const had = new Map<number, number>();
    let going = true;
    const come = (stream: number): void => {
      if (!going) return;
      turns.take(BUDGET, () => {
        had.set(stream, (had.get(stream) ?? 0) + 1);
        // As a chunk is worked through: not within the call that gives the turn.
        void Promise.resolve().then(() => come(stream));
      });
    };
    for (let stream = 0; stream < 50; stream++) come(stream);
    await pass(500);
    going = false;
    expect(had.size).toBe(50);
    const counts = [...had.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('pass over whoever has left', async () => {
    const { turns, ask, called } = watched();
    ask('a', BUDGET);
    const b = ask('b', BUDGET);
    ask('c', BUDGET);
    turns.leave(b);
    await pass(1);
    expect(called()).toBe('a c');
  });

  it('go on when all who waited have left', async () => {
    const { turns, ask, called } = watched();
    ask('a', BUDGET);
    turns.leave(ask('b', BUDGET));
    await pass(2);
    ask('c', BUDGET);
    expect(called()).toBe('a c');
  });
});
