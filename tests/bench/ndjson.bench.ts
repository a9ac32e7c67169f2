import { request } from 'node:http';
import { cpuMicros, interleaved, percentile, ratio, scaled, type Row } from './measure.js';
import { ServerUnderTest, postAll } from './server-under-test.js';
import { channelOf, stream, wireOf } from './traffic.js';

const ROCKETS = 1000;
const LINES = scaled(200_000);
const REQUESTS = scaled(20_000);

/** Many messages in one request, compared with parsing the same lines and with one request for each. */
export const ndjsonBench = async (): Promise<Row[]> => {
  const server = await ServerUnderTest.start('rockets');
  let sent = 0;
  const lines = (count: number): string[] => {
    const next = stream(count, ROCKETS, sent).map(wireOf);
    sent += count;
    return next;
  };
  const serverCost = async (count: number, run: () => Promise<unknown>): Promise<number> => {
    const before = await server.cpuMicros();
    await run();
    return ((await server.cpuMicros()) - before) / count;
  };
  const bulk = (): Promise<number> => {
    const body = lines(LINES).join('\n');
    return serverCost(LINES, () => postLines(server.port, body));
  };
  await bulk();
  const micros = await interleaved({
    parse: () => parseCost(stream(LINES, ROCKETS, sent).map(wireOf)),
    bulk,
    single: () => {
      const bodies = lines(REQUESTS);
      return serverCost(REQUESTS, () => postAll(server.port, bodies, 64));
    },
  });
  const body = lines(LINES * 4).join('\n');
  const latency = await latencyDuring(server.port, () => postLines(server.port, body));
  await server.stop();
  return [
    {
      goal: '4',
      what: 'NDJSON, whole way ÷ JSON.parse of the lines',
      measured: ratio(micros.parse, micros.bulk),
      good: 0.5,
      target: 0.9,
    },
    {
      goal: '5',
      what: 'NDJSON ÷ single POST, messages per CPU second',
      measured: ratio(micros.single, micros.bulk),
      good: 10,
      target: 20,
    },
    {
      goal: '6',
      what: 'GET p99 while a bulk load runs',
      measured: percentile(latency, 0.99),
      good: 25,
      target: 10,
      better: 'lower',
      unit: ' ms',
    },
  ];
};

const parseCost = (lines: readonly string[]): number => {
  const buffers = lines.map((line) => Buffer.from(line));
  const before = cpuMicros();
  for (const buffer of buffers) JSON.parse(buffer.toString());
  return (cpuMicros() - before) / lines.length;
};

const postLines = (port: number, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const req = request({ port, host: '127.0.0.1', method: 'POST', path: '/messages', headers }, (res) => {
      res.resume();
      res.on('end', () => (res.statusCode === 200 ? resolve() : reject(new Error(String(res.statusCode)))));
    });
    req.on('error', reject);
    req.end(body);
  });

/** One GET after the other while `load` runs; the milliseconds each took. */
const latencyDuring = async (port: number, load: () => Promise<void>): Promise<number[]> => {
  const taken: number[] = [];
  let running = true;
  const done = load().finally(() => (running = false));
  while (running) {
    const began = performance.now();
    await get(port, `/rockets/${channelOf(taken.length % ROCKETS)}`);
    taken.push(performance.now() - began);
  }
  await done;
  return taken;
};

const get = (port: number, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path }, (res) => {
      res.resume();
      res.on('end', resolve);
    })
      .on('error', reject)
      .end();
  });
