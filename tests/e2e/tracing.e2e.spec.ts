import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';
import { SpanReceiver } from '../support/span-receiver.js';
import { startReceiver } from '../support/answering-receiver.js';
import { callService, type ShownSubscription } from '../support/subscription-flight.js';
import { picturesOf, shapeOf, waterfall } from '../support/waterfall.js';
import { endedBy } from '../support/to-end.js';

const page = readFileSync(join(__dirname, '../../docs/tracing.md'), 'utf8');
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const senderId = '00f067aa0ba902b7';
const WARM = 100;
const traceparent = `00-${traceId}-${senderId}-01`;

const toEnd = endedBy(afterEach);

const receive = async (): Promise<SpanReceiver> => {
  const receiver = await SpanReceiver.start();
  toEnd.push(() => receiver.stop());
  return receiver;
};

const start = async (env: Readonly<Record<string, string>>): Promise<RealProcess> => {
  const service = await startProcess({ LOG_FORMAT: 'json', ...env });
  toEnd.push(() => service.end('SIGKILL'));
  return service;
};

const post = (url: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${url}/messages`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
  });

const linesOf = (service: RealProcess): Record<string, unknown>[] =>
  service
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Of events. */
const countOf = (posts: readonly { readonly body: string }[]): number =>
  posts.reduce((sum, { body }) => sum + (JSON.parse(body) as object[]).length, 0);

describe('the way of a message', () => {
  it('is the one that docs/tracing.md draws, over a gap and to a receiver that can go on with it', async () => {
    const [collector, hook] = [await receive(), await startReceiver()];
    toEnd.push(() => hook.stop());
    const folder = mkdtempSync(join(tmpdir(), 'rockets-tracing-'));
    toEnd.push(() => rmSync(folder, { recursive: true }));
    const store = { EVENT_STORE: 'sqlite', SQLITE_FILE: join(folder, 'rockets.db') };
    const recording = { ...collector.settings, TRACING_SAMPLE: '0' };
    const service = await start({ ...store, ...recording, WEBHOOK_ALLOW: '127.0.0.0/8' });
    const sink = { type: 'webhook', url: hook.url };
    await callService<ShownSubscription>(service.url, '/subscriptions', {
      name: 'flights',
      from: 'start',
      sink,
    });
    // The first ones take longer than any later.
    for (let number = 1; number <= WARM; number++)
      await postMessage(service.url, messageText(number, 'warm'));
    while (countOf(hook.posts) < WARM) await delay(20);
    const answer = await post(service.url, messageText(2), { traceparent, Accept: 'application/json' });
    expect(await answer.json()).toMatchObject({ outcome: 'buffered' });
    await delay(300);
    // What closes the gap is not recorded itself.
    expect((await postMessage(service.url, messageText(1))).status).toBe(202);
    const [delivery] = await collector.untilNamed('deliver by webhook');
    await collector.untilNamed('POST /messages');

    const picture = waterfall(collector.ofTrace(traceId));
    process.stderr.write(`\n${picture}\n\n`);
    expect(picturesOf(page).map(shapeOf)).toContain(shapeOf(picture));
    expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));

    const [request] = collector.named('POST /messages');
    expect(request).toMatchObject({
      parentSpanId: senderId,
      kind: 'server',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/messages',
        'url.path': '/messages',
        'http.response.status_code': 202,
      },
      resource: { 'service.name': 'rockets' },
    });
    const told = hook.posts.filter(({ headers }) => headers['traceparent'] !== undefined);
    expect(told.map(({ headers }) => headers['traceparent'])).toEqual([
      `00-${traceId}-${delivery!.spanId}-01`,
    ]);
    expect(countOf(told)).toBe(2);
    expect(collector.named('commit')[0]!.attributes).toEqual({
      'db.system.name': 'sqlite',
      'rockets.commit.rockets': 1,
    });
  });

  it('begins a trace of its own where no sender says which, of each line of a stream, and of other requests', async () => {
    const collector = await receive();
    const service = await start({
      ...collector.settings,
      TRACING_SAMPLE: '1',
      OTEL_SERVICE_NAME: 'fleet',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20me',
    });
    const lines = [messageText(1), messageText(2), '{}', messageText(2)].join('\n');
    const streamed = await post(service.url, lines, { 'Content-Type': 'application/x-ndjson' });
    expect(await streamed.json()).toMatchObject({ applied: 2, duplicate: 1, invalid: 1 });
    expect((await post(service.url, messageText(3), { traceparent: 'nonsense' })).status).toBe(202);
    expect((await fetch(`${service.url}/rockets/nobody`)).status).toBe(404);
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);

    const [stream, single] = await collector.untilNamed('POST /messages', 2);
    const [read] = await collector.untilNamed('GET /rockets/:channel');
    const ingested = await collector.untilNamed('ingest message', 4);
    const outcomesIn = (id: string): unknown[] =>
      ingested.flatMap((one) => (one.traceId === id ? one.attributes['rockets.outcome'] : []));
    expect(outcomesIn(stream!.traceId).sort()).toEqual(['applied', 'applied', 'duplicate']);
    expect(stream!.attributes).toMatchObject({ 'rockets.stream.messages': 4, 'rockets.stream.invalid': 1 });
    expect(outcomesIn(single!.traceId)).toEqual(['applied']);
    expect(read!.attributes).toMatchObject({
      'http.response.status_code': 404,
      'url.path': '/rockets/nobody',
    });
    expect(new Set([stream, single, read].map((one) => one!.traceId)).size).toBe(3);
    expect(stream!.resource).toMatchObject({ 'service.name': 'fleet' });
    expect(collector.headers).toMatchObject({ authorization: 'Bearer me' });
    expect(collector.spans.filter(({ attributes }) => attributes['url.path'] === '/livez')).toEqual([]);
  });

  it('in a long stream is recorded of the first hundred messages', async () => {
    const collector = await receive();
    const service = await start({ ...collector.settings, TRACING_SAMPLE: '0' });
    const lines = Array.from({ length: 150 }, (_, i) => messageText(i + 1)).join('\n');
    await post(service.url, lines, { traceparent, 'Content-Type': 'application/x-ndjson' });
    const [stream] = await collector.untilNamed('POST /messages');
    expect(stream!.attributes).toMatchObject({ 'rockets.stream.messages': 150 });
    expect(collector.named('ingest message')).toHaveLength(100);
  });

  it('is in the lines of the log', async () => {
    const collector = await receive();
    const service = await start({ ...collector.settings, TRACING_SAMPLE: '0' });
    await post(service.url, messageText(1));
    const other = messageText(1).replace('Falcon-9', 'Falcon-10');
    expect((await post(service.url, other, { traceparent })).status).toBe(409);
    await collector.untilNamed('POST /messages');
    const [conflict] = linesOf(service).filter(({ message }) => String(message).startsWith('conflict'));
    const [ingested] = collector.named('ingest message');
    expect(conflict).toMatchObject({ traceId, spanId: ingested!.spanId, number: 1 });
  });
});

describe('a service', () => {
  it('sends what it has recorded before it ends', async () => {
    const collector = await receive();
    const service = await start({ ...collector.settings, TRACING_SAMPLE: '1' });
    for (let number = 1; number <= 20; number++) await post(service.url, messageText(number));
    expect(await service.end('SIGTERM')).toBe(0);
    expect(collector.named('POST /messages')).toHaveLength(20);
    expect(collector.named('ingest message')).toHaveLength(20);
  });

  it('that is not to record anything loads nothing of what records', async () => {
    const spy = join(__dirname, '../support/loaded-modules.cjs');
    const loaded = async (env: Readonly<Record<string, string>>): Promise<string[]> => {
      const service = await start({ ...env, NODE_OPTIONS: `--require ${spy}` });
      await post(service.url, messageText(1));
      expect(await service.end('SIGTERM')).toBe(0);
      return /^loaded (.*)$/m.exec(service.log())![1]!.split(' ');
    };
    // What counts for Prometheus loads the names of OpenTelemetry's API, and nothing that does anything.
    const isOfTracing = (file: string): boolean => /@opentelemetry\/(?!api\/)|otlp-tracing/.test(file);
    expect((await loaded({})).filter(isOfTracing)).toEqual([]);
    const collector = await receive();
    expect((await loaded(collector.settings)).filter(isOfTracing).length).toBeGreaterThan(10);
  });
});
