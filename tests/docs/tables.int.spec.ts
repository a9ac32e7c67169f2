import { DatabaseSync } from '@photostructure/sqlite';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventStore, Position } from '../../src/application/ports/event-store.js';
import type { SubscriptionStore } from '../../src/application/ports/subscription-store.js';
import { textOf } from '../../src/infrastructure/stores/postgres/events.js';
import { verifyDatabase } from '../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { schema } from '../../src/infrastructure/stores/sqlite/schema.js';
import { changeByHand } from '../support/filled-file.js';
import { exploded, faster, launched, newMission, received, skipped, write } from '../support/builders.js';
import { runIn } from '../support/postgres-server.js';
import { openBoth, postgresForAll } from '../support/postgres-stores.js';
import { SqliteStores } from '../support/sqlite-stores.js';
import { parkedOf, subscriptionOf } from '../support/subscriptions.js';

const doc = readFileSync(join(__dirname, '../../docs/tables.md'), 'utf8');

/** The parts of the page under headings of a level, by heading. */
const sectionsOf = (text: string, level: '##' | '###'): Map<string, string> =>
  new Map(
    text
      .split(`\n${level} `)
      .slice(1)
      .map((section) => {
        const [heading = '', ...rest] = section.split('\n');
        return [heading, rest.join('\n')];
      }),
  );

const questions = sectionsOf(sectionsOf(doc, '##').get('Eleven questions') ?? '', '###');

/** A block of `sql` is for every SQL store, one of `sql sqlite` for this one, where they differ. */
const queryFor = (dialect: 'sqlite' | 'postgres', section: string): string => {
  const found = new RegExp('```sql(?: ' + dialect + ')?\\n([^]*?)```').exec(section);
  if (found === null) throw new Error(`no query for ${dialect}`);
  return found[1]!;
};

const alpha = '193270a9-c9cf-404a-8f83-838e71d9ae67';
const stores = new SqliteStores();
afterAll(() => stores.remove());

/** As any program would have it: numbers as numbers, and JSON in the order in which it was said. */
const plainRow = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      if (typeof value === 'string' && /^\d+$/.test(value)) return [column, Number(value)];
      return [column, typeof value === 'object' && value !== null ? textOf(value) : value];
    }),
  );

const inFile = <T>(file: string, work: (database: InstanceType<typeof DatabaseSync>) => T): T => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
};

const postgres = postgresForAll();

interface Filled {
  readonly store: EventStore;
  readonly subscriptions: SubscriptionStore;
}

describe('the questions of docs/tables.md', () => {
  const file = stores.newFile();
  let url: string;
  const at = (time: string): number => Date.parse(`2026-10-01T${time}Z`);
  const sent = (time: string): string => `2026-10-01T${time}+02:00`;

  /** Told by the hour: a long flight with a gap, an explosion and what came after it, a launch that was given up. */
  const fill = async ({ store, subscriptions }: Filled): Promise<void> => {
    const atTen = { recordedAt: at('10:00:00.250') };
    await write(store, alpha, {
      events: [launched(sent('11:59:00')), faster(40, sent('11:59:30'))],
      ...atTen,
    });
    await write(store, 'beta', { events: [launched(noon, { type: 'Atlas', launchSpeed: 900 })], ...atTen });
    const refused = {
      type: 'MessageRefused',
      data: { rule: 'rocket-exploded', message: { type: 'RocketSpeedIncreased', data: { by: 1 } } },
      time: noon,
    } as const;
    await write(store, 'gamma', { events: [launched(), exploded('ICE'), refused], ...atTen });
    await write(store, 'delta', { events: [launched(), exploded('ICE')], recordedAt: at('10:01:00') });
    await write(store, 'epsilon', { events: [launched(), exploded('HEAT')], recordedAt: at('11:00:00') });
    const arrival = { recordedAt: at('11:00:30') };
    await write(store, alpha, {
      events: [newMission('SALVAGE', sent('13:00:00'))],
      added: [received(alpha, 6, faster(), at('11:00:30')), received(alpha, 7, faster(), at('11:00:30'))],
      ...arrival,
    });
    await write(store, 'zeta', { added: [received('zeta', 3, faster(7), at('11:00:30'))], ...arrival });
    await write(store, 'zeta', {
      events: [skipped(1, 2, { by: { who: 'operator' }, why: 'antenna lost' }), faster(7)],
      released: [3],
      recordedAt: at('11:30:00'),
      heard: false,
    });
    // Just now, whenever the test runs.
    await write(store, 'zeta', {
      late: [received('zeta', 2, faster(5), Date.now())],
      recordedAt: Date.now(),
    });
    await subscribe(subscriptions, store.beginning);
    await store.close();
  };

  /** One whose receiver is down, one whose receiver refuses what two rockets say, one that all goes well with. */
  const subscribe = async (subscriptions: SubscriptionStore, position: Position): Promise<void> => {
    const secret = { text: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
    const failing = { since: at('11:00:00'), nextTryAt: at('11:00:30') };
    const down = { at: at('11:00:00'), what: '503 Service Unavailable' };
    const refused = { at: at('11:00:00'), what: '422 "by" is too large' };
    await subscriptions.create(subscriptionOf('archive', { position }), [secret]);
    await subscriptions.create(subscriptionOf('billing', { position, failing, lastError: down }), [secret]);
    const control = subscriptionOf('control', { position, lastError: refused });
    await subscriptions.create(control, [secret]);
    const put = [parkedOf(alpha, { position }), parkedOf('beta', { position, nextTryAt: undefined })];
    await subscriptions.save(control, { put });
  };

  beforeAll(async () => {
    await fill(await stores.openSubscriptions(file));
    url = await postgres.newSchema();
    await fill(await openBoth(url));
  });

  const noon = sent('12:00:00');

  const answers: Readonly<Record<string, readonly object[]>> = {
    'What did this rocket do?': [
      {
        number: 1,
        type: 'RocketLaunched',
        time: '2026-10-01T11:59:00+02:00',
        data: '{"type":"Falcon-9","launchSpeed":500,"mission":"ARTEMIS"}',
      },
      { number: 2, type: 'RocketSpeedIncreased', time: '2026-10-01T11:59:30+02:00', data: '{"by":40}' },
      {
        number: 3,
        type: 'RocketMissionChanged',
        time: '2026-10-01T13:00:00+02:00',
        data: '{"newMission":"SALVAGE"}',
      },
    ],
    'What happened in each hour?': [
      { hour: '2026-10-01T10', type: 'MessageRefused', events: 1 },
      { hour: '2026-10-01T10', type: 'RocketExploded', events: 2 },
      { hour: '2026-10-01T10', type: 'RocketLaunched', events: 4 },
      { hour: '2026-10-01T10', type: 'RocketSpeedIncreased', events: 1 },
      { hour: '2026-10-01T11', type: 'MessagesSkipped', events: 1 },
      { hour: '2026-10-01T11', type: 'RocketExploded', events: 1 },
      { hour: '2026-10-01T11', type: 'RocketLaunched', events: 1 },
      { hour: '2026-10-01T11', type: 'RocketMissionChanged', events: 1 },
      { hour: '2026-10-01T11', type: 'RocketSpeedIncreased', events: 1 },
    ],
    'Which rockets are fastest?': [
      { channel: 'beta', type: 'Atlas', mission: 'ARTEMIS', speed: 900 },
      { channel: alpha, type: 'Falcon-9', mission: 'SALVAGE', speed: 540 },
    ],
    'Why do rockets explode?': [
      { reason: 'ICE', explosions: 2 },
      { reason: 'HEAT', explosions: 1 },
    ],
    'What is missing, and for how long?': [
      { channel: alpha, from: 4, to: 5, since: '2026-10-01T11:00:30.000Z', waiting: 2 },
    ],
    'Who has been silent for more than ten minutes?': [
      { channel: 'beta', status: 'flying', heard: '2026-10-01 10:00:00' },
      { channel: alpha, status: 'flying', heard: '2026-10-01 11:00:30' },
    ],
    'Which missions did each rocket have, and since when?': [
      { channel: alpha, since: '2026-10-01T11:59:00+02:00', mission: 'ARTEMIS' },
      { channel: alpha, since: '2026-10-01T13:00:00+02:00', mission: 'SALVAGE' },
      ...['beta', 'delta', 'epsilon', 'gamma'].map((channel) => ({
        channel,
        since: channel === 'beta' ? noon : launched().time,
        mission: 'ARTEMIS',
      })),
    ],
    'Which rules do messages break?': [{ rule: 'rocket-exploded', messages: 1, rockets: 1 }],
    'What came too late, and who had given it up?': [
      {
        channel: 'zeta',
        number: 2,
        type: 'RocketSpeedIncreased',
        time: launched().time,
        skipped_by: 'operator',
        why: 'antenna lost',
      },
    ],
    'Which minutes were the busiest?': [
      { minute: '2026-10-01T10:00', events: 6, rockets: 3 },
      { minute: '2026-10-01T11:00', events: 3, rockets: 2 },
      { minute: '2026-10-01T10:01', events: 2, rockets: 1 },
      { minute: '2026-10-01T11:30', events: 2, rockets: 1 },
    ],
    'Which receivers do not take what they are told?': [
      { name: 'billing', last_error: '503 Service Unavailable', parked: 0, given_up: 0 },
      { name: 'control', last_error: '422 "by" is too large', parked: 2, given_up: 1 },
    ],
  };

  it('are eleven', () => {
    expect([...questions.keys()]).toEqual(Object.keys(answers));
    expect(questions.size).toBe(11);
  });

  it.each(Object.entries(answers))('%s, asked of PostgreSQL', async (question, expected) => {
    const rows = await runIn(url, queryFor('postgres', questions.get(question) ?? ''));
    expect(rows.map(plainRow)).toEqual(expected);
  });

  it('are answered to the analyst of this page, who can change nothing', async () => {
    const [owner] = await runIn(url, 'SELECT current_user AS role, current_schema() AS schema');
    const { role, schema } = owner as { role: string; schema: string };
    const analyst = `analyst_${schema}`;
    const [, asWritten = ''] = /```sql analyst\n([^]*?)```/.exec(doc) ?? [];
    expect(asWritten).toContain('GRANT SELECT ON ALL TABLES');
    const statements = asWritten
      .replaceAll('analyst', analyst)
      .replaceAll('SCHEMA public', `SCHEMA ${schema}`)
      .replaceAll('ROLE rockets', `ROLE ${role}`)
      .replaceAll('…', 'let me look');
    await runIn(url, statements);
    try {
      // What a newer release adds.
      await runIn(url, 'CREATE TABLE added AS SELECT 1 AS n');
      const address = new URL(url);
      [address.username, address.password] = [analyst, 'let me look'];
      const asAnalyst = (sql: string) => runIn(address.href, sql);
      expect(await asAnalyst('SELECT n FROM added')).toEqual([{ n: 1 }]);
      expect((await verifyDatabase(address.href)).damages).toEqual([]);
      for (const [question, expected] of Object.entries(answers)) {
        const rows = await asAnalyst(queryFor('postgres', questions.get(question) ?? ''));
        expect([question, rows.map(plainRow)]).toEqual([question, expected]);
      }
      expect(await runIn(url, 'SELECT subscription FROM subscription_secrets')).toHaveLength(3);
      expect(await asAnalyst('SELECT * FROM subscription_secrets')).toEqual([]);
      await expect(asAnalyst('SET row_security = off; SELECT * FROM subscription_secrets')).rejects.toThrow(
        'row-level security',
      );
      const relations = await runIn(
        url,
        `SELECT relname AS name FROM pg_class WHERE relnamespace = '${schema}'::regnamespace AND relkind IN ('r', 'v')`,
      );
      expect(relations.length).toBeGreaterThan(15);
      // Whatever he sets.
      const write = 'SET default_transaction_read_only = off; SET transaction_read_only = off;';
      for (const { name } of relations) {
        const table = String(name);
        await asAnalyst(`SELECT * FROM ${table} LIMIT 1`);
        await expect(asAnalyst(`DELETE FROM ${table}`)).rejects.toThrow(/read-only|cannot delete/);
        await expect(asAnalyst(`${write} DELETE FROM ${table}`)).rejects.toThrow(
          /permission denied|cannot delete/,
        );
        await expect(asAnalyst(`${write} INSERT INTO ${table} DEFAULT VALUES`)).rejects.toThrow(
          /permission denied|cannot insert/,
        );
      }
      await expect(asAnalyst(`${write} CREATE TABLE ${schema}.own (n int)`)).rejects.toThrow(
        'permission denied',
      );
      await expect(asAnalyst(`${write} SELECT nextval('rocket_ids')`)).rejects.toThrow('permission denied');
    } finally {
      await runIn(url, `DROP TABLE IF EXISTS added; DROP OWNED BY ${analyst}; DROP ROLE ${analyst}`);
    }
  });

  it.each(Object.entries(answers))('%s', (question, expected) => {
    const query = queryFor('sqlite', questions.get(question) ?? '');
    const rows = inFile(file, (database) => database.prepare(query).all());
    expect(rows.map((row) => ({ ...row }))).toEqual(expected);
  });
});

describe('the tables of docs/tables.md', () => {
  const sections = [...sectionsOf(doc, '##')];

  /** What a section names: in the first column of its tables, or anywhere when it has none. */
  const namedIn = (section: string): string[] => {
    const cells = section
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|')[1]!);
    const text = cells.length === 0 ? section : cells.join('\n');
    return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
  };

  const described = new DatabaseSync(':memory:');
  described.exec(schema);
  const tables = (
    described.prepare("SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view')").all() as {
      name: string;
      type: string;
    }[]
  ).map(({ name, type }) => {
    const rows = described.prepare(`PRAGMA table_info(${name})`).all() as { name: string }[];
    return { name, type, columns: rows.map((column) => column.name) };
  });
  described.close();

  it.each(tables)('say what stands in every column of $name, and in no others', ({ name, type, columns }) => {
    const own = sections.filter(([heading]) => heading.includes(`\`${name}\``));
    expect(own).toHaveLength(1);
    const named = namedIn(own[0]![1]);
    expect(named).toEqual(expect.arrayContaining(columns));
    // Of a table nothing else is in the first column; of "meta" the keys are.
    if (type === 'table' && name !== 'meta') expect([...named].sort()).toEqual([...columns].sort());
  });

  it('name every table there is', () => {
    const headings = sections.flatMap(([heading]) =>
      [...heading.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(headings.sort()).toEqual(tables.map(({ name }) => name).sort());
  });

  it('name every key of "meta" and every figure of "totals"', async () => {
    const file = stores.newFile();
    const store = await stores.open(file, 'normal');
    await write(store, 'a', { events: [launched()], added: [received('a', 4)] });
    await write(store, 'b', { events: [skipped(1, 2)], late: [received('b', 1)] });
    await write(store, 'c', { added: [received('c', 2)] });
    await write(store, 'd', { events: [launched(), exploded()] });
    const namesIn = (sql: string): string[] =>
      inFile(file, (database) => database.prepare(sql).all() as { name: string }[]).map(({ name }) => name);
    const keys = namesIn('SELECT key AS name FROM meta');
    const figures = namesIn("SELECT name FROM totals WHERE kind = 'fleet'");
    const kinds = namesIn('SELECT DISTINCT kind AS name FROM totals');
    const section = (name: string): string => sections.find(([heading]) => heading.startsWith(name))![1];
    expect(namedIn(section('`meta`'))).toEqual(expect.arrayContaining(keys));
    const said = [...section('`totals`').matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    const statuses = ['awaiting-launch', 'flying', 'exploded'];
    expect([...said, ...statuses]).toEqual(expect.arrayContaining([...figures, ...kinds]));
    expect(keys.sort()).toEqual(['clean', 'epoch', 'home', 'listened', 'store', 'synchronous']);
  });
});

it('as docs/tables.md says, the service refuses a file that somebody put something of his own into', async () => {
  for (const own of ['CREATE INDEX mine ON events (time)', 'CREATE VIEW mine AS SELECT 1', 'ANALYZE']) {
    const file = stores.newFile();
    await write(await stores.open(file), 'a', { events: [launched()] });
    await stores.closeAll();
    changeByHand(file, own);
    await expect(stores.open(file)).rejects.toThrow(/"(mine|sqlite_stat\d)" is not as this version/);
  }
});

it('the settings of tables in docs/operating.md are ones that the server knows', async () => {
  const operating = readFileSync(join(__dirname, '../../docs/operating.md'), 'utf8');
  const settings = [...operating.matchAll(/^ +(ALTER TABLE .*;)$/gm)].map(([, statement]) => statement!);
  expect(settings.length).toBeGreaterThan(3);
  const url = await postgres.newSchema();
  await (await openBoth(url)).store.close();
  for (const statement of settings) await runIn(url, statement);
});
