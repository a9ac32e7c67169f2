import { setTimeout as delay } from 'node:timers/promises';
import { answersOf, fill, served } from '../cli/whole-store.js';
import { Machine, makeCluster } from '../support/day-two.js';
import { runIn } from '../support/postgres-server.js';
import { messageText, postMessage } from '../support/real-process.js';
import { SseClient } from '../support/sse-client.js';

jest.setTimeout(240_000);

let machine: Machine;

const admin = (database = 'postgres'): string =>
  machine.here(`postgres://postgres@127.0.0.1:5432/${database}`);
const ask = (sql: string, database = 'rockets') => runIn(admin(database), sql);
const start = 'systemctl start rockets@8091 rockets@8092';

const lastPosition = async (): Promise<string> => {
  const [last] = (await (await fetch(`${machine.url(8091)}/events?order=desc&limit=1`)).json()) as {
    position: string;
  }[];
  return last!.position;
};

const report = async (channel: string, from: number, to: number): Promise<void> => {
  for (let number = from; number <= to; number++)
    expect((await postMessage(machine.url(8092), messageText(number, channel))).status).toBe(202);
};

const statusAfter = async (position: string): Promise<number> =>
  (await fetch(`${machine.url(8091)}/events?after=${position}`)).status;

beforeAll(async () => {
  machine = await Machine.make({
    EVENT_STORE: 'sqlite',
    SQLITE_FILE: '/var/lib/rockets/rockets.db',
    AUTH: 'none',
    WEBHOOK_ALLOW: '127.0.0.1',
  });
  await makeCluster(machine);
  await machine.run('systemctl start postgresql');
  await ask(`CREATE ROLE rockets LOGIN PASSWORD 'secret'`, 'postgres');
  await ask(`CREATE DATABASE rockets OWNER rockets ENCODING 'UTF8' TEMPLATE template0`, 'postgres');
});
afterAll(() => machine.remove());

it('what SQLite had, PostgreSQL answers', async () => {
  await served(machine.path('/var/lib/rockets/rockets.db'), fill);
  await machine.run('systemctl start rockets');
  const answers = await answersOf(machine.url());
  expect(answers.size).toBeGreaterThan(100);
  const NEW_URL = machine.here('postgres://rockets:secret@localhost:5432/rockets');
  await machine.type('From SQLite to PostgreSQL', undefined, { NEW_URL });
  const health = await (await fetch(`${machine.url()}/health`)).json();
  expect(health).toMatchObject({ store: { name: 'postgres' } });
  expect(await answersOf(machine.url())).toEqual(answers);
  await machine.run(`systemctl stop rockets; ${start}`);
});

it('a dump brings back what there was, and readers begin anew', async () => {
  const before = await machine.everything();
  await machine.type('Back up PostgreSQL');
  await report('lost-later', 1, 20);
  const position = await lastPosition();
  expect(await statusAfter(position)).toBe(200);
  expect(await machine.type('Restore PostgreSQL')).toContain('status       ok');
  expect(await machine.everything()).toEqual(before);
  expect(await statusAfter(position)).toBe(400);
  const live = await SseClient.open(`${machine.url(8092)}/events`, { 'last-event-id': position });
  await live.untilNamed('reset');
  live.break();
  await report('lost-later', 1, 20);
});

it('a point in time is gone back to, to the second', async () => {
  await machine.run('systemctl stop rockets@8091 rockets@8092');
  await machine.type('Back to a point in time', 0);
  await machine.type('Back to a point in time', 1);
  await machine.run(start);
  await report('kept', 1, 20);
  const before = await machine.everything();
  const kept = await lastPosition();
  const [now] = await ask('SELECT clock_timestamp()::text AS moment');
  await delay(50);
  await report('wrong', 1, 20);
  const lost = await lastPosition();

  await machine.type('Back to a point in time', 2, { MOMENT: String(now!['moment']) });
  await machine.run(start);
  expect(await machine.everything()).toEqual(before);
  // The same history: who knows of nothing that is lost goes on.
  expect([await statusAfter(kept), await statusAfter(lost)]).toEqual([200, 400]);
  await machine.run('systemctl stop rockets@8091 rockets@8092');
  await machine.type('Back to a point in time', 3);
  expect([await statusAfter(kept), await statusAfter(lost)]).toEqual([400, 400]);
  await report('kept', 1, 21);
  const rocket = await (await fetch(`${machine.url(8091)}/rockets/kept`)).json();
  expect(rocket).toMatchObject({ version: 21, complete: true });
});

/** As a balancer does: whoever does not answer, or says 503, is followed by the other. */
const postAnywhere = async (body: string): Promise<number> => {
  let status = 0;
  for (const port of [8091, 8092] as const) {
    status = await postMessage(machine.url(port), body).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status !== 0 && status !== 503) return status;
  }
  return status;
};

it('no request fails while the role of the database gives way to another, twice', async () => {
  const statuses = new Map<number, number>();
  let over = false;
  const sending = Array.from({ length: 4 }, async (_, i) => {
    for (let number = 1; !over; number++) {
      const status = await postAnywhere(messageText(number, `rotating-${i}`));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  const roles = async (): Promise<unknown[]> => {
    const found = await ask(
      `SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'rockets' AND usename LIKE 'rockets%'`,
    );
    return found.map(({ usename }) => usename);
  };
  const url = (login: string): string => machine.here(`postgres://${login}@127.0.0.1:5432/rockets`);
  expect(await roles()).toEqual(['rockets']);
  await machine.type('Rotate the password of the database', 0);
  expect(await roles()).toEqual(['rockets_2']);
  await expect(runIn(url('rockets:secret'), 'SELECT 1')).rejects.toThrow();

  // As a newer release would.
  await runIn(url('rockets_2:another%20secret'), 'CREATE TABLE of_a_newer_release (id int)');
  await machine.type('Rotate the password of the database', 1);
  expect(await roles()).toEqual(['rockets_3']);
  await expect(runIn(url('rockets_2:another%20secret'), 'SELECT 1')).rejects.toThrow();
  over = true;
  await Promise.all(sending);
  expect([...statuses.keys()]).toEqual([202]);
  expect(statuses.get(202)).toBeGreaterThan(100);

  const owners = await ask(`SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'`);
  expect(owners).toEqual([{ tableowner: 'rockets' }]);
  await runIn(url('rockets_3:a%20third%20secret'), 'SELECT id FROM of_a_newer_release');
  expect(await machine.run('rockets verify')).toContain('the database is right');
  for (const unit of ['rockets@8091', 'rockets@8092']) expect(machine.log(unit)).not.toContain('password');
});
