import pg from 'pg';
import { launched as launchedEvent, write } from '../../../support/builders.js';
import { documentedFetch } from '../../../support/documented-fetch.js';
import { launched, message } from '../../../support/messages.js';
import { OwnServer, runIn } from '../../../support/postgres-server.js';
import { openBoth } from '../../../support/postgres-stores.js';
import { startService, type TestService } from '../../../support/test-service.js';

let server: OwnServer;
let service: TestService;
let other: pg.Client;

beforeAll(async () => {
  server = await OwnServer.start(['fsync=off', 'autovacuum=off', 'max_prepared_transactions=1']);
  await runIn(server.url, 'CREATE ROLE plain LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO plain');
  await runIn(server.url, 'CREATE DATABASE elsewhere');
  const url = server.url.replace('rockets@', 'plain@');
  service = await startService({ EVENT_STORE: 'postgres', DATABASE_URL: url });
  other = new pg.Client({
    connectionString: server.url.replace(/postgres$/, 'elsewhere'),
    application_name: 'night job',
  });
  await other.connect();
});
afterAll(async () => {
  await service.stop();
  await other.end();
  await server.remove();
});

interface Feed {
  readonly heldBack?: {
    readonly events: number;
    readonly seconds: number;
    readonly since: string;
    readonly by: Readonly<Record<string, unknown>>;
  };
}

/** A feed that is held back is no fault of the service: it stays well. */
const feed = async (): Promise<Feed> => {
  const answer = await documentedFetch(`${service.url}/health`);
  expect(answer.status).toBe(200);
  const { status, feed: told } = (await answer.json()) as { status: string; feed: Feed };
  expect(status).toBe('ok');
  return told;
};

const heldBack = async (): Promise<NonNullable<Feed['heldBack']>> => {
  for (;;) {
    const { heldBack: held } = await feed();
    if (held !== undefined) return held;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const events = async (): Promise<unknown[]> =>
  (await (await fetch(`${service.url}/events`)).json()) as unknown[];

/** Each test goes on where the one before it ended. */
describe('the feed', () => {
  it('is held back by nobody', async () => {
    await service.send(message(1, launched(), 'a'));
    expect(await events()).toHaveLength(1);
    await other.query('BEGIN');
    await other.query('SELECT pg_current_xact_id()');
    // It holds back nothing yet.
    expect((await feed()).heldBack).toBeUndefined();
  });

  it('is held back by a transaction in another database: as much is told of it as the role may see', async () => {
    for (const channel of ['b', 'c']) await service.send(message(1, launched(), channel));
    const { by, ...held } = await heldBack();
    const [{ pid }] = (await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows as [
      { pid: number },
    ];
    expect(held).toMatchObject({ events: 2, seconds: expect.any(Number) as number });
    const who = { pid, application: 'night job', user: 'rockets', database: 'elsewhere' };
    const names = `pid ${pid}, application night job, user rockets, database elsewhere`;
    expect(by).toEqual({ ...who, what: `a transaction: ${names}` });
    await runIn(server.url, 'GRANT pg_read_all_stats TO plain');
    expect((await heldBack()).by).toEqual({
      ...who,
      state: 'idle in transaction',
      what: `a transaction: ${names}, idle in transaction`,
    });
  });

  it('says since when', async () => {
    const { seconds, since } = await heldBack();
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(Date.now() - Date.parse(since)).toBeGreaterThanOrEqual(1000);
  });

  it('is held back by a transaction that is prepared and not ended', async () => {
    await other.query("PREPARE TRANSACTION 'left over'");
    expect((await heldBack()).by).toEqual({
      name: 'left over',
      user: 'rockets',
      database: 'elsewhere',
      what: 'a prepared transaction: name left over, user rockets, database elsewhere',
    });
    expect(await events()).toHaveLength(1);
  });

  it('goes on when that has ended', async () => {
    await other.query("ROLLBACK PREPARED 'left over'");
    expect((await feed()).heldBack).toBeUndefined();
    expect(await events()).toHaveLength(3);
  });

  it('is held back all the same by who can’t be seen', async () => {
    await runIn(server.url, 'REVOKE SELECT ON pg_stat_activity FROM public');
    await other.query('BEGIN');
    await other.query('SELECT pg_current_xact_id()');
    await service.send(message(1, launched(), 'd'));
    expect((await heldBack()).by).toEqual({ what: 'a transaction that this role may not see' });
    await other.query('COMMIT');
    expect((await feed()).heldBack).toBeUndefined();
  });
});

it('is held back by nobody because a replica has taken over before', async () => {
  await runIn(server.url, 'CREATE DATABASE later');
  const url = server.url.replace(/postgres$/, 'later');
  await (await openBoth(url)).store.close();
  await runIn(url, 'CREATE OR REPLACE FUNCTION timeline() RETURNS bigint LANGUAGE sql RETURN 3::bigint');
  const { store } = await openBoth(url);
  await write(store, 'a', { events: [launchedEvent()] });
  expect((await store.readAll({ limit: 10 })).events).toHaveLength(1);
  expect(await store.heldBack()).toBeUndefined();
  // For longer than anything that is told of.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(await store.heldBack()).toBeUndefined();
  await store.close();
});
