import { SharedTurns } from '../../../src/application/feed/shared-turns.js';
import { ManualClock, turns as eventLoopTurns } from '../../support/manual-clock.js';

const stage = () => {
  const clock = new ManualClock();
  let busy = false;
  const turns = new SharedTurns(clock, () => busy);
  const done: string[] = [];
  /** Work that takes so many milliseconds. */
  const ask = (name: string, ms: number): Promise<string> =>
    turns.do(() => {
      clock.move(ms);
      done.push(name);
      return name;
    });
  return { clock, turns, done, ask, setBusy: (now: boolean) => (busy = now) };
};

describe('turns that are shared', () => {
  it('let work be done at once while there is time, and answer what came of it', async () => {
    const { done, ask } = stage();
    const answers = [ask('a', 1), ask('b', 1), ask('c', 1)];
    expect(done).toEqual(['a', 'b', 'c']);
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
  });

  it('put off what comes when it is used up, in the order it came', async () => {
    const { done, ask } = stage();
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => ask(name, 3));
    // Meanwhile some who connect get in: one a turn.
    await eventLoopTurns(15);
    expect(done).toEqual(['a', 'b']);
    await eventLoopTurns(1);
    expect(done).toEqual(['a', 'b', 'c', 'd']);
    await Promise.all(all);
    expect(done.join('')).toBe('abcdefg');
  });

  it('are never used by more than fits, however many wait', async () => {
    const { clock, ask } = stage();
    const all = Promise.all(Array.from({ length: 500 }, (_, i) => ask(`${i}`, 1)));
    let ended = false;
    void all.then(() => (ended = true));
    let most = 0;
    while (!ended) {
      const before = clock.elapsed();
      await eventLoopTurns(1);
      most = Math.max(most, clock.elapsed() - before);
    }
    expect(most).toBeLessThanOrEqual(6);
  });

  it('leave twice as long for everything else when there is something else', async () => {
    const { clock, done, ask, setBusy } = stage();
    setBusy(true);
    void ask('a', 6);
    void ask('b', 6);
    await eventLoopTurns(20);
    expect(done).toEqual(['a']);
    clock.move(9);
    await eventLoopTurns(5);
    expect(done).toEqual(['a']);
    clock.move(1);
    await eventLoopTurns(1);
    expect(done).toEqual(['a', 'b']);
  });

  it('are not kept from anybody by work that fails', async () => {
    const { turns, ask } = stage();
    const failing = () => {
      throw new Error('gone');
    };
    await expect(turns.do(failing)).rejects.toThrow('gone');
    const all = [ask('a', 9), turns.do(failing), ask('b', 9)];
    expect(await Promise.allSettled(all)).toMatchObject([
      { value: 'a' },
      { reason: { message: 'gone' } },
      { value: 'b' },
    ]);
  });
});
