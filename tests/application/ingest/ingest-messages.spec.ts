import { Overloaded, ShuttingDown } from '../../../src/application/ingest/intake.js';
import type { Outcome } from '../../../src/application/ingest/outcome.js';
import { StoreUnavailable } from '../../../src/application/ports/event-store.js';
import { breakable } from '../../support/breakable.js';
import { memoryStore } from '../../support/memory-store.js';
import { faster, launched, message, slower } from '../../support/messages.js';
import { pipelineOver, type PipelineOptions } from '../../support/pipeline.js';

const started = async (options?: PipelineOptions) => {
  const parts = pipelineOver(memoryStore().store, options);
  await parts.pool.start();
  return parts;
};

describe('a message', () => {
  it('is answered with what became of it', async () => {
    const { send, ingest } = await started();
    expect(await send(message(1, launched(0)))).toMatchObject({ outcome: 'applied', version: 1 });
    expect(await send(message(2, slower(1)))).toMatchObject({ outcome: 'refused', rule: 'speed-below-zero' });
    expect(await send(message(4, faster(1)))).toMatchObject({
      outcome: 'buffered',
      missing: { from: 3, to: 3 },
    });
    expect(await send(message(4, faster(1)))).toMatchObject({ outcome: 'duplicate' });
    expect(await send(message(1, launched(7)))).toMatchObject({ outcome: 'conflict' });
    await ingest.skip('rocket-1', { upTo: 3, by: { who: 'operator' } });
    expect(await send(message(3, faster(1)))).toMatchObject({
      outcome: 'refused',
      rule: 'arrived-after-skip',
    });
  });

  it('is answered later, never while it is handed in, and with the ticket it came with', async () => {
    const { ingest } = await started();
    const told: [string, number][] = [];
    const tell = (result: Outcome | Error, ticket: number): void => {
      told.push([result instanceof Error ? result.message : result.outcome, ticket]);
    };
    expect(ingest.submit(message(1, launched()), 100, tell, 17)).toBeUndefined();
    expect(ingest.submit(message(2, faster(1)), 100, tell, 18)).toBeUndefined();
    expect(ingest.submit(message(3, faster(1)), 100, tell)).toBeUndefined();
    expect(told).toEqual([]);
    await ingest.stop();
    expect(told).toEqual([
      ['applied', 17],
      ['applied', 18],
      ['applied', 0],
    ]);
  });

  it('is told that it was not stored when it was not', async () => {
    const failures: Error[] = [];
    const { send, pool, counters } = pipelineOver(breakable(memoryStore().store, () => failures[0]));
    await pool.start();
    failures.push(new StoreUnavailable('disk full'));
    await expect(send(message(1, launched()))).rejects.toBe(failures[0]);
    expect(counters.messages).toMatchObject({ received: 1, failed: 1 });
  });

  it('is logged when it conflicts, with what it was', async () => {
    const { send, log } = await started();
    await send(message(1, launched()));
    expect(log.lines).toEqual([]);
    await send(message(1, faster(1)));
    expect(log.lines).toMatchObject([
      { level: 'warn', fields: { channel: 'rocket-1', number: 1, type: 'RocketSpeedIncreased' } },
    ]);
  });
});

describe('a full buffer', () => {
  const limits = { messages: 2, bytes: 1000 };

  it('turns away what does not fit, at once, and takes the rest', async () => {
    const { ingest, counters, pool, buffer, send } = pipelineOver(memoryStore().store, { limits });
    const told = jest.fn();
    const taken = [1, 2].map((number) => send(message(number, launched())));
    expect(ingest.submit(message(3, faster(1)), 100, told)).toBeInstanceOf(Overloaded);
    expect(buffer.messages).toBe(2);
    // Whoever was turned away counts for itself.
    expect(counters.messages.received).toBe(0);
    await pool.start();
    await Promise.all(taken);
    expect(counters.messages).toMatchObject({ received: 2, applied: 1, refused: 1 });
    expect(await send(message(3, faster(1)))).toMatchObject({ outcome: 'applied' });
    expect(told).not.toHaveBeenCalled();
  });

  it('leaves room to single messages when streams fill it', async () => {
    const { ingest, send, pool } = pipelineOver(memoryStore().store, {
      limits: { messages: 4, bytes: 1000 },
    });
    const told = jest.fn();
    const streamed = [1, 2, 3, 4].map((number) =>
      ingest.submit(message(number, faster(1)), 100, told, number),
    );
    expect(streamed.map((refused) => refused instanceof Overloaded)).toEqual([false, false, false, true]);
    const single = send(message(4, faster(1)));
    await expect(send(message(5, faster(1)))).rejects.toThrow(Overloaded);
    await pool.start();
    await single;
    expect(told).toHaveBeenCalledTimes(3);
  });
});

describe('a service that stops', () => {
  it('takes nothing new, and answers what it took', async () => {
    const { ingest, send } = await started();
    const told = jest.fn();
    const taken = send(message(1, launched()));
    const stopped = ingest.stop();
    expect(ingest.submit(message(2, faster(1)), 100, told)).toBeInstanceOf(ShuttingDown);
    const skip = { upTo: 9, by: { who: 'operator' } } as const;
    await expect(ingest.skip('rocket-1', skip)).rejects.toThrow(ShuttingDown);
    await stopped;
    expect(await taken).toMatchObject({ outcome: 'applied' });
    expect(told).not.toHaveBeenCalled();
  });

  it('tells streams of it once, also those that came afterwards, unless they have ended', async () => {
    const { ingest } = await started();
    const [open, ended, late] = [jest.fn(), jest.fn(), jest.fn()];
    ingest.onStop(open);
    ingest.onStop(ended)();
    await ingest.stop();
    ingest.onStop(late);
    expect([open, ended, late].map((tell) => tell.mock.calls.length)).toEqual([1, 0, 1]);
  });
});

describe('a skip', () => {
  it('is logged with what was skipped, by whom and why', async () => {
    const { ingest, sendAll, log } = await started();
    await sendAll([message(3, faster(1)), message(6, faster(1))]);
    const skip = { upTo: 5, by: { who: 'operator', key: 'houston' }, why: 'solar storm' } as const;
    const result = await ingest.skip('rocket-1', skip);
    expect(result).toEqual({ skipped: { from: 1, to: 5, gaps: 2, numbers: 4 }, version: 6 });
    const { by, why } = skip;
    expect(log.lines).toMatchObject([
      {
        level: 'info',
        fields: { channel: 'rocket-1', from: 1, to: 5, gaps: 2, numbers: 4, by, why, version: 6 },
      },
    ]);
  });

  it('that skips nothing is not logged', async () => {
    const { ingest, log } = await started();
    await ingest.skip('rocket-1', { upTo: 5, by: { who: 'operator' } });
    expect(log.lines).toEqual([]);
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
