import { MessageTraces } from '../../../src/application/ingest/message-traces.js';
import type { EventStore } from '../../../src/application/ports/event-store.js';
import { FakeTracing, partsOf } from '../../support/fake-tracing.js';
import { memoryStore } from '../../support/memory-store.js';
import { exploded, faster, launched, message } from '../../support/messages.js';
import { pipelineOver } from '../../support/pipeline.js';

const recording = async (most?: number, store: EventStore = memoryStore().store) => {
  const tracing = new FakeTracing();
  const traces = new MessageTraces(tracing, { 'db.system.name': 'sqlite' }, most);
  const pipeline = pipelineOver(store, { traces });
  await pipeline.pool.start();
  return { tracing, traces, ...pipeline };
};

const way = ['wait in lane', 'load and decide', 'commit'];

describe('the way of a message that is recorded', () => {
  it('shows its lane, its decision and its commit, and what became of it', async () => {
    const { tracing, sendWithin, ingest } = await recording();
    const request = tracing.request();
    await sendWithin(request, message(1, launched()));
    const [ingested] = tracing.named('ingest message');
    expect(partsOf(tracing, request)).toEqual(['ingest message']);
    expect(partsOf(tracing, ingested!)).toEqual(way);
    expect(ingested!.attributes).toEqual({
      'rockets.channel': 'rocket-1',
      'rockets.number': 1,
      'rockets.type': 'RocketLaunched',
      'rockets.outcome': 'applied',
      'rockets.version': 1,
    });
    expect(tracing.named('commit')[0]!.attributes).toEqual({
      'db.system.name': 'sqlite',
      'rockets.commit.rockets': 1,
    });
    const parts = tracing.spans.filter((span) => span !== request);
    for (const { endedAt, startedAt } of parts) expect(endedAt).toBeGreaterThanOrEqual(startedAt);
    const [lane, decision, commit] = way.map((name) => tracing.named(name)[0]!);
    expect([lane!.endedAt, decision!.endedAt]).toEqual([decision!.startedAt, commit!.startedAt]);
    await ingest.stop();
  });

  it('goes on when the gap is closed that it waited for, and is linked with what closed it', async () => {
    const { tracing, sendWithin, ingest } = await recording();
    const [early, closing] = [tracing.request(), tracing.request()];
    await sendWithin(early, message(2, faster(1)));
    const [waiting] = tracing.named('ingest message');
    expect(waiting!.attributes).toMatchObject({ 'rockets.outcome': 'buffered', 'rockets.missing': '1-1' });
    expect(tracing.named('wait for gap')).toEqual([]);
    await sendWithin(closing, message(1, launched()));
    expect(partsOf(tracing, waiting!)).toEqual([...way, 'wait for gap', 'commit']);
    const [wait] = tracing.named('wait for gap');
    const [, closer] = tracing.named('ingest message');
    expect(wait!.startedAt).toBe(waiting!.endedAt);
    expect(wait!.options.links).toEqual([closer]);
    expect(partsOf(tracing, closer!)).toEqual(way);
    await ingest.stop();
  });

  it('goes on, too, when what closes the gap is not recorded, or the gap is skipped', async () => {
    const { tracing, send, sendWithin, ingest } = await recording();
    await sendWithin(tracing.request(), message(2, faster(1)));
    await sendWithin(tracing.request(), message(5, faster(1)));
    await send(message(1, launched()));
    expect(tracing.named('wait for gap')).toHaveLength(1);
    await ingest.skip('rocket-1', { upTo: 4, by: { who: 'operator' } });
    const [first, second] = tracing.named('wait for gap');
    expect([first!.options.links, second!.options.links]).toEqual([[], []]);
    expect(second!.endedAt).toBeGreaterThan(second!.startedAt);
    await ingest.stop();
  });

  it('of what breaks a rule says which, and of a repeat shows no commit', async () => {
    const { tracing, traces, sendWithin, ingest } = await recording();
    await sendWithin(tracing.request(), message(1, exploded()));
    expect(tracing.named('ingest message')[0]!.attributes).toMatchObject({
      'rockets.outcome': 'refused',
      'rockets.rule': 'not-launched',
    });
    const first = traces.contextOf('rocket-1', 1);
    await sendWithin(tracing.request(), message(1, exploded()));
    const [, repeat] = tracing.named('ingest message');
    expect(repeat!.attributes).toMatchObject({ 'rockets.outcome': 'duplicate' });
    expect(partsOf(tracing, repeat!)).toEqual(['wait in lane']);
    expect(traces.contextOf('rocket-1', 1)).toBe(first);
    await ingest.stop();
  });

  it('of a conflict is found by the line in the log', async () => {
    const { tracing, traces, log, send, sendWithin, ingest } = await recording();
    await send(message(1, launched()));
    await sendWithin(tracing.request(), message(1, exploded()));
    const { traceId, spanId } = tracing.named('ingest message')[0]!;
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { number: 1, traceId, spanId } }]);
    // What stands under the number was not recorded.
    expect(traces.contextOf('rocket-1', 1)).toBeUndefined();
    await ingest.stop();
  });

  it('ends with the error of a store that did not take it, and the log says which', async () => {
    const { store } = memoryStore();
    const { tracing, traces, log, sendWithin, ingest } = await recording(undefined, store);
    store.commit = async () => {
      throw new Error('no disk');
    };
    await expect(sendWithin(tracing.request(), message(1, launched()))).rejects.toThrow('no disk');
    const [failed] = tracing.named('ingest message');
    expect([failed!.error, failed!.endedAt !== undefined]).toEqual(['no disk', true]);
    expect(log.lines[0]).toMatchObject({ level: 'error', fields: { traceId: failed!.traceId } });
    expect(traces.contextOf('rocket-1', 1)).toBeUndefined();
    await ingest.stop();
  });
});

describe('what is remembered of traces', () => {
  it('is the way of each message, for those who deliver it', async () => {
    const { tracing, traces, send, sendWithin, ingest } = await recording();
    await sendWithin(tracing.request(), message(1, launched()));
    await send(message(2, faster(1)));
    const { traceId, spanId } = tracing.named('ingest message')[0]!;
    expect(traces.contextOf('rocket-1', 1)).toMatchObject({ traceId, spanId });
    expect(traces.contextOf('rocket-1', 2)).toBeUndefined();
    await ingest.stop();
  });

  it('is as much as there is room for, the last ones', async () => {
    const { tracing, traces, sendWithin, ingest } = await recording(2);
    for (const number of [1, 2, 3]) {
      await sendWithin(tracing.request(), message(number, number === 1 ? launched() : faster(1)));
    }
    expect([1, 2, 3].map((number) => traces.contextOf('rocket-1', number) !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
    await ingest.stop();
  });

  it('is nothing where nobody records', async () => {
    const { tracing, traces, send, ingest } = await recording();
    await send(message(1, launched()));
    expect([tracing.spans, traces.contextOf('rocket-1', 1)]).toEqual([[], undefined]);
    await ingest.stop();
  });
});
