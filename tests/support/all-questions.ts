import { idle } from '../../src/application/fleet/activity.js';
import { rocketSorts } from '../../src/application/ports/rocket-directory.js';
import { eventTypes } from '../../src/domain/rocket-event.js';
import { RelationalMinutes } from '../../src/infrastructure/stores/relational/minutes.js';
import { RelationalRocketDirectory } from '../../src/infrastructure/stores/relational/relational-directory.js';
import { SqliteEventStore } from '../../src/infrastructure/stores/sqlite/sqlite-event-store.js';
import { exploded, faster, launched, newMission, received, skipped, write } from './builders.js';

export const ROCKETS = 24;
const channels = Array.from({ length: ROCKETS }, (_, i) => `rocket-${i}`);

/** Some of everything a file can hold, in pages enough of each table and index. */
export const fill = async (store: SqliteEventStore): Promise<void> => {
  await write(store, 'long', { events: [launched(), ...Array.from({ length: 600 }, (_, i) => faster(i))] });
  for (let round = 0; round < 12; round++) {
    for (const [i, channel] of channels.entries()) {
      const events = round === 0 ? [launched(), newMission(`M-${i}`)] : [faster(i + 1), faster(round + 1)];
      const last = round === 11 && i % 5 === 0 ? [exploded(`R-${i}`)] : [];
      const refused = round === 11 && i % 5 === 0 ? [refusedAfterEnd] : [];
      const waits = round === 11 && i % 3 === 0;
      const added = waits ? Array.from({ length: 20 }, (_, k) => received(channel, 90 + 2 * k)) : [];
      await write(store, channel, { events: [...events, ...last, ...refused], added });
    }
  }
  const minutes = Array.from({ length: 60 }, (_, i) => ({
    minute: 1000 + i,
    activity: { ...idle, events: i },
  }));
  await minutesOf(store).note('one', minutes);
  await write(store, 'skipped', { added: [received('skipped', 9, launched())] });
  const late = [received('skipped', 3)];
  await write(store, 'skipped', { events: [skipped(1, 8), launched()], released: [9] });
  await write(store, 'skipped', { late });
};

const refusedAfterEnd = {
  type: 'MessageRefused',
  data: { rule: 'rocket-exploded', message: { type: 'RocketSpeedIncreased', data: { by: 1 } } },
  time: '2026-10-01T12:00:00Z',
} as const;

const minutesOf = ({ parts }: SqliteEventStore) =>
  new RelationalMinutes(parts.ask, (rows, before) => parts.putMinutes(rows, before));

type Question = (store: SqliteEventStore, directory: RelationalRocketDirectory) => Promise<unknown>;

/** Everything that can be asked, each question by itself; positions without what names the file. */
export const questions: readonly Question[] = [
  async (store) => (await store.readAll({ limit: 10_000 })).events.map(unplaced),
  async (store) => (await store.readAll({ limit: 50, order: 'desc' })).events.map(unplaced),
  ...eventTypes.map((type): Question => async (store) => {
    const page = await store.readAll({ limit: 40, type });
    const next = await store.readAll({ limit: 40, type, after: page.next });
    return [...page.events, ...next.events].map(unplaced);
  }),
  async (store) => unplaced((await store.readAt(`${store.beginning.slice(0, -1)}333`))!),
  (store) => store.unfinished(),
  (store) => store.listened(0),
  (store) => minutesOf(store).ofOthers('nobody', 0),
  (_, directory) => directory.totals(),
  (_, directory) => directory.silent(Date.UTC(2100, 0)),
  (_, directory) => directory.frequent(100),
  (_, directory) => directory.gaps({ limit: 100 }),
  (_, directory) => directory.gaps({ limit: 20, after: { channel: 'rocket-12', from: 97 } }),
  (_, directory) => directory.overdueGaps(10, 1000),
  (_, directory) => directory.find('never-heard'),
  (_, directory) => directory.late('skipped', { limit: 10 }),
  ...rocketSorts.flatMap((sort): Question[] => [
    (_, directory) => directory.list({ sort, order: 'desc', limit: 100 }),
    (_, directory) => directory.list({ sort, order: 'asc', limit: 7 }),
  ]),
  (_, directory) => directory.list({ sort: 'channel', order: 'asc', limit: 100, status: ['exploded'] }),
  (_, directory) => directory.list({ sort: 'channel', order: 'asc', limit: 100, mission: 'M-7' }),
  (_, directory) => directory.list({ sort: 'channel', order: 'asc', limit: 100, hasGaps: true }),
  (_, directory) => directory.list({ sort: 'speed', order: 'asc', limit: 100, silentSince: 2e12 }),
  ...[...channels, 'skipped', 'long'].flatMap((channel): Question[] => [
    (_, directory) => directory.find(channel),
    (_, directory) => directory.waiting(channel, { limit: 100 }),
    async (store) => {
      const [head] = await store.load([{ channel, numbers: [1, 3, 9, 20, 94, 400] }]);
      return [head!.revision, head!.state, [...head!.recorded], [...head!.late], head!.waiting.get(94)];
    },
    async (store) => (await store.read(channel, { limit: 1000 })).map(unplaced),
    async (store) => (await store.read(channel, { after: 7, limit: 3, order: 'desc' })).map(unplaced),
    async (store) => (await store.readAll({ limit: 100, channel })).events.map(unplaced),
    (store) => store.snapshot(channel, { version: 300 }),
  ]),
];

const unplaced = ({
  channel,
  number,
  event,
  recordedAt,
}: Awaited<ReturnType<SqliteEventStore['read']>>[0]) => [channel, number, event, recordedAt];

/** As the service does when it starts; an error when it would refuse to. */
export const answersOf = async (file: string): Promise<(string | Error)[] | Error> => {
  let store: SqliteEventStore;
  try {
    store = await SqliteEventStore.open({ file, synchronous: 'full', place: 'here' });
  } catch (error) {
    return error as Error;
  }
  const directory = new RelationalRocketDirectory(store.parts);
  const answers: (string | Error)[] = [];
  for (const ask of questions) {
    answers.push(
      await ask(store, directory).then(
        (answer) => JSON.stringify(answer ?? 'nothing'),
        (error: Error) => error,
      ),
    );
  }
  await store.close();
  return answers;
};
