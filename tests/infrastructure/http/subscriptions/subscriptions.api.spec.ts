import type { ParkedSequence } from '../../../../src/application/ports/subscription-store.js';
import { MOST_SUBSCRIPTIONS } from '../../../../src/application/subscriptions/subscriptions.js';
import { parts } from '../../../../src/container.js';
import { keysOf, testKey } from '../../../support/api-keys.js';
import { FakeSinks } from '../../../support/fake-sinks.js';
import { launched, faster, message } from '../../../support/messages.js';
import { api } from '../../../support/openapi-validator.js';
import { rawExchange } from '../../../support/raw-exchange.js';
import { parkedOf, subscriptionOf } from '../../../support/subscriptions.js';
import { startService, type TestService } from '../../../support/test-service.js';

const url = 'https://receiver.example/hook?token=t0p';
const webhook = { type: 'webhook', url };
const kafka = { type: 'kafka', topic: 'rockets.events' };
const own = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

let service: TestService;
let sinks: FakeSinks;
beforeEach(async () => {
  sinks = new FakeSinks();
  service = await startService({ SUBSCRIPTIONS: 'off' }, undefined, undefined, undefined, sinks);
  await service.send(message(1, launched(), 'a'));
  for (const number of [2, 3]) await service.send(message(number, faster(number), 'a'));
});
afterEach(() => service.stop());

type Body = Record<string, unknown>;
const store = () => service.container.get(parts.subscriptionStore);
const post = (path: string, body: object) => api(service.app).post(`/subscriptions${path}`).send(body);
const get = async (path: string): Promise<Body> =>
  (await api(service.app).get(`/subscriptions${path}`).expect(200)).body as Body;
const create = async (body: object = {}): Promise<Body> =>
  (await post('', { name: 'billing', sink: webhook, ...body }).expect(201)).body as Body;
const patch = (name: string, body: object) => api(service.app).patch(`/subscriptions/${name}`).send(body);
const problem = (status: number, slug: string) => ({ status, type: `/problems/${slug}` });
const positionOf = async (number: number): Promise<string> => {
  const { body } = await api(service.app).get('/events').expect(200);
  return (body as { position: string }[])[number - 1]!.position;
};
const park = async (name: string, ...sequences: readonly ParkedSequence[]): Promise<void> => {
  const before = await store().find(name);
  expect(await store().save(before!, { put: sequences })).toBeDefined();
};

describe('making a subscription', () => {
  it('answers it with a secret that no other answer has', async () => {
    const made = await post('', { name: 'billing', sink: webhook }).expect(201);
    expect(made.headers).toMatchObject({ location: '/subscriptions/billing', 'cache-control': 'no-store' });
    const { secret, ...rest } = made.body as Body;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32,}=*$/);
    expect(await store().secrets('billing')).toEqual([{ text: secret }]);
    expect(rest).toEqual({
      name: 'billing',
      state: 'running',
      sink: webhook,
      position: await positionOf(3),
      lag: { events: 0, seconds: 0 },
      waitsFor: 'events',
      delivered: 0,
      retried: 0,
      parked: 0,
      givenUp: 0,
      createdAt: expect.stringMatching(/Z$/) as string,
      kept: false,
    });
    expect(await get('/billing')).toEqual(rest);
    expect(await get('')).toEqual([rest]);
  });

  it('takes a secret, filters, a batch and where to begin', async () => {
    const sink = { ...webhook, batch: { events: 100, ms: 50 } };
    const upper = '193270A9-C9CF-404A-8F83-838E71D9AE67';
    const made = await create({
      sink,
      secret: own,
      types: ['RocketExploded'],
      channels: [upper, 'b'],
      from: 'start',
    });
    expect(made).toMatchObject({
      sink,
      secret: own,
      types: ['RocketExploded'],
      channels: [upper.toLowerCase(), 'b'],
      position: service.container.get(parts.store).beginning,
      lag: { events: 3 },
      waitsFor: 'an instance that delivers',
    });
  });

  it('begins behind a position', async () => {
    const from = await positionOf(2);
    expect(await create({ from })).toMatchObject({ position: from, lag: { events: 1 } });
  });

  it('signs nothing that goes to Kafka', async () => {
    expect(await create({ sink: kafka })).not.toHaveProperty('secret');
    const { body } = await post('/billing/secret', {}).expect(409);
    expect(body).toMatchObject(problem(409, 'no-secret'));
  });

  it('leaves one of the same name as it is', async () => {
    await create();
    const before = await get('/billing');
    const { body } = await post('', { name: 'billing', sink: kafka }).expect(409);
    expect(body).toMatchObject(problem(409, 'subscription-exists'));
    expect(await get('/billing')).toEqual(before);
    await create({ name: 'Billing' });
  });

  it('refuses a receiver that the sink refuses, and a position of elsewhere', async () => {
    const inside = { ...webhook, url: 'http://inside.example/' };
    const { body } = await post('', { name: 'a', sink: inside }).expect(400);
    expect(body).toMatchObject({
      ...problem(400, 'sink-refused'),
      errors: [{ pointer: '/sink', message: 'inside.example is inside of the network of this service.' }],
    });
    for (const from of ['elsewhere-1', 'beginning', 'x']) {
      const answer = await post('', { name: 'a', sink: webhook, from }).expect(400);
      expect(answer.body).toMatchObject(problem(400, 'unknown-position'));
    }
    expect(await get('')).toEqual([]);
  });

  it(`stops at ${MOST_SUBSCRIPTIONS}`, async () => {
    const position = service.container.get(parts.store).beginning;
    for (let i = 0; i < MOST_SUBSCRIPTIONS; i++) {
      const one = subscriptionOf(`s${i}`, { position, isPaused: i % 2 === 0 });
      expect(await store().create(one, [])).toBe(true);
    }
    const { body } = await post('', { name: 'billing', sink: webhook }).expect(409);
    expect(body).toMatchObject(problem(409, 'too-many-subscriptions'));
    await api(service.app).delete('/subscriptions/s7').expect(204);
    await create();
  });
});

describe('the list', () => {
  it('comes in pages, by name', async () => {
    for (const name of ['b', 'c', 'a']) await create({ name, sink: kafka });
    const first = await api(service.app).get('/subscriptions?limit=2').expect(200);
    expect((first.body as Body[]).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(first.headers['link']).toBe('</subscriptions?limit=2&after=b>; rel="next"');
    const rest = await api(service.app).get('/subscriptions?limit=2&after=b').expect(200);
    expect((rest.body as Body[]).map(({ name }) => name)).toEqual(['c']);
    expect(rest.headers['link']).toBeUndefined();
  });
});

describe('changing a subscription', () => {
  it('pauses it and lets it run, as often as it is said', async () => {
    await create();
    for (const state of ['paused', 'paused', 'running', 'running']) {
      const { body } = await patch('billing', { state }).expect(200);
      expect(body).toMatchObject({ state });
    }
  });

  it('changes filters and the sink, also of one that is paused, which stays so', async () => {
    await create({ types: ['RocketExploded'], channels: ['a'] });
    await patch('billing', { state: 'paused' }).expect(200);
    const { body } = await patch('billing', { types: null, channels: ['b', 'c'], sink: kafka }).expect(200);
    expect(body).toMatchObject({
      state: 'paused',
      channels: ['b', 'c'],
      sink: kafka,
      waitsFor: 'an operator',
    });
    expect(body).not.toHaveProperty('types');
    expect(await get('/billing')).toEqual(body);
  });

  it('does not let a webhook run that has no secret', async () => {
    await create();
    await patch('billing', { state: 'paused' }).expect(200);
    await store().putSecrets('billing', []);
    const { body } = await patch('billing', { state: 'running' }).expect(409);
    expect(body).toMatchObject(problem(409, 'no-secret'));
    expect(await get('/billing')).toMatchObject({ state: 'paused' });
    expect((await post('/billing/test', {}).expect(409)).body).toMatchObject(problem(409, 'no-secret'));
    await post('/billing/secret', {}).expect(200);
    await patch('billing', { state: 'running' }).expect(200);
  });

  it('does not become a webhook without a secret but while it is paused', async () => {
    await create({ sink: kafka });
    const { body } = await patch('billing', { sink: webhook }).expect(409);
    expect(body).toMatchObject(problem(409, 'no-secret'));
    expect(await get('/billing')).toMatchObject({ state: 'running', sink: kafka });
    await patch('billing', { state: 'paused', sink: webhook }).expect(200);
    await post('/billing/secret', {}).expect(200);
    await patch('billing', { state: 'running' }).expect(200);
  });

  it('says what has become of it', async () => {
    await create();
    const before = (await store().find('billing'))!;
    const at = Date.UTC(2026, 9, 1, 12);
    const failing = { since: at, nextTryAt: at + 30_000 };
    const failed = await store().save({ ...before, failing, retried: 2, lastError: { at, what: '503' } });
    expect(await get('/billing')).toMatchObject({
      state: 'failing',
      retried: 2,
      lastError: { at: '2026-10-01T12:00:00.000Z', what: '503' },
      nextTryAt: '2026-10-01T12:00:30.000Z',
      waitsFor: 'the receiver, which is tried again at 2026-10-01T12:00:30.000Z',
    });
    const health = await api(service.app).get('/health').expect(200);
    expect(health.body).toMatchObject({ subscriptions: { running: 0, paused: 0, failing: 1 } });
    await store().save({ ...failed!, failing: undefined, isPaused: true, pausedAs: 'it answered 410 Gone' });
    expect(await get('/billing')).toMatchObject({
      state: 'paused',
      pausedAs: 'it answered 410 Gone',
      waitsFor: 'an operator: it answered 410 Gone',
    });
    const { body } = await patch('billing', { state: 'running' }).expect(200);
    expect(body).not.toHaveProperty('pausedAs');
  });
});

describe('a secret', () => {
  it('is changed, and the one before it is in force for a day', async () => {
    const { secret } = await create();
    const answer = await post('/billing/secret', { secret: own }).expect(200);
    expect(answer.body).toEqual({ name: 'billing', secret: own });
    expect(answer.headers['cache-control']).toBe('no-store');
    const [now, before] = await store().secrets('billing');
    expect([now, before?.text]).toEqual([{ text: own }, secret]);
    await post('/billing/test', {}).expect(200);
    expect(sinks.tested).toEqual([{ name: 'billing', secrets: [own, secret] }]);
    const made = (await post('/billing/secret', {}).expect(200)).body as Body;
    expect([own, secret]).not.toContain(made['secret']);
  });

  it('stands in no line of the log, and neither does what a URL has behind its origin', async () => {
    const lines: string[] = [];
    const logger = service.container.get(parts.logger);
    const spy = jest
      .spyOn(logger, 'info')
      .mockImplementation((text, fields) => void lines.push(JSON.stringify([text, fields])));
    const { secret } = await create();
    await post('/billing/secret', { secret: own }).expect(200);
    await patch('billing', { sink: { ...webhook, url: `${url}&more` }, state: 'paused' }).expect(200);
    await post('/billing/test', {}).expect(200);
    spy.mockRestore();
    expect(lines).toHaveLength(4);
    const text = lines.join('\n');
    expect(text).toContain('"origin":"https://receiver.example"');
    for (const hidden of [String(secret), own, 't0p', '/hook']) expect(text).not.toContain(hidden);
  });
});

describe('where callers have keys', () => {
  it('each act is logged with the name of the key', async () => {
    const key = testKey('control-room', { scopes: ['operate'] });
    const env = { AUTH: 'keys', API_KEYS: keysOf([key]), SUBSCRIPTIONS: 'off' };
    const guarded = await startService(env, undefined, undefined, undefined, sinks);
    const logged: [string, unknown][] = [];
    const spy = jest
      .spyOn(guarded.container.get(parts.logger), 'info')
      .mockImplementation((text, fields) => void logged.push([text, fields?.['by']]));
    const { authorization } = key.header;
    const agent = api(guarded.app);
    const made = agent.post('/subscriptions').set({ authorization });
    await made.send({ name: 'billing', sink: webhook }).expect(201);
    for (const [act, body] of [
      ['replay', { from: 'now' }],
      ['secret', {}],
      ['test', {}],
      ['parked/retry', {}],
    ] as const)
      await agent.post(`/subscriptions/billing/${act}`).set({ authorization }).send(body).expect(200);
    await agent.patch('/subscriptions/billing').set({ authorization }).send({ state: 'paused' }).expect(200);
    await agent.delete('/subscriptions/billing').set({ authorization }).expect(204);
    spy.mockRestore();
    await guarded.stop();
    expect(logged).toHaveLength(7);
    const by = { who: 'operator', key: 'control-room' };
    for (const told of logged) expect(told).toEqual([expect.stringMatching(/^subscription /), by]);
  });
});

describe('a test', () => {
  it.each([
    [{ kind: 'yes' }, { delivered: true, answer: 'yes' }],
    [
      { kind: 'again', what: '503', afterMs: 1500 },
      { delivered: false, answer: 'again', what: '503', afterSeconds: 1.5 },
    ],
    [
      { kind: 'no', what: '422' },
      { delivered: false, answer: 'no', what: '422' },
    ],
    [
      { kind: 'gone', what: '410' },
      { delivered: false, answer: 'gone', what: '410' },
    ],
  ] as const)('says what was answered: %j', async (answer, told) => {
    await create();
    sinks.answer = answer;
    expect((await post('/billing/test', {}).expect(200)).body).toEqual(told);
    expect(sinks.closed).toBe(1);
  });
});

describe('a replay', () => {
  it('begins again behind a position, and with it what is parked behind that', async () => {
    await create();
    const [one, two, three] = await Promise.all([1, 2, 3].map(positionOf));
    await park('billing', parkedOf('a', { position: one! }), parkedOf('b', { position: three! }));
    const { body } = await post('/billing/replay', { from: two }).expect(200);
    expect(body).toMatchObject({ position: two, lag: { events: 1 }, parked: 1 });
    expect(await get('/billing/parked')).toMatchObject([{ channel: 'a' }]);
    const { body: all } = await post('/billing/replay', { from: 'start' }).expect(200);
    expect(all).toMatchObject({ lag: { events: 3 }, parked: 0 });
    const { body: none } = await post('/billing/replay', { from: 'now' }).expect(200);
    expect(none).toMatchObject({ lag: { events: 0 } });
  });

  it('goes nowhere from a position of elsewhere', async () => {
    await create();
    const before = await get('/billing');
    const { body } = await post('/billing/replay', { from: 'elsewhere-1' }).expect(400);
    expect(body).toMatchObject(problem(400, 'unknown-position'));
    expect(await get('/billing')).toEqual(before);
  });
});

describe('what is parked', () => {
  beforeEach(async () => {
    await create();
    const position = await positionOf(2);
    const givenUp = { position, number: 2, nextTryAt: undefined };
    await park(
      'billing',
      parkedOf('a', givenUp),
      parkedOf('b', { position, tries: 4 }),
      parkedOf('c', givenUp),
    );
  });

  it('is listed in pages, by channel', async () => {
    expect(await get('/billing')).toMatchObject({ parked: 3, givenUp: 2 });
    expect((await get('/billing'))['waitsFor']).toBe('an operator, who says what becomes of 2 rockets');
    const first = await api(service.app).get('/subscriptions/billing/parked?limit=2').expect(200);
    expect(first.body).toMatchObject([
      { channel: 'a', number: 2, tries: 1, what: '500' },
      { channel: 'b', tries: 4, nextTryAt: expect.any(String) as string },
    ]);
    expect((first.body as Body[])[0]).not.toHaveProperty('nextTryAt');
    expect(first.headers['link']).toBe('</subscriptions/billing/parked?limit=2&after=b>; rel="next"');
    expect(await get('/billing/parked?after=b')).toMatchObject([{ channel: 'c' }]);
  });

  it('is tried again, of one rocket or of all that were given up', async () => {
    expect((await post('/billing/parked/retry', { channel: 'b' }).expect(200)).body).toEqual({
      name: 'billing',
      retried: 1,
    });
    expect(await store().findParked('billing', 'b')).toMatchObject({ tries: 0 });
    expect((await post('/billing/parked/retry', {}).expect(200)).body).toMatchObject({ retried: 2 });
    expect(await get('/billing')).toMatchObject({ parked: 3, givenUp: 0 });
    expect((await post('/billing/parked/retry', {}).expect(200)).body).toMatchObject({ retried: 0 });
  });

  it('is dropped up to a number, or all that waits, and never what is yet to come', async () => {
    const drop = (body: object) => post('/billing/parked/drop', { channel: 'a', ...body });
    expect((await drop({ upTo: 2 }).expect(200)).body).toEqual({
      name: 'billing',
      channel: 'a',
      from: 2,
      to: 2,
    });
    expect((await drop({ upTo: 2 }).expect(409)).body).toMatchObject(problem(409, 'nothing-parked'));
    expect(await store().findParked('billing', 'a')).toMatchObject({ number: 3, tries: 0 });
    expect((await drop({ upTo: 99 }).expect(200)).body).toMatchObject({ from: 3, to: 3 });
    expect(await store().findParked('billing', 'a')).toMatchObject({ number: 4 });
  });

  it('and all of it goes together', async () => {
    expect((await post('/billing/parked/drop', { channel: 'a' }).expect(200)).body).toMatchObject({
      from: 2,
      to: 3,
    });
  });

  it('of a rocket of which nothing is can neither be tried again nor dropped', async () => {
    for (const act of ['retry', 'drop']) {
      const { body } = await post(`/billing/parked/${act}`, { channel: 'none' }).expect(409);
      expect(body).toMatchObject(problem(409, 'nothing-parked'));
    }
    expect(await get('/billing')).toMatchObject({ parked: 3, givenUp: 2 });
  });
});

describe('removing a subscription', () => {
  it('takes all of it away, once', async () => {
    await create();
    await park('billing', parkedOf('a', { position: await positionOf(1) }));
    await api(service.app).delete('/subscriptions/billing').expect(204);
    const { body } = await api(service.app).delete('/subscriptions/billing').expect(404);
    expect(body).toMatchObject(problem(404, 'subscription-not-found'));
    expect(await get('')).toEqual([]);
    expect((await api(service.app).get('/health').expect(200)).body).not.toHaveProperty('subscriptions');
    await create();
    expect(await get('/billing/parked')).toEqual([]);
  });
});

describe('a subscription that is not there', () => {
  it.each(['none', 'a%20b', '...', 'n'.repeat(65), '%00', 'a%2Fb', 'ä'])('is not found: %s', async (name) => {
    const path = `/subscriptions/${name}`;
    const asked = [
      api(service.app).get(path),
      api(service.app).delete(path),
      api(service.app).get(`${path}/parked`),
      api(service.app).patch(path).send({ state: 'paused' }),
      ...['secret', 'test', 'parked/retry'].map((act) => api(service.app).post(`${path}/${act}`).send({})),
      api(service.app).post(`${path}/replay`).send({ from: 'now' }),
      api(service.app).post(`${path}/parked/drop`).send({ channel: 'a' }),
    ];
    for (const answer of asked)
      expect((await answer.expect(404)).body).toMatchObject(problem(404, 'subscription-not-found'));
  });
});

describe('a method that a route does not have', () => {
  it.each([
    ['/subscriptions', 'GET, HEAD, POST, OPTIONS'],
    ['/subscriptions/a', 'GET, HEAD, PATCH, DELETE, OPTIONS'],
    ['/subscriptions/a/parked', 'GET, HEAD, OPTIONS'],
    ['/subscriptions/a/replay', 'POST, OPTIONS'],
    ['/subscriptions/a/parked/drop', 'POST, OPTIONS'],
  ])('of %s is told: %s', async (path, allow) => {
    const { headers } = await api(service.app).put(path).expect(405);
    expect(headers['allow']).toBe(allow);
    expect((await api(service.app).options(path).expect(204)).headers['allow']).toBe(allow);
  });
});

it('nothing is removed by a request that cannot be read to its end', async () => {
  await create();
  const head = 'DELETE /subscriptions/billing HTTP/1.1\r\nHost: rockets\r\nConnection: close\r\n';
  const answer = await rawExchange(service.port, Buffer.from(`${head}Transfer-Encoding: cow\r\n\r\n`));
  expect(answer.status).toBe(400);
  expect(await get('/billing')).toMatchObject({ name: 'billing' });
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  expect((await rawExchange(service.port, Buffer.from(`${chunked}nonsense`))).status).toBe(400);
  expect(await get('/billing')).toMatchObject({ name: 'billing' });
  expect((await rawExchange(service.port, Buffer.from(`${chunked}0\r\n\r\n`))).status).toBe(204);
});
