import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { withDatabase } from './database.js';
import type { Offer, Offered } from './fleet-process.js';
import { inDirectory, quick, type Row } from './measure.js';
import { ask, startProcess } from './processes.js';
import { ServerUnderTest, postAll } from './server-under-test.js';
import type { Way } from './senders.js';
import { lostOf } from './stored.js';
import { messageOf, wireOf } from './traffic.js';

const TIMES = 3;
const PEAK_SECONDS = quick ? 2 : 10;
const SECONDS = quick ? 6 : 120;
/** How often capacity and overload are measured in turns: a shared machine gives a fifth more or less from one to the next. */
const TURNS = quick ? 0 : 6;
const LEAST_GOODPUT = 0.9;
/** For a quick run: beside other programs, what is done in a second says little, and what it costs still much. */
const MOST_COST = 5;
const LONGEST_REFUSAL_MS = 50;
const MOST_MIB = 512;
const LONGEST_RECOVERY_S = 5;

/** As many as send when capacity is measured. One message at a time is all a sender of single ones has under way. */
const senders: Readonly<Record<Way, number>> = { single: 256, ndjson: 16 };

type Store = 'memory' | 'sqlite' | 'postgres';

interface Run {
  readonly store: Store;
  readonly way: Way;
  readonly capacity: number;
  /** Acknowledged a second, in turns: overload ÷ capacity. */
  readonly share: number;
  /** Processor time of an acknowledged message ÷ the same at capacity. */
  readonly cost: number;
  readonly offered: Offered;
  readonly mib: number;
  readonly lost: number;
  readonly normalAfter: number;
}

/**
 * Three times as many senders report three times as much as the service can take, for two minutes. Its capacity is what it takes
 * of senders that each report as soon as they are answered; that and overload take turns afterwards. Single messages find room for as many in
 * its buffer as were sent when its capacity was measured: the others are refused, and try again after half a second.
 */
export const overloadBench = (): Promise<Row[]> =>
  withDatabase((database) =>
    inDirectory(async (directory) => {
      const runs: Run[] = [];
      for (const store of ['memory', 'sqlite', 'postgres'] as const)
        for (const way of ['single', 'ndjson'] as const) {
          const run = await overload(store, way, {
            SQLITE_FILE: join(directory, `${way}.db`),
            DATABASE_URL: await database.newSchema(),
          });
          console.error(`… ${lineOf(run)}`);
          runs.push(run);
        }
      console.log(table(runs));
      return runs.flatMap(rowsOf);
    }),
  );

const overload = async (store: Store, way: Way, places: Readonly<Record<string, string>>): Promise<Run> => {
  const server = await ServerUnderTest.start('rockets', {
    EVENT_STORE: store,
    ...places,
    ...(way === 'single'
      ? { BUFFER_MESSAGES: String(senders.single) }
      : { STORE_BYTES: String(16 * 2 ** 30) }),
  });
  const fleet = await startProcess('fleet-process.js', String(server.port), way);
  const usual: Offer = { senders: senders[way], seconds: PEAK_SECONDS };
  await ask<Offered>(fleet, { ...usual, seconds: 2 });
  const atCapacity = await costing(server, fleet, usual);
  const before = rateOf(atCapacity.offered);
  const memory = await Memory.watch(server);
  const most: Offer = { senders: TIMES * senders[way], seconds: SECONDS, rate: TIMES * before };
  const { offered, micros } = await costing(server, fleet, most);
  const normalAfter = await untilNormal(server.port);
  const mib = await memory.most();
  // Streams fill a store in memory fast.
  const turnSeconds = store === 'memory' && way === 'ndjson' ? 3 : PEAK_SECONDS;
  const turns = await inTurns(fleet, [usual, most], turnSeconds);
  const lost = await lostOf(server.port, await ask<[number, number][]>(fleet, 'acknowledged'));
  fleet.disconnect();
  await server.stop();
  const cost = micros / atCapacity.micros;
  const capacity = turns.usual || before;
  return { store, way, capacity, share: turns.most / capacity, cost, offered, mib, lost, normalAfter };
};

const inTurns = async (fleet: ChildProcess, [usual, most]: [Offer, Offer], seconds: number) => {
  const rates = { usual: 0, most: 0 };
  for (let i = 0; i < TURNS; i++) {
    rates.usual += rateOf(await ask<Offered>(fleet, { ...usual, seconds })) / TURNS;
    rates.most += rateOf(await ask<Offered>(fleet, { ...most, seconds })) / TURNS;
  }
  return rates;
};

/** With the processor time of the service for each message that was acknowledged. */
const costing = async (
  server: ServerUnderTest,
  fleet: ChildProcess,
  offer: Offer,
): Promise<{ readonly offered: Offered; readonly micros: number }> => {
  const before = await server.cpuMicros();
  const offered = await ask<Offered>(fleet, offer);
  return { offered, micros: ((await server.cpuMicros()) - before) / offered.fates.acknowledged };
};

const rateOf = ({ fates, seconds }: Offered): number => fates.acknowledged / seconds;

/** What the process takes at most, less what a store in memory keeps by its own account, beyond what it was at first. */
class Memory {
  private highest = 0;
  private isOver = false;
  private readonly sampling: Promise<void>;

  private constructor(
    private readonly server: ServerUnderTest,
    private readonly first: number,
  ) {
    this.sampling = this.sample();
  }

  static async watch(server: ServerUnderTest): Promise<Memory> {
    return new Memory(server, await beyondStore(server));
  }

  async most(): Promise<number> {
    this.isOver = true;
    await this.sampling;
    return (this.highest - this.first) / 2 ** 20;
  }

  private async sample(): Promise<void> {
    while (!this.isOver) {
      this.highest = Math.max(this.highest, await beyondStore(this.server));
      await pause(500);
    }
  }
}

const beyondStore = async (server: ServerUnderTest): Promise<number> => {
  const { rss } = await server.usage();
  const health = (await (await fetch(`http://127.0.0.1:${server.port}/health`)).json()) as {
    store: { fullness?: { bytes: number } };
  };
  return rss - (health.store.fullness?.bytes ?? 0);
};

const NORMAL_MS = quick ? 100 : 20;
const IN_A_ROW = 20;

/** Seconds until one message after the other is stored at once. */
const untilNormal = async (port: number): Promise<number> => {
  const rocket = 999_999;
  const began = performance.now();
  let number = 0;
  for (let good = 0; good < IN_A_ROW;) {
    const sentAt = performance.now();
    if (sentAt - began > 60_000) break;
    const isTaken = await postAll(port, [wireOf(messageOf(rocket, number + 1))], 1).then(
      () => true,
      () => false,
    );
    if (isTaken) number++;
    good = isTaken && performance.now() - sentAt < NORMAL_MS ? good + 1 : 0;
  }
  return (performance.now() - began) / 1000;
};

const rowsOf = ({ store, way, share, cost, offered, mib, lost, normalAfter }: Run): Row[] => {
  const row: MakeRow = (what, measured, good, rest = {}) => ({
    goal: '',
    what: `overload, ${store}, ${way}: ${what}`,
    measured,
    good,
    better: 'lower',
    ...rest,
  });
  return [
    quick
      ? row('processor time of an acknowledged message ÷ at capacity', cost, MOST_COST)
      : row('acknowledged ÷ capacity', share, LEAST_GOODPUT, { better: 'higher' }),
    way === 'single' ? refusals(offered, row) : row('refused', offered.fates.refused, 0),
    row('memory beyond the events', mib, MOST_MIB, { unit: ' MiB' }),
    row('acknowledged and lost', lost, 0),
    row('normal again after', normalAfter, LONGEST_RECOVERY_S, { unit: ' s' }),
  ];
};

type MakeRow = (what: string, measured: number, good: number, rest?: Partial<Row>) => Row;

/** A quick run beside other programs says nothing in milliseconds. */
const refusals = ({ refusedP99, acknowledgedP99 }: Offered, row: MakeRow): Row =>
  quick
    ? row('503 p99 ÷ 202 p99', refusedP99 / acknowledgedP99, 20)
    : row('503 p99', refusedP99, LONGEST_REFUSAL_MS, { unit: ' ms' });

const table = (runs: readonly Run[]): string =>
  [
    '| store | way in | capacity | due | sent | acknowledged | in turns | 503 | 503 p99 | 202 p99 | memory | lost | normal after |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...runs.map(lineOf),
  ].join('\n');

const storeNames: Readonly<Record<Store, string>> = {
  memory: 'in memory',
  sqlite: 'SQLite',
  postgres: 'PostgreSQL',
};

const lineOf = ({ store, way, capacity, share, offered, mib, lost, normalAfter }: Run): string => {
  const { due, sent, fates, seconds, refusedP99, acknowledgedP99 } = offered;
  const each = (count: number): string => `${Math.round(count / seconds).toLocaleString('en')}/s`;
  const cells = [
    storeNames[store],
    way === 'single' ? 'single' : 'NDJSON',
    `${Math.round(capacity).toLocaleString('en')}/s`,
    each(due),
    each(sent),
    each(fates.acknowledged),
    quick ? '—' : `${Math.round(100 * share)} %`,
    each(fates.refused),
    fates.refused > 0 ? `${refusedP99.toFixed(0)} ms` : '—',
    `${acknowledgedP99.toFixed(0)} ms`,
    `${mib.toFixed(0)} MiB`,
    String(lost),
    `${normalAfter.toFixed(1)} s`,
  ];
  return `| ${cells.join(' | ')} |`;
};
