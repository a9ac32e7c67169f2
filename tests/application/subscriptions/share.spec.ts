import { Share } from '../../../src/application/subscriptions/share.js';
import { ManualClock, turns } from '../../support/manual-clock.js';

const stage = () => {
  const clock = new ManualClock();
  let commits = 0;
  const share = new Share(clock, () => commits);
  const went: number[] = [];
  return {
    clock,
    share,
    went,
    commit: () => void commits++,
    /** Many ask for a turn at once. */
    ask: (count: number): void => {
      for (let i = 0; i < count; i++) void share.turn().then(() => went.push(i));
    },
  };
};

describe('the share of all deliveries', () => {
  it('is all the time there is as long as no messages come in', async () => {
    const { ask, went } = stage();
    ask(10);
    await turns(1);
    expect(went).toHaveLength(10);
  });

  it('is a part of it while messages come in: one goes after the other, whoever asked first', async () => {
    const { clock, commit, ask, went } = stage();
    commit();
    ask(10);
    await turns(1);
    expect(went).toEqual([0]);
    await clock.pass(4);
    expect(went.length).toBeGreaterThan(1);
    expect(went.length).toBeLessThan(10);
    await clock.pass(50);
    expect(went).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('is all the time again soon after the last message', async () => {
    const { clock, commit, ask, went } = stage();
    commit();
    ask(1);
    await clock.pass(100);
    ask(10);
    await turns(1);
    expect(went).toHaveLength(11);
  });

  it('costs more where batches are dear', async () => {
    const { clock, commit, share, ask, went } = stage();
    for (let i = 0; i < 100; i++) {
      await share.turn();
      share.seen(() => clock.move(3));
    }
    commit();
    ask(2);
    await clock.pass(20);
    expect(went).toEqual([0]);
    await clock.pass(40);
    expect(went).toEqual([0, 1]);
  });

  it('is not given away because many asked before the first one went', async () => {
    const { clock, commit, share, ask, went } = stage();
    for (let i = 0; i < 50; i++) {
      await Promise.all(Array.from({ length: 10 }, () => share.turn()));
      for (let k = 0; k < 10; k++) share.seen(() => clock.move(1));
    }
    commit();
    ask(3);
    await clock.pass(15);
    expect(went).toEqual([0]);
    await clock.pass(45);
    expect(went).toEqual([0, 1, 2]);
  });

  it('keeps nobody waiting when the service stops', async () => {
    const { commit, share, ask, went } = stage();
    commit();
    ask(10);
    share.open();
    await turns(1);
    expect(went).toHaveLength(10);
  });
});
