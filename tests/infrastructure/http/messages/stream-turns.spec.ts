import { StreamTurns } from '../../../../src/infrastructure/http/messages/stream-turns.js';
import { turns as pass } from '../../../support/manual-clock.js';

const BUDGET = 100;
const alive = { destroyed: false };

/** Who was given work, turn by turn of the event loop. */
const watched = () => {
  const turns = new StreamTurns(BUDGET);
  const calls: string[] = [];
  const ask = (name: string, bytes: number, stream = alive): void => {
    void turns.take(bytes, stream).then(() => calls.push(name));
  };
  /** Within the same turn: what was granted is heard of before anything else of the event loop. */
  const called = async (): Promise<string> => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
    return calls.splice(0).join(' ');
  };
  return { turns, ask, called };
};

describe('the turns of many streams', () => {
  it('are given at once until the budget is used up, and then one event-loop turn after the other', async () => {
    const { ask, called } = watched();
    for (const name of 'abcdefg') ask(name, 40);
    expect(await called()).toBe('a b c');
    await pass(1);
    expect(await called()).toBe('d e f');
    await pass(1);
    expect(await called()).toBe('g');
    await pass(2);
    expect(await called()).toBe('');
  });

  it('are given to whoever came first, also before those that need less', async () => {
    const { ask, called } = watched();
    ask('first', BUDGET);
    ask('large', 10 * BUDGET);
    ask('small', 1);
    expect(await called()).toBe('first');
    await pass(1);
    expect(await called()).toBe('large');
    ask('late', 1);
    expect(await called()).toBe('');
    await pass(1);
    expect(await called()).toBe('small late');
  });

  it('leave nobody out when each comes back as soon as it had one', async () => {
    const { turns } = watched();
    const had = new Map<number, number>();
    let going = true;
    const come = async (stream: number): Promise<void> => {
      while (going) {
        await turns.take(BUDGET, alive);
        had.set(stream, (had.get(stream) ?? 0) + 1);
      }
    };
    const all = Array.from({ length: 50 }, (_, stream) => come(stream));
    await pass(500);
    going = false;
    expect(had.size).toBe(50);
    const counts = [...had.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    await Promise.all(all);
  });

  it('cost nothing for streams whose sender has gone', async () => {
    const { ask, called } = watched();
    ask('a', BUDGET);
    const cut = { destroyed: false };
    for (const name of ['b', 'c', 'd']) ask(name, BUDGET, cut);
    ask('e', BUDGET);
    ask('f', BUDGET);
    expect(await called()).toBe('a');
    cut.destroyed = true;
    await pass(1);
    // They hear of it, and the next one that is still there has its turn at once.
    expect(await called()).toBe('b c d e');
    await pass(1);
    expect(await called()).toBe('f');
  });

  it('begin anew when nobody waits any more', async () => {
    const { ask, called } = watched();
    ask('a', 3 * BUDGET);
    await pass(3);
    for (const name of 'bcd') ask(name, 40);
    expect(await called()).toBe('a b c d');
  });
});
