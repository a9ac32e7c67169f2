import {
  exportDatabase,
  verifyDatabase,
} from '../../../../src/infrastructure/stores/postgres/upkeep/whole-database.js';
import { changeOn, faster, headOf, launched, received, skipped, write } from '../../../support/builders.js';
import { runIn } from '../../../support/postgres-server.js';
import { openBoth, postgresForAll } from '../../../support/postgres-stores.js';

const postgres = postgresForAll();

/** A bit of everything, with gaps that were split, closed in part and skipped. */
const filled = async (): Promise<string> => {
  const url = await postgres.newSchema();
  const { store } = await openBoth(url);
  await store.listened(700);
  await write(store, 'a', {
    events: [launched(), faster(3)],
    added: [5, 9, 20].map((n) => received('a', n)),
  });
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
  expect(lines.at(-1)).toEqual({ kind: 'end', rockets: 2, events: 606, waiting: 4, late: 1 });
  expect(lines.filter(({ kind, channel }) => kind === 'event' && channel === 'a')).toHaveLength(5);
});

it('a database without our tables is refused', async () => {
  await expect(verifyDatabase(await postgres.newSchema())).rejects.toThrow('no tables of Rockets');
});
