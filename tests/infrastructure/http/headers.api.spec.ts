import { openApi } from '../../../src/infrastructure/http/docs/openapi/document.js';
import { exchange, type Call } from '../../support/http-exchange.js';
import { startService, type TestService } from '../../support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const launch = JSON.stringify({
  metadata: {
    channel: 'a',
    messageNumber: 1,
    messageTime: '2026-10-01T12:00:00Z',
    messageType: 'RocketLaunched',
  },
  message: { type: 'Falcon-9', launchSpeed: 500, mission: 'ARTEMIS' },
});

const paths = Object.keys(openApi.paths).map((path) =>
  path
    .replace('{channel}', 'a')
    .replace('{number}', '1')
    .replace('{position}', 'p-1')
    .replace('{slug}', 'conflict'),
);

const post = (headers: Call['headers'], body: string): Call => ({
  method: 'POST',
  url: '/messages',
  headers,
  body,
});

const calls: readonly [name: string, call: Call][] = [
  ['a message', post({ accept: '*/*' }, launch)],
  ['a message whose answer has no body', post({}, launch)],
  ['a message that is none', post({}, '{')],
  ['a conflict', post({}, launch.replace('ARTEMIS', 'GEMINI'))],
  ['a stream of messages', post({ 'content-type': 'application/x-ndjson' }, `${launch}\n{}`)],
  [
    'a stream that is compressed',
    post({ 'content-type': 'application/x-ndjson', 'content-encoding': 'br' }, launch),
  ],
  ['a live feed', { url: '/events', headers: { accept: 'text/event-stream' }, until: 'caught-up' }],
  ...paths.flatMap((url): [string, Call][] =>
    (['GET', 'HEAD', 'OPTIONS', 'DELETE'] as const).map((method) => [`${method} ${url}`, { method, url }]),
  ),
  ['a route that is none', { url: '/nothing' }],
  ['a route that is no text', { url: '/rockets/%ZZ' }],
];

describe('every answer', () => {
  it.each(calls)(
    'carries its id, how long it may be kept, and that its type is the one it says: %s',
    async (_name, call) => {
      const { headers, status } = await exchange(service.url, {
        ...call,
        headers: { ...call.headers, 'x-request-id': 'mine' },
      });
      expect([status, headers['x-request-id'], headers['x-content-type-options']]).toEqual([
        status,
        'mine',
        'nosniff',
      ]);
      expect(headers['cache-control']).toMatch(/^no-(cache|store)$/);
    },
  );

  it('has an id of its own when none is sent, or none that is harmless to repeat', async () => {
    const ids = new Set<unknown>();
    const sent: readonly Call['headers'][] = [
      {},
      { 'x-request-id': '<script>' },
      { 'x-request-id': 'i'.repeat(129) },
    ];
    for (const headers of sent) {
      for (const call of [post(headers, launch), { url: '/livez', headers }] satisfies Call[]) {
        ids.add((await exchange(service.url, call)).headers['x-request-id']);
      }
    }
    expect(ids.size).toBe(6);
    for (const id of ids) expect(id).toMatch(/^[\w-]+-[0-9a-z]+$/);
  });

  it('repeats the id that came under its older name', async () => {
    const { headers } = await exchange(service.url, post({ 'request-id': 'older' }, launch));
    expect(headers['x-request-id']).toBe('older');
  });
});

describe('a page', () => {
  it.each(['/', '/docs', '/docs/start.js', '/problems/conflict'])(
    'is framed, opened and loaded by no other site, and runs nothing from elsewhere: %s',
    async (url) => {
      const { status, headers } = await exchange(service.url, { url, headers: { accept: 'text/html' } });
      expect(status).toBe(200);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none';.*;frame-ancestors 'none'$/);
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      });
      // Without TLS of our own nobody knows whether there is any.
      expect(headers['strict-transport-security']).toBeUndefined();
    },
  );
});
