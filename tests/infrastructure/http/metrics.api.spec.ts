import { StoreUnavailable } from '../../../src/application/ports/event-store.js';
import { parts } from '../../../src/container.js';
import { InMemoryEventStore } from '../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { SystemClock } from '../../../src/infrastructure/system-clock.js';
import { version } from '../../../src/version.js';
import { keysOf, testKey } from '../../support/api-keys.js';
import { breakable } from '../../support/breakable.js';
import { documentedFetch } from '../../support/documented-fetch.js';
import { FakeSinks } from '../../support/fake-sinks.js';
import { exchange } from '../../support/http-exchange.js';
import { httpStores } from '../../support/http-stores.js';
import { gatewaySettings, MemoryKafka } from '../../support/memory-kafka.js';
import { exploded, faster, launched, message } from '../../support/messages.js';
import { freePort, messageText } from '../../support/real-process.js';
import { SseClient } from '../../support/sse-client.js';
import { SteppedClock } from '../../support/stepped-clock.js';
import { parkedOf } from '../../support/subscriptions.js';
import { startService, type TestService } from '../../support/test-service.js';
import { ToldMetrics } from '../../support/told-metrics.js';

let service: TestService;
afterEach(() => service.stop());

const told = (): Promise<ToldMetrics> => ToldMetrics.of(service.url);

const skipped = (channel: string, upTo: number) =>
  service.container.get(parts.ingest).skip(channel, { upTo, by: { who: 'operator' } });

describe.each(httpStores)('what /metrics tells over the store $store', ({ store, env }) => {
  let clock: SteppedClock;
  beforeEach(async () => {
    clock = new SteppedClock(120);
    service = await startService(
      { SUBSCRIPTIONS: 'off', ...env() },
      undefined,
      clock,
      undefined,
      new FakeSinks(),
    );
  });

  it('is the figures of a fleet whose course is known', async () => {
    const sent = [
      ...[message(1, launched(), 'a'), message(2, exploded(), 'a'), message(3, faster(1), 'a')],
      ...[message(1, launched(), 'b'), message(3, faster(1), 'b')],
      ...[message(6, faster(1), 'b'), message(7, faster(1), 'b'), message(2, faster(1), 'd')],
      ...[message(1, launched(), 'b'), message(1, launched(499), 'b')],
    ];
    for (const one of sent) await service.send(one);
    await skipped('d', 1);
    await service.send(message(1, launched(), 'd'));
    clock.step(5);
    await service.send(message(2, faster(1), 'e'));
    clock.step(10);

    const metrics = await told();
    expect(metrics.all('rockets_messages_total')).toEqual({
      '{outcome="applied"}': 3,
      '{outcome="refused"}': 2,
      '{outcome="buffered"}': 5,
      '{outcome="duplicate"}': 1,
      '{outcome="conflict"}': 1,
      '{outcome="invalid"}': 0,
      '{outcome="shed"}': 0,
      '{outcome="failed"}': 0,
      '{outcome="queued"}': 0,
    });
    expect(metrics.all('rockets_rockets')).toEqual({
      '{status="awaiting-launch"}': 1,
      '{status="flying"}': 2,
      '{status="exploded"}': 1,
    });
    // e was heard ten minutes ago, which is not longer than SILENT_AFTER.
    expect(metrics.value('rockets_silent_rockets')).toBe(2);
    expect(metrics.value('rockets_events')).toBe(6);
    expect(metrics.value('rockets_waiting_messages')).toBe(4);
    expect(metrics.value('rockets_late_messages')).toBe(1);
    expect(metrics.value('rockets_gaps')).toBe(3);
    expect(metrics.value('rockets_oldest_gap_age_seconds')).toBe(900);
    expect(metrics.value('rockets_feed_held_back_seconds')).toBe(0);
    expect(metrics.value('rockets_store_up')).toBe(1);
    const build = `{version="${version()}",node="${process.versions.node}",store="${store}"}`;
    expect(metrics.all('rockets_build_info')).toEqual({ [build]: 1 });
    const isBounded = store === 'memory';
    expect(metrics.value('rockets_store_bytes') !== undefined).toBe(isBounded);
    expect(metrics.value('rockets_store_limit_bytes') !== undefined).toBe(isBounded);
    expect(metrics.all('rockets_database_connections')).toEqual({});
    expect(metrics.text).not.toContain('rockets_kafka');
  });

  it('is how long messages and commits took, and how large these were', async () => {
    await Promise.all([1, 2, 3].map((number) => service.send(message(number, launched(), 'a'))));
    await service.send(message(1, launched(), 'a'));
    const metrics = await told();
    expect(metrics.value('rockets_ingest_duration_seconds_count')).toBe(4);
    expect(metrics.value('rockets_ingest_duration_seconds_bucket{le="+Inf"}')).toBe(4);
    // Whatever comes together shares a commit, and a duplicate needs none.
    expect(metrics.value('rockets_commit_messages_sum')).toBe(3);
    const commits = metrics.value('rockets_commit_messages_count')!;
    expect(commits).toBeLessThan(4);
    expect(metrics.value('rockets_commit_duration_seconds_count')).toBe(commits);
    const ingest = metrics.value('rockets_ingest_duration_seconds_sum')!;
    expect(metrics.value('rockets_commit_duration_seconds_sum')).toBeLessThanOrEqual(ingest);
    expect(ingest).toBeGreaterThan(0);
    const buckets = Object.values(metrics.all('rockets_ingest_duration_seconds_bucket'));
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
  });

  it('is how far subscriptions are, and what they have parked', async () => {
    const subscriptions = service.container.get(parts.subscriptions);
    const kept = service.container.get(parts.subscriptionStore);
    const sink = { type: 'webhook', url: 'https://example.com/' } as const;
    for (const number of [1, 2, 3]) await service.send(message(number, launched(), 'a'));
    clock.step(2);
    for (const name of ['runs', 'fails', 'waits'])
      await subscriptions.create({ name, from: 'start', sink }, undefined);
    await subscriptions.create({ name: 'told', from: 'now', sink }, undefined);
    await subscriptions.change('waits', { state: 'paused' }, undefined);
    const fails = (await kept.find('fails'))!;
    const now = clock.now();
    const put = [parkedOf('a', { position: fails.position }), parkedOf('b', { position: fails.position })];
    await kept.save({ ...fails, failing: { since: now, nextTryAt: now } }, { put });

    const metrics = await told();
    expect(metrics.all('rockets_subscriptions')).toEqual({
      '{state="running"}': 2,
      '{state="paused"}': 1,
      '{state="failing"}': 1,
    });
    const of = (name: string) => Object.values(metrics.all(`rockets_subscription_${name}`));
    expect(Object.keys(metrics.all('rockets_subscription_lag_events'))).toEqual(
      ['fails', 'runs', 'told', 'waits'].map((name) => `{subscription="${name}"}`),
    );
    expect(of('lag_events')).toEqual([3, 3, 0, 3]);
    expect(of('lag_seconds')).toEqual([120, 120, 0, 120]);
    expect(of('parked_rockets')).toEqual([2, 0, 0, 0]);
  });

  it('is who reads live, who is connected, and what was asked for with which answer', async () => {
    const reader = await SseClient.open(`${service.url}/events`);
    await reader.untilNamed('caught-up');
    const post = (body: string) => exchange(service.url, { method: 'POST', url: '/messages', body });
    expect((await post(messageText(1, 'a'))).status).toBe(202);
    expect((await post('nonsense')).status).toBe(400);
    for (const path of ['/rockets/a', '/rockets/a', '/rockets/no-such', '/nowhere', '/rockets?limit=x']) {
      await exchange(service.url, { url: path });
    }
    await exchange(service.url, { method: 'PUT', url: '/rockets' });
    const metrics = await told();
    expect(metrics.all('rockets_http_requests_total')).toEqual({
      '{method="POST",route="/messages",status="202"}': 1,
      '{method="POST",route="/messages",status="400"}': 1,
      '{method="GET",route="/rockets/:channel",status="200"}': 2,
      '{method="GET",route="/rockets/:channel",status="404"}': 1,
      '{method="GET",route="other",status="404"}': 1,
      '{method="GET",route="/rockets",status="400"}': 1,
      '{method="other",route="/rockets",status="405"}': 1,
    });
    expect(metrics.value('rockets_messages_total{outcome="invalid"}')).toBe(1);
    expect(metrics.value('rockets_feed_readers')).toBe(1);
    expect(metrics.value('rockets_feed_lag_seconds')).toBeGreaterThanOrEqual(0);
    // The reader and the one that asks, at least: of the others it is not known whether their end was heard of.
    expect(metrics.value('rockets_http_connections')).toBeGreaterThanOrEqual(2);
    reader.break();
  });

  it('is what this process is like', async () => {
    const metrics = await told();
    expect(metrics.value('rockets_lane_queue_messages')).toBe(0);
    expect(metrics.value('rockets_buffer_bytes')).toBe(0);
    expect(metrics.value('rockets_buffer_limit_bytes')).toBe(service.container.get(parts.budget).limit);
    expect(metrics.value('rockets_log_lines_lost_total')).toBe(service.container.get(parts.logger).lost);
    expect(Object.keys(metrics.all('rockets_event_loop_delay_seconds'))).toEqual([
      '{quantile="0.5"}',
      '{quantile="0.99"}',
      '{quantile="1"}',
    ]);
    expect(metrics.value('rockets_scrape_duration_seconds')).toBeLessThan(2);
    expect(metrics.value('process_start_time_seconds')).toBeGreaterThan(1e9);
    expect(metrics.value('nodejs_heap_size_used_bytes')).toBeGreaterThan(1e6);
  });
});

describe('a message that is on its way', () => {
  it('waits in a lane, and holds what it has in memory', async () => {
    let goOn = (): void => undefined;
    const commits = new Promise<void>((resolve) => (goOn = resolve));
    const directory = new InMemoryRocketDirectory(new SystemClock());
    const store = new InMemoryEventStore(directory);
    const commit = store.commit.bind(store);
    store.commit = async (changes) => {
      await commits;
      return commit(changes);
    };
    service = await startService({ WORKER_COUNT: '1' }, { store, directory });
    const first = service.send(message(1, launched(), 'a'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const others = [2, 3, 4].map((number) => service.send(message(number, faster(1), 'a')));
    const metrics = await told();
    expect(metrics.value('rockets_lane_queue_messages')).toBe(3);
    expect(metrics.value('rockets_buffer_bytes')).toBe(4 * 200);
    expect(metrics.value('rockets_ingest_duration_seconds_count')).toBe(0);
    goOn();
    await Promise.all([first, ...others]);
  });
});

describe('who may read /metrics', () => {
  const keys = {
    reader: testKey('reader', { scopes: ['read'] }),
    sender: testKey('sender', { scopes: ['ingest', 'operate'] }),
    ofOne: testKey('of-one', { channels: ['a'] }),
  };
  const settings = { AUTH: 'keys', API_KEYS: keysOf(keys) };
  const shown: readonly [who: string, headers: Readonly<Record<string, string>>, status: number][] = [
    ['nobody', {}, 401],
    ['a stranger', testKey('stranger').header, 401],
    ['a key without the scope read', keys.sender.header, 403],
    ['a key for some rockets only', keys.ofOne.header, 403],
    ['a key that reads', keys.reader.header, 200],
  ];

  it.each(shown)('%s', async (_who, headers, status) => {
    service = await startService(settings);
    const answer = await documentedFetch(`${service.url}/metrics`, { headers });
    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(text.includes('rockets_')).toBe(status === 200);
  });

  it.each(shown)('the same on ADMIN_PORT: %s', async (_who, headers, status) => {
    const admin = await freePort();
    service = await startService({ ...settings, ADMIN_PORT: String(admin) });
    const answer = await fetch(`http://127.0.0.1:${admin}/metrics`, { headers });
    expect(answer.status).toBe(status);
    expect((await answer.text()).includes('rockets_store_up 1')).toBe(status === 200);
    const onMain = await fetch(`${service.url}/metrics`, { headers });
    expect(onMain.status).toBe(status === 200 ? 404 : status);
  });

  it('everybody where there is no AUTH, in the way that Prometheus asks, and anew each time', async () => {
    service = await startService();
    const answer = await documentedFetch(`${service.url}/metrics`, {
      headers: { accept: 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'accept-encoding': 'gzip' },
    });
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(await answer.text()).toMatch(/^# HELP /);
    expect((await fetch(`${service.url}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${service.url}/metrics`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('a service whose store is away', () => {
  let failure: Error | undefined;
  let calls: string[] = [];
  let isSilent = false;

  beforeEach(async () => {
    failure = undefined;
    isSilent = false;
    calls = [];
    const directory = new InMemoryRocketDirectory(new SystemClock());
    const store = breakable(new InMemoryEventStore(directory), () => failure);
    const asked = new Proxy(
      breakable(directory, () => failure),
      {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]): unknown => {
            calls.push(String(name));
            return isSilent ? new Promise(() => undefined) : Reflect.apply(value, target, args);
          };
        },
      },
    );
    service = await startService({}, { store, directory: asked });
    await service.send(message(1, launched()));
  });

  it('says so, and all that it knows by itself', async () => {
    failure = new StoreUnavailable('The disk is gone.');
    const away = await told();
    expect(away.value('rockets_store_up')).toBe(0);
    for (const name of [
      'rockets_events',
      'rockets_gaps',
      'rockets_silent_rockets',
      'rockets_waiting_messages',
    ])
      expect(away.value(name)).toBeUndefined();
    expect(away.all('rockets_rockets')).toEqual({});
    expect(away.value('rockets_messages_total{outcome="applied"}')).toBe(1);
    failure = undefined;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const back = await told();
    expect([back.value('rockets_store_up'), back.value('rockets_events')]).toEqual([1, 1]);
  });

  it('says so also when it does not answer at all, and asks it once', async () => {
    isSilent = true;
    calls = [];
    const answers = await Promise.all([told(), told(), told()]);
    for (const answer of answers) expect(answer.value('rockets_store_up')).toBe(0);
    expect(answers[0].value('rockets_scrape_duration_seconds')).toBeGreaterThanOrEqual(1.9);
    expect((await told()).value('rockets_store_up')).toBe(0);
    // What is silent, and the list of rockets for it, is asked by the fleet's own question.
    expect(calls.filter((name) => name === 'overdueGaps')).toHaveLength(1);
    isSilent = false;
  });

  it('is asked once, however many ask within a second', async () => {
    calls = [];
    await Promise.all(Array.from({ length: 20 }, told));
    await told();
    expect(calls.sort()).toEqual(['frequent', 'overdueGaps', 'silent', 'totals', 'totals']);
  });
});

describe('a service with Kafka before it', () => {
  it('tells how it gets on with it', async () => {
    const kafka = new MemoryKafka();
    service = await startService(gatewaySettings, undefined, undefined, kafka);
    for (const number of [1, 2]) {
      await exchange(service.url, { method: 'POST', url: '/messages', body: messageText(number, 'a') });
    }
    kafka.write({ value: Buffer.from('nonsense') });
    const begun = Date.now();
    let metrics = await told();
    while (metrics.value('rockets_kafka_rejected_total') !== 1 && Date.now() - begun < 10_000)
      metrics = await told();
    const of = (name: string) => metrics.all(`rockets_kafka_${name}`);
    expect(metrics.value('rockets_messages_total{outcome="queued"}')).toBe(2);
    expect(metrics.value('rockets_messages_total{outcome="applied"}')).toBe(2);
    expect(metrics.value('rockets_kafka_rejected_total')).toBe(1);
    expect(metrics.value('rockets_kafka_rebalances_total')).toBe(1);
    expect([of('gateway_up'), of('consumer_up'), of('gateway_waiting_messages')]).toEqual([
      { '': 1 },
      { '': 1 },
      { '': 0 },
    ]);
    kafka.failure = 'no broker answers';
    expect((await told()).value('rockets_kafka_gateway_up')).toBe(0);
  });
});
