import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { freePort } from '../support/real-process.js';
import { demonstrate, inThousands, run, say, start, startService, stop } from './demo.js';

/**
 * `make demo-subscriptions`: the receiver of the examples is told of a whole launch while it is killed, and the service, too;
 * at the end what it kept is compared with every event of the service.
 */
const MESSAGES = 20_000;

const launchOptions = [
  ['--max-messages', String(MESSAGES)],
  ['--concurrency-level', '16'],
  ['--rockets', '50'],
  ['--shuffle', '100'],
  ['--duplicates', '0.1'],
  ['--verify'],
].flat();

interface Told {
  readonly id: string;
  readonly data: { readonly channel: string; readonly number: number };
}

demonstrate(async (folder) => {
  const [port, receiverPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    EVENT_STORE: 'sqlite',
    SQLITE_FILE: join(folder, 'rockets.db'),
    WEBHOOK_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'silent',
  };
  let service = await startService(port, settings);
  const sink = { type: 'webhook', url: `http://127.0.0.1:${receiverPort}/` };
  const { secret } = await ask<{ secret: string }>(url, '/subscriptions', {
    name: 'mine',
    from: 'start',
    sink,
  });
  say(`started the service at port ${port}, with EVENT_STORE=sqlite, and subscribed ${sink.url}`);

  const file = join(folder, 'received.ndjson');
  const receiver = new Receiver(file, { WEBHOOK_SECRET: secret, PORT: String(receiverPort), FILE: file });
  receiver.start();
  const launch = run(['launch', `${url}/messages`, ...launchOptions]);
  for (const share of [0.2, 0.4]) await receiver.restartAt(share * MESSAGES);
  const before = await receiver.untilKept(0.6 * MESSAGES);
  await stop(service, 'SIGKILL');
  await delay(500);
  service = await startService(port, settings);
  say(`killed the service when ${before} were kept, and started it again; the rockets go on reporting`);
  await receiver.restartAt(0.8 * MESSAGES);
  await launch;
  for (;;) {
    const { lag } = await ask<{ lag: { events: number } }>(url, '/subscriptions/mine');
    if (lag.events === 0) break;
    await delay(50);
  }
  const count = await compare(url, receiver.kept());
  await stop(service, 'SIGTERM');
  say(
    `${inThousands(count)} events kept, each once and as it was, each rocket's in order; ${receiver.repeats} repeats dropped`,
  );
});

/** The one of the examples, which can be killed. */
class Receiver {
  repeats = 0;
  private child: ChildProcess | undefined;

  constructor(
    private readonly file: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  start(): void {
    const env = { ...process.env, ...this.env };
    const program = '../examples/webhook-receiver/receiver.mjs';
    this.child = start(program, [], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.child.stdout!.on('data', (chunk: Buffer) => {
      for (const [, all, fresh] of chunk.toString().matchAll(/(\d+) received, (\d+) new/g)) {
        this.repeats += Number(all) - Number(fresh);
      }
    });
  }

  async restartAt(least: number): Promise<void> {
    const before = await this.untilKept(least);
    await stop(this.child!, 'SIGKILL');
    await delay(500);
    this.start();
    say(`killed the receiver when it had kept ${before} events, and started it again`);
  }

  async untilKept(least: number): Promise<string> {
    for (;;) {
      const count = this.kept().length;
      if (count >= least) return inThousands(count);
      await delay(20);
    }
  }

  kept(): readonly string[] {
    try {
      return readFileSync(this.file, 'utf8').split('\n').slice(0, -1);
    } catch {
      return [];
    }
  }
}

/** Throws unless what was kept is every event there is, once, as the service shows it, each rocket's in order. */
const compare = async (url: string, lines: readonly string[]): Promise<number> => {
  const kept = new Map<string, Told['data']>();
  const numbers = new Map<string, number>();
  for (const line of lines) {
    const { id, data } = JSON.parse(line) as Told;
    if (kept.has(id)) throw new Error(`${id} was kept twice`);
    if (data.number <= (numbers.get(data.channel) ?? 0)) throw new Error(`${id} came out of order`);
    kept.set(id, data);
    numbers.set(data.channel, data.number);
  }
  let after = 'beginning';
  for (let count = 0; ;) {
    const page = await ask<Told['data'][] & { position: string }[]>(url, `/events?limit=1000&after=${after}`);
    for (const event of page) {
      const id = `${event.channel}/${event.number}`;
      if (!isDeepStrictEqual(kept.get(id), event)) throw new Error(`${id} was not kept as it is`);
    }
    count += page.length;
    const last = page.at(-1) as { position: string } | undefined;
    if (last === undefined) {
      if (count !== kept.size) throw new Error(`${kept.size} were kept, and there are ${count}`);
      return count;
    }
    after = last.position;
  }
};

const ask = async <T>(url: string, path: string, body?: object): Promise<T> => {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(
    `${url}${path}`,
    body && { method: 'POST', headers, body: JSON.stringify(body) },
  );
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
};
