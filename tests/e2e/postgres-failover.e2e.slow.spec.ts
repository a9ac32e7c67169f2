import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { verifyDatabase } from '../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { expectExact } from '../support/expect-rockets.js';
import { debianPrograms, OwnServer, runIn } from '../support/postgres-server.js';
import { Fleet, post, wireForm, type Producer } from '../support/producers.js';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { runs } from '../support/thorough.js';
import { endedBy } from '../support/to-end.js';

const toEnd = endedBy(afterEach);

const begun = (server: OwnServer): OwnServer => {
  toEnd.push(() => server.remove());
  return server;
};

const settings = ['autovacuum=off', 'wal_receiver_status_interval=1'];

const until = async (server: OwnServer, isSo: string): Promise<void> => {
  for (let left = 600; left > 0; left--) {
    const [row] = await runIn(server.url, `SELECT ${isSo} AS so FROM pg_stat_replication`);
    if (row?.['so'] === true) return;
    await delay(50);
  }
  throw new Error(`never: ${isSo}`);
};

/** A server, and instances that know it by the address of a proxy. */
const setUp = async (instances: number) => {
  const server = begun(await OwnServer.start(['autovacuum=off'], debianPrograms));
  const proxy = await TcpProxy.to(server.port);
  toEnd.push(() => proxy.close());
  const env = { EVENT_STORE: 'postgres', DATABASE_URL: proxy.through(server.url), LOG_LEVEL: 'silent' };
  const services: RealProcess[] = [];
  for (let i = 0; i < instances; i++) {
    const service = await startProcess(env);
    toEnd.push(() => service.end('SIGKILL'));
    services.push(service);
  }
  return { server, proxy, services };
};

const takeOver = async (replica: OwnServer, proxy: TcpProxy): Promise<void> => {
  await runIn(replica.url, 'SELECT pg_promote()');
  proxy.turnTo(replica.port);
  proxy.cut();
};

const untilTaken = async (service: RealProcess): Promise<number> => {
  for (const began = performance.now(); ;) {
    const { status } = await postMessage(service.url, messageText(1, 'probe'));
    if (status === 202) return performance.now() - began;
    expect(status).toBe(503);
    if (performance.now() - began > 30_000) throw new Error('not taken for 30 seconds');
    await delay(10);
  }
};

interface Told {
  readonly position: string;
  readonly channel: string;
  readonly number: number;
}

const feedOf = async (service: RealProcess, after?: string): Promise<Told[]> => {
  const told: Told[] = [];
  for (let from = after; ;) {
    const query = from === undefined ? '' : `&after=${from}`;
    const answer = await fetch(`${service.url}/events?limit=1000${query}`);
    if (!answer.ok) throw new Error(await answer.text());
    const page = (await answer.json()) as Told[];
    if (page.length === 0) return told;
    told.push(...page);
    from = page.at(-1)!.position;
  }
};

it('when a synchronous replica takes over, instances go on, nothing acknowledged is lost, and positions stay good', async () => {
  const { proxy, services, ...first } = await setUp(2);
  let { server } = first;
  const fleet = new Fleet(16, 1509, 0.2);
  const agent = new Agent({ keepAlive: true, maxSockets: 32, timeout: 15_000 });
  let over = false;
  const report = async (producer: Producer, i: number): Promise<void> => {
    for (let n = i; !over; n++) {
      const sent = producer.pick();
      const body = wireForm(producer.channel, sent);
      const answer = await post(agent, services[n % 2]!.port, body).catch(() => undefined);
      if (answer?.status === 202) producer.acknowledge(sent.number);
      else if (answer?.status === 503) await delay(20);
      else fleet.unexpected.push(`${answer?.status} ${answer?.body}`);
    }
  };
  const reports = fleet.producers.map(report);
  let told: Told[] = [];
  for (let i = 0; i < runs(1, 4); i++) {
    const replica = begun(await server.replica(settings));
    await runIn(server.url, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await runIn(server.url, 'SELECT pg_reload_conf()');
    await until(server, "sync_state = 'sync'");
    await delay(500);
    told.push(...(await feedOf(services[0]!, told.at(-1)?.position)));
    await server.kill();
    await takeOver(replica, proxy);
    server = replica;
    for (const service of services) expect(await untilTaken(service)).toBeLessThan(5000);
    // The replica knows those who have been told.
    const since = await feedOf(services[1]!, told[told.length >> 1]!.position);
    expect(since.slice(0, told.length - (told.length >> 1) - 1)).toEqual(told.slice((told.length >> 1) + 1));
  }
  over = true;
  await Promise.all(reports);
  agent.destroy();
  for (const { port } of services) await fleet.finish(port);
  expect(fleet.acknowledged).toBeGreaterThan(200);
  for (const service of services) {
    expect(service.child.exitCode).toBeNull();
    await expectExact(service.url, fleet);
  }
  told = await feedOf(services[0]!);
  const said = fleet.producers.reduce((sum, { sent }) => sum + sent.length, 0);
  expect(told).toHaveLength(said + 1);
  expect(await feedOf(services[1]!)).toEqual(told);
  expect((await verifyDatabase(server.url)).damages).toEqual([]);
});

it('nothing is read of a replica that has not taken over', async () => {
  const { server, proxy, services } = await setUp(1);
  const [service] = services as [RealProcess];
  await untilTaken(service);
  const replica = begun(await server.replica(settings));
  proxy.turnTo(replica.port);
  proxy.cut();
  await server.kill();
  for (let i = 0; i < 20; i++) {
    for (const path of ['/rockets', '/rockets/probe', '/events', '/readyz']) {
      expect((await fetch(service.url + path)).status).toBe(503);
    }
    await delay(50);
  }
  const health = (await (await fetch(`${service.url}/health`)).json()) as { detail: string };
  expect(health.detail).toMatch(/is a replica/);
  await runIn(replica.url, 'SELECT pg_promote()');
  expect(await untilTaken(service)).toBeLessThan(5000);
  expect(await feedOf(service)).toHaveLength(1);
});

it('when one takes over that was behind, no place in the feed is given twice, and nobody goes on from what is lost', async () => {
  const { server, proxy, services } = await setUp(2);
  const [one, other] = services as [RealProcess, RealProcess];
  const send = async (service: RealProcess, channel: string, from: number, to: number): Promise<void> => {
    for (let number = from; number <= to; number++) {
      for (let status = 503; status !== 202; await delay(10)) {
        ({ status } = await postMessage(service.url, messageText(number, channel)));
        expect([202, 503]).toContain(status);
      }
    }
  };
  await send(one, 'a', 1, 5);
  const line = await TcpProxy.to(server.port);
  toEnd.push(() => line.close());
  const replica = begun(await server.replica(settings, line.through(server.url)));
  await send(one, 'a', 6, 7);
  const kept = await feedOf(one);
  await until(server, 'pg_current_wal_lsn() = replay_lsn');
  line.swallow();
  await send(one, 'a', 8, 20);
  await send(one, 'lost', 1, 3);
  await send(other, 'lost-too', 1, 3);
  const told = await feedOf(other);
  await server.kill();
  line.cut();
  await takeOver(replica, proxy);
  await untilTaken(one);
  await untilTaken(other);

  // Who asks from a place that is lost is told so, or goes on with everything that came after it.
  await send(other, 'b', 1, 4);
  await send(one, 'a', 8, 9);
  await send(other, 'a', 10, 12);
  await send(one, 'b', 5, 7);
  await send(other, 'lost', 1, 2);
  await send(one, 'lost-too', 1, 2);
  const after = await feedOf(one);
  expect(after.slice(0, kept.length)).toEqual(kept);
  const places = (events: readonly Told[]): string[] => events.map(({ position }) => position);
  const again = places(after.slice(kept.length)).filter((place) => places(told).includes(place));
  expect(again).toEqual([]);
  const news = await feedOf(other, told.at(-1)!.position);
  expect(news).toEqual(after.slice(kept.length));
  const numbers = new Map<string, number[]>();
  for (const { channel, number } of after) numbers.set(channel, [...(numbers.get(channel) ?? []), number]);
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
  expect(Object.fromEntries(numbers)).toEqual({
    a: upTo(12),
    b: upTo(7),
    probe: [1],
    lost: [1, 2],
    'lost-too': [1, 2],
  });
  for (const service of services) {
    const rocket = (await (await fetch(`${service.url}/rockets/a`)).json()) as Record<string, unknown>;
    expect(rocket).toMatchObject({ version: 12, speed: 610, waiting: 0 });
  }
  expect((await verifyDatabase(replica.url)).damages).toEqual([]);
});
