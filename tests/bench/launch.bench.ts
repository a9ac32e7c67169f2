import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inDirectory, interleaved, quick, ratio, type Row } from './measure.js';
import { ServerUnderTest } from './server-under-test.js';

const cli = join(__dirname, '../../../../dist/cli/rockets.js');
const MESSAGES = quick ? 5000 : 100_000;

/** The official program's default run, as the simulator imitates it: the wall time, beside a server that only answers. */
export const launchBench = async (): Promise<Row[]> => {
  const seconds = await interleaved(
    { sink: () => launchAt('sink'), rockets: () => launchAt('rockets'), again: () => launchAt('rockets') },
    quick ? 2 : 3,
  );
  return [
    {
      goal: 'control',
      what: 'default launch twice (A/A), wall time',
      measured: ratio(seconds.again, seconds.rockets),
    },
    {
      goal: '16',
      what: 'default launch (100,000, concurrency 3) ÷ bare sink, wall time',
      measured: ratio(seconds.rockets, seconds.sink),
      good: 1.5,
      target: 1.15,
      better: 'lower',
    },
  ];
};

/** The same into SQLite: three senders, so that a commit holds one to three messages. */
export const sqliteLaunchBench = (): Promise<Row[]> =>
  inDirectory(async (directory) => {
    const cpu = { memory: [] as number[], sqlite: [] as number[] };
    const into = (store: 'memory' | 'sqlite') => async (): Promise<number> => {
      const env = { EVENT_STORE: store, SQLITE_FILE: join(directory, `${Math.random()}.db`) };
      return launchAt('rockets', env, (micros) => cpu[store].push(micros));
    };
    const seconds = await interleaved({ memory: into('memory'), sqlite: into('sqlite') }, quick ? 2 : 3);
    return [
      {
        goal: '16a',
        what: 'default launch into SQLite ÷ into memory, messages a second',
        measured: ratio(seconds.memory, seconds.sqlite),
        good: 0.45,
        target: 0.7,
      },
      {
        goal: '16a',
        what: 'default launch into SQLite ÷ into memory, processor time',
        measured: ratio(cpu.sqlite, cpu.memory),
        good: 2,
        target: 1.5,
        better: 'lower',
      },
    ];
  });

/** A new server each time: a second run against the same one would be duplicates only. */
const launchAt = async (
  kind: string,
  env: Readonly<Record<string, string>> = {},
  used: (micros: number) => void = () => undefined,
): Promise<number> => {
  const server = await ServerUnderTest.start(kind, env);
  const before = await server.cpuMicros();
  const began = performance.now();
  const url = `http://127.0.0.1:${server.port}/messages`;
  const child = spawn(process.execPath, [cli, 'launch', url, `--max-messages=${MESSAGES}`], {
    stdio: 'ignore',
  });
  const [code] = (await once(child, 'exit')) as [number];
  const seconds = (performance.now() - began) / 1000;
  used((await server.cpuMicros()) - before);
  await server.stop();
  if (code !== 0) throw new Error(`the launch at ${kind} ended with ${code}`);
  return seconds;
};
