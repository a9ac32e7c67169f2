import { setTimeout as pause } from 'node:timers/promises';
import type { Kind, Lives } from './dripping-process.js';
import { percentile, quick, type Row } from './measure.js';
import { postLines } from './post-lines.js';
import { ask, startProcess } from './processes.js';
import { ServerUnderTest, postAll } from './server-under-test.js';
import { stream, wireOf } from './traffic.js';

const CONNECTIONS = 2000;
const ROCKETS = 100;
/** More than a connection holds for a reader that never reads. */
const EVENTS = 40_000;
const ALONE_SECONDS = quick ? 4 : 20;
/** Until the last reader that never reads has to be gone: two beats of the feed, and what it takes to say so. */
const BESIDE_SECONDS = 36;
/** On a machine that is busy with something else a timer may come late. */
const PATIENCE = quick ? 1.5 : 1;
const longest: Readonly<Record<Kind, number>> = { headers: 7 * PATIENCE, bodies: 12 * PATIENCE };

/** How soon 2,000 connections that drip are closed, and what others notice of them. */
export const drippingBench = async (): Promise<Row[]> => {
  const server = await ServerUnderTest.start('rockets');
  const { port } = server;
  const others = new Others(port);
  await others.tell(EVENTS);
  await others.p99(2);
  const before = await others.p99(ALONE_SECONDS);
  const drips = await startProcess('dripping-process.js', String(port), String(CONNECTIONS));
  const { readers } = await feedOf(port);
  const beside = await others.p99(BESIDE_SECONDS);
  const lives = await ask<Lives>(drips, 'lives');
  const left = await feedOf(port);
  drips.disconnect();
  await pause(1000);
  const after = await others.p99(ALONE_SECONDS);
  await server.stop();
  const row = (what: string, measured: number, good?: number, unit = ''): Row => ({
    goal: '',
    what: `${CONNECTIONS} connections that drip: ${what}`,
    measured,
    good,
    better: 'lower',
    unit,
  });
  return [
    row("the others' p99 ÷ without them", beside / ((before + after) / 2), quick ? 10 : 2),
    row("the others' p99 without them", (before + after) / 2, undefined, ' ms'),
    row('headers, open at most', lives.headers.longest, longest.headers, ' s'),
    row('bodies, open at most', lives.bodies.longest, longest.bodies, ' s'),
    row('closed', lives.headers.closed + lives.bodies.closed),
    row('readers that never read, at first', readers),
    row(`the same, after ${BESIDE_SECONDS} s`, left.readers, quick ? readers / 2 : 0),
  ];
};

const feedOf = async (port: number): Promise<{ readers: number }> => {
  const health = (await (await fetch(`http://127.0.0.1:${port}/health`)).json()) as {
    feed: { readers: number };
  };
  return health.feed;
};

/** Those who report as they should. */
class Others {
  private sent = 0;

  constructor(private readonly port: number) {}

  tell(count: number): Promise<void> {
    return postLines(this.port, this.next(count).join('\n'));
  }

  /** Of single messages, some every few milliseconds, each over a connection of its own, from its opening on. */
  async p99(seconds: number): Promise<number> {
    const latencies: number[] = [];
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until) {
      const took = this.next(4).map((body) => postAll(this.port, [body], 1));
      latencies.push(...(await Promise.all(took)));
      await pause(20);
    }
    return percentile(latencies, 0.99);
  }

  private next(count: number): string[] {
    const messages = stream(count, ROCKETS, this.sent).map(wireOf);
    this.sent += count;
    return messages;
  }
}
