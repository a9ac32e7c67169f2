import { setTimeout as delay } from 'node:timers/promises';
import { parts } from '../../../src/container.js';
import type { PostgresEventStore } from '../../../src/infrastructure/stores/postgres/postgres-event-store.js';
import { keysOf, testKey } from '../../support/api-keys.js';
import { documentedFetch } from '../../support/documented-fetch.js';
import { exchange } from '../../support/http-exchange.js';
import { faster, launched, message } from '../../support/messages.js';
import { PostgresServer, runIn } from '../../support/postgres-server.js';
import { freePort } from '../../support/real-process.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { startService, type TestService } from '../../support/test-service.js';
import { ToldMetrics } from '../../support/told-metrics.js';

let server: PostgresServer;
let proxy: TcpProxy;
let env: Record<string, string>;
let services: TestService[] = [];
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

beforeEach(async () => {
  proxy = await TcpProxy.to(Number(new URL(server.url).port));
  const url = proxy.through(await server.newSchema());
  env = { EVENT_STORE: 'postgres', DATABASE_URL: url, DATABASE_CONNECTIONS: '4' };
});
afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()));
  services = [];
  await proxy.close();
});

const start = async (settings: Readonly<Record<string, string>> = {}): Promise<TestService> => {
  const service = await startService({ ...env, ...settings });
  services.push(service);
  return service;
};

/** Asks until it is so. */
const toldUntil = async (
  url: string,
  isSo: (metrics: ToldMetrics) => boolean,
  headers?: Readonly<Record<string, string>>,
): Promise<ToldMetrics> => {
  for (const begun = Date.now(); ; await delay(50)) {
    const metrics = await ToldMetrics.of(url, headers).catch(() => undefined);
    if (metrics !== undefined && isSo(metrics)) return metrics;
    if (Date.now() - begun > 60_000) throw new Error(`It says in the end: ${metrics?.text ?? 'nothing'}`);
  }
};

it('connections are told, and the questions that wait for one', async () => {
  const { url, container } = await start();
  const busy = await toldUntil(url, (metrics) => metrics.value('rockets_events') === 0);
  const { '{state="idle"}': idle, '{state="busy"}': at = NaN } = busy.all('rockets_database_connections');
  expect(idle! + at).toBeLessThanOrEqual(4);
  expect(idle! + at).toBeGreaterThan(0);
  expect(busy.value('rockets_database_waiting_questions')).toBe(0);
  // Two connections are for reading.
  const { ask } = (container.get(parts.store) as PostgresEventStore).parts;
  const slow = [1, 2].map(() => ask('SELECT pg_sleep(2)', []));
  const others = Array.from({ length: 5 }, () => ask('SELECT 1', []));
  await delay(200);
  const held = await ToldMetrics.of(url);
  expect(held.value('rockets_database_waiting_questions')).toBeGreaterThanOrEqual(5);
  expect(held.value('rockets_database_connections{state="busy"}')).toBeGreaterThanOrEqual(2);
  await Promise.all([...slow, ...others]);
});

it('two instances tell the same fleet, and each its own messages', async () => {
  const [one, other] = [await start(), await start()];
  await one.send(message(1, launched(), 'a'));
  await one.send(message(3, faster(1), 'a'));
  await other.send(message(1, launched(), 'b'));
  const told = await Promise.all([one, other].map(({ url }) => ToldMetrics.of(url)));
  for (const metrics of told) {
    expect(metrics.value('rockets_rockets{status="flying"}')).toBe(2);
    expect(metrics.value('rockets_gaps')).toBe(1);
    expect(metrics.value('rockets_events')).toBe(2);
    expect(metrics.value('rockets_silent_rockets')).toBe(0);
    expect(metrics.value('rockets_oldest_gap_age_seconds')).toBeLessThan(60);
  }
  const applied = told.map((metrics) => metrics.value('rockets_messages_total{outcome="applied"}'));
  expect(applied).toEqual([1, 1]);
});

it('a transaction that does not end shows by how long it has held back the feed', async () => {
  const { url, send } = await start();
  await send(message(1, launched(), 'a'));
  const held = new Promise<void>((resolve) => {
    void runIn(env['DATABASE_URL']!, 'BEGIN; SELECT pg_current_xact_id(); SELECT pg_sleep(3); COMMIT').then(
      () => resolve(),
    );
  });
  await delay(200);
  await send(message(2, faster(1), 'a'));
  const metrics = await toldUntil(url, (now) => (now.value('rockets_feed_held_back_seconds') ?? 0) > 0);
  expect(metrics.value('rockets_feed_held_back_seconds')).toBeLessThan(30);
  await held;
  await toldUntil(url, (now) => now.value('rockets_feed_held_back_seconds') === 0);
});

describe('while a start waits for its database', () => {
  const keys = {
    reader: testKey('reader', { scopes: ['read'] }),
    sender: testKey('s', { scopes: ['ingest'] }),
  };

  it.each([false, true])(
    'whoever may read is told so, on ADMIN_PORT where there is one: %s',
    async (hasAdmin) => {
      const [port, admin] = [await freePort(), await freePort()];
      proxy.turnTo(await freePort());
      const starting = start({
        PORT: String(port),
        ...(hasAdmin && { ADMIN_PORT: String(admin) }),
        AUTH: 'keys',
        API_KEYS: keysOf(keys),
        ALLOWED_HOSTS: `127.0.0.1:${port}`,
      });
      const url = `http://127.0.0.1:${hasAdmin ? admin : port}`;
      const { header } = keys.reader;
      const metrics = await toldUntil(url, () => true, header);
      expect(metrics.value('rockets_store_up')).toBe(0);
      expect(metrics.value('rockets_events')).toBeUndefined();
      expect(metrics.value('rockets_messages_total{outcome="applied"}')).toBe(0);
      expect(metrics.value('process_start_time_seconds')).toBeGreaterThan(1e9);
      for (const [headers, status] of [
        [{}, 401],
        [keys.sender.header, 403],
      ] as const) {
        const refused = await documentedFetch(`${url}/metrics`, { headers });
        expect(refused.status).toBe(status);
      }
      // Whoever asks by another name is sent away on the main port alone.
      const byName = await exchange(url, { url: '/metrics', headers: { ...header, host: 'other.example' } });
      expect(byName.status).toBe(hasAdmin ? 200 : 421);
      if (hasAdmin)
        expect((await fetch(`http://127.0.0.1:${port}/metrics`, { headers: header })).status).toBe(503);
      proxy.turnTo(Number(new URL(server.url).port));
      await starting;
      const up = await toldUntil(url, (now) => now.value('rockets_store_up') === 1, header);
      expect(up.value('rockets_events')).toBe(0);
    },
  );
});
