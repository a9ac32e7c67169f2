import { statSync } from 'node:fs';
import { join } from 'node:path';
import { inDirectory, median, percentile, quick, scaled, type Row } from './measure.js';
import { bytesOfTables, withDatabase } from './database.js';
import { postLines } from './post-lines.js';
import { ServerUnderTest, postAll } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const ROCKETS = 1000;
const CONNECTIONS = 64;
const REQUESTS = scaled(50_000);
const LINES = scaled(500_000);
const ROUNDS = quick ? 1 : 3;

/** Figures of this machine, sender and service on it together: for an idea of the size, never for comparisons. */
export const figuresBench = (): Promise<Row[]> =>
  inDirectory(async (directory) => {
    const file = join(directory, 'figures.db');
    const ofFile = () => statSync(file).size;
    return [
      ...(await figuresOf('in memory', { EVENT_STORE: 'memory' })),
      ...(await figuresOf('SQLite', { EVENT_STORE: 'sqlite', SQLITE_FILE: file }, ofFile)),
      ...(await withDatabase(async (database) => {
        const url = await database.newSchema();
        return figuresOf('PostgreSQL', { EVENT_STORE: 'postgres', DATABASE_URL: url }, () =>
          bytesOfTables(url),
        );
      })),
    ];
  });

const figuresOf = async (
  store: string,
  env: Readonly<Record<string, string>>,
  bytes?: () => number | Promise<number>,
): Promise<Row[]> => {
  const server = await ServerUnderTest.start('rockets', env);
  const before = (await server.usage()).rss;
  let sent = 0;
  const bodies = (count: number): string[] => {
    const some = stream(count, ROCKETS, sent).map(wireOf);
    sent += count;
    return some;
  };
  const latencies: number[] = [];
  const single: number[] = [];
  const bulk: number[] = [];
  await postAll(server.port, bodies(REQUESTS), CONNECTIONS);
  for (let round = 0; round < ROUNDS; round++) {
    single.push(REQUESTS / (await postAll(server.port, bodies(REQUESTS), CONNECTIONS, latencies)));
    const body = bodies(LINES).join('\n');
    const began = performance.now();
    await postLines(server.port, body);
    bulk.push(LINES / (performance.now() - began));
  }
  const { rss } = await server.usage();
  await server.stop();
  const row = (what: string, measured: number, unit = ''): Row => ({
    goal: '',
    what: `${store}: ${what}`,
    measured,
    unit,
  });
  return [
    row(`messages a second, single POSTs over ${CONNECTIONS} connections`, median(single) * 1000),
    row('the same, p50', percentile(latencies, 0.5), ' ms'),
    row('the same, p99', percentile(latencies, 0.99), ' ms'),
    row('messages a second, NDJSON', median(bulk) * 1000),
    row('memory of the service with nothing stored', before / 2 ** 20, ' MiB'),
    row(`memory of the service with ${(sent / 1e6).toFixed(1)} million events`, rss / 2 ** 20, ' MiB'),
    ...(bytes === undefined ? [] : [row('bytes on disk an event', (await bytes()) / sent, ' B')]),
  ];
};
