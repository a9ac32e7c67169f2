import { WakeUpCalls } from '../../../../src/infrastructure/stores/postgres/wake-up-calls.js';
import type { Ask } from '../../../../src/infrastructure/stores/relational/ask.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A database in which others listen or not, and what it was asked. */
const database = (isHeard: () => boolean | Error) => {
  const checks: unknown[][] = [];
  const notified: unknown[][] = [];
  const ask: Ask = async (sql, values) => {
    if (sql.includes('pg_notify')) {
      notified.push([...values]);
      return [];
    }
    checks.push([...values]);
    const heard = isHeard();
    if (heard instanceof Error) throw heard;
    return [{ heard }] as never[];
  };
  return { ask, checks, notified };
};

describe('calls to the other instances', () => {
  afterEach(() => jest.useRealTimers());

  it('are not made where nobody listens, which is asked once a second', async () => {
    const { ask, checks, notified } = database(() => false);
    const calls = new WakeUpCalls(ask, 'rockets_x', 'me');
    for (let i = 0; i < 10; i++) {
      calls.call('events');
      await pause(5);
    }
    calls.close();
    expect(checks).toEqual([['rockets listener %', 'rockets listener me']]);
    expect(notified).toEqual([]);
  });

  it('are made at once, and then together', async () => {
    // A beat of a busy machine would come in between.
    jest.useFakeTimers();
    const { ask, notified } = database(() => true);
    const calls = new WakeUpCalls(ask, 'rockets_x', 'me');
    calls.call('events');
    await jest.advanceTimersByTimeAsync(0);
    expect(notified).toEqual([['rockets_x', 'me events']]);
    for (let i = 0; i < 1000; i++) calls.call(i === 500 ? 'notices' : 'events');
    await jest.advanceTimersByTimeAsync(50);
    calls.close();
    expect(notified.slice(1)).toEqual([['rockets_x', 'me events', 'me notices']]);
  });

  it('are lost when the database can’t be asked, and made again later', async () => {
    let answer: boolean | Error = new Error('away');
    const { ask, notified } = database(() => answer);
    const calls = new WakeUpCalls(ask, 'rockets_x', 'me');
    calls.call('events');
    await pause(1010);
    answer = true;
    calls.call('events');
    await pause(20);
    calls.close();
    expect(notified).toHaveLength(1);
  });
});
