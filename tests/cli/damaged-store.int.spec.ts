import { DatabaseSync } from '@photostructure/sqlite';
import { copyFileSync } from 'node:fs';
import { Failure } from '../../src/cli/failure.js';
import type { Database } from '../../src/infrastructure/stores/sqlite/database.js';
import { withSum, type Cell } from '../../src/infrastructure/stores/relational/rows.js';
import { SqliteEventStore } from '../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import { SqliteStores } from '../support/sqlite-stores.js';
import { answersOf, fill, rockets, served, tablesOf } from './whole-store.js';

const stores = new SqliteStores();
afterAll(() => stores.remove());

let whole: string;
let answers: Map<string, string>;
beforeAll(async () => {
  whole = stores.newFile();
  answers = await served(whole, async (service) => {
    await fill(service);
    return answersOf(service.url);
  });
});

/** A copy in which somebody else has changed something. */
const damaged = (damage: (database: Database) => void): string => {
  const file = stores.newFile();
  copyFileSync(whole, file);
  const database = new DatabaseSync(file);
  damage(database);
  // Everything is in the file itself, which can be compared then.
  database.exec('PRAGMA journal_mode = DELETE; PRAGMA journal_mode = WAL');
  database.close();
  return file;
};

const run =
  (sql: string) =>
  (database: Database): void =>
    database.exec(sql);

/** Changes a row and makes its checksum right again, as a fault of ours would. */
const forge =
  (table: string, where: string, changed: Readonly<Record<string, Cell>>, isCopy = false) =>
  (database: Database): void => {
    const row = database.prepare(`SELECT * FROM ${table} WHERE ${where}`).get() as Record<string, Cell>;
    const cells = Object.entries({ ...row, ...changed }).filter(([name]) => name !== 'sum');
    const [names, values] = [Object.keys(row), withSum(cells.map(([, cell]) => cell))];
    if (!isCopy) database.prepare(`DELETE FROM ${table} WHERE ${where}`).run();
    database
      .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
      .run(...values);
  };

const ofRocket = (channel: string): string =>
  `rocket = (SELECT id FROM rockets WHERE channel = '${channel}')`;

const findings = async (file: string): Promise<string[]> => {
  const { lines, failure } = await rockets('verify', '--file', file);
  expect(failure).toBeInstanceOf(Failure);
  expect(String(failure)).toContain(`${file} is damaged: `);
  return lines;
};

/** For how long a gap was open that had to be found again nobody knows: it is counted anew. */
const expectSame = (file: string): void => {
  const age = /,"listened":(\d+)/;
  const withoutAges = (name: string): string[] =>
    tablesOf(name)
      .flat()
      .map((row) => row.replace(age, ''));
  const ages = (name: string): number[] =>
    tablesOf(name)
      .flat()
      .flatMap((row) => age.exec(row)?.slice(1) ?? [])
      .map(Number);
  expect(withoutAges(file)).toEqual(withoutAges(whole));
  const found = ages(file);
  ages(whole).forEach((before, i) => expect(found[i]).toBeGreaterThanOrEqual(before));
};

describe('what follows from the events', () => {
  it.each<[string, damage: (database: Database) => void, finding: string, told: string]>([
    [
      'a state',
      run("UPDATE rockets SET speed = speed + 1 WHERE channel = 'long'"),
      'damaged: rocket 4 (long) does not match its checksum',
      '1 was different before.',
    ],
    [
      'a state that looks right',
      forge('rockets', "channel = 'long'", { speed: 7 }),
      'damaged: what is stored of long is not what its events lead to',
      '1 was different before.',
    ],
    [
      'a version that is behind',
      forge('rockets', "channel = 'long'", { version: 698 }),
      'damaged: what is stored of long is not what its events lead to',
      '1 was different before.',
    ],
    [
      'the number of waiting messages',
      forge('rockets', "channel = 'waits-only'", { waiting: 3 }),
      'damaged: what is stored of waits-only is not what its events lead to',
      '1 was different before.',
    ],
    [
      'the highest number heard',
      forge('rockets', "channel = 'waits-only'", { highest_heard: 11 }),
      'damaged: what is stored of waits-only is not what its events lead to',
      '1 was different before.',
    ],
    [
      'a state that was kept',
      run(`UPDATE snapshots SET state = replace(state, 'ARTEMIS', 'APOLLO')`),
      'damaged: the state of rocket 4 at version 256 does not match its checksum',
      '1 was different before.',
    ],
    [
      'a kept state that looks right',
      forge('snapshots', 'version = 512', {
        state: '{"version":512,"rocket":{},"updatedAt":"2026-10-01T12:00:00Z"}',
      }),
      'damaged: the state kept of long at version 512 is another one, or none',
      '1 was different before.',
    ],
    [
      'a kept state of what never was',
      forge('snapshots', 'version = 512', { version: 768 }),
      'damaged: a state is kept of long at version 768, where none should be',
      '1 was different before.',
    ],
    [
      'a gap',
      run(`UPDATE missing SET since = since + 1 WHERE ${ofRocket('waits-only')} AND last = 8`),
      'damaged: the gap from 7 to 8 of rocket 1 does not match its checksum',
      '1 was different before.',
    ],
    [
      'a gap that is not stored',
      run(`DELETE FROM missing WHERE ${ofRocket('waits-only')} AND last = 8`),
      'damaged: the gaps stored of waits-only are others',
      '1 was different before.',
    ],
    [
      'a gap that is none',
      forge('missing', `${ofRocket('waits-only')} AND last = 8`, { last: 9 }),
      'damaged: the gaps stored of waits-only are others',
      '1 was different before.',
    ],
    [
      'a gap that begins elsewhere',
      forge('missing', `${ofRocket('waits-only')} AND last = 8`, { first: 8 }),
      'damaged: the gaps stored of waits-only are others',
      '1 was different before.',
    ],
    [
      'a gap of no rocket',
      forge('missing', `${ofRocket('waits-only')} AND last = 8`, { rocket: 99 }),
      'damaged: rows of no rocket in "missing": 1',
      '1 was different before.',
    ],
    [
      'history that waits',
      forge('waiting_messages', `${ofRocket('waits-only')} AND number = 10`, { rocket: 2, number: 1 }, true),
      'damaged: some of what waits of b is history',
      '1 was different before.',
    ],
    [
      'a figure of the fleet',
      run("UPDATE totals SET count = count + 1 WHERE name = 'flying'"),
      'damaged: the number of "flying" does not match its checksum',
      'every one is what it was before; the totals of the fleet were others.',
    ],
    [
      'a figure that is not there',
      run("DELETE FROM totals WHERE kind = 'mission' AND name = 'ARTEMIS'"),
      'damaged: the number of "mission ARTEMIS" is 0, and there are 3',
      'every one is what it was before; the totals of the fleet were others.',
    ],
  ])('is named when it is wrong, and made anew: %s', async (_, damage, finding, told) => {
    const file = damaged(damage);
    expect(await findings(file)).toContainEqual(expect.stringContaining(finding));
    const { lines, failure } = await rockets('rebuild', '--file', file);
    expect(failure).toBeUndefined();
    expect(lines).toEqual([`6 rockets rebuilt from 718 events; ${told}`]);
    const { lines: said } = await rockets('verify', '--file', file);
    expect(said).toEqual([expect.stringContaining('is right')]);
    expectSame(file);
  });
});

describe('what everything else is made of', () => {
  it.each<[string, damage: (database: Database) => void, finding: string]>([
    [
      'an event',
      run('UPDATE events SET number = number + 1 WHERE position = 718'),
      'damaged: the event at position 718 does not match its checksum',
    ],
    [
      'an event that looks right',
      forge('events', `${ofRocket('long')} AND number = 300`, { data: '{"by":0}' }),
      'damaged: the events of long are not all of those it had',
    ],
    [
      'an event that is missing',
      run(`DELETE FROM events WHERE ${ofRocket('long')} AND number = 300`),
      'damaged: the history of long has no number 300',
    ],
    [
      'a hole in the feed',
      run(`DELETE FROM events WHERE ${ofRocket('long')} AND number = 300`),
      'damaged: the feed ends at 718 and has 717 events',
    ],
    [
      'the last event',
      run('DELETE FROM events WHERE position = 718'),
      'damaged: the events of lost are not all of those it had',
    ],
    [
      'a message that waits',
      run(`UPDATE waiting_messages SET data = '{}' WHERE ${ofRocket('waits-only')} AND number = 9`),
      'damaged: message 9 of waits-only does not match its checksum',
    ],
    [
      'a message that waits no more',
      run(`DELETE FROM waiting_messages WHERE ${ofRocket('waits-only')} AND number = 9`),
      'damaged: of 4 waiting messages of waits-only 3 are there',
    ],
    [
      'a late message',
      run(`UPDATE late_messages SET received_at = 0 WHERE ${ofRocket('skipped')} AND number = 2`),
      'damaged: message 2 of skipped does not match its checksum',
    ],
    [
      'a late message that is not there',
      run(`DELETE FROM late_messages WHERE ${ofRocket('skipped')} AND number = 2`),
      'damaged: of 3 late messages of skipped 2 are there',
    ],
    [
      'a late message that was never skipped',
      forge('late_messages', `${ofRocket('skipped')} AND number = 2`, { number: 4 }),
      'damaged: message 4 of skipped is late, and was never skipped',
    ],
    [
      'a rocket',
      run("DELETE FROM rockets WHERE channel = 'long'"),
      'damaged: rows of no rocket in "events": 701',
    ],
  ])('is named when it is wrong, and not covered up: %s', async (_, damage, finding) => {
    const file = damaged(damage);
    const found = await findings(file);
    expect(found).toContainEqual(expect.stringContaining(finding));
    const { failure, lines } = await rockets('rebuild', '--file', file);
    expect(failure).toBeInstanceOf(Failure);
    expect(String(failure)).toContain("what they are made of can't: nothing was changed.");
    expect(lines).toEqual([]);
    expect(await findings(file)).toEqual(found);
  });
});

it('all that follows from the events can be wrong at once, and gives the same answers again, byte by byte', async () => {
  const file = damaged((database) => {
    database.exec(`UPDATE rockets SET speed = 1, mission = 'X', waiting = 9, status = 'exploded', has_gaps = 0;
      UPDATE snapshots SET state = '{}';
      DELETE FROM totals;
      DELETE FROM missing WHERE last = 8;
      UPDATE missing SET first = 0 WHERE last < 8`);
  });
  expect((await findings(file)).length).toBeGreaterThan(6);
  expect((await rockets('rebuild', '--file', file)).failure).toBeUndefined();
  expect((await rockets('verify', '--file', file)).failure).toBeUndefined();
  const again = await served(file, ({ url }) => answersOf(url));
  for (const [question, answer] of answers)
    expect([question, again.get(question)]).toEqual([question, answer]);
});

it('an index that leads astray is named, and made anew', async () => {
  let sql: unknown;
  const byMission = "SELECT sql FROM sqlite_schema WHERE name = 'rockets_by_mission'";
  const file = damaged((database) => void ({ sql } = database.prepare(byMission).get() as { sql: unknown }));
  const change = (what: string): void => {
    const database = new DatabaseSync(file, { defensive: false });
    database.exec(`PRAGMA writable_schema = ON; ${what}`);
    database.close();
  };
  // Hidden from who writes for a moment, it learns nothing of what is written.
  change("UPDATE sqlite_schema SET sql = NULL WHERE name = 'rockets_by_mission'");
  change("UPDATE rockets SET mission = 'X' WHERE channel = 'b'");
  change(`UPDATE sqlite_schema SET sql = '${sql}' WHERE name = 'rockets_by_mission'`);
  expect(await findings(file)).toContainEqual(expect.stringContaining('rockets_by_mission'));
  expect((await rockets('rebuild', '--file', file)).failure).toBeUndefined();
  expect((await rockets('verify', '--file', file)).failure).toBeUndefined();
  expectSame(file);
});

it('a rebuilt file begins like any other, where its readers are', async () => {
  const file = stores.newFile();
  const { beginning } = await stores.open(file);
  await stores.closeAll();
  expect((await rockets('rebuild', '--file', file)).failure).toBeUndefined();
  const warnings: string[] = [];
  const warn = (warning: string): number => warnings.push(warning);
  const store = await SqliteEventStore.open({ file, synchronous: 'full', warn });
  await store.close();
  expect(warnings).toEqual([]);
  expect(store.beginning).toBe(beginning);
});
