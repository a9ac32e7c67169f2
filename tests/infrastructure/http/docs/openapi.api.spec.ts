import { connect } from 'node:net';
import {
  ChangeRefused,
  StoreFull,
  StoreUnavailable,
  TooManyReads,
} from '../../../../src/application/ports/event-store.js';
import type { Arrival } from '../../../../src/application/ingest/reorder-buffer.js';
import { parts } from '../../../../src/container.js';
import { InMemoryEventStore } from '../../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { InMemorySubscriptionStore } from '../../../../src/infrastructure/stores/memory/in-memory-subscription-store.js';
import { SystemClock } from '../../../../src/infrastructure/system-clock.js';
import { keysOf, testKey } from '../../../support/api-keys.js';
import { FakeSinks } from '../../../support/fake-sinks.js';
import { breakable } from '../../../support/breakable.js';
import { gatewaySettings, MemoryKafka } from '../../../support/memory-kafka.js';
import { exchange, type Call } from '../../../support/http-exchange.js';
import { launched, messages } from '../../../support/messages.js';
import { documentedAnswers, documentedAs, type Exchange } from '../../../support/openapi-validator.js';
import { SseClient } from '../../../support/sse-client.js';
import { startService, type TestService } from '../../../support/test-service.js';
import { crowd, subscribe, subscriptionExercises } from './subscription-exercises.js';

const json = { accept: 'application/json' };
const csv = { ...json, accept: 'text/csv' };
const ndjson = { ...json, accept: 'application/x-ndjson' };
const html = { accept: 'text/html' };
const lines = { accept: '*/*', 'content-type': 'application/x-ndjson' };

const message = (channel: string, messageNumber: number, messageType: string, payload: object): string =>
  JSON.stringify({
    metadata: { channel, messageNumber, messageTime: '2026-10-01T17:39:42.8989223+02:00', messageType },
    message: payload,
  });
const launch = (channel: string, number = 1): string =>
  message(channel, number, 'RocketLaunched', { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' });
const faster = (channel: string, number: number, by = 3000): string =>
  message(channel, number, 'RocketSpeedIncreased', { by });
const slower = (channel: string, number: number, by: number): string =>
  message(channel, number, 'RocketSpeedDecreased', { by });
const exploded = (channel: string, number: number): string =>
  message(channel, number, 'RocketExploded', { reason: 'FROZEN_O_RINGS' });

const post = (body: string, headers: Call['headers'] = json): Call => ({
  method: 'POST',
  url: '/messages',
  headers,
  body,
});
const get = (url: string, headers: Call['headers'] = json): Call => ({ url, headers });
/** Skips and sign-ins have a body. */
const operator = { ...json, 'content-type': 'application/json' };
const skip = (channel: string, body = '{"from":2,"to":2}', headers: Call['headers'] = operator): Call => ({
  method: 'POST',
  url: `/rockets/${channel}/gaps/skip`,
  headers,
  body,
});

/** A rocket of every kind: in flight, refused, waiting, exploded, not launched. */
const story = [
  launch('flying'),
  faster('flying', 2),
  slower('flying', 3, 9000),
  message('flying', 4, 'RocketMissionChanged', { newMission: 'GEMINI' }),
  launch('exploded'),
  exploded('exploded', 2),
  launch('exploded', 3),
  faster('unlaunched', 3),
  launch('waiting'),
  faster('waiting', 4),
  ...['skip-first', 'skip-moved', 'skip-shut'].flatMap((channel) => [launch(channel), faster(channel, 3)]),
];

type Situation =
  | 'sound'
  | 'guarded'
  | 'broken'
  | 'busy'
  | 'full'
  | 'stopping'
  | 'named'
  | 'heavy'
  | 'poisoned'
  | 'queueless';
interface Exercise extends Call {
  readonly when?: Situation;
}

/** What callers show where they have to. */
const keys = {
  all: testKey('all'),
  none: testKey('none', { scopes: ['ingest'] }),
  reader: testKey('reader', { scopes: ['read'] }),
  elsewhere: testKey('elsewhere', { channels: ['elsewhere'] }),
};
const unchecked = ['{"alg":"RS256","kid":"1"}', '{}', 'signature']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');
const guarded = (call: Call, shown?: { readonly authorization: string }): Exercise => ({
  ...call,
  headers: { ...call.headers, ...shown },
  when: 'guarded',
});
const signIn = (body: string, headers: Call['headers'] = operator): Call => ({
  method: 'POST',
  url: '/session',
  headers,
  body,
});
const wrong = { authorization: 'Bearer rk_wrong' };

const unavailable = (call: Call): Exercise => ({ ...call, when: 'broken' });
const compressed = { ...operator, 'content-encoding': 'gzip' };
const tooLarge = `${launch('large')}${' '.repeat(70_000)}`;

/** One request for every answer that the document promises, under the name the document gives it. */
const exercises: Readonly<Record<string, Exercise>> = {
  'POST /messages 200 application/json': post(`${launch('lines')}\n${launch('lines', 2)}\n\n{`, lines),
  'POST /messages 202 application/json': post(launch('single')),
  'POST /messages 202 empty': post(faster('single', 5), {}),
  'POST /messages 400 malformed-json': post('{'),
  'POST /messages 400 ambiguous-json': post('{"a":1,"a":2}'),
  'POST /messages 400 invalid-message': post('{"metadata":{}}'),
  'POST /messages 409 conflict': post(faster('flying', 2, 1)),
  'POST /messages 413 body-too-large': post(tooLarge),
  'POST /messages 415 unsupported-content-encoding': post(launch('packed'), compressed),
  'POST /messages 422 change-refused': { ...post(launch('poison')), when: 'poisoned' },
  'POST /messages 503 overloaded': { ...post(launch('full')), when: 'full' },
  'POST /messages 503 store-full': { ...post(launch('heavy')), when: 'heavy' },
  'POST /messages 503 store-unavailable': unavailable(post(launch('lost'))),
  'POST /messages 503 queue-unavailable': { ...post(launch('queued')), when: 'queueless' },
  'POST /messages 503 shutting-down': { ...post(launch('late')), when: 'stopping' },

  'GET /rockets 200 application/json': get('/rockets?limit=3&sort=-speed'),
  'GET /rockets 400 invalid-query': get('/rockets?limit=0'),
  'GET /rockets/{channel} 200 application/json': get('/rockets/flying'),
  'GET /rockets/{channel} 400 invalid-query': get('/rockets/flying?version=x'),
  'GET /rockets/{channel} 400 invalid-channel': get('/rockets/a%20b'),
  'GET /rockets/{channel} 404 rocket-not-found': get('/rockets/unheard'),
  'GET /rockets/{channel} 404 version-not-reached': get('/rockets/flying?version=99'),
  'GET /rockets/{channel}/events 200 application/json': get('/rockets/flying/events?limit=2'),
  'GET /rockets/{channel}/events 200 application/x-ndjson': get('/rockets/flying/events', ndjson),
  'GET /rockets/{channel}/events 200 text/csv': get('/rockets/flying/events', csv),
  'GET /rockets/{channel}/events 400 invalid-query': get('/rockets/flying/events?after=-1'),
  'GET /rockets/{channel}/events 400 invalid-channel': get('/rockets/a%20b/events'),
  'GET /rockets/{channel}/events 404 rocket-not-found': get('/rockets/unheard/events'),
  'GET /rockets/{channel}/messages/{number} 200 application/json': get('/rockets/flying/messages/1'),
  'GET /rockets/{channel}/messages/{number} 400 invalid-query': get('/rockets/flying/messages/0'),
  'GET /rockets/{channel}/messages/{number} 400 invalid-channel': get('/rockets/a%20b/messages/1'),
  'GET /rockets/{channel}/messages/{number} 404 rocket-not-found': get('/rockets/unheard/messages/1'),
  'GET /rockets/{channel}/messages/{number} 404 message-not-found': get('/rockets/flying/messages/99'),
  'GET /rockets/{channel}/gaps 200 application/json': get('/rockets/waiting/gaps'),
  'GET /rockets/{channel}/gaps 400 invalid-query': get('/rockets/waiting/gaps?after=forged'),
  'GET /rockets/{channel}/gaps 400 invalid-channel': get('/rockets/a%20b/gaps'),
  'GET /rockets/{channel}/gaps 404 rocket-not-found': get('/rockets/unheard/gaps'),
  ...Object.fromEntries(
    ['waiting', 'late'].flatMap((kind): [string, Exercise][] => [
      [`GET /rockets/{channel}/${kind} 200 application/json`, get(`/rockets/waiting/${kind}?limit=1`)],
      [`GET /rockets/{channel}/${kind} 400 invalid-query`, get(`/rockets/waiting/${kind}?after=x`)],
      [`GET /rockets/{channel}/${kind} 400 invalid-channel`, get(`/rockets/a%20b/${kind}`)],
      [`GET /rockets/{channel}/${kind} 404 rocket-not-found`, get(`/rockets/unheard/${kind}`)],
    ]),
  ),
  'GET /gaps 200 application/json': get('/gaps?limit=1'),
  'GET /gaps 400 invalid-query': get('/gaps?limit=many'),

  'POST /rockets/{channel}/gaps/skip 200 application/json': skip('skip-first'),
  'POST /rockets/{channel}/gaps/skip 400 malformed-json': skip('skip-moved', '{"from":'),
  'POST /rockets/{channel}/gaps/skip 400 ambiguous-json': skip('skip-moved', '{"from":1,"from":2}'),
  'POST /rockets/{channel}/gaps/skip 400 invalid-message': skip('skip-moved', '{"from":"2"}'),
  'POST /rockets/{channel}/gaps/skip 400 invalid-query': {
    ...skip('skip-moved'),
    url: '/rockets/skip-moved/gaps/skip?all=1',
  },
  'POST /rockets/{channel}/gaps/skip 400 invalid-channel': skip('a%20b'),
  'POST /rockets/{channel}/gaps/skip 404 rocket-not-found': skip('unheard'),
  'POST /rockets/{channel}/gaps/skip 409 no-gap': skip('flying'),
  'POST /rockets/{channel}/gaps/skip 409 gap-moved': skip('skip-moved', '{"from":2,"to":7}'),
  'POST /rockets/{channel}/gaps/skip 413 body-too-large': skip('skip-moved', ' '.repeat(70_000)),
  'POST /rockets/{channel}/gaps/skip 415 unsupported-content-encoding': skip('skip-moved', '{}', compressed),
  'POST /rockets/{channel}/gaps/skip 415 unsupported-media-type': skip('skip-moved', undefined, {
    ...json,
    'content-type': 'text/plain',
  }),
  'POST /rockets/{channel}/gaps/skip 503 too-many-reads': { ...skip('waiting'), when: 'busy' },
  'POST /rockets/{channel}/gaps/skip 422 change-refused': { ...skip('waiting'), when: 'poisoned' },
  'POST /rockets/{channel}/gaps/skip 503 store-unavailable': unavailable(skip('waiting')),
  'POST /rockets/{channel}/gaps/skip 503 store-full': { ...skip('waiting'), when: 'heavy' },
  'POST /rockets/{channel}/gaps/skip 503 shutting-down': { ...skip('skip-shut'), when: 'stopping' },

  'GET /events 200 application/json': get('/events?limit=2&type=RocketLaunched'),
  'GET /events 200 application/x-ndjson': get('/events', ndjson),
  'GET /events 200 text/csv': get('/events', csv),
  'GET /events 200 text/event-stream': {
    ...get('/events', { accept: 'text/event-stream' }),
    until: 'caught-up',
  },
  'GET /events 400 invalid-query': get('/events?type=RocketLanded'),
  'GET /events 400 unknown-position': get('/events?after=elsewhere-1'),
  'GET /events 503 too-many-readers': { ...get('/events', { accept: 'text/event-stream' }), when: 'named' },
  'GET /events 503 shutting-down': { ...get('/events', { accept: 'text/event-stream' }), when: 'stopping' },
  'GET /events/{position} 200 application/json': get('/events/{first}'),
  'GET /events/{position} 400 invalid-query': get('/events/{first}?x=1'),
  'GET /events/{position} 404 event-not-found': get('/events/{beyond}'),

  'GET /fleet 200 application/json': get('/fleet'),
  'GET /fleet 400 invalid-query': get('/fleet?x=1'),
  'GET /fleet 503 store-unavailable': unavailable(get('/fleet')),
  'GET /fleet 503 too-many-reads': { ...get('/fleet'), when: 'busy' },
  'GET /metrics 200 text/plain': get('/metrics'),

  ...subscriptionExercises,

  'GET /health 200 application/json': get('/health'),
  'GET /health 401 unauthenticated': guarded(get('/health'), wrong),
  'GET /session 200 application/json': guarded(get('/session'), keys.all.header),
  'GET /session 400 invalid-query': get('/session?x=1'),
  'GET /session 401 unauthenticated': guarded(get('/session'), wrong),
  'POST /session 200 application/json': guarded(signIn(JSON.stringify({ key: keys.all.text }))),
  'POST /session 400 malformed-json': signIn('{"key":'),
  'POST /session 400 ambiguous-json': signIn('{"key":"a","key":"b"}'),
  'POST /session 400 invalid-message': signIn('{"key":1}'),
  'POST /session 400 invalid-query': { ...signIn('{}'), url: '/session?x=1' },
  'POST /session 401 unauthenticated': guarded(signIn('{"key":"rk_wrong"}')),
  'POST /session 413 body-too-large': signIn(' '.repeat(70_000)),
  'POST /session 415 unsupported-content-encoding': signIn('{}', compressed),
  'POST /session 415 unsupported-media-type': signIn('{}', { ...json, 'content-type': 'text/plain' }),
  'DELETE /session 204 empty': { ...get('/session'), method: 'DELETE' },
  'DELETE /session 400 invalid-query': { ...get('/session?x=1'), method: 'DELETE' },
  'GET /health 503 application/json': { ...get('/health'), when: 'broken' },
  'GET /livez 200 application/json': get('/livez'),
  'GET /readyz 200 application/json': get('/readyz'),
  'GET /readyz 503 store-unavailable': unavailable(get('/readyz')),
  'GET /readyz 503 queue-unavailable': { ...get('/readyz'), when: 'queueless' },
  'GET /readyz 503 shutting-down': { ...get('/readyz'), when: 'stopping' },

  // Served from dist/: run `make build` first.
  'GET / 200 text/html': get('/', html),
  'GET /openapi.json 200 application/json': get('/openapi.json'),
  'GET /asyncapi.json 200 application/json': get('/asyncapi.json'),
  'GET /docs 200 text/html': get('/docs', html),
  'GET /swagger 302 empty': get('/swagger'),
  'GET /problems/{slug} 200 application/json': get('/problems/conflict'),
  'GET /problems/{slug} 200 text/html': get('/problems/conflict', html),
  'GET /problems/{slug} 404 problem-not-found': get('/problems/unheard'),

  'RouteNotFound route-not-found': get('/rocket'),
  'MalformedRequest malformed-request': get('/rockets/%ZZ'),
  'MethodNotAllowed method-not-allowed': { ...get('/rockets'), method: 'DELETE' },
  'CrossSite cross-site': { ...post('{}'), headers: { ...json, origin: 'https://other.example' } },
  'UnknownHost unknown-host': {
    ...get('/rockets'),
    when: 'named',
    headers: { ...json, host: 'other.example' },
  },
  'IssuerUnavailable issuer-unavailable': guarded(get('/rockets'), { authorization: `Bearer ${unchecked}` }),
  'HeaderTooLarge header-too-large': get('/rockets', { 'x-large': 'x'.repeat(20_000) }),
};

const sinks = new FakeSinks();
/** What is parked stays so. */
const undelivered = { SUBSCRIPTIONS: 'off' };
let services: Readonly<Record<Situation, TestService>>;
let failure: Error | undefined;
let rush: Error | undefined;
let weight: Error | undefined;
let poison: Error | undefined;
let first: string;
/** Asked at once and read last: the service gives slow headers five seconds. */
let slow: Promise<Exchange>;

const unnoticed: Arrival = {
  message: messages([launched()])[0]!,
  bytes: 100,
  settle: () => undefined,
  fail: () => undefined,
};

const failing = (error: () => Error | undefined) => {
  const directory = new InMemoryRocketDirectory(new SystemClock());
  const store = new InMemoryEventStore(directory);
  return {
    store: breakable(store, error),
    directory: breakable(directory, error),
    subscriptions: breakable(new InMemorySubscriptionStore(store, store.storeId), error),
  };
};

beforeAll(async () => {
  services = {
    sound: await startService(undelivered, undefined, undefined, undefined, sinks),
    broken: await startService(
      undelivered,
      failing(() => failure),
      undefined,
      undefined,
      sinks,
    ),
    busy: await startService(
      undelivered,
      failing(() => rush),
      undefined,
      undefined,
      sinks,
    ),
    heavy: await startService(
      {},
      failing(() => weight),
    ),
    poisoned: await startService(
      {},
      failing(() => poison),
    ),
    queueless: await startService(gatewaySettings, undefined, undefined, new MemoryKafka('no broker')),
    full: await startService({ BUFFER_MESSAGES: '1' }),
    named: await startService(
      { ...undelivered, ALLOWED_HOSTS: '127.0.0.1', MAX_READERS: '1' },
      undefined,
      undefined,
      undefined,
      sinks,
    ),
    guarded: await startService({
      AUTH: 'keys,jwt',
      API_KEYS: keysOf(keys),
      // Nobody listens there.
      JWT_JWKS: 'http://127.0.0.1:9/keys',
      JWT_ISSUER: 'https://issuer.example',
      JWT_AUDIENCE: 'rockets',
    }),
    stopping: await startService(),
  };
  // The only reader there may be.
  await SseClient.open(`${services.named.url}/events`);
  // No worker is told of it: it fills the buffer until the service stops.
  services.full.container.get(parts.buffer).offer(unnoticed);
  for (const { url } of [
    services.sound,
    services.broken,
    services.busy,
    services.heavy,
    services.poisoned,
    services.stopping,
  ]) {
    for (const body of story) await exchange(url, post(body));
  }
  const [event] = JSON.parse((await exchange(services.sound.url, get('/events?limit=1'))).body) as {
    position: string;
  }[];
  first = event?.position ?? '';
  await subscribe(services.sound);
  await crowd(services.named);
  slow = tooSlow(services.sound.port);
  // Whoever runs a part of these tests stops the service before it has answered.
  slow.catch(() => undefined);
  failure = new StoreUnavailable('The disk is gone.');
  rush = new TooManyReads('Others are asking.');
  weight = new StoreFull(1);
  poison = new ChangeRefused('The database refuses it.');
  services.stopping.container.get(parts.health).beginStopping();
  services.stopping.container.get(parts.feed).close();
  await services.stopping.container.get(parts.ingest).stop();
});

afterAll(async () => {
  failure = undefined;
  rush = undefined;
  weight = undefined;
  poison = undefined;
  await Promise.all(Object.values(services).map((service) => service.stop()));
});

const send = ({ when = 'sound', ...call }: Exercise): Promise<Exchange> => {
  const beyond = first.replace(/\d+$/, '999999');
  const url = call.url.replace('{first}', first).replace('{beyond}', beyond);
  return exchange(services[when].url, { ...call, url });
};

const tooSlow = (port: number): Promise<Exchange> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /rockets HTTP/1.1\r\nHost: slow\r\n'));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', reject);
    socket.on('end', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const [line = '', ...fields] = head.split('\r\n');
      const headers = Object.fromEntries(
        fields.map((field) => field.split(': ')).map(([name = '', value]) => [name.toLowerCase(), value]),
      );
      resolve({ method: 'GET', url: '/rockets', status: Number(line.split(' ')[1]), headers, body });
    });
  });

/** The same, of somebody who may not. */
const showing = (name: string, exercise: Exercise): Exercise | undefined => {
  const [method, path, , variant] = name.split(' ');
  if (variant === 'unauthenticated') return guarded(exercise);
  if (variant === 'missing-scope') {
    return guarded(exercise, method === 'GET' ? keys.none.header : keys.reader.header);
  }
  if (variant !== 'channel-not-allowed') return undefined;
  // Of a stream, a line of another rocket is refused alone.
  return guarded(path === '/messages' ? post(launch('single')) : exercise, keys.elsewhere.header);
};

/** What follows from an exercise of another answer of the same route. */
const derived = async (name: string): Promise<Exchange> => {
  const [method, path, status, variant] = name.split(' ');
  const good = Object.keys(exercises).find((other) => other.startsWith(`${method} ${path} 20`));
  const exercise = good === undefined ? undefined : exercises[good];
  if (exercise !== undefined && status === '304') {
    const { headers } = await send(exercise);
    return send({ ...exercise, headers: { ...exercise.headers, 'if-none-match': String(headers['etag']) } });
  }
  const shown = exercise && showing(name, exercise);
  if (shown !== undefined) return send(shown);
  if (exercise !== undefined && variant === 'store-unavailable') return send({ ...exercise, when: 'broken' });
  if (exercise !== undefined && variant === 'too-many-reads') return send({ ...exercise, when: 'busy' });
  throw new Error(`The document promises "${name}", and no exercise shows it.`);
};

describe('every answer in the OpenAPI document is given and fits', () => {
  it.each(documentedAnswers())('%s', async (name) => {
    if (name === 'RequestTimeout request-timeout') {
      expect(documentedAs(await slow)).toBe(name);
      return;
    }
    if (name === 'InternalError internal-error') {
      const before = failure;
      failure = new Error('a bug');
      const answer = await send({ ...get('/rockets'), when: 'broken' });
      failure = before;
      expect(documentedAs(answer)).toBe(name);
      return;
    }
    const exercise = exercises[name];
    expect(documentedAs(await (exercise === undefined ? derived(name) : send(exercise)))).toBe(name);
  });

  it('and nothing is exercised that the document does not know', () => {
    const known = documentedAnswers();
    expect(Object.keys(exercises).filter((name) => !known.includes(name))).toEqual([]);
  });
});

interface Layer {
  readonly route?: {
    readonly path: string | readonly string[];
    readonly stack: readonly { readonly method?: string }[];
  };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** `GET /rockets/{channel}` and so on, of this router and those mounted in it. */
const routesOf = (layers: readonly Layer[]): string[] =>
  layers.flatMap(({ route, handle }) => {
    if (route === undefined) return routesOf(handle.stack ?? []);
    const methods = new Set(
      route.stack.flatMap(({ method }) => (method === undefined ? [] : method.toUpperCase())),
    );
    // What stands for every method there is only refuses.
    if (methods.size > 5) return [];
    return [route.path]
      .flat()
      .flatMap((path) => [...methods].map((method) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`));
  });

describe('the document', () => {
  it('leaves out no route, except the files that pages load', () => {
    const routes = new Set(routesOf(services.sound.app.router.stack as readonly Layer[]));
    const documented = new Set(documentedAnswers().map((name) => name.split(' ').slice(0, 2).join(' ')));
    expect(routes.size).toBeGreaterThan(10);
    expect(
      [...routes].filter((route) => !documented.has(route) && !/ \/(docs|assets)\/[^{]+$/.test(route)),
    ).toEqual([]);
  });
});

describe('rockets of every kind fit the document', () => {
  const paths = ['flying', 'exploded', 'unlaunched', 'waiting'].flatMap((channel) => [
    `/rockets/${channel}`,
    `/rockets/${channel}?version=0`,
    `/rockets/${channel}?at=2026-10-01T17:39:43Z`,
    `/rockets/${channel}/events`,
    `/rockets/${channel}/events?order=desc`,
    `/rockets/${channel}/gaps`,
    `/rockets/${channel}/waiting`,
    `/rockets/${channel}/late`,
  ]);
  const fates = ['flying/messages/3', 'waiting/messages/4', 'unlaunched/messages/3', 'exploded/messages/3'];

  it.each([...paths, ...fates.map((fate) => `/rockets/${fate}`)])('%s', async (path) => {
    const answer = await send(get(path));
    expect([answer.status, documentedAs(answer)]).toEqual([
      200,
      expect.stringContaining(' 200 application/json'),
    ]);
  });

  it('and so does one with skipped gaps, whose launch comes too late', async () => {
    for (const body of [faster('skipped', 2), faster('skipped', 5), slower('skipped', 6, 9000)]) {
      await send(post(body));
    }
    const answers = [
      await send(skip('skipped', '{"upTo":4,"why":"The sender is gone."}')),
      await send(get('/rockets/skipped')),
      await send(get('/rockets/skipped?version=2')),
      await send(get('/rockets/skipped/events')),
      await send(get('/rockets/skipped/messages/1')),
      await send(post(launch('skipped'))),
      await send(get('/rockets/skipped/messages/1')),
      await send(get('/rockets/skipped/late')),
      await send(post(exploded('skipped', 7))),
      await send(get('/rockets/skipped')),
    ];
    answers.forEach(documentedAs);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 202, 200, 200, 202, 200]);
    const bodies = answers.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(bodies[0]).toMatchObject({ from: 1, to: 4, gaps: 2, numbers: 3, version: 6 });
    expect(bodies[1]).toMatchObject({ speed: null, speedChange: -3000, complete: false, late: 0 });
    expect(bodies[4]).toMatchObject({ outcome: 'skipped', event: { data: { why: 'The sender is gone.' } } });
    expect(bodies[6]).toMatchObject({ outcome: 'late', message: { type: 'RocketLaunched' } });
    expect(bodies[7]).toMatchObject([{ number: 1 }]);
    expect(bodies[9]).toMatchObject({ status: 'exploded', speed: null, speedChange: -3000, late: 1 });
  });
});
