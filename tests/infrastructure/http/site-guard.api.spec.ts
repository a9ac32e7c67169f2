import { exchange, type Call } from '../../support/http-exchange.js';
import { messageText } from '../../support/real-process.js';
import { startService, type TestService } from '../../support/test-service.js';

const ours = 'https://console.example';
let service: TestService;
let number = 0;

const start = async (env: Readonly<Record<string, string>> = {}) => {
  service = await startService(env);
  number = 0;
};
afterEach(() => service.stop());

const send = (call: Partial<Call>) => exchange(service.url, { url: '/messages', ...call });
const report = (headers: Readonly<Record<string, string>>) =>
  send({ method: 'POST', headers: { accept: 'application/json', ...headers }, body: messageText(++number) });
const skip = (headers: Readonly<Record<string, string>>) =>
  send({
    method: 'POST',
    url: '/rockets/a/gaps/skip',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"upTo":1}',
  });
const subscription = (method: 'PATCH' | 'DELETE', headers: Readonly<Record<string, string>>) =>
  send({
    method,
    url: '/subscriptions/a',
    headers: { 'content-type': 'application/json', ...headers },
    ...(method === 'PATCH' && { body: '{"state":"paused"}' }),
  });
const typeOf = ({ body }: { body: string }): string => (JSON.parse(body) as { type: string }).type;

describe('a page of another site', () => {
  beforeEach(() => start());

  it.each<Readonly<Record<string, string>>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'no origin' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site', 'content-type': 'application/x-ndjson' },
  ])('changes nothing: %j', async (headers) => {
    const answers = [
      await report(headers),
      await skip(headers),
      await subscription('PATCH', headers),
      await subscription('DELETE', headers),
    ];
    for (const answer of answers) {
      expect([answer.status, typeOf(answer)]).toEqual([403, '/problems/cross-site']);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(JSON.parse((await send({ url: '/rockets' })).body)).toEqual([]);
  });

  it('may ask, and is shown nothing by its browser', async () => {
    const answer = await send({ url: '/rockets', headers: { origin: 'https://evil.example' } });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('our own page, and what is no browser', () => {
  beforeEach(() => start());

  it('is heard, also behind a proxy that ends TLS', async () => {
    const { port } = service;
    const all: readonly Readonly<Record<string, string>>[] = [
      {},
      { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' },
      { origin: `https://127.0.0.1:${port}` },
      { host: 'rockets.example', origin: 'https://rockets.example' },
      { host: 'rockets.example:443', origin: 'https://rockets.example' },
      { 'sec-fetch-site': 'none' },
    ];
    for (const headers of all) {
      expect((await report(headers)).status).toBe(202);
      expect((await subscription('DELETE', headers)).status).toBe(404);
    }
  });
});

describe('a page of an origin in ALLOWED_ORIGINS', () => {
  beforeEach(() => start({ ALLOWED_ORIGINS: `https://other.example, ${ours}` }));

  it('may do what ours may, and see the answer', async () => {
    const answer = await report({ origin: ours, 'sec-fetch-site': 'cross-site' });
    expect(answer.status).toBe(202);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': ours, vary: 'Origin' });
    const read = await send({ url: '/rockets', headers: { origin: ours } });
    expect(read.headers['access-control-allow-origin']).toBe(ours);
    for (const method of ['PATCH', 'DELETE'] as const)
      expect(typeOf(await subscription(method, { origin: ours }))).toBe('/problems/subscription-not-found');
    expect((await report({ origin: 'https://evil.example' })).status).toBe(403);
  });

  it.each<Readonly<Record<string, string>>>([{ accept: '*/*' }, {}])(
    'gets the same answer as everybody, and more of it: %j',
    async (headers) => {
      const message = (more: object): Partial<Call> => ({
        method: 'POST',
        headers: { ...headers, 'x-request-id': 'mine', ...more },
        body: messageText(++number),
      });
      const [plain, allowed] = [await send(message({})), await send(message({ origin: ours }))];
      const cors = /^(access-control-.*|vary|date)$/;
      const common = ({ headers: all }: { headers: object }) =>
        Object.fromEntries(Object.entries(all).filter(([name]) => !cors.test(name)));
      expect(plain.status).toBe(202);
      expect(common(plain)).toEqual(common(allowed));
      expect(plain.headers).toMatchObject({
        'rocket-outcome': 'applied',
        'cache-control': 'no-store',
        'content-length': String(plain.body.length),
        date: expect.any(String) as string,
      });
    },
  );

  it('is told beforehand what it may send', async () => {
    const headers = {
      origin: ours,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    };
    for (const url of ['/messages', '/rockets/a/gaps/skip', '/subscriptions/a']) {
      const { status, headers: told } = await send({ method: 'OPTIONS', url, headers });
      expect(status).toBe(204);
      expect(told).toMatchObject({
        'access-control-allow-origin': ours,
        'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
        'access-control-allow-headers': 'content-type',
      });
    }
  });
});

describe('a name that is not in ALLOWED_HOSTS', () => {
  beforeEach(() => start({ ALLOWED_HOSTS: 'rockets.example, 127.0.0.1' }));

  it('is answered nothing but the probes', async () => {
    const headers = { host: 'rebound.example' };
    expect(typeOf(await report(headers))).toBe('/problems/unknown-host');
    expect((await send({ url: '/rockets', headers })).status).toBe(421);
    expect((await send({ url: '/livez', headers })).status).toBe(200);
    expect((await send({ url: '/readyz', headers })).status).toBe(200);
  });

  it('differs from those that are, with or without a port', async () => {
    for (const host of ['rockets.example', 'ROCKETS.example:8088', `127.0.0.1:${service.port}`])
      expect((await report({ host })).status).toBe(202);
  });
});
