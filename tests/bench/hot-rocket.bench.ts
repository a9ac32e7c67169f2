import { join } from 'node:path';
import { withDatabase } from './database.js';
import { inDirectory, interleaved, median, quick, ratio, scaled, type Row } from './measure.js';
import { postLines } from './post-lines.js';
import { serviceOn } from './postgres.bench.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const REQUESTS = scaled(20_000);
const LINES = scaled(100_000);
const CONNECTIONS = 64;
const MANY = 1000;
const ROUNDS = quick ? 1 : 3;

/** How fast one single rocket can report, beside many: nothing that scales out makes it faster. */
export const hotRocketBench = (): Promise<Row[]> =>
  inDirectory((directory) =>
    withDatabase(async (database) => {
      const rows: Row[] = [];
      const file = (name: string): string => join(directory, `${name}.db`);
      const sqlite = (name: string) =>
        ServerUnderTest.start('rockets', { EVENT_STORE: 'sqlite', SQLITE_FILE: file(name) });
      const stores: Readonly<Record<string, (name: string) => Promise<ServerUnderTest>>> = {
        'in memory': () => ServerUnderTest.start('rockets', { EVENT_STORE: 'memory' }),
        SQLite: sqlite,
        PostgreSQL: async () => serviceOn(await database.newSchema()),
      };
      for (const [store, start] of Object.entries(stores)) rows.push(...(await storeRows(store, start)));
      return rows;
    }),
  );

const storeRows = async (
  store: string,
  start: (name: string) => Promise<ServerUnderTest>,
): Promise<Row[]> => {
  const one = new Reporting(await start('one'), 1);
  const many = new Reporting(await start('many'), MANY);
  const rows: Row[] = [];
  for (const way of ['posts', 'lines'] as const) {
    for (const warmUp of [one, many]) await warmUp[way]();
    const rates = await interleaved({ one: () => one[way](), many: () => many[way]() }, ROUNDS);
    const what = way === 'posts' ? `POST over ${CONNECTIONS} connections` : 'NDJSON';
    rows.push(
      { goal: '', what: `${store}, ${what}: one rocket`, measured: median(rates.one), unit: ' messages/s' },
      {
        goal: '',
        what: `${store}, ${what}: one rocket ÷ ${MANY}`,
        measured: ratio(rates.one, rates.many),
      },
    );
  }
  for (const { server } of [one, many]) await server.stop();
  return rows;
};

/** Rockets that go on reporting, in turn. */
class Reporting {
  private sent = 0;

  constructor(
    readonly server: ServerUnderTest,
    private readonly rockets: number,
  ) {}

  /** Messages a second. */
  async posts(): Promise<number> {
    const bodies = this.next(REQUESTS);
    return (1000 * REQUESTS) / (await postAll(this.server.port, bodies, CONNECTIONS));
  }

  async lines(): Promise<number> {
    const body = this.next(LINES).join('\n');
    const began = performance.now();
    await postLines(this.server.port, body);
    return (1000 * LINES) / (performance.now() - began);
  }

  private next(count: number): string[] {
    const lines = stream(count, this.rockets, this.sent).map(wireOf);
    this.sent += count;
    return lines;
  }
}
