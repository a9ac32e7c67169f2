import { interleaved, ratio, scaled, type Row } from './measure.js';
import { ServerUnderTest, postAll } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const ROCKETS = 1000;
const CONNECTIONS = 64;
const REQUESTS = scaled(30_000);

/** One message per POST: processor time of the server for each request, compared with other servers. */
export const postBench = async (): Promise<Row[]> => {
  const kinds = ['bare', 'rockets', 'rockets again', 'fastify', 'idiomatic', 'plainPrototypes'] as const;
  const cost = {} as Record<(typeof kinds)[number], () => Promise<number>>;
  const servers: ServerUnderTest[] = [];
  for (const kind of kinds) {
    const server = await ServerUnderTest.start(kind === 'rockets again' ? 'rockets' : kind);
    let sent = 0;
    servers.push(server);
    cost[kind] = async () => {
      const bodies = stream(REQUESTS, ROCKETS, sent).map(wireOf);
      sent += REQUESTS;
      const before = await server.cpuMicros();
      await postAll(server.port, bodies, CONNECTIONS);
      return ((await server.cpuMicros()) - before) / REQUESTS;
    };
    await cost[kind]();
  }
  const micros = await interleaved(cost);
  for (const server of servers) await server.stop();
  const rows: Row[] = [
    {
      goal: 'control',
      what: 'POST, the same server twice (A/A)',
      measured: ratio(micros['rockets again'], micros.rockets),
    },
    {
      goal: '1',
      what: 'POST ÷ bare node:http',
      measured: ratio(micros.bare, micros.rockets),
      good: 0.8,
      target: 1.2,
    },
    {
      goal: '2',
      what: 'POST ÷ Fastify, same reader and pipeline',
      measured: ratio(micros.fastify, micros.rockets),
      good: 0.95,
      target: 1.2,
    },
    {
      goal: '3',
      what: 'POST ÷ express.json + class-validator + winston line',
      measured: ratio(micros.idiomatic, micros.rockets),
      good: 5,
      target: 10,
    },
    {
      goal: '',
      what: 'native prototypes ÷ createServer(app)',
      measured: ratio(micros.plainPrototypes, micros.rockets),
    },
  ];
  return rows;
};
