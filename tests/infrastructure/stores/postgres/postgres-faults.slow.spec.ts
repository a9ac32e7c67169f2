import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { changeOn, faster, headOf, launched, write } from '../../../support/builders.js';
import { makeCertificate } from '../../../support/certificates.js';
import { debianPrograms, OwnServer, runIn } from '../../../support/postgres-server.js';
import { openBoth } from '../../../support/postgres-stores.js';
import { TcpProxy } from '../../../support/tcp-proxy.js';

let server: OwnServer;
let proxy: TcpProxy;

beforeAll(async () => {
  server = await OwnServer.start();
  proxy = await TcpProxy.to(server.port);
});
afterAll(async () => {
  await proxy.close();
  await server.remove();
});

describe('a database', () => {
  it('that works long on what it was asked is not taken for one that is gone', async () => {
    const { store } = await openBoth(server.url);
    await store.parts.ask('SELECT pg_sleep(1.5)', []);
    await store.close();
  });

  it('is not taken for gone by a process that was busy itself, or stopped', async () => {
    const { store } = await openBoth(proxy.through(server.url));
    await store.lastPosition();
    const { connections } = proxy;
    const answer = store.parts.ask('SELECT pg_sleep(1)', []);
    // Until it is asked whether it is there: it answers while nobody listens.
    while (proxy.connections === connections) await delay(1);
    for (const until = Date.now() + 2000; Date.now() < until;);
    await answer;
    await store.close();
  });

  it('that nobody wants anything of is asked for nothing', async () => {
    const { store } = await openBoth(proxy.through(server.url));
    await store.lastPosition();
    await delay(200);
    const { bytes } = proxy;
    await delay(1000);
    expect(proxy.bytes).toBe(bytes);
    await store.close();
  });
});

it('a database that is silent is told so over TLS, too', async () => {
  const { cert, key } = makeCertificate();
  const folder = mkdtempSync(join(tmpdir(), 'rockets-pg-tls-'));
  for (const [name, text] of Object.entries({ cert, key })) {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (process.getuid?.() === 0) chownSync(file, 65534, 65534);
  }
  chmodSync(folder, 0o755);
  const files = [`ssl_cert_file=${join(folder, 'cert')}`, `ssl_key_file=${join(folder, 'key')}`];
  const safe = await OwnServer.start(['ssl=on', ...files], debianPrograms);
  try {
    const { store } = await openBoth(`${safe.url}?sslmode=no-verify`);
    const [seen] = await store.parts.ask(
      'SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      [],
    );
    expect(seen).toEqual({ ssl: true, version: 'TLSv1.3' });
    safe.pause();
    const began = performance.now();
    await expect(store.lastPosition()).rejects.toThrow('PostgreSQL does not answer');
    expect(performance.now() - began).toBeLessThan(2500);
    await expect(store.lastPosition()).rejects.toThrow('PostgreSQL does not answer');
    safe.goOn();
    while ((await store.lastPosition().catch(() => undefined)) === undefined) await delay(20);
    expect(performance.now() - began).toBeLessThan(8000);
    await store.close();
  } finally {
    await safe.remove();
    rmSync(folder, { recursive: true });
  }
});

it('a session whose last word was lost on the way is ended, and its lane goes on', async () => {
  const { store: far } = await openBoth(proxy.through(server.url));
  const { store: near } = await openBoth(server.url);
  await write(near, 'a', { events: [launched()] });
  const head = await headOf(far, 'a');
  const lost = proxy.loseSyncAfter('commit_changes');
  const commit = far.commit([changeOn(head, { events: [faster()] })]);
  await expect(commit).rejects.toMatchObject({ code: 'store-unavailable' });
  await lost;
  const orphans = (): Promise<unknown[]> =>
    runIn(server.url, "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted");
  expect(await orphans()).not.toHaveLength(0);

  const began = performance.now();
  let failed = 0;
  while (
    !(await write(near, 'a', { events: [faster()] })
      .then(() => true)
      .catch(() => false))
  )
    failed++;
  // It waits for the lane as long as it may, once.
  expect(failed).toBe(1);
  expect(performance.now() - began).toBeLessThan(9000);
  expect(await orphans()).toHaveLength(0);
  expect((await headOf(near, 'a')).revision).toBe(2);
  await Promise.all([far.close(), near.close()]);
});

it('when all connections are busy, whoever comes is turned away in time, and nothing queues without end', async () => {
  const { store, directory } = await openBoth(server.url);
  const blocker = new pg.Client({ connectionString: server.url }).on('error', () => undefined);
  await blocker.connect();
  await blocker.query('BEGIN; LOCK TABLE rockets');
  const began = performance.now();
  const asked = await Promise.allSettled(Array.from({ length: 1200 }, () => directory.find('a')));
  const took = performance.now() - began;
  await blocker.end();
  const codes = new Map<unknown, number>();
  for (const one of asked) {
    const code = one.status === 'rejected' ? (one.reason as { code: string }).code : 'answered';
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  expect(Object.fromEntries(codes)).toEqual({ 'store-unavailable': 1000, 'too-many-reads': 200 });
  expect(took).toBeLessThan(8000);
  expect(await directory.find('nobody')).toBeUndefined();
  await store.close();
});
