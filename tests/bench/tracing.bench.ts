import type { Request, Response } from 'express';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessageTraces } from '../../src/application/ingest/message-traces.js';
import type { Arrival } from '../../src/application/ingest/reorder-buffer.js';
import type { Change } from '../../src/application/ports/event-store.js';
import { RequestTraces, spanOf } from '../../src/infrastructure/http/request-traces.js';
import { OtlpTracing } from '../../src/infrastructure/observability/otlp-tracing.js';
import { silentLogger } from '../support/silent-logger.js';
import { collectGarbage, cpuMicros, interleaved, median, ratio, scaled, type Row } from './measure.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const REQUESTS = scaled(30_000);
const CONNECTIONS = 64;
const ROCKETS = 1000;
/** What is under way when the last answer is there is sent within so long. */
const SENT_WITHIN_MS = 1500;
const CALLS = scaled(2_000_000);

/** What a single message costs while some are recorded ÷ while none are and nothing of it is loaded, in processor time. */
export const tracingBench = async (): Promise<Row[]> => {
  const collector = createServer((req, res) => {
    req.resume();
    req.on('end', () => res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  const on = { TRACING: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  const kinds = {
    off: {},
    again: {},
    none: { ...on, TRACING_SAMPLE: '0' },
    some: { ...on, TRACING_SAMPLE: '0.01' },
    all: { ...on, TRACING_SAMPLE: '1' },
  };
  type Kind = keyof typeof kinds;
  const servers = new Map<Kind, ServerUnderTest>();
  for (const [kind, env] of Object.entries(kinds)) {
    servers.set(kind as Kind, await ServerUnderTest.start('rockets', env));
  }
  const sent: Partial<Record<Kind, number>> = {};
  const costOf = async (kind: Kind): Promise<number> => {
    const server = servers.get(kind)!;
    const from = sent[kind] ?? 0;
    const bodies = stream(REQUESTS, ROCKETS, from).map(wireOf);
    sent[kind] = from + REQUESTS;
    const before = await server.cpuMicros();
    await postAll(server.port, bodies, CONNECTIONS);
    await new Promise((resolve) => setTimeout(resolve, SENT_WITHIN_MS));
    return ((await server.cpuMicros()) - before) / REQUESTS;
  };
  for (const kind of servers.keys()) await costOf(kind);
  const costs = await interleaved({ unrecorded: () => addedCode(true), bare: () => addedCode(false) });
  const micros = await interleaved({
    off: () => costOf('off'),
    again: () => costOf('again'),
    none: () => costOf('none'),
    some: () => costOf('some'),
    all: () => costOf('all'),
  });
  for (const server of servers.values()) await server.stop();
  collector.closeAllConnections();
  collector.close();
  const added = median(addedOf(costs.unrecorded, costs.bare));
  const row = (what: string, kind: Kind, more: Partial<Row> = {}): Row => ({
    goal: '',
    what,
    measured: ratio(micros[kind], micros.off),
    better: 'lower',
    ...more,
  });
  return [
    {
      goal: '',
      what: 'TRACING=otlp: what a message costs that is not recorded, the added code alone ÷ all that a single POST costs',
      measured: (added / median(micros.off)) * 100,
      good: 3,
      target: 1,
      better: 'lower',
      unit: ' %',
    },
    row('processor time of a single message, nothing recorded ÷ off', 'none'),
    row('the same, 1 in 100 recorded', 'some'),
    row('the same, all recorded', 'all'),
    row('control: off ÷ off', 'again'),
    {
      goal: '',
      what: 'a message that is recorded costs more by',
      measured: median(micros.all) - median(micros.off),
      unit: ' µs',
    },
  ];
};

const addedOf = (some: readonly number[], bare: readonly number[]): number[] =>
  some.map((value, round) => value - bare[round]!);

/** Of a request without a `traceparent` that the lot does not draw, and of its part in a commit, in microseconds. */
const addedCode = (isOn: boolean): number => {
  const settings = { endpoint: 'http://127.0.0.1:9', sample: 0.01, serviceName: 'rockets', headers: {} };
  const tracing = isOn ? new OtlpTracing(settings, 'here', silentLogger, () => 0.5) : undefined;
  const requests = tracing && new RequestTraces(tracing);
  const messages = tracing && new MessageTraces(tracing);
  const req = { method: 'POST', headers: {} } as Request;
  const res = {} as Response;
  const work = [{ channel: 'rocket-1', arrivals: [{}] as Arrival[], skips: [] }];
  const changes: Change[] = [];
  let seen = 0;
  collectGarbage();
  const before = cpuMicros();
  for (let i = 0; i < CALLS; i++) {
    requests?.begin(req, res, '/messages');
    if (spanOf(req) !== undefined) seen++;
    // Alone in its batch: with others it costs less.
    messages?.taken(work);
    const commit = messages?.committing(changes);
    messages?.settled(undefined, work[0]!.arrivals, commit);
  }
  if (seen > 0) throw new Error('Something was recorded.');
  return (cpuMicros() - before) / CALLS;
};
