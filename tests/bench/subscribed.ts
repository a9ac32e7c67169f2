import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { postLines } from './post-lines.js';
import { ask } from './processes.js';
import type { ServerUnderTest } from './server-under-test.js';
import type { Told } from './subscriber-process.js';
import { stream, wireOf } from './traffic.js';

export const ROCKETS = 1000;
export const BATCH = { events: 100, ms: 20 };

/** What a service needs to know of those who are told here. */
export const settings = { WEBHOOK_ALLOW: '127.0.0.1', STORE_BYTES: String(2 ** 31) };

/** A service, and one who is told of its events. */
export class Subscribed {
  private made = 0;

  private constructor(
    readonly server: ServerUnderTest,
    private readonly subscriber: ChildProcess,
    private readonly hook: string,
  ) {}

  static async with<T>(
    starting: Promise<ServerUnderTest>,
    measure: (it: Subscribed) => Promise<T>,
  ): Promise<T> {
    const server = await starting;
    const file = join(__dirname, 'subscriber-process.js');
    const subscriber = fork(file, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const [{ port }] = (await once(subscriber, 'message')) as [{ port: number }];
    try {
      return await measure(new Subscribed(server, subscriber, `http://127.0.0.1:${port}/hook`));
    } finally {
      subscriber.disconnect();
      await server.stop();
    }
  }

  async fill(events: number): Promise<void> {
    await postLines(this.server.port, stream(events, ROCKETS).map(wireOf).join('\n'));
  }

  /** Makes a subscription, to webhooks unless it says otherwise; the function that is answered ends it. */
  async subscribe(more: object): Promise<() => Promise<void>> {
    const name = `bench-${++this.made}`;
    const sink = { type: 'webhook', url: this.hook, batch: BATCH };
    await this.call('POST', '', { name, sink, ...more });
    return () => this.call('DELETE', `/${name}`);
  }

  /** Events a second by webhooks, of so many there are. */
  async byWebhooks(events: number): Promise<number> {
    const all = ask(this.subscriber, { events });
    const began = performance.now();
    const end = await this.subscribe({ from: 'start' });
    await all;
    const rate = (1000 * events) / (performance.now() - began);
    await end();
    return rate;
  }

  /** The same by the live feed. */
  async byFeed(events: number): Promise<number> {
    const began = performance.now();
    await ask(this.subscriber, { events, feedAt: this.server.port });
    return (1000 * events) / (performance.now() - began);
  }

  told(): Promise<Told> {
    return ask(this.subscriber, 'told');
  }

  private async call(method: string, path: string, body?: object): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.server.port}/subscriptions${path}`, {
      method,
      ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  }
}

/** Runs it, and notes what it cost the service. */
export const costing = async (
  { server }: Subscribed,
  micros: number[],
  units: number,
  run: () => Promise<number>,
): Promise<number> => {
  const before = await server.cpuMicros();
  const measured = await run();
  micros.push(((await server.cpuMicros()) - before) / units);
  return measured;
};
