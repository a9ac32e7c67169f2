import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { interleaved, ratio, scaled, type Row } from './measure.js';

const READERS = 1000;

interface Ingested {
  /** Processor microseconds for each message. */
  readonly micros: number;
  readonly rss: number;
}

interface Received {
  readonly bytes: number;
  readonly lost: number;
}

/**
 * What a thousand live readers cost the senders. The service is kept busy from inside, so that it is never idle: what
 * readers take is missing elsewhere. Both are measured in one process, because two are never warmed up alike.
 */
export const feedBench = async (): Promise<Row[]> => {
  const server = await start('feed-server-process.js');
  const connectReaders = () => start('feed-readers-process.js', [String(server.answer), String(READERS)]);
  const perRound = scaled(400_000);
  const memory: number[] = [];
  const ingest = async (count: number): Promise<number> => {
    const { micros, rss } = await ask<Ingested>(server.child, count);
    memory.push(rss);
    return micros;
  };
  await ingest(perRound);
  const { quiet, followed } = await interleaved({
    quiet: () => ingest(perRound),
    followed: async () => {
      const readers = await connectReaders();
      // The first burst after a silence is told at once; it says nothing about a service that is busy.
      await ingest(scaled(40_000));
      const micros = await ingest(perRound);
      readers.child.kill();
      await once(readers.child, 'exit');
      return micros;
    },
  });
  const readers = await connectReaders();
  await ingest(scaled(20_000));
  const lag = await untilStill(readers.child);
  const { lost } = await ask<Received>(readers.child, 'received');
  for (const { child } of [readers, server]) child.disconnect();
  return [
    {
      goal: '13',
      what: `cost of a message with ${READERS} live readers ÷ with none`,
      measured: ratio(followed, quiet),
      good: 1.1,
      target: 1.05,
      better: 'lower',
    },
    {
      goal: '13',
      what: `${READERS} readers have the last of ${scaled(20_000)} events sent at full speed after`,
      measured: lag,
      unit: ' s',
    },
    {
      goal: '13',
      what: `readers dropped meanwhile, of ${READERS}`,
      measured: lost,
      good: 0,
      better: 'lower',
    },
    {
      goal: '13',
      what: 'memory of the service with its readers',
      measured: Math.max(...memory),
      unit: ' MiB',
    },
  ];
};

const start = async (file: string, args: readonly string[] = []) => {
  const child = fork(join(__dirname, file), args, {
    execArgv: ['--max-semi-space-size=64'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [answer] = (await once(child, 'message')) as [unknown];
  return { child, answer };
};

const ask = async <T>(child: ChildProcess, question: string | number): Promise<T> => {
  child.send(question);
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
};

/** Seconds until nothing arrives any more. */
const untilStill = async (readers: ChildProcess): Promise<number> => {
  const began = performance.now();
  let last = began;
  for (let bytes = -1; ;) {
    const now = await ask<Received>(readers, 'received');
    if (now.bytes !== bytes) last = performance.now();
    else if (performance.now() - last > 2000) return (last - began) / 1000;
    bytes = now.bytes;
    await pause(20);
  }
};
