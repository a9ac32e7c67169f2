import { Measures } from '../../../src/application/ingest/measures.js';

describe('the measures of messages', () => {
  it('look at the clock once for all that happens in one go, and anew for what comes after it', async () => {
    let time = 100;
    let looks = 0;
    const elapsed = (): number => {
      looks++;
      return time++;
    };
    const measures = new Measures({ elapsed });
    expect([measures.now(), measures.now(), measures.now()]).toEqual([100, 100, 100]);
    await undefined;
    expect([measures.now(), measures.now()]).toEqual([101, 101]);
    await undefined;
    await new Promise(setImmediate);
    expect(measures.now()).toBe(102);
    expect(looks).toBe(3);
  });

  it('count each value where the first bound is that is not below it', () => {
    const { commitMessages } = new Measures();
    for (const messages of [1, 2, 3, 1024, 1025]) commitMessages.observe(messages);
    expect(commitMessages.counts).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
    expect(commitMessages.sum).toBe(2055);
  });
});
