import { MessageTraces } from '../../../src/application/ingest/message-traces.js';
import type { StoredEvent } from '../../../src/application/ports/event-store.js';
import type { Delivered, DeliveryTrace, Sink, Sinks } from '../../../src/application/ports/sink.js';
import type { SinkSettings } from '../../../src/application/ports/subscription-store.js';
import { traceparentOf } from '../../../src/application/ports/tracing.js';
import { tracedSinks } from '../../../src/application/subscriptions/traced-sinks.js';
import { faster, launched, noonMillis } from '../../support/builders.js';
import { FakeTracing } from '../../support/fake-tracing.js';
import { message } from '../../support/messages.js';
import { LogBook } from '../../support/pipeline.js';

const stored = (number: number, channel = 'rocket-1'): StoredEvent => ({
  position: `place-${channel}-${number}`,
  channel,
  number,
  event: number === 1 ? launched() : faster(),
  recordedAt: noonMillis,
});

const signal = new AbortController().signal;
const webhook: SinkSettings = { type: 'webhook', url: 'https://hooks.example/secret/path?key=secret' };

/** A sink as others have it; what it was handed is kept. */
const sinkBehind = (settings: SinkSettings = webhook, answer: Delivered = { kind: 'yes' }) => {
  const tracing = new FakeTracing();
  const traces = new MessageTraces(tracing);
  const log = new LogBook();
  const handed: (DeliveryTrace | undefined)[] = [];
  const did: string[] = [];
  const plain: Sink = {
    deliver: async (_batch, _signal, trace) => {
      handed.push(trace);
      return answer;
    },
    prepare: (next) => void did.push(`prepare ${next.length}`),
    test: async () => {
      did.push('test');
      return answer;
    },
    close: async () => void did.push('close'),
  };
  const sinks: Sinks = {
    types: ['webhook', 'kafka'],
    problemOf: async () => 'a problem',
    open: () => plain,
  };
  const traced = tracedSinks(sinks, traces, log);
  const sink = traced.open('mine', settings, async () => []);
  const record = (number: number, channel = 'rocket-1') => {
    traces.begin(message(number, launched(), channel), tracing.request());
    return traces.contextOf(channel, number)!;
  };
  return { tracing, log, handed, did, traced, sink, record };
};

describe('a delivery of what is recorded', () => {
  it('is a part of its trace, and the receiver is told which', async () => {
    const { tracing, handed, sink, record } = sinkBehind();
    const context = record(2);
    expect(await sink.deliver([stored(1), stored(2)], signal)).toEqual({ kind: 'yes' });
    const [span] = tracing.named('deliver by webhook');
    expect([span!.traceId, span!.parent]).toEqual([context.traceId, context]);
    expect(span!.endedAt).toBeDefined();
    expect(span!.options.kind).toBe('client');
    expect(handed[0]!.traceparent).toBe(traceparentOf(span!));
  });

  it('says where to, without what only the receiver is to know, and what became of it', async () => {
    const { tracing, sink, record } = sinkBehind();
    record(1);
    await sink.deliver([stored(1), stored(2)], signal);
    expect(tracing.named('deliver by webhook')[0]!.attributes).toEqual({
      'http.request.method': 'POST',
      'server.address': 'hooks.example',
      'messaging.batch.message_count': 2,
      'rockets.subscription': 'mine',
      'rockets.channel': 'rocket-1',
      'rockets.number': 1,
      'rockets.delivered': 'yes',
    });
  });

  it('shows in the trace of each event, linked with the one that the receiver is told of', async () => {
    const { tracing, handed, sink, record } = sinkBehind({ type: 'kafka', topic: 'flights' });
    const [one, other] = [record(1), record(1, 'rocket-2')];
    const [first, second, third] = [stored(1), stored(1, 'rocket-2'), stored(2)];
    await sink.deliver([first, second, third], signal);
    const [span, linked] = tracing.named('send flights');
    expect([span!.traceId, linked!.traceId]).toEqual([one.traceId, other.traceId]);
    expect([span!.options.links, linked!.options.links]).toEqual([[], [span]]);
    expect(span!.options.kind).toBe('producer');
    expect(span!.attributes).toMatchObject({ 'messaging.destination.name': 'flights' });
    const [trace] = handed;
    expect([first, second, third].map((event) => trace!.traceparentOf(event))).toEqual([
      traceparentOf(span!),
      traceparentOf(linked!),
      undefined,
    ]);
  });

  it('that failed says why, also in a line of the log with the trace', async () => {
    const { tracing, log, sink, record } = sinkBehind(webhook, { kind: 'again', what: '500' });
    record(1);
    await sink.deliver([stored(1)], signal);
    const [span] = tracing.named('deliver by webhook');
    expect([span!.error, span!.attributes['rockets.delivered']]).toEqual(['500', 'again']);
    const { traceId, spanId } = span!;
    expect(log.lines).toMatchObject([
      { level: 'debug', fields: { subscription: 'mine', what: '500', traceId, spanId } },
    ]);
  });

  it('has no more spans than a person could look at', async () => {
    const { tracing, sink, record } = sinkBehind();
    const batch = Array.from({ length: 100 }, (_, i) => stored(i + 1));
    for (const { number } of batch) record(number);
    await sink.deliver(batch, signal);
    expect(tracing.named('deliver by webhook')).toHaveLength(32);
  });
});

describe('a sink of which nothing is recorded', () => {
  it('is the sink itself', async () => {
    const { tracing, handed, did, traced, sink } = sinkBehind();
    await sink.deliver([stored(1)], signal);
    sink.prepare!([stored(2)]);
    await sink.test(signal);
    await sink.close();
    expect([handed, tracing.spans, did]).toEqual([[undefined], [], ['prepare 1', 'test', 'close']]);
    expect([traced.types, await traced.problemOf(webhook)]).toEqual([['webhook', 'kafka'], 'a problem']);
  });
});
