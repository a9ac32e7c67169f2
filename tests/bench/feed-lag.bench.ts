import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { inDirectory, quick, type Row } from './measure.js';
import { ask, startProcess } from './processes.js';
import { ServerUnderTest } from './server-under-test.js';

const SECONDS = quick ? 2 : 10;
/** Of what the service can take, measured just before in the same way. */
const LOAD = 0.7;

interface Kind {
  readonly store: 'memory' | 'sqlite';
  readonly rockets: number;
  readonly window: number;
  readonly way: 'single' | 'ndjson';
}

interface Sent {
  readonly messages: number;
  readonly seconds: number;
}

interface Told {
  readonly events: number;
  readonly lagP99: number;
  readonly disorder: number;
}

/**
 * A live reader beside messages that come in at 70 % of what the service can take: the share of the events it was told
 * when the load stops, and how long after its commit it was told of one.
 */
export const feedLagBench = (): Promise<Row[]> =>
  inDirectory(async (directory) => {
    const rows: Row[] = [];
    let share = 1;
    let lag = 0;
    for (const kind of kinds()) {
      const { store, rockets, window, way } = kind;
      const env = { EVENT_STORE: store, SQLITE_FILE: join(directory, `${Math.random()}.db`) };
      const server = await ServerUnderTest.start('rockets', env);
      const sender = await startProcess('load-process.js', String(server.port));
      const load = { rockets, window, way };
      const full = await ask<Sent>(sender, { ...load, seconds: SECONDS / 2 });
      const reader = await startProcess('lag-reader-process.js', String(server.port));
      const rate = (LOAD * full.messages) / full.seconds;
      await ask<Sent>(sender, { ...load, seconds: SECONDS, rate });
      const atEnd = await ask<Told>(reader, 'told');
      const applied = await eventsOf(server.port);
      const before = full.messages;
      const told = atEnd.events / Math.max(1, applied - (await readerStart(reader)));
      share = Math.min(share, told);
      lag = Math.max(lag, atEnd.lagP99);
      const what = `${store}, ${rockets} rockets, ${window > 1 ? `shuffled by ${window}` : 'in order'}, ${way} at ${Math.round(rate)}/s`;
      rows.push({ goal: '', what: `feed: told when the load stops; ${what}`, measured: told });
      rows.push({ goal: '', what: `feed: lag p99; ${what}`, measured: atEnd.lagP99, unit: ' ms' });
      if (atEnd.disorder > 0 || before === 0) throw new Error(`out of order: ${atEnd.disorder}`);
      for (const child of [sender, reader]) child.disconnect();
      await server.stop();
    }
    return [
      {
        goal: '18',
        what: 'feed: share told when the load stops, worst',
        measured: share,
        good: 0.95,
        target: 0.99,
      },
      {
        goal: '18',
        what: 'feed: lag p99, worst',
        measured: lag,
        good: 1000,
        target: 200,
        better: 'lower',
        unit: ' ms',
      },
      ...rows,
    ];
  });

const kinds = (): Kind[] =>
  (['memory', 'sqlite'] as const).flatMap((store) =>
    [2000, 100_000].flatMap((rockets) =>
      [1, 5000].flatMap((window) =>
        (['single', 'ndjson'] as const).map((way): Kind => ({ store, rockets, window, way })),
      ),
    ),
  );

/** How many events there were when the reader came. */
const readerStart = (reader: ChildProcess): Promise<number> => ask<number>(reader, 'start');

const eventsOf = async (port: number): Promise<number> => {
  const health = (await (await fetch(`http://127.0.0.1:${port}/health`)).json()) as { events: number };
  return health.events;
};
