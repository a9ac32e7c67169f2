import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { interleaved, median, ratio, scaled, type Row } from './measure.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const REQUESTS = scaled(30_000);
const CONNECTIONS = 64;
const ROCKETS = 1000;
/** What is under way when the last answer is there is sent within so long. */
const SENT_WITHIN_MS = 1500;

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
  const row = (what: string, kind: Kind, more: Partial<Row> = {}): Row => ({
    goal: '',
    what,
    measured: ratio(micros[kind], micros.off),
    better: 'lower',
    ...more,
  });
  return [
    row('TRACING=otlp, nothing recorded ÷ off: processor time of a single message', 'none', { good: 1.03 }),
    row('the same, 1 in 100 recorded', 'some', { good: 1.1 }),
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
