import { generateKeyPair, exportJWK, SignJWT, type CryptoKey, type JSONWebKeySet, type JWK } from 'jose';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Access, AccessRefused, type AccessRules } from '../../../src/infrastructure/auth/access.js';
import { Refusal, type Caller } from '../../../src/infrastructure/auth/caller.js';
import type { FileNews } from '../../../src/infrastructure/auth/file-watch.js';
import { SESSION_MS } from '../../../src/infrastructure/auth/sessions.js';
import { keysOf, testKey, type TestKey } from '../../support/api-keys.js';

const noRules: AccessRules = { keys: undefined, tokens: undefined, sessionSecret: undefined };
const noNews: FileNews = { reread: () => undefined, failed: () => undefined };
let now = Date.parse('2026-06-01T12:00:00Z');
let opened: Access[] = [];
let folder: string;

const open = async (rules: Partial<AccessRules>, news = noNews): Promise<Access> => {
  const access = await Access.open({ ...noRules, ...rules }, news, () => now);
  opened.push(access);
  return access;
};
const withKeys = (...keys: TestKey[]): Promise<Access> => open({ keys: { text: keysOf(keys) } });
const why = async (answer: ReturnType<Access['callerOf']>): Promise<string> => {
  const caller = await answer;
  return caller instanceof Refusal ? caller.why : `let in: ${caller.name}`;
};
const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rockets-access-'));
});

afterEach(() => {
  for (const access of opened) access.close();
  opened = [];
  rmSync(folder, { recursive: true });
});

describe('a caller with a key', () => {
  it('is known, and known again', async () => {
    const key = testKey('radio');
    const access = await withKeys(key);
    const first = access.callerOf(key.header);
    expect(first).toMatchObject({ name: 'radio' });
    expect(access.callerOf(key.header)).toBe(first);
  });

  it.each([
    ['nothing', {}, 'Send an API key'],
    ['another scheme', { authorization: 'Basic cms6' }, 'must be `Authorization: Bearer`'],
    ['an empty key', { authorization: 'Bearer ' }, 'must be `Authorization: Bearer`'],
    ['two keys', { authorization: 'Bearer rk_a rk_b' }, 'must be `Authorization: Bearer`'],
    ['a token where only keys count', { authorization: 'Bearer a.b.c' }, 'copied badly'],
  ])('who shows %s is told what to show', async (_what, headers, told) => {
    expect(await why((await withKeys(testKey('radio'))).callerOf(headers))).toContain(told);
  });

  it('is let in until the key ends, though known before', async () => {
    const key = testKey('radio', { until: new Date(now + 1000).toISOString() });
    const access = await withKeys(key);
    expect(await why(access.callerOf(key.header))).toBe('let in: radio');
    now += 1000;
    expect(await why(access.callerOf(key.header))).toContain('The API key radio ended at');
  });
});

describe('keys in a file', () => {
  const revoked = { revokedAt: '2026-06-01T00:00:00Z' };

  it('count as the file says now; those who stay are told when it is over', async () => {
    const file = join(folder, 'keys.json');
    const [stays, goes] = [testKey('stays'), testKey('goes')];
    writeFileSync(file, keysOf([stays, goes]));
    const reread: string[] = [];
    const access = await open({ keys: { file } }, { ...noNews, reread: (name) => void reread.push(name) });
    const over: string[] = [];
    for (const key of [stays, goes]) {
      const caller = access.callerOf(key.header) as Caller;
      access.whileLetIn(caller, (refusal) => over.push(refusal.why));
    }
    writeFileSync(`${file}.new`, keysOf([stays, { ...goes, record: { ...goes.record, ...revoked } }]));
    renameSync(`${file}.new`, file);
    await until(() => over.length > 0);
    expect(over).toEqual(['The API key goes was changed or revoked.']);
    expect(reread).toEqual([file]);
    expect(await why(access.callerOf(goes.header))).toContain('was revoked');
    expect(await why(access.callerOf(stays.header))).toBe('let in: stays');
  });

  it('stay as they were while the file makes no sense', async () => {
    const file = join(folder, 'keys.json');
    const key = testKey('radio');
    writeFileSync(file, keysOf([key]));
    const failed: string[] = [];
    const access = await open(
      { keys: { file } },
      { ...noNews, failed: (_file, reason) => void failed.push(reason) },
    );
    writeFileSync(file, '{"keys":');
    await until(() => failed.length > 0);
    expect(failed[0]).toContain('not JSON');
    rmSync(file);
    await until(() => failed.length > 1);
    symlinkSync(file, file);
    await until(() => failed.length > 2);
    expect(failed[2]).toContain('ELOOP');
    expect(await why(access.callerOf(key.header))).toBe('let in: radio');
  });

  it('have to be there at the start', async () => {
    const file = join(folder, 'none.json');
    await expect(open({ keys: { file } })).rejects.toThrow(AccessRefused);
    await expect(open({ keys: { file } })).rejects.toThrow(/none\.json cannot be used: ENOENT/);
  });
});

describe('a session', () => {
  const begin = (access: Access, key: TestKey): { cookie: string } => {
    const { text } = access.beginSession(access.callerOf(key.header) as Caller);
    return { cookie: `theme=dark; rockets_session=${text}; other=1` };
  };

  it('lets in whoever showed his key, on every instance with the same secret', async () => {
    const key = testKey('control-room', { scopes: ['read'], channels: ['a'] });
    const rules = { keys: { text: keysOf([key]) }, sessionSecret: 's'.repeat(32) };
    const [one, other, stranger] = [await open(rules), await open(rules), await withKeys(key)];
    const cookie = begin(one, key);
    expect(other.callerOf(cookie)).toMatchObject({
      name: 'control-room',
      scopes: new Set(['read']),
      channels: new Set(['a']),
    });
    expect(await why(stranger.callerOf(cookie))).toContain('sign in again');
  });

  it('ends by itself, and with the key', async () => {
    const key = testKey('control-room');
    const access = await withKeys(key);
    const cookie = begin(access, key);
    now += SESSION_MS - 1;
    expect(await why(access.callerOf(cookie))).toBe('let in: control-room');
    now += 1;
    expect(await why(access.callerOf(cookie))).toContain('ended at');
    const without = await open({ keys: { text: keysOf([testKey('other')]) }, sessionSecret: 's'.repeat(32) });
    const withIt = await open({ keys: { text: keysOf([key]) }, sessionSecret: 's'.repeat(32) });
    expect(await why(without.callerOf(begin(withIt, key)))).toContain('not known any more');
  });

  it.each([
    ['changed', (text: string) => text.replace(/^./, (letter) => (letter === 'e' ? 'f' : 'e'))],
    ['without its signature', (text: string) => text.replace(/\..*/, '')],
    ['with another signature', (text: string) => text.replace(/\..*/, '.AAAA')],
    ['empty', () => ''],
  ])('of a cookie that is %s is none', async (_what, spoilt) => {
    const key = testKey('control-room');
    const access = await withKeys(key);
    const { text } = access.beginSession(access.callerOf(key.header) as Caller);
    expect(await why(access.callerOf({ cookie: `rockets_session=${spoilt(text)}` }))).toContain(
      'sign in again',
    );
  });

  it('holds no key', async () => {
    const key = testKey('control-room');
    const access = await withKeys(key);
    const { text } = access.beginSession(access.callerOf(key.header) as Caller);
    const content = Buffer.from(text.split('.')[0]!, 'base64url').toString();
    expect(content).not.toContain(key.text.slice(12));
    expect(content).not.toContain(key.record.hash);
  });
});

describe('a caller with a token', () => {
  const rules = { issuer: 'https://issuer.example', audience: 'rockets', algorithms: ['ES256', 'RS256'] };
  const claims = { scope: 'read operate other', sub: 'auth0|ann' };
  let pair: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
  let jwks: string;
  let access: Access;
  let server: Server | undefined;

  const publish = async (kid: string, key: CryptoKey): Promise<string> => {
    const jwk: JWK = { ...(await exportJWK(key)), kid, alg: 'ES256' };
    return JSON.stringify({ keys: [jwk] });
  };
  const sign = (
    more: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, string | undefined>> = {},
  ) =>
    new SignJWT({
      iss: rules.issuer,
      aud: rules.audience,
      exp: Math.floor(Date.now() / 1000) + 600,
      ...claims,
      ...more,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(pair.privateKey);
  const showing = (token: string) => access.callerOf({ authorization: `Bearer ${token}` });

  beforeEach(async () => {
    now = Date.now();
    pair = await generateKeyPair('ES256', { extractable: true });
    jwks = join(folder, 'jwks.json');
    writeFileSync(jwks, await publish('one', pair.publicKey));
    access = await open({ tokens: { ...rules, jwks } });
  });

  afterEach(() => {
    server?.close();
    server = undefined;
  });

  it('is who the issuer says, and may what he says', async () => {
    const token = await sign({ channels: ['a'] });
    expect(await showing(token)).toEqual({
      name: 'auth0|ann',
      scopes: new Set(['read', 'operate']),
      channels: new Set(['a']),
      until: expect.any(Number) as number,
      key: undefined,
    });
    expect(showing(token)).toBe(await showing(token));
    expect(await showing(await sign({ scope: undefined, scp: ['ingest'] }))).toMatchObject({
      scopes: new Set(['ingest']),
    });
  });

  it.each([
    ['another issuer', { iss: 'https://elsewhere.example' }, 'not for this service'],
    ['another audience', { aud: 'elsewhere' }, 'not for this service'],
    ['no end', { exp: undefined }, 'not for this service'],
    ['an end in the past', { exp: 1_700_000_000 }, 'expired'],
    ['no subject', { sub: undefined }, 'not for this service'],
    ['a subject that cannot be written down', { sub: 'a\nb' }, 'no name'],
    ['a text for channels', { channels: 'a' }, 'must be a list'],
    ['something else for a channel', { channels: [{ toString: 1 }] }, 'must be a list'],
    ['a beginning in the future', { nbf: 4_000_000_000 }, 'not for this service'],
  ])('with %s is refused', async (_what, more, told) => {
    expect(await why(showing(await sign(more)))).toContain(told);
  });

  it('of another key, in another way, unsigned or malformed is refused', async () => {
    const token = await sign();
    const other = await generateKeyPair('ES256');
    const forged = await new SignJWT({ ...claims, iss: rules.issuer, aud: rules.audience, exp: 4e9 })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(other.privateKey);
    expect(await why(showing(forged))).toContain('not signed with a key of its issuer');
    expect(await why(showing(await sign({}, { kid: 'two' })))).toContain(
      'not signed with a key of its issuer',
    );
    const shared = await new SignJWT({ ...claims, iss: rules.issuer, aud: rules.audience, exp: 4e9 })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(Buffer.from(await publish('one', pair.publicKey)));
    expect(await why(showing(shared))).toContain('signed in another way');
    const [, content] = token.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${content}.`;
    expect(await why(showing(unsigned))).toMatch(/malformed|another way/);
    expect(await why(showing('a.b.c'))).toContain('malformed');
    expect(await why(showing('abc'))).toContain('malformed');
  });

  it('is checked by the keys that the file has now', async () => {
    const before = await sign();
    expect(await why(showing(before))).toBe('let in: auth0|ann');
    const next = await generateKeyPair('ES256', { extractable: true });
    writeFileSync(jwks, await publish('two', next.publicKey));
    await until(async () => (await why(showing(before))).includes('not signed'));
    pair = next;
    expect(await why(showing(await sign({}, { kid: 'two' })))).toBe('let in: auth0|ann');
  });

  it('is checked by keys at an address, which is no fault of his when nobody answers there', async () => {
    let text = await publish('one', pair.publicKey);
    server = createServer((_req, res) => res.end(text)).listen(0, '127.0.0.1');
    await until(() => server!.listening);
    const { port } = server.address() as AddressInfo;
    access = await open({ tokens: { ...rules, jwks: `http://127.0.0.1:${port}/keys` } });
    expect(await why(showing(await sign()))).toBe('let in: auth0|ann');
    text = '{}';
    server.close();
    server.closeAllConnections();
    access = await open({ tokens: { ...rules, jwks: `http://127.0.0.1:${port}/keys` } });
    expect(await showing(await sign({ sub: 'bob' }))).toMatchObject({ isOurs: true });
  });

  it('that cannot be read here is at fault, not the keys of the issuer', async () => {
    const text = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const critical = `${text({ alg: 'ES256', kid: 'one', crit: ['x'], x: 1 })}.${text(claims)}.AA`;
    expect(await showing(critical)).toMatchObject({
      isOurs: false,
      why: expect.stringContaining('"x"') as string,
    });
    const several = [await publish('one', pair.publicKey), await publish('two', pair.publicKey)];
    writeFileSync(
      jwks,
      JSON.stringify({ keys: several.flatMap((set) => (JSON.parse(set) as JSONWebKeySet).keys) }),
    );
    access = await open({ tokens: { ...rules, jwks } });
    const nameless = await sign({}, { kid: undefined });
    expect(await showing(nameless)).toMatchObject({
      isOurs: false,
      why: expect.stringContaining('must name the key') as string,
    });
  });

  it('may last for longer than there are dates', async () => {
    const { until } = (await showing(await sign({ exp: 1e15 }))) as Caller;
    expect(new Date(until!).getUTCFullYear()).toBe(275_760);
  });

  it('counts for no session any more where tokens do not', async () => {
    const shared = { sessionSecret: 's'.repeat(32) };
    const before = await open({ ...shared, tokens: { ...rules, jwks } });
    const session = before.beginSession((await before.showing(await sign())) as Caller).text;
    const cookie = `rockets_session=${session}`;
    expect(await why(before.callerOf({ cookie }))).toBe('let in: auth0|ann');
    const after = await open({ ...shared, keys: { text: keysOf([testKey('radio')]) } });
    expect(await why(after.callerOf({ cookie }))).toContain('Tokens do not count here');
  });

  it('can stand beside keys', async () => {
    const key = testKey('radio');
    access = await open({ keys: { text: keysOf([key]) }, tokens: { ...rules, jwks } });
    expect(await why(showing(await sign()))).toBe('let in: auth0|ann');
    expect(await why(access.callerOf(key.header))).toBe('let in: radio');
    const { text } = access.beginSession((await showing(await sign())) as Caller);
    expect(await why(access.callerOf({ cookie: `rockets_session=${text}` }))).toBe('let in: auth0|ann');
  });
});
