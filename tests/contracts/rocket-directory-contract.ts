import fc from 'fast-check';
import type { EventStore } from '../../src/application/ports/event-store.js';
import {
  rocketSorts,
  type Gap,
  type RocketDirectory,
  type RocketFilter,
  type RocketPage,
  type RocketQuery,
  type RocketSort,
  type RocketSummary,
} from '../../src/application/ports/rocket-directory.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import { toUtc } from '../../src/domain/rocket-time.js';
import { rocketStatuses } from '../../src/domain/rocket.js';
import {
  earlyMessage,
  exploded,
  faster,
  headOf,
  launched,
  newMission,
  noon,
  noonMillis,
  slower,
  write,
} from '../support/builders.js';
import type { OpenStore } from './event-store-contract.js';

/** What every read model promises, moved by the store it belongs to. `open` makes an empty one each time. */
export const rocketDirectoryContract = (name: string, open: () => Promise<OpenStore>): void => {
  describe(`${name} as a RocketDirectory`, () => {
    let opened: OpenStore;
    let store: EventStore;
    let directory: RocketDirectory;

    beforeEach(async () => {
      opened = await open();
      ({ store, directory } = opened);
    });

    afterEach(() => opened.close());

    describe('with no rockets', () => {
      it('finds and lists nothing', async () => {
        expect(await directory.find('a')).toBeUndefined();
        expect(await directory.list(byChannel)).toEqual({ rockets: [], next: undefined });
        expect(await directory.gaps({ limit: 10 })).toEqual({ gaps: [], next: undefined });
        expect(await directory.gaps({ channel: 'a', limit: 10 })).toEqual({ gaps: [], next: undefined });
        expect(await directory.totals()).toEqual({
          rockets: 0,
          byStatus: { 'awaiting-launch': 0, flying: 0, exploded: 0 },
          incomplete: 0,
          events: 0,
          buffered: 0,
          withGaps: 0,
        });
      });
    });

    describe('find', () => {
      it('tells the state of a rocket and what it waits for', async () => {
        await write(store, 'a', {
          events: [launched(), faster(20, '2026-10-01T12:00:05.5+02:00')],
          added: [earlyMessage('a', 5), earlyMessage('a', 9)],
        });
        expect(await directory.find('a')).toEqual({
          channel: 'a',
          version: 2,
          rocket: {
            status: 'flying',
            complete: true,
            type: 'Falcon-9',
            mission: 'ARTEMIS',
            launchedAt: noon,
            speed: 520,
          },
          updatedAt: '2026-10-01T12:00:05.5+02:00',
          highestSeen: 9,
          pending: 2,
        });
      });

      it('knows a rocket of which only early messages came', async () => {
        await write(store, 'a', { added: [earlyMessage('a', 4)] });
        expect(await directory.find('a')).toEqual({
          channel: 'a',
          version: 0,
          rocket: { status: 'awaiting-launch', complete: true },
          updatedAt: null,
          highestSeen: 4,
          pending: 1,
        });
      });

      it('tells channels apart by case, and does not trim them', async () => {
        await write(store, 'Rocket', { events: [launched()] });
        await write(store, 'rocket', { events: [launched(), exploded()] });
        expect((await directory.find('Rocket'))?.version).toBe(1);
        expect((await directory.find('rocket'))?.version).toBe(2);
        expect(await directory.find('ROCKET')).toBeUndefined();
        expect(await directory.find('rocket ')).toBeUndefined();
      });

      it('moves with the commit', async () => {
        await write(store, 'a', { events: [launched()], added: [earlyMessage('a', 3)] });
        await write(store, 'a', { events: [faster(), faster()], released: [3] });
        expect(await directory.find('a')).toMatchObject({ version: 3, highestSeen: 3, pending: 0 });
        await write(store, 'a', { events: [exploded()] });
        expect((await directory.find('a'))?.rocket).toMatchObject({ status: 'exploded', reason: 'PRESSURE' });
      });
    });

    describe('list', () => {
      it('orders instants, not their spelling', async () => {
        const times = {
          a: '2026-10-01T12:00:00.1Z',
          b: '2026-10-01T13:00:00+02:00',
          c: '2026-10-01T12:00:00.100000001Z',
          d: '2026-10-01T12:00:00.10Z',
          e: '2026-10-01T12:00:00Z',
          f: '2026-10-01T11:00:00.000-01:00',
          g: '1969-12-31T23:59:59.9Z',
        };
        for (const [channel, time] of Object.entries(times))
          await write(store, channel, { events: [launched(time)] });
        await write(store, 'never', { added: [earlyMessage('never', 2)] });
        for (const sort of ['launchedAt', 'updatedAt'] as const) {
          expect(await channels({ ...byChannel, sort })).toBe('g b e f a d c never');
          expect(await channels({ ...byChannel, sort, order: 'desc' })).toBe('c a d e f b g never');
        }
      });

      it('puts what is unknown last in both orders', async () => {
        await write(store, 'fast', { events: [launched(), faster(1000)] });
        await write(store, 'waits', { added: [earlyMessage('waits', 2)] });
        await write(store, 'also-waits', { added: [earlyMessage('also-waits', 2)] });
        await write(store, 'slow', { events: [launched(), slower(1)] });
        await write(store, 'unseen', {
          events: [{ type: 'MessagesSkipped', data: { from: 1, to: 3 }, time: noon }],
        });
        expect(await channels({ ...byChannel, sort: 'speed' })).toBe('unseen slow fast also-waits waits');
        expect(await channels({ ...byChannel, sort: 'speed', order: 'desc' })).toBe(
          'fast slow unseen also-waits waits',
        );
        expect(await channels({ ...byChannel, sort: 'mission' })).toBe('fast slow also-waits unseen waits');
      });

      it('follows a rocket whose place changes, page by page', async () => {
        for (const channel of ['a', 'b', 'c', 'd']) await write(store, channel, { events: [launched()] });
        const fastest: RocketQuery = { ...byChannel, sort: 'speed', order: 'desc', limit: 2 };
        const flying: RocketQuery = { ...byChannel, status: 'flying' };
        expect(await channels(fastest)).toBe('a b');
        expect(await channels(flying)).toBe('a b c d');
        await write(store, 'd', { events: [faster(5)] });
        await write(store, 'b', { events: [exploded()] });
        expect(await channels(fastest)).toBe('d a');
        expect(await channels(flying)).toBe('a c d');
        await write(store, 'd', { events: [slower(400)] });
        await write(store, 'd', { events: [faster(399)] });
        await write(store, 'e', { events: [launched()] });
        const { rockets, next } = await directory.list(fastest);
        expect(rockets.map(({ channel }) => channel)).toEqual(['d', 'a']);
        expect(await channels({ ...fastest, limit: 9, after: next })).toBe('b c e');
      });

      it('filters by exact values', async () => {
        await write(store, 'a', { events: [launched(noon, { type: 'X', mission: 'm' })] });
        await write(store, 'b', { events: [launched(noon, { type: 'X', mission: 'M' })] });
        await write(store, 'c', { events: [launched(noon, { type: 'x', mission: 'm' })] });
        expect(await channels({ ...byChannel, type: 'X' })).toBe('a b');
        expect(await channels({ ...byChannel, mission: 'm' })).toBe('a c');
        expect(await channels({ ...byChannel, type: 'X', mission: 'm', status: 'flying' })).toBe('a');
        expect(await channels({ ...byChannel, type: '%' })).toBe('');
        await write(store, 'a', { events: [newMission('M')] });
        expect(await channels({ ...byChannel, mission: 'M' })).toBe('a b');
      });

      it('equals a plain sort of a plain list, for every sort, order and filter', async () => {
        await fc.assert(
          fc.asyncProperty(anyFleet, fc.integer({ min: 1, max: 7 }), async (fleet, limit) => {
            const own = await open();
            try {
              for (const turn of [0, 1]) {
                for (const step of fleet.filter((_, i) => i % 2 === turn)) await play(own.store, step);
                await compareLists(own.directory, fleet, limit);
              }
            } finally {
              await own.close();
            }
          }),
          { numRuns: 12 },
        );
      });

      const channels = async (query: RocketQuery): Promise<string> =>
        (await directory.list(query)).rockets.map(({ channel }) => channel).join(' ');
    });

    describe('gaps', () => {
      it('names each missing range, since when, and how many messages wait beyond it', async () => {
        await write(store, 'b', {
          events: [launched()],
          added: [
            earlyMessage('b', 4, faster(), noonMillis + 30),
            earlyMessage('b', 5, faster(), noonMillis + 50),
            earlyMessage('b', 9, faster(), noonMillis + 20),
            earlyMessage('b', 11, faster(), noonMillis + 40),
          ],
        });
        await write(store, 'a', { added: [earlyMessage('a', 2, faster(), noonMillis)] });
        await write(store, 'c', { events: [launched()] });
        const { gaps, next } = await directory.gaps({ limit: 10 });
        expect(next).toBeUndefined();
        expect(gaps).toEqual([
          { channel: 'a', from: 1, to: 1, since: noonMillis, waiting: 1 },
          { channel: 'b', from: 2, to: 3, since: noonMillis + 20, waiting: 4 },
          { channel: 'b', from: 6, to: 8, since: noonMillis + 20, waiting: 2 },
          { channel: 'b', from: 10, to: 10, since: noonMillis + 40, waiting: 1 },
        ]);
        expect((await directory.gaps({ channel: 'b', limit: 10 })).gaps).toEqual(gaps.slice(1));
        expect((await directory.gaps({ channel: 'c', limit: 10 })).gaps).toEqual([]);
        expect((await directory.totals()).withGaps).toBe(2);
      });

      it('forgets a gap that has closed', async () => {
        await write(store, 'a', { added: [earlyMessage('a', 2), earlyMessage('a', 5)] });
        await write(store, 'a', { events: [launched(), faster()], released: [2] });
        expect((await directory.gaps({ limit: 10 })).gaps).toMatchObject([{ from: 3, to: 4, waiting: 1 }]);
        await write(store, 'a', { events: [faster(), faster(), faster()], released: [5] });
        expect(await directory.gaps({ limit: 10 })).toEqual({ gaps: [], next: undefined });
        expect(await directory.totals()).toMatchObject({ withGaps: 0, buffered: 0 });
      });

      it('does not take a message whose turn has come for one behind a gap', async () => {
        await write(store, 'a', { events: [launched()], added: [earlyMessage('a', 2)] });
        expect((await directory.gaps({ limit: 10 })).gaps).toEqual([]);
        expect(await directory.totals()).toMatchObject({ withGaps: 0, buffered: 1 });
      });

      it('equals the set of numbers not heard, in pages of any size', async () => {
        await fc.assert(
          fc.asyncProperty(anyHeard, fc.integer({ min: 1, max: 5 }), async (heard, limit) => {
            const own = await open();
            try {
              for (const [i, numbers] of heard.entries()) await hear(own.store, `r${i}`, numbers);
              const expected = heard.flatMap((numbers, i) => missingIn(`r${i}`, numbers));
              expect(await allGaps(own.directory, { limit })).toEqual(expected);
              expect(await allGaps(own.directory, { limit, channel: 'r1' })).toEqual(
                expected.filter(({ channel }) => channel === 'r1'),
              );
              expect((await own.directory.totals()).withGaps).toBe(
                new Set(expected.map((gap) => gap.channel)).size,
              );
            } finally {
              await own.close();
            }
          }),
          { numRuns: 12 },
        );
      });
    });

    it('counts everything', async () => {
      await write(store, 'a', { events: [launched(), faster()] });
      await write(store, 'b', {
        events: [launched(), exploded()],
        added: [earlyMessage('b', 4), earlyMessage('b', 6)],
      });
      await write(store, 'c', { added: [earlyMessage('c', 2)] });
      await write(store, 'd', {
        events: [launched(), { type: 'MessagesSkipped', data: { from: 2, to: 9 }, time: noon }],
      });
      const totals = {
        rockets: 4,
        byStatus: { 'awaiting-launch': 1, flying: 2, exploded: 1 },
        incomplete: 1,
        events: 6,
        buffered: 3,
        withGaps: 2,
      };
      expect(await directory.totals()).toEqual(totals);
      await write(store, 'a', { events: [exploded()] });
      await write(store, 'c', { events: [launched(), faster()], released: [2] });
      expect(await directory.totals()).toEqual({
        ...totals,
        byStatus: { 'awaiting-launch': 0, flying: 2, exploded: 2 },
        events: 9,
        buffered: 2,
        withGaps: 1,
      });
    });
  });
};

const byChannel: RocketQuery = { sort: 'channel', order: 'asc', limit: 1000 };

/** One commit for one rocket: events, or an early message when there are none. */
interface FleetStep {
  readonly channel: string;
  readonly events: readonly RocketEvent[];
}

const anyTime = fc
  .tuple(
    fc.constantFrom('2026-10-01', '2022-02-02', '1969-07-20'),
    fc.constantFrom('', '.5', '.50', '.500000001', '.49'),
    fc.constantFrom('Z', '+01:00', '-01:00'),
  )
  .map(([date, fraction, offset]) => `${date}T12:00:00${fraction}${offset}`);
const anyText = fc.constantFrom('A', 'a', 'B', 'é', 'AA', '🚀', '10', '9');
const anyEvent: fc.Arbitrary<RocketEvent> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(anyTime, anyText, anyText, fc.nat(3))
      .map(([time, type, mission, launchSpeed]) => launched(time, { type, mission, launchSpeed })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(0, 1, 7, 2 ** 40), anyTime).map(([by, time]) => faster(by, time)),
  },
  { weight: 1, arbitrary: fc.tuple(anyText, anyTime).map(([text, time]) => newMission(text, time)) },
  { weight: 1, arbitrary: fc.tuple(anyText, anyTime).map(([text, time]) => exploded(text, time)) },
);
const anyFleet: fc.Arbitrary<FleetStep[]> = fc.array(
  fc.record({
    channel: fc.constantFrom(...'AaBbcdefghij', 'a.b', 'a-b', 'a:b', 'a_b', '10', '9'),
    events: fc.array(anyEvent, { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 40 },
);

const play = async (store: EventStore, { channel, events }: FleetStep): Promise<void> => {
  if (events.length > 0) return write(store, channel, { events });
  const { state, early } = await headOf(store, channel);
  if (early.size === 0) await write(store, channel, { added: [earlyMessage(channel, state.version + 1000)] });
};

const compareLists = async (
  directory: RocketDirectory,
  fleet: readonly FleetStep[],
  limit: number,
): Promise<void> => {
  const names = [...new Set(fleet.map(({ channel }) => channel))];
  const found = await Promise.all(names.map((channel) => directory.find(channel)));
  const rockets = found.filter((rocket) => rocket !== undefined);
  const filters: RocketFilter[] = [{}, { type: 'a' }, { mission: 'A', status: 'flying' }];
  filters.push(...rocketStatuses.map((status) => ({ status })));
  for (const filter of filters) {
    for (const sort of rocketSorts) {
      for (const order of ['asc', 'desc'] as const) {
        const expected = rockets.filter(passes(filter)).sort(inOrder(sort, order));
        expect(await walk(directory, { ...filter, sort, order, limit })).toEqual(expected);
      }
    }
  }
};

/** More than any walk here can meet: a cursor that stands still must fail, not hang. */
const PLENTY = 10_000;

const walk = async (directory: RocketDirectory, query: RocketQuery): Promise<RocketSummary[]> => {
  const rockets: RocketSummary[] = [];
  let after: RocketPage['next'];
  do {
    const page = await directory.list({ ...query, after });
    expect(page.rockets.length).toBe(page.next === undefined ? page.rockets.length : query.limit);
    rockets.push(...page.rockets);
    if (rockets.length > PLENTY) throw new Error('The listing does not end.');
    after = page.next;
  } while (after !== undefined);
  return rockets;
};

const passes =
  ({ status, type, mission }: RocketFilter) =>
  ({ rocket }: RocketSummary): boolean => {
    const launch = rocket.status === 'awaiting-launch' ? { type: null, mission: null } : rocket;
    return (
      (status ?? rocket.status) === rocket.status &&
      (type === undefined || type === launch.type) &&
      (mission === undefined || mission === launch.mission)
    );
  };

const inOrder =
  (sort: RocketSort, order: 'asc' | 'desc') =>
  (a: RocketSummary, b: RocketSummary): number => {
    const [x, y] = [comparable(a, sort), comparable(b, sort)];
    if (x === y) return a.channel < b.channel ? -1 : 1;
    if (x === null || y === null) return x === null ? 1 : -1;
    return x < y === (order === 'asc') ? -1 : 1;
  };

/** Instants as nanoseconds; texts in the order of their code points, which for these is that of their code units. */
const comparable = (
  { channel, rocket, updatedAt }: RocketSummary,
  sort: RocketSort,
): string | number | bigint | null => {
  const launch =
    rocket.status === 'awaiting-launch'
      ? { type: null, mission: null, speed: null, launchedAt: null }
      : rocket;
  const { type, mission, speed, launchedAt } = launch;
  const nanos = (time: string | null): bigint | null => {
    if (time === null) return null;
    const utc = toUtc(time);
    const fraction = utc.slice(19, -1).slice(1).padEnd(9, '0');
    return BigInt(Date.parse(`${utc.slice(0, 19)}Z`)) * 1_000_000n + BigInt(fraction);
  };
  const { status } = rocket;
  return {
    channel,
    type,
    mission,
    speed,
    status,
    launchedAt: nanos(launchedAt),
    updatedAt: nanos(updatedAt),
  }[sort];
};

/** For some rockets, the numbers heard, in the order of hearing; a number may be far beyond all others. */
const anyHeard = fc.array(
  fc.uniqueArray(
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 30 }) },
      fc.constantFrom(2 ** 40, 2 ** 53 - 1),
    ),
    {
      maxLength: 20,
    },
  ),
  { minLength: 2, maxLength: 9 },
);

const heardAt = (i: number): number => noonMillis + ((i * 7919) % 100);

/** Commits each number as it comes, as the service does: in order, early, or in order with the early ones behind it. */
const hear = async (store: EventStore, channel: string, numbers: readonly number[]): Promise<void> => {
  for (const [i, number] of numbers.entries()) {
    const { state, early } = await headOf(store, channel, [number]);
    if (number > state.version + 1) {
      await write(store, channel, { added: [earlyMessage(channel, number, faster(), heardAt(i))] });
      continue;
    }
    const released: number[] = [];
    for (let next = number + 1; early.get(next) !== undefined; next++) released.push(next);
    await write(store, channel, { events: [faster(), ...released.map(() => faster())], released });
  }
};

const missingIn = (channel: string, numbers: readonly number[]): Gap[] => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.flatMap((number, i) => {
    const from = (sorted[i - 1] ?? 0) + 1;
    const beyond = sorted.slice(i);
    const since = Math.min(...beyond.map((heard) => heardAt(numbers.indexOf(heard))));
    return from < number ? [{ channel, from, to: number - 1, since, waiting: beyond.length }] : [];
  });
};

const allGaps = async (
  directory: RocketDirectory,
  query: { limit: number; channel?: string },
): Promise<Gap[]> => {
  const gaps: Gap[] = [];
  let after: { channel: string; from: number } | undefined;
  do {
    const page = await directory.gaps({ ...query, after });
    expect(page.gaps.length).toBeLessThanOrEqual(query.limit);
    gaps.push(...page.gaps);
    if (gaps.length > PLENTY) throw new Error('The gaps do not end.');
    after = page.next;
  } while (after !== undefined);
  return gaps;
};
