import { Share } from '../../../src/application/subscriptions/share.js';
import { ManualClock, turns } from '../../support/manual-clock.js';

const BATCH = 100;

const stage = ({ busy = 1 } = {}) => {
  const clock = new ManualClock();
  const load = { commits: 0, busy };
  const share = new Share(clock, { commits: () => load.commits, busy: () => load.busy });
  const went: number[] = [];
  return {
    clock,
    load,
    share,
    went,
    /** Many ask for a turn at once. */
    ask: async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) void share.turn(BATCH).then(() => went.push(i));
      await turns(1);
    },
  };
};

describe('the share of all deliveries', () => {
  it('is all the time there is as long as no messages come in', async () => {
    const { ask, went } = stage();
    await ask(10);
    expect(went).toHaveLength(10);
  });

  it('is all of it too while messages come in and time is left', async () => {
    const { load, ask, went } = stage({ busy: 0.5 });
    load.commits++;
    await ask(10);
    expect(went).toHaveLength(10);
  });

  it('is a small part of it when none is left: one goes after the other, whoever asked first', async () => {
    const { clock, load, ask, went } = stage();
    load.commits++;
    await ask(10);
    expect(went).toEqual([0]);
    await clock.pass(11);
    expect(went).toEqual([0, 1, 2]);
    await clock.pass(40);
    expect(went).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it.each([
    { name: 'the last message', then: { commits: 1, busy: 1 } },
    { name: 'there is time again', then: { commits: 2, busy: 0.8 } },
  ])('is all the time again soon after $name', async ({ then }) => {
    const { clock, load, ask, went } = stage();
    load.commits = 1;
    await ask(1);
    Object.assign(load, then);
    await clock.pass(100);
    await ask(10);
    expect(went).toHaveLength(11);
  });

  it('keeps nobody waiting when the service stops', async () => {
    const { load, share, ask, went } = stage();
    load.commits++;
    await ask(10);
    share.open();
    await turns(1);
    await ask(1);
    expect(went).toHaveLength(11);
  });
});
