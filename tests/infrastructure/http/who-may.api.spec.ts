import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scopes, type Scope } from '../../../src/infrastructure/auth/scope.js';
import { openApi, openApiDocument } from '../../../src/infrastructure/http/docs/openapi/document.js';
import { guardedMethods, needOf, routeNeeds } from '../../../src/infrastructure/http/route-needs.js';
import { keysOf, testKey } from '../../support/api-keys.js';
import { exchange, type Call } from '../../support/http-exchange.js';
import { documentedAs, type Exchange } from '../../support/openapi-validator.js';
import { messageText } from '../../support/real-process.js';
import { startService, type TestService } from '../../support/test-service.js';

const issuer = { JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'rockets' };
const keys = {
  ...(Object.fromEntries(scopes.map((scope) => [scope, testKey(scope, { scopes: [scope] })])) as Record<
    Scope,
    ReturnType<typeof testKey>
  >),
  all: testKey('all'),
  forA: testKey('for-a', { channels: ['a'] }),
  forB: testKey('for-b', { channels: ['b'] }),
  revoked: testKey('revoked', { revokedAt: '2026-01-01T00:00:00Z' }),
  ended: testKey('ended', { until: '2026-01-01T00:00:00Z' }),
};
const stranger = testKey('stranger');

let service: TestService;
let folder: string;
let pair: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };

const token = (claims: Readonly<Record<string, unknown>>): Promise<string> =>
  new SignJWT({ iss: issuer.JWT_ISSUER, aud: issuer.JWT_AUDIENCE, sub: 'ann', exp: 4e9, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(pair.privateKey);
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

/** Signs in, and answers the cookie as a browser would send it. */
const signedIn = async (key: string): Promise<{ cookie: string }> => {
  const answer = await exchange(service.url, {
    method: 'POST',
    url: '/session',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ key }),
  });
  expect(answer.status).toBe(200);
  return { cookie: String(answer.headers['set-cookie']).split(';')[0]! };
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-who-may-'));
  pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' };
  const jwks = join(folder, 'jwks.json');
  writeFileSync(jwks, JSON.stringify({ keys: [jwk] }));
  service = await startService({ AUTH: 'keys,jwt', API_KEYS: keysOf(keys), JWT_JWKS: jwks, ...issuer });
  const reports = [1, 2, 5].map((number) => messageText(number, 'a'));
  for (const body of [...reports, messageText(1, 'b')]) {
    await send({ method: 'POST', url: '/messages', body }, keys.all.header);
  }
});

afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

const send = (call: Call, headers: Readonly<Record<string, string>>): Promise<Exchange> =>
  exchange(service.url, {
    ...call,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...call.headers, ...headers },
  });

const bodies: Readonly<Record<string, string>> = {
  '/messages': messageText(2, 'a'),
  '/rockets/:channel/gaps/skip': '{"from":1,"to":1}',
  '/session': JSON.stringify({ key: keys.all.text }),
  '/subscriptions/:name': '{"state":"paused"}',
  '/subscriptions/:name/replay': '{"from":"now"}',
  '/subscriptions/:name/parked/drop': '{"channel":"a"}',
};

/** A request of every route, of rocket a where it is about one; what is let in changes nothing. */
const calls = routeNeeds.flatMap((route) =>
  guardedMethods.flatMap((method) => {
    if (route[method] === undefined) return [];
    const url = route.path
      .replace(':channel', 'a')
      .replace(':number', '1')
      .replace(':slug', 'conflict')
      .replace(':name', 'pages.css');
    const body = method === 'GET' ? undefined : bodies[route.path];
    return [{ route, method, need: needOf(route, method), url, ...(body !== undefined && { body }) }];
  }),
);
const guarded = calls.filter(({ need }) => need !== 'open');
const open = calls.filter(({ need }) => need === 'open');

/** Whoever is let in gets whatever the route has to say. */
const isLetIn = ({ status }: Exchange): boolean => status !== 401 && status !== 403;
const problemIn = ({ body }: Exchange): string => {
  const { type, detail } = JSON.parse(body) as { type: string; detail: string };
  return `${type.slice('/problems/'.length)}: ${detail}`;
};

describe('the table of routes', () => {
  it('is the one that the document declares', () => {
    const declared = Object.entries(openApi.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, { security }]) => {
        const need = security?.flatMap((way) => Object.values(way).flat()) ?? [];
        return `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')} ${need[0] ?? 'open'}`;
      }),
    );
    // Files that pages load are nobody's interface.
    const table = calls
      .filter(({ route }) => !/^.(assets|docs).:name$/.test(route.path))
      .map(
        ({ method, route, need }) => `${method} ${route.path} ${route.path === '/health' ? 'read' : need}`,
      );
    expect(declared.sort()).toEqual(table.sort());
  });

  it('is not declared where nobody needs a key', () => {
    const text = JSON.stringify(openApiDocument({ isGuarded: false }));
    expect(text).not.toMatch(/"security|unauthenticated: |missing-scope: /);
  });

  it('has every route: what is missing there does not exist', async () => {
    const answer = await send({ url: '/elsewhere' }, keys.all.header);
    expect(problemIn(answer)).toContain('route-not-found');
  });
});

describe.each(guarded)('$method $url', ({ route, need, ...call }) => {
  const scope = need as Scope;
  const refused = async (headers: Readonly<Record<string, string>>): Promise<string> => {
    const answer = await send(call, headers);
    documentedAs(answer);
    expect(answer.status).toBe(401);
    // An error is named only where something was shown.
    const isNothing = problemIn(answer).includes('Send an API key');
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer realm="rockets"${isNothing ? '' : ', error="invalid_token"'}`,
    );
    return problemIn(answer);
  };

  it('refuses whoever shows nothing, or nothing that counts', async () => {
    expect(await refused({})).toContain('Send an API key');
    expect(await refused({ cookie: 'theme=dark' })).toContain('Send an API key');
    expect(await refused({ authorization: 'Basic cms6cms=' })).toContain('Bearer');
    expect(await refused(bearer('rk_short'))).toContain('copied badly');
    expect(await refused(bearer(stranger.text))).toContain('not known');
    expect(await refused(keys.revoked.header)).toContain('revoked');
    expect(await refused(keys.ended.header)).toContain('ended at');
    expect(await refused(bearer('a.b.c'))).toContain('malformed');
    expect(await refused(bearer(await token({ exp: 1_700_000_000 })))).toContain('expired');
    expect(await refused(bearer(await token({ aud: 'elsewhere' })))).toContain('not for this service');
    expect(await refused({ cookie: 'rockets_session=e30.AAAA' })).toContain('sign in again');
  });

  it.each(scopes)('with %s', async (shown) => {
    for (const headers of [
      keys[shown].header,
      bearer(await token({ scope: shown })),
      await signedIn(keys[shown].text),
    ]) {
      const answer = await send(call, headers);
      documentedAs(answer);
      expect(isLetIn(answer)).toBe(shown === scope);
      if (shown !== scope)
        expect(problemIn(answer)).toContain(
          `missing-scope: ${call.method} ${call.url} needs the scope ${scope};`,
        );
    }
  });

  it('reaches as far as the key', async () => {
    const own = await send(call, keys.forA.header);
    const other = await send(call, keys.forB.header);
    [own, other].forEach(documentedAs);
    const isOfOne = route.about === 'rocket' || route.about === 'own-messages';
    expect([isLetIn(own), isLetIn(other)]).toEqual([isOfOne, false]);
    expect(problemIn(other)).toContain('channel-not-allowed: for-b may not');
    const tokens = { scope: scopes.join(' '), channels: ['b'] };
    expect((await send(call, bearer(await token(tokens)))).status).toBe(403);
  });

  it('tells no cache between to keep what it said', async () => {
    const answer = await send(call, keys.all.header);
    expect(answer.headers['cache-control']).toMatch(/^(private, no-cache|no-store)$/);
  });
});

describe.each(open)('$method $url', ({ method, url, body }) => {
  it('is open', async () => {
    const answer = await send({ method, url, ...(body !== undefined && { body }) }, {});
    expect(isLetIn(answer)).toBe(true);
    expect(answer.status).toBeLessThan(url.startsWith('/assets/') ? 405 : 400);
  });
});

describe('a path that is written in another way', () => {
  it.each(['/ROCKETS', '/Rockets/a', '/fleeT'])('%s is nothing', async (url) => {
    expect((await send({ url }, {})).status).toBe(404);
    expect((await send({ url }, keys.read.header)).status).toBe(404);
  });

  it.each(['/rockets/', '/rockets/%61', '/rockets/a/', '/events/?channel=b', '/fleet/'])(
    '%s is guarded all the same',
    async (url) => {
      expect((await send({ url }, {})).status).toBe(401);
      expect((await send({ url }, keys.ingest.header)).status).toBe(403);
      expect((await send({ url }, keys.forB.header)).status).toBe(url === '/events/?channel=b' ? 200 : 403);
    },
  );

  it.each(['HEAD'] as const)('%s needs what GET needs', async (method) => {
    expect((await send({ method, url: '/rockets' }, {})).status).toBe(401);
    expect((await send({ method, url: '/rockets' }, keys.read.header)).status).toBe(200);
  });

  it('any other method is told what there is, and nothing else', async () => {
    expect((await send({ method: 'DELETE', url: '/rockets/a' }, {})).status).toBe(405);
    expect((await send({ method: 'OPTIONS', url: '/rockets/a' }, {})).status).toBe(204);
    expect((await send({ method: 'POST', url: '/messages/', body: '{}' }, {})).status).toBe(401);
  });
});

describe('a key for some rockets', () => {
  it('reads their feed', async () => {
    const answer = await send({ url: '/events?channel=a' }, keys.forA.header);
    expect([
      answer.status,
      new Set((JSON.parse(answer.body) as { channel: string }[]).map((one) => one.channel)),
    ]).toEqual([200, new Set(['a'])]);
    for (const url of ['/events', '/events?channel=b', '/events?channel=a&channel=b']) {
      expect(problemIn(await send({ url }, keys.forA.header))).toContain('Name one with ?channel=');
    }
  });

  it('reports for them alone, line by line', async () => {
    const body = [messageText(1, 'a'), messageText(1, 'b'), messageText(2, 'a')].join('\n');
    const headers = { ...keys.forA.header, 'content-type': 'application/x-ndjson' };
    const answer = await send({ method: 'POST', url: '/messages', body }, headers);
    expect(JSON.parse(answer.body)).toMatchObject({
      received: 3,
      duplicate: 2,
      invalid: 1,
      items: [{ line: 2, outcome: 'invalid', detail: 'for-a may not report for channel b, only for: a.' }],
    });
  });
});

describe('/health', () => {
  const health = async (headers: Readonly<Record<string, string>>): Promise<unknown> => {
    const answer = await send({ url: '/health' }, headers);
    documentedAs(answer);
    return JSON.parse(answer.body);
  };

  it('tells everybody the status, and the rest to those who may read the fleet', async () => {
    for (const headers of [{}, keys.ingest.header, keys.operate.header, keys.forA.header]) {
      expect(await health(headers)).toEqual({ status: 'ok' });
    }
    expect(await health(keys.read.header)).toMatchObject({ status: 'ok', rockets: { total: 2 } });
    expect(await health(stranger.header)).toMatchObject({ status: 401 });
  });
});

describe('a skip', () => {
  it('names the key', async () => {
    const skip = { method: 'POST', url: '/rockets/a/gaps/skip', body: '{"upTo":4}' } as const;
    expect((await send(skip, await signedIn(keys.operate.text))).status).toBe(200);
    const history = JSON.parse((await send({ url: '/rockets/a/events' }, keys.read.header)).body) as object[];
    expect(history[2]).toMatchObject({
      type: 'MessagesSkipped',
      data: { by: { who: 'operator', key: 'operate' } },
    });
  });
});

describe('a session', () => {
  const signIn = (key: string, headers: Readonly<Record<string, string>> = {}): Promise<Exchange> =>
    send({ method: 'POST', url: '/session', body: JSON.stringify({ key }) }, headers);
  const session = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
    JSON.parse((await send({ url: '/session' }, headers)).body);

  it('begins with a key or a token, and says what they may', async () => {
    expect(await session({})).toEqual({ ways: ['keys', 'jwt'], scopes: [] });
    expect(await session(await signedIn(keys.forA.text))).toMatchObject({
      name: 'for-a',
      scopes: ['ingest', 'read', 'operate'],
      channels: ['a'],
      until: expect.any(String) as string,
    });
    expect(await session(await signedIn(await token({ scope: 'read' })))).toMatchObject({
      name: 'ann',
      scopes: ['read'],
    });
  });

  it('is a cookie that scripts and other sites cannot use', async () => {
    const [plain] = (await signIn(keys.all.text)).headers['set-cookie'] as string[];
    expect(plain).toMatch(/^rockets_session=[\w.-]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
    const behindTls = await signIn(keys.all.text, { 'x-forwarded-proto': 'https' });
    expect(String(behindTls.headers['set-cookie'])).toContain('; Secure');
  });

  it('ends when the browser signs out', async () => {
    const answer = await send({ method: 'DELETE', url: '/session' }, await signedIn(keys.all.text));
    expect([answer.status, String(answer.headers['set-cookie'])]).toEqual([
      204,
      expect.stringMatching(/^rockets_session=; .*Expires=Thu, 01 Jan 1970/),
    ]);
  });

  it('does not begin on a page of another site', async () => {
    const answer = await signIn(keys.all.text, { origin: 'https://other.example' });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined]);
  });

  it('does not begin with a key that is wrong', async () => {
    const answer = await signIn(stranger.text);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined]);
  });

  it('of one that is over counts for nothing', async () => {
    expect(await session({ cookie: 'rockets_session=e30.AAAA' })).toEqual({
      ways: ['keys', 'jwt'],
      scopes: [],
    });
  });
});

describe('where nobody needs a key', () => {
  it('everybody may everything, and keys are not looked at', async () => {
    const open = await startService();
    try {
      const ask = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Exchange> =>
        exchange(open.url, { url, headers: { accept: 'application/json', ...headers } });
      expect((await ask('/rockets', bearer('rk_wrong'))).status).toBe(200);
      expect(JSON.parse((await ask('/session')).body)).toEqual({
        ways: [],
        scopes: ['ingest', 'read', 'operate'],
      });
      expect((await ask('/rockets')).headers['cache-control']).toBe('no-cache');
    } finally {
      await open.stop();
    }
  });
});
