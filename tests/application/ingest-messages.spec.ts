import { Overloaded, ShuttingDown } from '../../src/application/ingest-messages.js';
import { memoryStore } from '../support/memory-store.js';
import { faster, launched, message, slower } from '../support/messages.js';
import { pipelineOver, type PipelineOptions } from '../support/pipeline.js';

const started = async (options?: PipelineOptions) => {
  const parts = pipelineOver(memoryStore().store, options);
  await parts.pool.start();
  return parts;
};
const fail = (error: Error): never => {
  throw error;
};

describe('a message', () => {
  it('is answered with what became of it', async () => {
    const { ingest } = await started();
    expect(await ingest.ingest(message(1, launched(0)), 100)).toMatchObject({
      outcome: 'applied',
      version: 1,
    });
    expect(await ingest.ingest(message(2, slower(1)), 100)).toMatchObject({
      outcome: 'refused',
      refusal: 'speed-below-zero',
    });
    expect(await ingest.ingest(message(4, faster(1)), 100)).toMatchObject({
      outcome: 'buffered',
      missing: { from: 3, to: 3 },
    });
    expect(await ingest.ingest(message(4, faster(1)), 100)).toMatchObject({ outcome: 'duplicate' });
    expect(await ingest.ingest(message(1, launched(7)), 100)).toMatchObject({ outcome: 'conflict' });
  });

  it('can be handed in without a promise', async () => {
    const { ingest } = await started();
    const answer = new Promise((settle) => ingest.submit(message(1, launched()), 100, settle, fail));
    expect(await answer).toMatchObject({ outcome: 'applied' });
  });

  it('is logged when it conflicts, with what it was', async () => {
    const { ingest, log } = await started();
    await ingest.ingest(message(1, launched()), 100);
    expect(log.lines).toEqual([]);
    await ingest.ingest(message(1, faster(1)), 100);
    expect(log.lines).toMatchObject([
      { level: 'warn', fields: { channel: 'rocket-1', number: 1, type: 'RocketSpeedIncreased' } },
    ]);
  });
});

describe('a full buffer', () => {
  const limits = { messages: 2, bytes: 1000 };

  it('turns away what does not fit, at once, and takes the rest', async () => {
    const { ingest, counters, pool } = pipelineOver(memoryStore().store, { limits });
    const taken = [1, 2].map((number) => ingest.ingest(message(number, launched()), 100));
    await expect(ingest.ingest(message(3, faster(1)), 100)).rejects.toThrow(Overloaded);
    await pool.start();
    await Promise.all(taken);
    expect(counters.messages).toMatchObject({ received: 3, applied: 1, refused: 1, shed: 1 });
    expect(await ingest.ingest(message(3, faster(1)), 100)).toMatchObject({ outcome: 'applied' });
  });

  it('says no to what is handed in without a promise, and takes nothing of it', async () => {
    const { ingest, counters, buffer } = pipelineOver(memoryStore().store, { limits });
    const submit = (number: number) => ingest.submit(message(number, launched()), 100, () => undefined, fail);
    expect([1, 2, 3].map(submit)).toEqual([true, true, false]);
    expect(buffer.messages).toBe(2);
    expect(counters.messages.received).toBe(0);
  });
});

describe('a service that stops', () => {
  it('takes nothing new, and answers what it took', async () => {
    const { ingest } = await started();
    const taken = ingest.ingest(message(1, launched()), 100);
    const stopped = ingest.stop();
    await expect(ingest.ingest(message(2, faster(1)), 100)).rejects.toThrow(ShuttingDown);
    await expect(ingest.skipGap('rocket-1', undefined)).rejects.toThrow(ShuttingDown);
    expect(() => ingest.submit(message(2, faster(1)), 100, () => undefined, fail)).toThrow(ShuttingDown);
    await stopped;
    expect(await taken).toMatchObject({ outcome: 'applied' });
  });
});

describe('the counters', () => {
  it('count every message once, as what became of it', async () => {
    const { counters, sendAll } = await started();
    await sendAll([
      message(1, launched(0)),
      message(1, launched(0)),
      message(1, launched(1)),
      message(2, slower(1)),
      message(4, faster(1)),
    ]);
    expect(counters.messages).toEqual({
      received: 5,
      applied: 1,
      refused: 1,
      buffered: 1,
      duplicate: 1,
      conflict: 1,
      invalid: 0,
      shed: 0,
      failed: 0,
    });
  });
});
