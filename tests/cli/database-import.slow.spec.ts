import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { Failure } from '../../src/cli/failure.js';
import { importDatabase } from '../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { changeOn, faster, headOf, launched, received, write } from '../support/builders.js';
import { runIn } from '../support/postgres-server.js';
import { openBoth, postgresForAll } from '../support/postgres-stores.js';
import { SqliteStores } from '../support/sqlite-stores.js';
import {
  answersOf,
  fill,
  oddHistories,
  rockets,
  served,
  servedFrom,
  tablesOf,
  type History,
} from './whole-store.js';

const folder = mkdtempSync(join(tmpdir(), 'rockets-import-'));
const stores = new SqliteStores();
afterAll(() => stores.remove());
afterAll(() => rmSync(folder, { recursive: true }));
const postgres = postgresForAll();

const exported = async (...from: readonly string[]): Promise<string[]> => {
  const { lines, failure } = await rockets('export', ...from);
  expect(failure).toBeUndefined();
  return lines;
};

let sources = 0;
const sourceOf = (lines: readonly string[]): string => {
  const source = join(folder, `${++sources}.ndjson`);
  writeFileSync(source, lines.join('\n'));
  return source;
};

const tryImport = (lines: readonly string[], ...into: readonly string[]) =>
  rockets('import', sourceOf(lines), ...into);

/** Makes a database of the lines; answers its address. */
const imported = async (lines: readonly string[]): Promise<string> => {
  const url = await postgres.newSchema();
  expect(await tryImport(lines, '--database', url)).toMatchObject({ failure: undefined });
  return url;
};

/** What both SQL stores hold alike, checksums included: in neither of these rows is what only one of them has. */
const alike = [
  'SELECT rocket, number, type, time, received_at, sum FROM waiting_messages ORDER BY rocket, number',
  'SELECT rocket, number, type, time, received_at, sum FROM late_messages ORDER BY rocket, number',
  'SELECT rocket, first, last, since, listened, sum FROM missing ORDER BY rocket, last',
  'SELECT rocket, version, latest, state, sum FROM snapshots ORDER BY rocket, version',
  "SELECT kind, name, count, sum FROM totals WHERE name <> 'events' ORDER BY kind, name",
  'SELECT id, channel, revision, version, heard_at, heard_minute, waiting, late FROM rockets ORDER BY id',
  'SELECT number, type, time, recorded_at, rocket FROM events ORDER BY rocket, number',
  "SELECT value FROM meta WHERE key = 'listened'",
];

/** As any program would have it: numbers as numbers, JSON as the text of it. */
const plain = (row: object): string =>
  JSON.stringify(
    Object.values(row).map((cell: unknown) => {
      if (typeof cell === 'object' && cell !== null) return JSON.stringify(cell);
      return typeof cell === 'string' && /^\d+$/.test(cell) ? Number(cell) : cell;
    }),
  );

const rowsOfFile = (file: string): string[][] => {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return alike.map((sql) => database.prepare(sql).all().map(plain));
  } finally {
    database.close();
  }
};

const rowsOfDatabase = async (url: string): Promise<string[][]> => {
  const rows: string[][] = [];
  for (const sql of alike) rows.push((await runIn(url, sql)).map(plain));
  return rows;
};

let file: string;
let lines: string[];
beforeAll(async () => {
  file = stores.newFile();
  await served(file, fill);
  lines = await exported('--file', file);
});

const imports = async (all: readonly string[]): Promise<string> => {
  const url = await imported(all);
  const { lines: said, failure } = await rockets('verify', '--database', url);
  expect([failure, said]).toEqual([undefined, [expect.stringContaining('the database is right: ')]]);
  expect(await exported('--database', url)).toEqual(all);
  const copy = stores.newFile();
  expect(await tryImport(all, '--file', copy)).toMatchObject({ failure: undefined });
  expect(await rowsOfDatabase(url)).toEqual(rowsOfFile(copy));
  return url;
};

describe('an export of a file, made into a database', () => {
  it('is right, holds the same rows as in a file, and says the same when it is exported again', async () => {
    const url = await imports(lines);
    const again = stores.newFile();
    const back = await exported('--database', url);
    expect(await tryImport(back, '--file', again)).toMatchObject({ failure: undefined });
    expect(tablesOf(again)).toEqual(tablesOf(file));
  });

  it.each<History>([
    ...oddHistories,
    [
      'more than a page of messages that wait, and of events',
      async (store) => {
        const numbers = Array.from({ length: 2100 }, (_, i) => i);
        await write(store, 'many', { added: numbers.map((i) => received('many', 10 + i)) });
        await write(store, 'long', { events: numbers.map((i) => (i === 0 ? launched() : faster(i))) });
      },
    ],
  ])('keeps %s', async (_, make) => {
    const source = stores.newFile();
    await make(await stores.open(source));
    await stores.closeAll();
    await imports(await exported('--file', source));
  });

  it('gives the same answers as the file did, byte by byte', async () => {
    const answers = await served(file, ({ url }) => answersOf(url));
    const env = { EVENT_STORE: 'postgres', DATABASE_URL: await imported(lines) };
    const again = await servedFrom(env, ({ url }) => answersOf(url));
    expect(answers.size).toBeGreaterThan(500);
    expect([...again.keys()]).toEqual([...answers.keys()]);
    for (const [question, answer] of answers)
      expect([question, again.get(question)]).toEqual([question, answer]);
  });

  it('is gone on with', async () => {
    const { store } = await openBoth(await imported(lines));
    await write(store, 'b', { events: [faster(1)] });
    await write(store, 'new', { events: [launched()] });
    expect((await store.read('b', { limit: 100 })).at(-1)).toMatchObject({ number: 6 });
    const { events } = await store.readAll({ limit: 2, order: 'desc' });
    expect(events.map(({ channel }) => channel)).toEqual(['new', 'b']);
    await store.close();
  });

  it('is chosen by the environment, where neither a file nor a service is named', async () => {
    const url = await postgres.newSchema();
    Object.assign(process.env, { EVENT_STORE: 'postgres', DATABASE_URL: url });
    try {
      expect(await tryImport(lines)).toMatchObject({ failure: undefined });
      expect(await exported()).toEqual(lines);
      expect((await rockets('rebuild')).lines).toEqual([
        expect.stringContaining('every one is what it was before.'),
      ]);
      process.env['ROCKETS_URL'] = 'http://127.0.0.1:1';
      expect(String((await tryImport(lines)).failure)).toContain('Cannot reach http://127.0.0.1:1');
      expect(String((await tryImport(lines, '--url', 'http://127.0.0.1:2')).failure)).toContain(
        '127.0.0.1:2',
      );
    } finally {
      for (const name of ['EVENT_STORE', 'DATABASE_URL', 'ROCKETS_URL']) delete process.env[name];
    }
  });
});

describe('an import into a database', () => {
  it.each([
    [
      'a line that is none of an export',
      (all: string[]) => all.with(-2, '{"kind":'),
      'it is not one of an export',
    ],
    ['an export that was cut off', (all: string[]) => all.slice(0, -1), 'it was cut off behind line'],
  ])('leaves nothing of %s, and can be done again', async (_, damage, why) => {
    const url = await postgres.newSchema();
    const { failure } = await tryImport(damage(lines), '--database', url);
    expect(failure).toBeInstanceOf(Failure);
    expect(String(failure)).toContain(why);
    expect(await runIn(url, 'SELECT FROM rockets UNION ALL SELECT FROM events')).toEqual([]);
    expect(await tryImport(lines, '--database', url)).toMatchObject({ failure: undefined });
    expect(await exported('--database', url)).toEqual(lines);
  });

  it('is refused where rockets are already, and changes nothing', async () => {
    const url = await imported(lines);
    const { failure } = await tryImport(lines, '--database', url);
    expect(failure).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('holds rockets already') as string,
    });
    expect(await exported('--database', url)).toEqual(lines);
  });

  it('is one big commit for an instance that runs on it: what is reported meanwhile waits, and goes by what was imported', async () => {
    const url = await postgres.newSchema();
    const { store } = await openBoth(url);
    const head = await headOf(store, 'b');
    let go: () => void = () => undefined;
    const halfway = new Promise<void>((resolve) => (go = resolve));
    let begun: () => void = () => undefined;
    const beginning = new Promise<void>((resolve) => (begun = resolve));
    const slowly = async function* () {
      yield lines.slice(0, 900);
      begun();
      await halfway;
      yield lines.slice(900);
    };
    const rules = {
      parse: JSON.parse as (text: string) => unknown,
      isMessage: () => true,
      isSubscription: () => true,
    };
    const importing = importDatabase(slowly(), url, rules);
    await beginning;
    let isAnswered = false;
    const reported = store.commit([changeOn(head, { events: [launched()] })]).then((moved) => {
      isAnswered = true;
      return moved;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isAnswered).toBe(false);
    expect(await store.read('b', { limit: 10 })).toEqual([]);
    go();
    await importing;
    expect(await reported).toMatchObject([{ channel: 'b', state: { version: 5 } }]);
    await store.close();
    expect(await exported('--database', url)).toEqual(lines);
  });
});

describe('commands on a database', () => {
  it('leave its copy to its own program', async () => {
    const url = await postgres.newSchema();
    const { failure } = await rockets('backup', 'copy.dump', '--database', url);
    expect(failure).toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^[^\n]*pg_dump[^\n]*copy\.dump/) as string,
    });
  });

  it('say that it is damaged, and mend what can be mended', async () => {
    const url = await imported(lines);
    await runIn(url, "UPDATE rockets SET speed = 1 WHERE channel = 'long'");
    expect((await rockets('verify', '--database', url)).failure).toEqual(
      new Failure('the database is damaged: 1 finding.'),
    );
    expect((await rockets('rebuild', '--database', url)).lines).toEqual([
      expect.stringMatching(/^6 rockets rebuilt from \d+ events; 1 was different before\.$/),
    ]);
    expect((await rockets('verify', '--database', url)).failure).toBeUndefined();
  });
});
