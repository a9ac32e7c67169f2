import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PgBouncer } from '../support/pg-bouncer.js';
import { OwnServer, runIn } from '../support/postgres-server.js';
import { Fleet } from '../support/producers.js';
import { freePort, startProcess, type RealProcess } from '../support/real-process.js';
import { seededRandom } from '../support/seeded-random.js';
import {
  badly,
  callService,
  CheckpointWatch,
  expectWhole,
  shown,
  untilTold,
  versionsOf,
  type ShownSubscription,
} from '../support/subscription-flight.js';
import { runs, thorough } from '../support/thorough.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { endedBy } from '../support/to-end.js';

const kills = thorough ? 20 : 5;
const PATIENCE_MS = 180_000;
const LIMIT_MS = thorough ? 900_000 : 300_000;
/** So much is reported between two faults. */
const MESSAGES_A_FAULT = 200;
/** What is promised is five; a busy machine may take longer. */
const TAKEN_OVER_MS = 20_000;
/** Longer than a lease. */
const STOPPED_MS = 8000;
const env = { WEBHOOK_ALLOW: '127.0.0.0/8', LOG_LEVEL: 'warn' };

const toEnd = endedBy(afterEach);

const receive = async (): Promise<WebhookReceiver> => {
  const receiver = await WebhookReceiver.start();
  toEnd.push(() => receiver.close());
  return receiver;
};

const subscribe = async (url: string, receiver: WebhookReceiver, more: object = {}): Promise<void> => {
  const sink = { type: 'webhook', url: receiver.url, batch: { events: 50, ms: 20 } };
  const made = await callService<ShownSubscription>(url, '/subscriptions', {
    name: 'all',
    from: 'start',
    sink,
    ...more,
  });
  receiver.secret = made.secret;
};

it(
  'a service on SQLite that is killed again and again tells a bad receiver everything, in order',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rockets-subscriptions-'));
    toEnd.push(() => rmSync(folder, { recursive: true }));
    const port = await freePort();
    const start = (): Promise<RealProcess> =>
      startProcess({
        ...env,
        PORT: String(port),
        EVENT_STORE: 'sqlite',
        SQLITE_FILE: join(folder, 'rockets.db'),
      });
    let service = await start();
    toEnd.push(() => service.end('SIGKILL'));
    const receiver = await receive();
    receiver.fateOf = badly(17);
    await subscribe(service.url, receiver);
    const watch = new CheckpointWatch('all', () => [service.url]);
    toEnd.push(() => watch.end());

    const fleet = new Fleet(24, 17);
    const random = seededRandom(17);
    for (let kill = 0; kill < kills; kill++) {
      const wanted = fleet.acknowledged + MESSAGES_A_FAULT;
      const flight = fleet.fly(port, () => fleet.acknowledged >= wanted);
      await delay(100 + random() * 1500);
      if (kill % 2 === 0) await flight;
      await service.end('SIGKILL');
      await flight;
      if (kill === 2) await receiver.goAway();
      service = await start();
      if (kill === 2) {
        await delay(runs(5000, 20_000, 60_000));
        await receiver.comeBack();
      }
    }
    await fleet.finish(port);
    const versions = versionsOf(fleet);
    const events = [...versions.values()].reduce((sum, version) => sum + version, 0);
    await untilTold(receiver, events, PATIENCE_MS, () => shown(service.url, 'all'));
    expectWhole(receiver, versions);
    await watch.end();
    expect(watch.wentBack).toEqual([]);
    expect(watch.looks).toBeGreaterThan(kills);
    const { delivered, retried } = await shown(service.url, 'all');
    process.stdout.write(
      `SQLite, ${kills} kills: ${events} events, ${receiver.repeats} repeats, delivered ${delivered}, retried ${retried}\n`,
    );
    expect(await service.end('SIGTERM')).toBe(0);
  },
  LIMIT_MS,
);

it.each(['direct', 'through PgBouncer'])(
  'three instances over PostgreSQL (%s): whoever delivers is killed, another goes on',
  async (way) => {
    const server = await OwnServer.start();
    toEnd.push(() => server.remove());
    const bouncer = way === 'direct' ? undefined : await PgBouncer.before(server, 20);
    if (bouncer !== undefined) toEnd.push(() => bouncer.remove());
    const ports = await Promise.all(Array.from({ length: 3 }, freePort));
    const start = (port: number): Promise<RealProcess> =>
      startProcess({
        ...env,
        PORT: String(port),
        EVENT_STORE: 'postgres',
        DATABASE_URL: bouncer?.url ?? server.url,
        DATABASE_CONNECTIONS: '6',
      });
    const instances = await Promise.all(ports.map(start));
    toEnd.push(() => Promise.all(instances.map((instance) => instance.end('SIGKILL'))));
    const receiver = await receive();
    // What hangs for ten seconds says nothing of who takes over.
    receiver.fateOf = badly(18, 0);
    await subscribe(instances[0]!.url, receiver);
    const watch = new CheckpointWatch('all', () => instances.map(({ url }) => url));
    toEnd.push(() => watch.end());
    const holder = async (): Promise<number> => {
      for (;;) {
        const [row] = await runIn(
          server.url,
          'SELECT lease_holder FROM subscriptions WHERE lease_until > clock_timestamp()',
        );
        const found = ports.findIndex((port) => String(row?.['lease_holder']).includes(`:${port}:`));
        if (found !== -1) return found;
        await delay(20);
      }
    };

    const fleet = new Fleet(12, 18);
    let isOver = false;
    let wanted = 0;
    const fly = async (): Promise<void> => {
      for (let i = 0; !isOver; i++) {
        await fleet.fly(ports[i % 3]!, () => isOver || fleet.acknowledged >= wanted);
        await delay(20);
      }
    };
    const flight = fly();
    const takenOver: number[] = [];
    const times = way === 'direct' ? kills : 2;
    for (let kill = 0; kill < times; kill++) {
      wanted += MESSAGES_A_FAULT;
      await delay(500);
      const victim = await holder();
      const isStopped = kill % 5 === 4;
      const lost = instances[victim]!;
      if (isStopped) lost.child.kill('SIGSTOP');
      else await lost.end('SIGKILL');
      const began = performance.now();
      wanted += MESSAGES_A_FAULT;
      const before = receiver.firsts().size;
      for (; receiver.firsts().size <= before || (await holder()) === victim; await delay(20)) {
        if (performance.now() - began > TAKEN_OVER_MS) throw new Error(`nobody took over: kill ${kill}`);
      }
      takenOver.push(performance.now() - began);
      if (isStopped) {
        await delay(STOPPED_MS);
        lost.child.kill('SIGCONT');
      } else instances[victim] = await start(ports[victim]!);
    }
    isOver = true;
    await flight;
    await fleet.finish(ports[0]!);
    const versions = versionsOf(fleet);
    const events = [...versions.values()].reduce((sum, version) => sum + version, 0);
    await untilTold(receiver, events, PATIENCE_MS, () => shown(instances[0]!.url, 'all'));
    expectWhole(receiver, versions);
    await watch.end();
    expect(watch.wentBack).toEqual([]);
    const slowest = Math.round(Math.max(...takenOver));
    process.stdout.write(
      `PostgreSQL ${way}, ${times} faults: ${events} events, ${receiver.repeats} repeats, taken over within ${slowest} ms\n`,
    );
  },
  LIMIT_MS,
);

it('a receiver that refuses one event has all else, and the rest of that rocket when it takes it', async () => {
  const service = await startProcess({ ...env, SUBSCRIPTION_PATIENCE: '2s' });
  toEnd.push(() => service.end('SIGKILL'));
  const receiver = await receive();
  let isWilling = false;
  receiver.fateOf = (events) => (!isWilling && events.some(({ id }) => id.endsWith('-0/3')) ? 422 : 'yes');
  await subscribe(service.url, receiver);
  const fleet = new Fleet(5, 19);
  const fly = async (count: number): Promise<void> => {
    const wanted = fleet.acknowledged + count;
    await fleet.fly(service.port, () => fleet.acknowledged >= wanted);
    await fleet.finish(service.port);
  };
  await fly(200);
  for (let i = 0; (await shown(service.url, 'all')).givenUp < 1; i++) {
    // It is not the receiver that fails: others are taken meanwhile.
    await fly(5);
    await delay(500);
    if (i > 60) throw new Error(JSON.stringify(await shown(service.url, 'all')));
  }
  const [parked] = await callService<{ channel: string; number: number; what: string }[]>(
    service.url,
    '/subscriptions/all/parked',
  );
  expect(parked).toMatchObject({ channel: 'rocket-19-0', number: 3, what: expect.stringContaining('422') });
  isWilling = true;
  await callService(service.url, '/subscriptions/all/parked/retry', { channel: 'rocket-19-0' });
  const versions = versionsOf(fleet);
  const events = [...versions.values()].reduce((sum, version) => sum + version, 0);
  await untilTold(receiver, events, 30_000, () => shown(service.url, 'all'));
  expectWhole(receiver, versions);
  expect(await shown(service.url, 'all')).toMatchObject({ state: 'running' });
  expect(receiver.connections).toBeLessThan(receiver.requests / 2);
});

it('skips and refusals arrive as what they are, and gaps and late messages do not', async () => {
  const service = await startProcess(env);
  toEnd.push(() => service.end('SIGKILL'));
  const receiver = await receive();
  await subscribe(service.url, receiver);
  const send = (number: number, messageType: string, message: object): Promise<unknown> =>
    callService(service.url, '/messages', {
      metadata: { channel: 'odd', messageNumber: number, messageTime: '2026-01-01T00:00:00Z', messageType },
      message,
    });
  await send(1, 'RocketLaunched', { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' });
  await send(2, 'RocketSpeedDecreased', { by: 900 });
  await send(5, 'RocketSpeedIncreased', { by: 1 });
  await callService(service.url, '/rockets/odd/gaps/skip', { from: 3, to: 4, why: 'lost at sea' });
  await send(4, 'RocketSpeedIncreased', { by: 2 });
  await untilTold(receiver, 4, 10_000, () => shown(service.url, 'all'));
  await delay(500);
  expect(receiver.taken.map(({ id, type }) => [id, type])).toEqual([
    ['odd/1', 'rockets.RocketLaunched'],
    ['odd/2', 'rockets.MessageRefused'],
    ['odd/4', 'rockets.MessagesSkipped'],
    ['odd/5', 'rockets.RocketSpeedIncreased'],
  ]);
});
