import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parts } from '../../../src/container.js';
import { guardedMethods, routeNeeds } from '../../../src/infrastructure/http/route-needs.js';
import { keysOf, testKey } from '../../support/api-keys.js';
import { FakeSinks } from '../../support/fake-sinks.js';
import { exchange, type Call } from '../../support/http-exchange.js';
import { until } from '../../support/manual-clock.js';
import { messageText } from '../../support/real-process.js';
import { parkedOf, subscriptionOf } from '../../support/subscriptions.js';
import { startService, type TestService } from '../../support/test-service.js';

const ann = testKey('ann');
const reader = testKey('reader', { scopes: ['read'] });
const narrow = testKey('narrow', { channels: ['b'] });
const given = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const url = 'https://receiver.example/path-that-is-a-secret?token=hidden';
const sink = { type: 'webhook', url };

interface Act {
  readonly body?: object;
  /** The line, but for `by` and `requestId`. */
  readonly line: readonly [what: string, fields: object];
  /** In another way than by the route's own path. */
  readonly url?: string;
}

const bare = { type: 'webhook', origin: 'https://receiver.example' };

/** For every route that takes the scope `operate` and is no question. */
const acts: Readonly<Record<string, Act | readonly Act[]>> = {
  'POST /rockets/:channel/gaps/skip': {
    body: { from: 3, to: 4, why: 'a storm' },
    line: ['gaps skipped', { channel: 'a', from: 3, to: 4, gaps: 1, numbers: 2, why: 'a storm', version: 5 }],
  },
  'POST /subscriptions': {
    body: { name: 'made', from: 'start', sink, secret: given },
    line: ['subscription made', { name: 'made', sink: bare, position: expect.any(String) }],
  },
  'PATCH /subscriptions/:name': [
    { body: { state: 'paused' }, line: ['subscription paused', { name: 'hook', state: 'paused' }] },
    { body: { state: 'running' }, line: ['subscription resumed', { name: 'hook', state: 'running' }] },
    {
      body: { state: 'paused', types: ['RocketExploded'], sink },
      line: [
        'subscription changed',
        { name: 'hook', state: 'paused', types: ['RocketExploded'], sink: bare },
      ],
    },
  ],
  'POST /subscriptions/:name/replay': {
    body: { from: 'start' },
    line: ['subscription replayed', { name: 'hook', position: expect.any(String) }],
  },
  'POST /subscriptions/:name/secret': {
    body: { secret: given },
    line: ['subscription secret changed', { name: 'hook' }],
  },
  'POST /subscriptions/:name/test': {
    line: ['subscription tested', { name: 'hook', kind: 'yes' }],
  },
  'POST /subscriptions/:name/parked/retry': [
    {
      body: { channel: 'a' },
      line: ['subscription parked sequence tried again', { name: 'hook', channel: 'a' }],
    },
    { body: {}, line: ['subscription parked sequences tried again', { name: 'hook', count: 0 }] },
  ],
  'POST /subscriptions/:name/parked/drop': {
    body: { channel: 'a' },
    line: ['subscription parked events dropped', { name: 'hook', channel: 'a', from: 1, to: 1 }],
  },
  'DELETE /subscriptions/:name': { line: ['subscription removed', { name: 'hook' }] },
};

const operated = routeNeeds.flatMap((route) =>
  guardedMethods
    .filter((method) => route[method] === 'operate')
    .map((method) => ({ method, path: route.path })),
);
const asked = operated.filter(({ method }) => method === 'GET');
const changing = operated.filter(({ method }) => method !== 'GET');

const urlOf = (path: string): string => path.replace(':channel', 'a').replace(':name', 'hook');

let service: TestService;
let folder: string;
let keysFile: string;
let info: jest.SpyInstance;
let warn: jest.SpyInstance;

const putKeys = (keys: readonly ReturnType<typeof testKey>[]): void => {
  writeFileSync(`${keysFile}.new`, keysOf(keys));
  renameSync(`${keysFile}.new`, keysFile);
};

const send = (
  { body, ...call }: Pick<Call, 'method' | 'url'> & { body?: object },
  headers: Readonly<Record<string, string>> = ann.header,
) =>
  exchange(service.url, {
    ...call,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'x-request-id': 'asked-1',
      ...headers,
    },
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-acts-'));
  keysFile = join(folder, 'keys.json');
  putKeys([ann, reader, narrow]);
  const env = { AUTH: 'keys', API_KEYS_FILE: keysFile, SUBSCRIPTIONS: 'off' };
  service = await startService(env, undefined, undefined, undefined, new FakeSinks());
  for (const number of [1, 2, 5]) {
    const headers = { 'content-type': 'application/json', ...ann.header };
    await exchange(service.url, {
      method: 'POST',
      url: '/messages',
      body: messageText(number, 'a'),
      headers,
    });
  }
  const { beginning: position } = service.container.get(parts.store);
  const store = service.container.get(parts.subscriptionStore);
  await store.create(subscriptionOf('hook', { position }), [{ text: given }]);
  await store.save((await store.find('hook'))!, { put: [parkedOf('a', { position })] });
  const logger = service.container.get(parts.logger);
  info = jest.spyOn(logger, 'info');
  warn = jest.spyOn(logger, 'warn');
});

afterEach(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

/** Whatever stands in the log must not let anybody in, nor sign or reach anything. */
const expectNoSecret = (): void => {
  const said = JSON.stringify([...info.mock.calls, ...warn.mock.calls]);
  for (const secret of [ann.text, ann.record.hash, given, 'whsec_', 'path-that-is-a-secret', 'hidden'])
    expect(said).not.toContain(secret);
};

it('every route that changes something has an act here', () => {
  expect(changing.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(acts).sort());
});

describe.each(changing)('$method $path', ({ method, path }) => {
  const all = [acts[`${method} ${path}`] ?? []].flat() as Act[];

  it.each(all)('is one line with who, what and the request: $line.0', async ({ body = {}, line }) => {
    const call = { method, url: urlOf(path), ...(method !== 'DELETE' && { body }) };
    const { status } = await send(call);
    expect([200, 201, 204]).toContain(status);
    const [what, fields] = line;
    const by = { who: 'operator', key: 'ann' };
    expect(info.mock.calls).toEqual([[what, { by, ...fields, requestId: 'asked-1' }]]);
    expect(Object.keys(info.mock.calls[0][1] as object)[0]).toBe('by');
    expect(warn.mock.calls).toEqual([]);
    expectNoSecret();
  });

  it('is none that was done when the caller may not, but a warning', async () => {
    const [{ body = {} } = {}] = all;
    const url = urlOf(path);
    const refused = async (key: typeof ann, why: string): Promise<void> => {
      const { status } = await send({ method, url, body }, key.header);
      expect(status).toBe(403);
      const by = { who: 'operator', key: key.record.name };
      const fields = { by, why, method, path: url, requestId: 'asked-1' };
      expect(warn.mock.calls.at(-1)).toEqual(['a caller may not operate', fields]);
    };
    await refused(reader, 'missing-scope');
    await refused(narrow, 'channel-not-allowed');
    expect(info.mock.calls).toEqual([]);
    expect(warn.mock.calls).toHaveLength(2);
    expectNoSecret();
  });

  it('is no line when it can not be done', async () => {
    const wrong = { nonsense: true };
    const none = { method, url: `${urlOf(path).replace('hook', 'none')}?nonsense=1`, body: wrong };
    expect((await send(none)).status).toBe(400);
    expect(info.mock.calls).toEqual([]);
  });
});

it.each(asked)('a question is no act: $method $path', async ({ method, path }) => {
  expect((await send({ method, url: urlOf(path) })).status).toBe(200);
  expect(info.mock.calls).toEqual([]);
});

it('a secret that is made here is not told', async () => {
  const answers = [
    await send({ method: 'POST', url: '/subscriptions', body: { name: 'made', from: 'now', sink } }),
    await send({ method: 'POST', url: '/subscriptions/made/secret', body: {} }),
  ];
  const secrets = answers.map(({ body }) => (JSON.parse(body) as { secret: string }).secret);
  expect(secrets).toEqual([expect.stringMatching(/^whsec_/), expect.stringMatching(/^whsec_/)]);
  expect(info.mock.calls).toHaveLength(2);
  expectNoSecret();
});

describe('a session', () => {
  const open = (key: string) => send({ method: 'POST', url: '/session', body: { key } }, {});

  it('is a line when it is opened and one when it is closed', async () => {
    const { headers } = await open(ann.text);
    const cookie = String(headers['set-cookie']).split(';')[0]!;
    await send({ method: 'DELETE', url: '/session' }, { cookie });
    const by = { who: 'operator', key: 'ann' };
    expect(info.mock.calls).toEqual([
      ['session opened', { by, until: expect.stringMatching(/Z$/), requestId: 'asked-1' }],
      ['session closed', { by, requestId: 'asked-1' }],
    ]);
    expect(JSON.stringify(info.mock.calls)).not.toContain(cookie.slice(20, 40));
    expectNoSecret();
  });

  it('that is none can not be opened or closed', async () => {
    expect((await open('rk_nobody')).status).toBe(401);
    expect((await send({ method: 'DELETE', url: '/session' }, {})).status).toBe(204);
    const forged = { cookie: 'rockets_session=e30.AAAA' };
    expect((await send({ method: 'DELETE', url: '/session' }, forged)).status).toBe(204);
    expect(info.mock.calls).toEqual([]);
  });

  it('acts under the name of its key', async () => {
    const { headers } = await open(ann.text);
    const cookie = String(headers['set-cookie']).split(';')[0]!;
    await send({ method: 'PATCH', url: '/subscriptions/hook', body: { state: 'paused' } }, { cookie });
    expect(info.mock.calls.at(-1)).toMatchObject([
      'subscription paused',
      { by: { who: 'operator', key: 'ann' } },
    ]);
  });
});

describe('the file of keys', () => {
  const { record } = narrow;

  it('is a line when it changes, with whose keys did', async () => {
    const revoked = { ...reader, record: { ...reader.record, revokedAt: '2026-06-01T00:00:00Z' } };
    const changed = { ...narrow, record: { ...record, channels: ['a', 'b'] } };
    putKeys([revoked, changed, testKey('new')]);
    await until(() => info.mock.calls.length > 0);
    const fields = { added: ['new'], revoked: ['reader'], changed: ['narrow'], removed: ['ann'] };
    expect(info.mock.calls).toEqual([
      ['keys were read again', { by: { who: 'file' }, file: keysFile, ...fields }],
    ]);
    expectNoSecret();
  });

  it('names twenty of a kind, and how many more there are', async () => {
    putKeys([ann, reader, narrow, ...Array.from({ length: 30 }, (_, i) => testKey(`key-${i}`))]);
    await until(() => info.mock.calls.length > 0);
    const [, { added }] = info.mock.calls[0] as [string, { added: string[] }];
    expect([added.length, added[19], added[20]]).toEqual([21, 'key-19', 'and 10 more']);
  });
});
