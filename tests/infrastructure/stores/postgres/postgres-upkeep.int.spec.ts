import {
  exportDatabase,
  importDatabase,
  rebuildDatabase,
  verifyDatabase,
} from '../../../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import {
  rocketCells,
  rocketColumns,
  rocketOf,
  type RocketRow,
} from '../../../../src/infrastructure/stores/relational/rocket-rows.js';
import { StoreDamaged } from '../../../../src/infrastructure/stores/relational/store-errors.js';
import { changeOn, faster, headOf, launched, received, skipped, write } from '../../../support/builders.js';
import { runIn } from '../../../support/postgres-server.js';
import { parkedOf, subscriptionOf } from '../../../support/subscriptions.js';
import { openBoth, postgresForAll } from '../../../support/postgres-stores.js';

const postgres = postgresForAll();

/** A bit of everything, with gaps that were split, closed in part and skipped. */
const filled = async (): Promise<string> => {
  const url = await postgres.newSchema();
  const { store, subscriptions } = await openBoth(url);
  await store.listened(700);
  await write(store, 'a', {
    events: [launched(), faster(3)],
    added: [5, 9, 20].map((n) => received('a', n)),
  });
  const one = subscriptionOf('one', {
    position: await store.lastPosition(),
    isPaused: true,
    pausedAs: 'gone',
  });
  await subscriptions.create(one, [{ text: 'whsec_never_exported' }]);
  const parked = parkedOf('b', { position: store.beginning, nextTryAt: undefined });
  await subscriptions.save({ ...one, sink: { type: 'kafka', topic: 'out' } }, { put: [parked] });
  await write(store, 'a', { added: [7, 12].map((n) => received('a', n)) });
  await write(store, 'a', { events: [faster(), skipped(4, 4), faster()], released: [5] });
  await write(store, 'a', { late: [received('a', 4)] });
  await write(store, 'b', { events: [launched(), ...Array<ReturnType<typeof faster>>(600).fill(faster(1))] });
  const head = await headOf(store, 'b');
  await store.commit([changeOn({ ...head, revision: 9 }, { events: [faster()] })]);
  await store.close();
  return url;
};

it('a database is proven right, rocket by rocket, gaps and figures included', async () => {
  expect(await verifyDatabase(await filled())).toEqual({
    rockets: 2,
    events: 606,
    waiting: 4,
    late: 1,
    damages: [],
  });
});

it.each([
  ["UPDATE rockets SET speed = speed + 1 WHERE channel = 'a'", /rocket \d+ \(a\) does not match/],
  ['UPDATE events SET data = \'{"by": 4}\' WHERE number = 2', /the event 2 of rocket/],
  ['DELETE FROM events WHERE number = 300', /the history of b has no number 300/],
  ['DELETE FROM waiting_messages WHERE number = 9', /waiting messages of a/],
  ['DELETE FROM missing WHERE last = 8', /the gaps stored of a/],
  ['UPDATE missing SET since = since - 1 WHERE last = 8', /the gap from 8 to 8/],
  ['DELETE FROM snapshots', /the state kept of b/],
  [
    "UPDATE total_parts SET count = count + 1, sum = sum + 99991 WHERE name = 'waiting'",
    /number of "waiting"/,
  ],
  [
    'INSERT INTO late_messages SELECT 77, number, type, time, data, received_at, sum FROM late_messages',
    /no rocket/,
  ],
  ["UPDATE subscriptions SET position = 0 WHERE name = 'one'", /the subscription one does not match/],
  ['UPDATE parked_sequences SET tries = 9', /what one has parked of b does not match/],
])('what was changed by hand is found: %s', async (sql, found) => {
  const url = await filled();
  await runIn(url, sql);
  const { damages } = await verifyDatabase(url);
  expect(damages.join('\n')).toMatch(found);
});

it('everything is exported, in the order of the feed', async () => {
  const lines: Record<string, unknown>[] = [];
  for await (const line of exportDatabase(await filled())) lines.push({ ...line });
  expect(lines[0]).toEqual({ kind: 'rockets-export', version: 1 });
  const counts = { rockets: 2, events: 606, waiting: 4, late: 1, subscriptions: 1, parked: 1 };
  expect(lines.at(-1)).toEqual({ kind: 'end', ...counts });
  expect(lines.at(-3)).toMatchObject({
    kind: 'subscription',
    name: 'one',
    after: { channel: 'a', number: 2 },
  });
  expect(JSON.stringify(lines)).not.toContain('whsec');
  expect(lines.filter(({ kind, channel }) => kind === 'event' && channel === 'a')).toHaveLength(5);
});

it('what was exported is imported into another one, which then says the same', async () => {
  const [from, to] = [await filled(), await postgres.newSchema()];
  const linesOf = async (url: string): Promise<string[]> => {
    const lines: string[] = [];
    for await (const line of exportDatabase(url)) lines.push(JSON.stringify(line));
    return lines;
  };
  const lines = await linesOf(from);
  const source = async function* () {
    yield lines;
  };
  const rules = {
    parse: (text: string): unknown => JSON.parse(text),
    isMessage: () => true,
    isSubscription: () => true,
  };
  expect(await importDatabase(source(), to, rules)).toEqual({
    rockets: 2,
    events: 606,
    waiting: 4,
    late: 1,
    subscriptions: 1,
    parked: 1,
  });
  expect(await linesOf(to)).toEqual(lines);
  expect((await verifyDatabase(to)).damages).toEqual([]);
  await expect(importDatabase(source(), to, rules)).rejects.toThrow('holds rockets already');
});

it('subscriptions that were imported go on behind the event on which they stood', async () => {
  const [from, to] = [await filled(), await postgres.newSchema()];
  const source = async function* () {
    for await (const line of exportDatabase(from)) yield [JSON.stringify(line)];
  };
  const rules = {
    parse: (text: string): unknown => JSON.parse(text),
    isMessage: () => true,
    isSubscription: () => true,
  };
  await importDatabase(source(), to, rules);
  const { store, subscriptions } = await openBoth(to);
  const one = (await subscriptions.find('one'))!;
  const next = await store.readAll({ after: one.position, limit: 1 });
  expect(next.events.map(({ channel, number }) => `${channel}${number}`)).toEqual(['a3']);
  expect(await subscriptions.countBehind(one.position, 1000)).toBe(604);
  expect((await subscriptions.findParked('one', 'b'))!.position).toBe(store.beginning);
  await store.close();
});

it('what holds subscriptions and no rockets is no empty database, either', async () => {
  const url = await postgres.newSchema();
  const { store, subscriptions } = await openBoth(url);
  await subscriptions.create(subscriptionOf('one', { position: store.beginning }), []);
  await store.close();
  const nothing = async function* () {
    yield [''];
  };
  const rules = { parse: () => undefined, isMessage: () => true, isSubscription: () => true };
  await expect(importDatabase(nothing(), url, rules)).rejects.toThrow('holds subscriptions already');
});

it('a database without our tables is refused', async () => {
  await expect(verifyDatabase(await postgres.newSchema())).rejects.toThrow('no tables of Rockets');
});

/** Everything that a rebuild could touch, as text. */
const rowsIn = async (url: string): Promise<string> => {
  const tables = [
    'events',
    'waiting_messages',
    'late_messages',
    'missing',
    'snapshots',
    'totals',
    'rockets',
    'subscriptions',
    'parked_sequences',
  ];
  const texts = tables.map((table) => `SELECT '${table} ' || t::text AS row FROM ${table} AS t`);
  const rows = await runIn(url, `${texts.join(' UNION ALL ')} ORDER BY row`);
  return rows.map(({ row }) => String(row)).join('\n');
};

/** The same, but for how often each rocket was written. */
const withoutRevisions = async (url: string): Promise<string> => {
  const rows = await rowsIn(url);
  return rows.replace(/^(rockets \(\d+,\w+,)\d+(.*),\d+\)$/gm, '$1$2)');
};

const whole = { rockets: 2, events: 606, waiting: 4, late: 1, damages: [] };

describe('a rebuild', () => {
  it('changes nothing where everything is right', async () => {
    const url = await filled();
    const before = await rowsIn(url);
    expect(await rebuildDatabase(url)).toEqual({ rockets: 2, events: 606, changed: 0, totalsChanged: false });
    expect(await rowsIn(url)).toBe(before);
  });

  it('makes anew whatever follows from events and messages', async () => {
    const url = await filled();
    const before = await withoutRevisions(url);
    await runIn(
      url,
      `UPDATE rockets SET speed = 1, status = 'exploded', waiting = 0, late = 9, version = 1, has_gaps = 0, chain = 5,
         highest_heard = 3, latest = 'x', heard_minute = 0;
       DELETE FROM missing; INSERT INTO missing SELECT id, 500, 400, 1, 1, 1 FROM rockets WHERE channel = 'b';
       INSERT INTO missing VALUES (99, 2, 1, 1, 1, 1); INSERT INTO snapshots VALUES (99, 256, '', '{}', 0);
       DELETE FROM snapshots WHERE version = 256; UPDATE snapshots SET latest = 'y' WHERE version = 512;
       UPDATE total_parts SET count = count + 1; DELETE FROM total_parts WHERE name = 'events';
       INSERT INTO minutes SELECT 1, 'one', 5, 0, 5, 5, 0, 0, 0, 0, 0, 0, 0, NULL, 0`,
    );
    expect((await verifyDatabase(url)).damages).not.toEqual([]);
    expect(await rebuildDatabase(url)).toMatchObject({
      rockets: 2,
      events: 606,
      changed: 2,
      totalsChanged: true,
    });
    expect(await withoutRevisions(url)).toBe(before);
    expect(await verifyDatabase(url)).toEqual(whole);
  });

  /** What is mended before the loss is found is as it was, too. */
  const mendable = "UPDATE rockets SET speed = 1 WHERE channel = 'a'";

  it.each([
    `${mendable}; DELETE FROM events WHERE number = 300`,
    `${mendable}; DELETE FROM events WHERE number = 601`,
    `${mendable}; DELETE FROM rockets WHERE channel = 'b'`,
    'UPDATE events SET data = \'{"by": 4}\' WHERE number = 2',
    'DELETE FROM waiting_messages WHERE number = 20',
    'DELETE FROM late_messages',
  ])('does not cover up what can not be made anew: %s', async (loss) => {
    const url = await filled();
    await runIn(url, loss);
    const before = await rowsIn(url);
    await expect(rebuildDatabase(url)).rejects.toThrow(StoreDamaged);
    expect(await rowsIn(url)).toBe(before);
  });

  it('is heard of by an instance that goes on with what it knew', async () => {
    const url = await filled();
    const { store } = await openBoth(url);
    const [row] = await runIn(url, `SELECT ${rocketColumns} FROM rockets WHERE channel = 'b'`);
    const numbers = Object.entries(row!).map(([key, cell]) => [
      key,
      /^\d+$/.test(String(cell)) ? Number(cell) : cell,
    ]);
    const stored = rocketOf(Object.fromEntries(numbers) as RocketRow);
    const wrong = rocketCells({ ...stored, rocket: { ...stored.rocket, speed: 7 } as never });
    await runIn(url, `UPDATE rockets SET speed = 7, sum = ${wrong.at(-1)} WHERE channel = 'b'`);
    const head = await headOf(store, 'b');
    expect(head.state.rocket).toMatchObject({ speed: 7 });

    expect((await rebuildDatabase(url)).changed).toBe(1);
    const [fresh] = await store.commit([changeOn(head, { events: [faster(1)] })]);
    expect(fresh!.state.rocket).toMatchObject({ speed: 1100 });
    expect(await store.commit([changeOn(fresh!, { events: [faster(1)] })])).toEqual([]);
    await store.close();
    expect((await verifyDatabase(url)).damages).toEqual([]);
  });

  it('keeps instances from committing while it lasts, and loses nothing of theirs', async () => {
    const url = await filled();
    const { store } = await openBoth(url);
    let over = false;
    const writing = (async () => {
      let written = 0;
      for (; !over; written++) await write(store, 'c', { events: [faster(1)] });
      return written;
    })();
    for (let i = 0; i < 5; i++) await rebuildDatabase(url);
    over = true;
    const written = await writing;
    await store.close();
    expect(written).toBeGreaterThan(0);
    expect(await verifyDatabase(url)).toEqual({ ...whole, rockets: 3, events: 606 + written });
  });
});
