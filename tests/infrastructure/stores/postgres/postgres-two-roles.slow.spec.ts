import { setTimeout as delay } from 'node:timers/promises';
import { changeOn, faster, headOf, launched, write } from '../../../support/builders.js';
import { OwnServer, runIn } from '../../../support/postgres-server.js';
import { openBoth } from '../../../support/postgres-stores.js';
import { TcpProxy } from '../../../support/tcp-proxy.js';

/** As docs/day-two.md has it: a new role is made a member of the owner of the tables, and of the role it follows. */
let server: OwnServer;
let proxy: TcpProxy;

const as = (role: string, url = server.url): string =>
  url.replace('rockets@', `${role}@`).replace(/postgres$/, 'fleet');
const run = (sql: string, url = server.url): ReturnType<typeof runIn> => runIn(url, sql);

beforeAll(async () => {
  server = await OwnServer.start();
  proxy = await TcpProxy.to(server.port);
  await run('CREATE ROLE owner LOGIN');
  await run('CREATE DATABASE fleet OWNER owner');
  await run('CREATE ROLE second LOGIN IN ROLE owner; CREATE ROLE third LOGIN IN ROLE owner, second');
  await run('CREATE ROLE stranger LOGIN');
});
afterAll(async () => {
  await proxy.close();
  await server.remove();
});

const owners = async (): Promise<unknown[]> =>
  (await run(`SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'`, as('rockets'))).map(
    ({ tableowner }) => tableowner,
  );

/** A session of this role has the lock of a lane, and whoever it waits for says nothing more. */
const orphaned = async (role: string): Promise<void> => {
  const { store } = await openBoth(as(role, proxy.through(server.url)));
  const lost = proxy.loseSyncAfter('commit_changes');
  const head = await headOf(store, 'a');
  await expect(store.commit([changeOn(head, { events: [faster()] })])).rejects.toMatchObject({
    code: 'store-unavailable',
  });
  await lost;
  await store.close();
};

const locks = (): Promise<unknown[]> => run("SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted");

/** How often a report of the rocket was not stored before one was. */
const failures = async (role: string): Promise<number> => {
  const { store } = await openBoth(as(role));
  let failed = 0;
  const tried = (): Promise<boolean> =>
    write(store, 'a', { events: [faster()] }).then(
      () => true,
      () => false,
    );
  while (!(await tried())) failed++;
  await store.close();
  return failed;
};

it('each role does what the owner may, and ends sessions that the one before it left behind', async () => {
  const { store } = await openBoth(as('owner'));
  await write(store, 'a', { events: [launched()] });
  await store.close();

  await orphaned('owner');
  expect(await failures('second')).toBe(1);
  await orphaned('second');
  expect(await failures('third')).toBe(1);
  expect(await locks()).toEqual([]);
  expect(await owners()).toEqual(['owner']);
});

it('a session of a role that is not ours is left alone, and keeps nobody from asking', async () => {
  await run('ALTER ROLE stranger SUPERUSER');
  await orphaned('stranger');
  const { store } = await openBoth(as('third'));
  // Twice as long as it may wait for a lane.
  const ends = Date.now() + 12_000;
  let failed = 0;
  while (Date.now() < ends && (await locks()).length > 0) {
    await write(store, 'a', { events: [faster()] }).catch(() => failed++);
  }
  expect(failed).toBeGreaterThan(1);
  expect(await locks()).not.toEqual([]);
  await run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'stranger'`);
  await delay(100);
  await write(store, 'a', { events: [faster()] });
  await store.close();
});

it('what a newer role made is handed to the owner before the role is dropped', async () => {
  await run(
    'CREATE TABLE of_a_newer_release (id int); INSERT INTO of_a_newer_release VALUES (1)',
    as('third'),
  );
  expect((await owners()).sort()).toEqual(['owner', 'third']);
  await run('REASSIGN OWNED BY third TO owner; DROP OWNED BY third', as('rockets'));
  await run('DROP ROLE third');
  expect(await owners()).toEqual(['owner']);
  expect(await run('SELECT id FROM of_a_newer_release', as('second'))).toEqual([{ id: 1 }]);
});
