import { traceparentOf } from '../../../src/application/ports/tracing.js';
import { OtlpTracing } from '../../../src/infrastructure/observability/otlp-tracing.js';
import { LogBook } from '../../support/pipeline.js';
import { freePort } from '../../support/real-process.js';
import { SpanReceiver } from '../../support/span-receiver.js';
import { endedBy } from '../../support/to-end.js';

jest.setTimeout(60_000);

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentOf = (flags: string): string => `00-${traceId}-00f067aa0ba902b7-${flags}`;
const NEVER_MS = 20_000;

const toEnd = endedBy(afterEach);

const receive = async (): Promise<SpanReceiver> => {
  const receiver = await SpanReceiver.start();
  toEnd.push(() => receiver.stop());
  return receiver;
};

const tracingTo = (endpoint: string, sample = 1, random: () => number = Math.random) => {
  const log = new LogBook();
  const headers = { authorization: 'Bearer s3cret' };
  const settings = { endpoint, sample, serviceName: 'fleet', headers };
  const tracing = new OtlpTracing(settings, 'here:8088', log, random);
  return { log, tracing };
};

describe('what is recorded', () => {
  it('goes to the collector, with whose it is and what belongs to what', async () => {
    const receiver = await receive();
    const { tracing, log } = tracingTo(receiver.url);
    const whole = tracing.begin('whole', parentOf('01'), { kind: 'server', attributes: { one: 1 } })!;
    const part = tracing.child(whole, 'part', { kind: 'client', startedAt: tracing.now(), links: [whole] });
    part.end(undefined, 'it failed');
    whole.set({ two: 'second', three: true });
    whole.rename('the whole');
    whole.end();
    await tracing.stop(NEVER_MS);
    const [sentPart, sentWhole] = receiver.spans;
    expect(sentWhole).toMatchObject({
      traceId,
      parentSpanId: '00f067aa0ba902b7',
      name: 'the whole',
      kind: 'server',
      attributes: { one: 1, two: 'second', three: true },
      resource: { 'service.name': 'fleet', 'service.instance.id': 'here:8088' },
    });
    expect(sentPart).toMatchObject({
      traceId,
      parentSpanId: whole.spanId,
      kind: 'client',
      status: { code: 2, message: 'it failed' },
      links: [{ traceId, spanId: whole.spanId }],
    });
    expect(sentPart!.startedAt).toBeGreaterThanOrEqual(sentWhole!.startedAt);
    expect(sentPart!.endedAt).toBeLessThanOrEqual(sentWhole!.endedAt);
    expect(Math.abs(sentWhole!.endedAt - Date.now())).toBeLessThan(60_000);
    expect(traceparentOf(whole)).toBe(`00-${traceId}-${whole.spanId}-01`);
    expect(receiver.headers).toMatchObject({ authorization: 'Bearer s3cret' });
    expect(JSON.stringify(log.lines)).not.toContain('s3cret');
  });

  it('is what its sender decided, whatever the lot says', () => {
    const { tracing } = tracingTo('http://127.0.0.1:9', 0, () => 0);
    expect(tracing.begin('one', parentOf('01'), {})).toMatchObject({ traceId });
    const all = tracingTo('http://127.0.0.1:9', 1, () => 0);
    expect(all.tracing.begin('one', parentOf('00'), {})).toBeUndefined();
  });

  it.each([
    [0, 0, false],
    [0.25, 0.2499, true],
    [0.25, 0.25, false],
    [1, 0.9999, true],
  ])('is a share of %d of the rest, by lot: %d', (sample, lot, isRecorded) => {
    const { tracing } = tracingTo('http://127.0.0.1:9', sample, () => lot);
    for (const header of [undefined, 'nonsense', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`]) {
      const span = tracing.begin('one', header, {});
      expect(span !== undefined).toBe(isRecorded);
      if (span !== undefined) expect(span.traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
    }
  });
});

describe('a collector', () => {
  it('that is away, and one that says no, cost one line each, which says why', async () => {
    const ways = {
      [`http://127.0.0.1:${await freePort()}`]: 'ECONNREFUSED',
      [(await receiveWith(400)).url]: 'Bad',
    };
    for (const [endpoint, why] of Object.entries(ways)) {
      const { log, tracing } = tracingTo(endpoint);
      for (let i = 0; i < 3; i++) tracing.begin('one', undefined, {})!.end();
      await tracing.stop(NEVER_MS);
      const said = expect.stringContaining(why) as string;
      expect(log.lines).toMatchObject([{ level: 'info' }, { level: 'warn', fields: { why: said } }]);
      expect(tracing.lost).toBe(3);
    }
  });

  it('that hangs keeps nobody from ending', async () => {
    const { tracing } = tracingTo((await receiveWith('hang')).url);
    tracing.begin('one', undefined, {})!.end();
    const began = performance.now();
    await tracing.stop(200);
    expect(performance.now() - began).toBeLessThan(NEVER_MS);
    // It gives up by itself, when nobody waits any more.
    await tracing.stop(NEVER_MS);
  });
});

const receiveWith = async (answer: SpanReceiver['answer']): Promise<SpanReceiver> => {
  const receiver = await receive();
  receiver.answer = answer;
  return receiver;
};
