import type { Response } from 'express';
import { EventEmitter } from 'node:events';
import { Measures } from '../../src/application/ingest/measures.js';
import { RequestCounts } from '../../src/infrastructure/http/request-counts.js';
import { SystemClock } from '../../src/infrastructure/system-clock.js';
import { collectGarbage, cpuMicros, interleaved, median, scaled, type Row } from './measure.js';
import { postLines } from './post-lines.js';
import { postAll, ServerUnderTest } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

/** Quick runs, too: fewer are over before the code is compiled. */
const CALLS = 1_000_000;
const REQUESTS = scaled(30_000);
const LINES = scaled(300_000);
const ROCKETS = scaled(1_000_000);
const SCRAPES = 12;
/** As many lines of a stream are taken, and told, in one go. */
const TOGETHER = 100;

/** What stands in the place of a response, as far as it is counted. */
class Answer extends EventEmitter {
  readonly req = { method: 'POST' };
  readonly locals: Record<string, unknown> = {};
  readonly headersSent = true;
  readonly statusCode = 202;
}

/** Processor microseconds of some calls, each. */
const costOf = (calls: () => void | Promise<void>) => async (): Promise<number> => {
  collectGarbage();
  const before = cpuMicros();
  await calls();
  return (cpuMicros() - before) / CALLS;
};

/** Takes so many messages in one go, and tells their senders in the next. */
const measuring = (together: number) =>
  costOf(async () => {
    const measures = new Measures(new SystemClock());
    const taken = new Array<number>(together);
    for (let done = 0; done < CALLS; done += together) {
      for (let i = 0; i < together; i++) taken[i] = measures.now();
      await undefined;
      for (let i = 0; i < together; i++) measures.ingestMs.observe(measures.now() - taken[i]!);
      // One commit for all of them.
      measures.commitMessages.observe(together);
      measures.commitMs.observe(measures.now() - taken[0]!);
      await undefined;
    }
    if (measures.ingestMs.counts.reduce((sum, count) => sum + count) !== CALLS)
      throw new Error('Not every message was measured.');
  });

const turns = (together: number) =>
  costOf(async () => {
    for (let done = 0; done < CALLS; done += together) {
      await undefined;
      await undefined;
    }
  });

const answering = (requests: RequestCounts | undefined) =>
  costOf(() => {
    for (let i = 0; i < CALLS; i++) {
      const answer = new Answer();
      requests?.watch(answer as unknown as Response, '/messages');
      answer.emit('close');
    }
  });

/** What it costs to count and to measure: the added code alone, beside all that a message costs. */
export const metricsBench = async (): Promise<Row[]> => {
  const server = await ServerUnderTest.start('rockets');
  let sent = 0;
  const bodies = (count: number): string[] => {
    const some = stream(count, 1000, sent).map(wireOf);
    sent += count;
    return some;
  };
  const costOfServer = async (count: number, send: (all: string[]) => Promise<unknown>): Promise<number> => {
    const all = bodies(count);
    const before = await server.cpuMicros();
    await send(all);
    return ((await server.cpuMicros()) - before) / count;
  };
  const post = (): Promise<number> => costOfServer(REQUESTS, (all) => postAll(server.port, all, 64));
  const line = (): Promise<number> => costOfServer(LINES, (all) => postLines(server.port, all.join('\n')));
  const candidates = {
    one: measuring(1),
    oneTurn: turns(1),
    many: measuring(TOGETHER),
    manyTurns: turns(TOGETHER),
    counted: answering(new RequestCounts()),
    answered: answering(undefined),
    post,
    line,
  };
  await interleaved(candidates, 1);
  const micros = await interleaved(candidates);
  await server.stop();
  const added = (all: readonly number[], without: readonly number[]): number => median(all) - median(without);
  const ofRequest = added(micros.counted, micros.answered) + added(micros.one, micros.oneTurn);
  const row = (what: string, measured: number): Row => ({
    goal: '',
    what: `/metrics: the added code ÷ all that ${what} costs, in processor time`,
    measured: measured * 100,
    good: 3,
    target: 1,
    better: 'lower',
    unit: ' %',
  });
  return [
    row('a single POST', ofRequest / median(micros.post)),
    row('a message of an NDJSON stream', added(micros.many, micros.manyTurns) / median(micros.line)),
    ...(await scrapes()),
  ];
};

/** A large fleet: among so many rockets the silent ones are counted anew every ten seconds. */
const scrapes = async (): Promise<Row[]> => {
  const server = await ServerUnderTest.start('rockets', { SILENT_AFTER: '1s' });
  const lines = stream(ROCKETS, ROCKETS).map(wireOf);
  while (lines.length > 0) await postLines(server.port, lines.splice(-50_000).join('\n'));
  const ms: number[] = [];
  for (let i = 0; i < SCRAPES; i++) {
    // The store is asked once a second.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const before = await server.cpuMicros();
    const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    ms.push(((await server.cpuMicros()) - before) / 1000);
    if (!text.includes(`rockets_events ${ROCKETS}\n`)) throw new Error('The fleet is not told whole.');
  }
  await server.stop();
  const row = (what: string, measured: number, good: number): Row => ({
    goal: '',
    what: `/metrics of ${ROCKETS.toExponential(0)} rockets in memory: processor time of a scrape${what}`,
    measured,
    good,
    better: 'lower',
    unit: ' ms',
  });
  return [row('', median(ms), 50), row(' that counts the silent ones, too', Math.max(...ms), 500)];
};
