import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { verifyDatabase } from '../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { keysOf, testKey } from '../support/api-keys.js';
import { expectExact } from '../support/expect-rockets.js';
import { clockOff } from '../support/other-clock.js';
import { OwnServer, runIn } from '../support/postgres-server.js';
import { Fleet, post, wireForm, type Producer } from '../support/producers.js';
import { messageText, postMessage, startProcess, type RealProcess } from '../support/real-process.js';
import { seededRandom } from '../support/seeded-random.js';
import { SseClient } from '../support/sse-client.js';
import { runs } from '../support/thorough.js';

const HOUR = 3600;

let server: OwnServer;
beforeAll(async () => {
  server = await OwnServer.start();
});
afterAll(() => server.remove());

/** Instances whose clocks are an hour behind, right, and an hour ahead. */
const started = async (
  database: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RealProcess[]> => {
  await runIn(server.url, `CREATE DATABASE ${database}`);
  const url = server.url.replace(/postgres$/, database);
  const env = { EVENT_STORE: 'postgres', DATABASE_URL: url, LOG_LEVEL: 'silent', ...settings };
  const services: RealProcess[] = [];
  for (const off of [-HOUR, 0, HOUR]) services.push(await startProcess({ ...env, ...clockOff(off) }));
  return services;
};

const ended = (services: readonly RealProcess[]): Promise<unknown> =>
  Promise.all(services.map((service) => service.end()));

const json = async (service: RealProcess, path: string): Promise<unknown> =>
  (await fetch(service.url + path)).json();

it('instances whose clocks differ by hours tell the same rockets and histories, in one order', async () => {
  const services = await started('fleet');
  const live = await SseClient.open(`${services[0]!.url}/events`);
  await live.untilNamed('caught-up');
  const fleet = new Fleet(12, 360, 0.2);
  const random = seededRandom(3600);
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const enough = runs(400, 4000);
  const report = async (producer: Producer): Promise<void> => {
    while (fleet.acknowledged < enough) {
      const sent = producer.pick();
      const { port } = services[Math.floor(random() * services.length)]!;
      const answer = await post(agent, port, wireForm(producer.channel, sent));
      if (answer.status === 202) producer.acknowledge(sent.number);
      else fleet.unexpected.push(`${answer.status} ${answer.body}`);
    }
  };
  await Promise.all(fleet.producers.flatMap((producer) => [report(producer), report(producer)]));
  agent.destroy();
  for (const { port } of services) await fleet.finish(port);
  for (const { url } of services) await expectExact(url, fleet);

  const said = fleet.producers.reduce((sum, { sent }) => sum + sent.length, 0);
  const feeds = await Promise.all(services.map((service) => json(service, '/events?limit=1000')));
  expect(feeds[0]).toHaveLength(Math.min(1000, said));
  expect(feeds[1]).toEqual(feeds[0]);
  expect(feeds[2]).toEqual(feeds[0]);
  const count = (): number => live.messages.filter(({ name }) => name === 'message').length;
  for (let left = 100; count() < said && left > 0; left--) await delay(50);
  expect(count()).toBe(said);
  live.break();

  // They did differ: that much is said by each clock of its own.
  const recorded = (feeds[0] as { recordedAt: string }[]).map(({ recordedAt }) => Date.parse(recordedAt));
  expect(Math.max(...recorded) - Math.min(...recorded)).toBeGreaterThan(1.9 * HOUR * 1000);
  for (const service of services) {
    expect(await json(service, '/health')).toMatchObject({ status: 'ok', events: said, waiting: 0 });
    expect(await json(service, '/fleet')).toMatchObject({ rockets: { total: 12 } });
  }
  await ended(services);
  expect((await verifyDatabase(server.url.replace(/postgres$/, 'fleet'))).damages).toEqual([]);
});

it('a gap is overdue after as much time as it was listened for, by whichever clock it was noted', async () => {
  const timeout = 4;
  const services = await started('gaps', { GAP_TIMEOUT: `${timeout}s` });
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  for (const [i, { url }] of services.entries()) {
    expect((await postMessage(url, messageText(3, `gap-${i}`))).status).toBe(202);
  }
  const all = async (): Promise<boolean> =>
    ((await json(services[1]!, '/gaps')) as unknown[]).length === services.length;
  let last = 0;
  while (await all()) {
    last = seconds();
    await delay(50);
  }
  expect(last).toBeGreaterThan(timeout - 0.5);
  while (((await json(services[1]!, '/gaps')) as unknown[]).length > 0 && seconds() < 60) await delay(50);
  expect(seconds()).toBeLessThan(30);
  for (const i of services.keys()) {
    const [skip] = (await json(services[i]!, `/rockets/gap-${i}/events`)) as unknown[];
    expect(skip).toMatchObject({ type: 'MessagesSkipped', data: { from: 1, to: 2, by: { who: 'timeout' } } });
  }
  await ended(services);
});

it('a key ends by the clock of the instance that it is shown to', async () => {
  const now = Date.now();
  const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString();
  const keys = {
    over: testKey('over', { until: at(-HOUR / 2) }),
    soon: testKey('soon', { until: at(HOUR / 2) }),
  };
  const services = await started('keys', { AUTH: 'keys', API_KEYS: keysOf(keys) });
  const statuses = (header: { readonly authorization: string }): Promise<number[]> =>
    Promise.all(services.map(async ({ url }) => (await fetch(`${url}/rockets`, { headers: header })).status));
  expect(await statuses(keys.over.header)).toEqual([200, 401, 401]);
  expect(await statuses(keys.soon.header)).toEqual([200, 200, 401]);
  await ended(services);
});
