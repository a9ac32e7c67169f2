import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { interleaved, median, ratio, scaled, type Row } from './measure.js';

const READERS = 1000;

interface Ingested {
  /** Processor microseconds and milliseconds for each message. */
  readonly micros: number;
  readonly millis: number;
  readonly rss: number;
}

interface Received {
  readonly bytes: number;
  readonly lost: number;
}

/**
 * What a thousand live readers cost the senders. Both services are kept busy from inside, so that neither is ever
 * idle: what readers take is missing elsewhere.
 */
export const feedBench = async (): Promise<Row[]> => {
  const quiet = await startServer();
  const followed = await startServer();
  const readers = await start('feed-readers-process.js', [String(followed.port), String(READERS)]);
  const perRound = scaled(400_000);
  const lags: number[] = [];
  const memory: number[] = [];
  const { quiet: without, followed: withReaders } = await interleaved({
    quiet: async () => (await ingest(quiet.child, perRound)).micros,
    followed: async () => {
      const { micros, rss } = await ingest(followed.child, perRound);
      lags.push(await untilStill(readers.child));
      memory.push(rss);
      return micros;
    },
  });
  const { lost } = await ask<Received>(readers.child, 'received');
  for (const { child } of [readers, quiet, followed]) child.disconnect();
  return [
    {
      goal: '13',
      what: `cost of a message with ${READERS} live readers ÷ with none`,
      measured: ratio(withReaders, without),
      good: 1.1,
      target: 1.05,
      better: 'lower',
    },
    {
      goal: '13',
      what: `${READERS} readers have the last of ${perRound} events sent at full speed after`,
      measured: median(lags),
      unit: ' s',
    },
    { goal: '13', what: `readers dropped, of ${READERS}`, measured: lost, good: 0, better: 'lower' },
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

const startServer = async (): Promise<{ child: ChildProcess; port: number }> => {
  const { child, answer } = await start('feed-server-process.js');
  return { child, port: Number(answer) };
};

const ask = async <T>(child: ChildProcess, question: string | number): Promise<T> => {
  child.send(question);
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
};

const ingest = (server: ChildProcess, count: number): Promise<Ingested> => ask<Ingested>(server, count);

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
