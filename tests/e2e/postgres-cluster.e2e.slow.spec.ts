import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { StoredEvent } from '../../src/application/ports/event-store.js';
import { verifyDatabase } from '../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { walkFeed } from '../contracts/open-store.js';
import { expectExact } from '../support/expect-rockets.js';
import { OwnServer, runIn } from '../support/postgres-server.js';
import { openBoth } from '../support/postgres-stores.js';
import { Fleet, post, wireForm, type Producer } from '../support/producers.js';
import { freePort, startProcess, type RealProcess } from '../support/real-process.js';
import { seededRandom } from '../support/seeded-random.js';
import { SseClient } from '../support/sse-client.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { thorough } from '../support/thorough.js';

const INSTANCES = 4;
const kills = thorough ? 20 : 6;
const restarts = thorough ? 5 : 2;
const stops = thorough ? 3 : 1;
/** Longer than every timeout. */
const STOPPED_MS = 9000;

const random = seededRandom(15);
const below = (count: number): number => Math.floor(random() * count);

/** Last begun, first ended, whatever became of the test. */
const toEnd: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of toEnd.reverse()) await end();
});

const READERS = 3;
/** A stopped instance says nothing: after so long a reader asks another. */
const PATIENCE_MS = 3000;

/** Follows the live feed over HTTP, now at one instance and then at another, with nothing but the last id it heard. */
class HttpReader {
  readonly heard: { readonly id: string; readonly channel: string; readonly number: number }[] = [];
  /** How often its position was refused. */
  resets = 0;
  private isOver = false;

  constructor(private readonly ports: readonly number[]) {}

  async run(): Promise<void> {
    while (!this.isOver) {
      const client = await this.open(this.ports[below(this.ports.length)]!).catch(() => undefined);
      if (client === undefined) await delay(50);
      else await this.hear(client);
    }
  }

  async untilHeard(count: number): Promise<void> {
    for (let left = 600; this.heard.length < count && left > 0; left--) await delay(50);
  }

  end(): void {
    this.isOver = true;
  }

  /** Undefined when nobody answers in time. */
  private async open(port: number): Promise<SseClient | undefined> {
    const last = this.heard.at(-1);
    const headers: Record<string, string> = last === undefined ? {} : { 'Last-Event-ID': last.id };
    const opening = SseClient.open(`http://127.0.0.1:${port}/events`, headers);
    const client = await Promise.race([opening, delay(PATIENCE_MS, undefined)]);
    if (client === undefined) void opening.then((late) => late.break()).catch(() => undefined);
    return client;
  }

  private async hear(client: SseClient): Promise<void> {
    const leavesAt = Date.now() + 500 + below(2000);
    for (let taken = 0; !client.ended && !this.isOver && Date.now() < leavesAt; await delay(20)) {
      for (const { name, id, data } of client.messages.slice(taken)) {
        taken++;
        if (name === 'reset') this.resets++;
        if (name !== 'message') continue;
        const { channel, number } = data as { channel: string; number: number };
        this.heard.push({ id: id!, channel, number });
      }
    }
    client.break();
  }
}

/** Down, or stopped while the request came in. */
const isNotNow = (status: number): boolean => status === 503 || status === 408;

it('four instances lose and double nothing, whatever happens to them, to their connections and to the database', async () => {
  const server = await OwnServer.start();
  toEnd.push(() => server.remove());
  const line = await TcpProxy.to(server.port);
  toEnd.push(() => line.close());
  const ports = await Promise.all(Array.from({ length: INSTANCES }, freePort));
  const start = (port: number): Promise<RealProcess> =>
    startProcess({
      EVENT_STORE: 'postgres',
      DATABASE_URL: line.through(server.url),
      PORT: String(port),
      DATABASE_CONNECTIONS: '8',
      LOG_LEVEL: 'silent',
    });
  const instances = await Promise.all(ports.map(start));
  toEnd.push(() => Promise.all(instances.map((instance) => instance.end('SIGKILL'))));
  const { store: reader, directory } = await openBoth(server.url);
  toEnd.push(() => reader.close());
  const told: StoredEvent[] = [];
  await reader.follow(({ events }) => told.push(...events));

  const fleet = new Fleet(24, 15, 0.2);
  const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 15_000 });
  let over = false;
  /** Any message to any instance; two senders a rocket, so that instances meet on it. */
  const send = async (producer: Producer): Promise<void> => {
    while (!over) {
      const sent = producer.pick();
      const body = wireForm(producer.channel, sent);
      const answer = await post(agent, ports[below(INSTANCES)]!, body).catch(() => undefined);
      if (answer?.status === 202) producer.acknowledge(sent.number);
      else if (answer !== undefined && !isNotNow(answer.status))
        fleet.unexpected.push(`${answer.status} ${answer.body}`);
      else await delay(20);
    }
  };
  const readers = Array.from({ length: READERS }, () => new HttpReader(ports));
  const reading = readers.map((one) => one.run());
  const sending = fleet.producers.flatMap((producer) => [send(producer), send(producer)]);

  const kill = async (): Promise<void> => {
    const i = below(INSTANCES);
    await instances[i]!.end('SIGKILL');
    instances[i] = await start(ports[i]!);
  };
  const stop = async (): Promise<void> => {
    const { child } = instances[below(INSTANCES)]!;
    child.kill('SIGSTOP');
    await delay(STOPPED_MS);
    child.kill('SIGCONT');
  };
  const restart = async (): Promise<void> => {
    await server.kill();
    await delay(500);
    await server.begin();
  };
  const cut = async (): Promise<void> => line.cut(() => random() < 0.5);
  const faults = [
    ...Array<() => Promise<unknown>>(kills).fill(kill),
    ...Array<() => Promise<unknown>>(restarts).fill(restart),
    ...Array<() => Promise<unknown>>(stops).fill(stop),
    ...Array<() => Promise<unknown>>(kills).fill(cut),
  ];
  for (const [i] of faults.entries()) {
    const fault = faults[(i * 7) % faults.length]!;
    await fault();
    await delay(200);
  }
  over = true;
  await Promise.all(sending);
  agent.destroy();
  const before = fleet.acknowledged;
  for (const port of ports) await fleet.finish(port);

  expect(before).toBeGreaterThan(200);
  expect(fleet.unexpected).toEqual([]);
  for (const { url } of instances) await expectExact(url, fleet);
  const said = fleet.producers.reduce((sum, { sent }) => sum + sent.length, 0);
  const all = await walkFeed(reader, { limit: 1000 });
  for (let left = 100; told.length < all.length && left > 0; left--) await delay(50);
  expect(all).toHaveLength(said);
  expect(told).toEqual(all);
  const asTold = all.map(({ position, channel, number }) => ({ id: position, channel, number }));
  for (const one of readers) await one.untilHeard(all.length);
  for (const one of readers) one.end();
  await Promise.all(reading);
  for (const one of readers) expect([one.resets, one.heard]).toEqual([0, asTold]);
  const numbers = new Map<string, number>();
  for (const { channel, number } of all) {
    expect(number).toBe((numbers.get(channel) ?? 0) + 1);
    numbers.set(channel, number);
  }
  expect(await directory.totals()).toMatchObject({
    rockets: 24,
    events: said,
    waiting: 0,
    gaps: 0,
    withGaps: 0,
  });
  const left = await runIn(server.url, 'SELECT FROM missing UNION ALL SELECT FROM waiting_messages');
  expect(left).toHaveLength(0);

  expect((await verifyDatabase(server.url)).damages).toEqual([]);
}, 600_000);
