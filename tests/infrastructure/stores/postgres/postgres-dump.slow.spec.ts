import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UnknownPosition } from '../../../../src/application/ports/event-store.js';
import {
  exportDatabase,
  verifyDatabase,
} from '../../../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { walkFeed } from '../../../contracts/open-store.js';
import { exploded, faster, headOf, launched, received, skipped, write } from '../../../support/builders.js';
import { OwnServer, runIn } from '../../../support/postgres-server.js';
import { openBoth } from '../../../support/postgres-stores.js';
import { parkedOf, subscriptionOf } from '../../../support/subscriptions.js';

/** The npm package brings a server only; what dumps and restores is of one release with it. */
const debian = '/usr/lib/postgresql/15/bin';
process.env['TEST_POSTGRES_BIN'] ??= debian;
const programs = process.env['TEST_POSTGRES_BIN'];

const run = async (program: string, ...args: readonly string[]): Promise<void> => {
  const file = join(programs, program);
  if (!existsSync(file)) throw new Error(`${file} is missing: apt-get install postgresql-15`);
  await promisify(execFile)(file, args);
};

const folder = mkdtempSync(join(tmpdir(), 'rockets-dump-'));
const servers: OwnServer[] = [];
const start = async (): Promise<OwnServer> => {
  const server = await OwnServer.start();
  servers.push(server);
  return server;
};
afterAll(async () => {
  for (const server of servers) await server.remove();
  rmSync(folder, { recursive: true });
});

const newDatabase = async ({ url }: OwnServer, name: string): Promise<string> => {
  await runIn(url, `CREATE DATABASE ${name}`);
  return url.replace(/postgres$/, name);
};

const exported = async (url: string): Promise<object[]> => {
  const lines: object[] = [];
  for await (const line of exportDatabase(url)) lines.push(line);
  return lines;
};

/** Where transactions are counted from far ahead of what a new cluster has. */
const filled = async (): Promise<string> => {
  const url = await newDatabase(await start(), 'rockets');
  await runIn(
    url,
    'DO $$ BEGIN FOR i IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$',
  );
  const { store, subscriptions } = await openBoth(url);
  await store.listened(700);
  await write(store, 'a', { events: [launched(), faster(3)], added: [5, 9].map((n) => received('a', n)) });
  for (let i = 0; i < 20; i++)
    await write(store, 'b', { events: Array(30).fill(i === 0 ? launched() : faster()) });
  await write(store, 'a', { events: [faster(), skipped(4, 4), faster()], released: [5] });
  await write(store, 'a', { late: [received('a', 4)] });
  const one = subscriptionOf('one', { position: await store.lastPosition() });
  await subscriptions.create(one, [{ text: 'whsec_dumped' }]);
  await subscriptions.save(one, { put: [parkedOf('b', { position: store.beginning })] });
  await write(store, 'c', { events: [launched(), exploded()] });
  await store.close();
  return url;
};

it.each([
  ['pg_restore', ['--no-owner', '--exit-on-error']],
  ['pg_restore in one transaction', ['--no-owner', '--single-transaction']],
  ['psql', undefined],
])(
  'a dump that %s brings back into a younger cluster begins another history, whole and in order',
  async (_, options) => {
    const url = await filled();
    const { store } = await openBoth(url);
    const [events, end] = [await walkFeed(store, { limit: 100 }), await store.lastPosition()];
    await store.close();
    const before = await exported(url);
    const dump = join(folder, `${servers.length}.dump`);
    await run(
      'pg_dump',
      `--format=${options === undefined ? 'plain' : 'custom'}`,
      '--no-owner',
      ...(options === undefined ? ['--exclude-table-data=subscription_secrets'] : []),
      `--file=${dump}`,
      url,
    );

    const copy = await newDatabase(await start(), 'rockets');
    await (options === undefined
      ? run('psql', '--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', `--file=${dump}`, copy)
      : run('pg_restore', ...options, `--dbname=${copy}`, dump));
    const [xids] = await runIn(
      copy,
      'SELECT pg_current_xact_id()::text::int AS now, (SELECT max(xid)::int FROM events) AS last',
    );
    expect(Number(xids!['now'])).toBeLessThan(Number(xids!['last']));
    expect(await verifyDatabase(copy)).toMatchObject({ rockets: 3, events: events.length, damages: [] });
    expect(await exported(copy)).toEqual(before);

    const { store: restored, subscriptions } = await openBoth(copy);
    for (const position of [end, events[0]!.position])
      await expect(restored.readAll({ after: position, limit: 1 })).rejects.toThrow(UnknownPosition);
    const said = (all: typeof events) => all.map((event) => ({ ...event, position: '' }));
    const one = (await subscriptions.find('one'))!;
    const rest = await restored.readAll({ after: one.position, limit: 10 });
    expect(rest.events.map(({ channel, number }) => `${channel}${number}`)).toEqual(['c1', 'c2']);
    const [parked] = await subscriptions.parked('one', { limit: 10 });
    expect(parked!.position).toBe(restored.beginning);
    const secrets = options === undefined ? [] : [{ text: 'whsec_dumped' }];
    expect(await subscriptions.secrets('one')).toEqual(secrets);
    expect(await subscriptions.save(one)).toBeDefined();
    const told: typeof events = [];
    await restored.follow((batch) => told.push(...batch.events));
    expect(said(await walkFeed(restored, { limit: 100 }))).toEqual(said(events));

    await write(restored, 'a', { events: [faster(1)] });
    await write(restored, 'd', { events: [launched()] });
    const after = await walkFeed(restored, { limit: 100 });
    expect(said(after.slice(0, -2))).toEqual(said(events));
    expect(after.slice(-2).map(({ channel, number }) => `${channel}${number}`)).toEqual(['a6', 'd1']);
    for (let left = 100; told.length < 2 && left > 0; left--)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toEqual(after.slice(-2));
    expect((await headOf(restored, 'a')).state.version).toBe(6);
    // Started again, it is the history that it began.
    const { store: again } = await openBoth(copy);
    expect(await walkFeed(again, { limit: 100 })).toEqual(after);
    await Promise.all([restored.close(), again.close()]);
    expect((await verifyDatabase(copy)).damages).toEqual([]);
  },
);
