import express from 'express';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { errorHandler } from '../../../src/infrastructure/http/error-handler.js';
import { isOf } from '../../../src/infrastructure/http/request-counts.js';
import { RequestTraces, spanOf } from '../../../src/infrastructure/http/request-traces.js';
import { FakeTracing } from '../../support/fake-tracing.js';
import { until } from '../../support/manual-clock.js';
import { LogBook } from '../../support/pipeline.js';
import { endedBy } from '../../support/to-end.js';

const toEnd = endedBy(afterEach);

const serve = async () => {
  const tracing = new FakeTracing();
  const traces = new RequestTraces(tracing);
  const log = new LogBook();
  const app = express();
  app.use((req, res, next) => {
    traces.begin(req, res);
    next();
  });
  app.get('/rockets/:channel', (req, res) => {
    isOf(res, '/rockets/:channel');
    res.set('X-Request-Id', 'r-1').json(spanOf(req)?.traceId ?? null);
  });
  app.get('/broken', () => {
    throw new Error('broken');
  });
  app.get('/slow', () => undefined);
  app.get(['/livez', '/events'], (_req, res) => void res.end());
  app.use(errorHandler(log));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  toEnd.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { tracing, log, port, url: `http://127.0.0.1:${port}` };
};

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

describe('a request that is recorded', () => {
  it('says what was asked, by its route, and how it was answered', async () => {
    const { tracing, url } = await serve();
    const headers = { traceparent, 'User-Agent': 'x'.repeat(1000) };
    const answer = await fetch(`${url}/rockets/falcon?secret=1`, { headers });
    expect(await answer.json()).toBe(traceId);
    await until(() => tracing.spans[0]?.endedAt !== undefined, 'it has ended');
    const [span] = tracing.spans;
    expect([span!.name, span!.options.kind, span!.error]).toEqual([
      'GET /rockets/:channel',
      'server',
      undefined,
    ]);
    expect(span!.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/rockets/:channel',
      'http.response.status_code': 200,
      'url.path': '/rockets/falcon',
      'url.scheme': 'http',
      'user_agent.original': 'x'.repeat(256),
      'rockets.request_id': 'r-1',
    });
  });

  it('for a long path keeps no more than its beginning, however many wait for the collector', async () => {
    const { tracing, url } = await serve();
    await fetch(`${url}/${'a'.repeat(10_000)}`);
    await until(() => tracing.spans[0]?.endedAt !== undefined, 'it has ended');
    expect(tracing.spans[0]!.attributes['url.path']).toBe(`/${'a'.repeat(255)}`);
  });

  it('that fails is found by the line in the log', async () => {
    const { tracing, log, url } = await serve();
    expect((await fetch(`${url}/broken`)).status).toBe(500);
    await until(() => tracing.spans[0]?.endedAt !== undefined, 'it has ended');
    const [span] = tracing.spans;
    expect([span!.name, span!.error]).toEqual(['GET', 'answered 500']);
    const { traceId: id, spanId } = span!;
    expect(log.lines).toMatchObject([{ level: 'error', fields: { path: '/broken', traceId: id, spanId } }]);
  });

  it('that nobody waits for any more ends, too', async () => {
    const { tracing, port } = await serve();
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /slow HTTP/1.1\r\nHost: me\r\n\r\n');
    await until(() => tracing.spans.length > 0, 'it was asked');
    socket.destroy();
    await until(() => tracing.spans[0]!.endedAt !== undefined, 'it has ended');
    expect(tracing.spans[0]!.error).toContain('went away');
  });

  it('is none of those that come by the second or last for hours, nor one that is not to be', async () => {
    const { tracing, url } = await serve();
    await fetch(`${url}/livez`);
    await fetch(`${url}/events`, { headers: { Accept: 'text/event-stream' } });
    tracing.records = false;
    expect(await (await fetch(`${url}/rockets/falcon`)).json()).toBeNull();
    expect(tracing.spans).toEqual([]);
  });
});
