import fc from 'fast-check';
import {
  rocketSorts,
  type RocketDirectory,
  type RocketFilter,
  type RocketPage,
  type RocketQuery,
  type RocketSort,
  type RocketSummary,
} from '../../src/application/ports/rocket-directory.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import { toUtc } from '../../src/domain/rocket-time.js';
import {
  exploded,
  faster,
  headOf,
  launched,
  newMission,
  noon,
  noonMillis,
  received,
  skipped,
  slower,
  write,
} from '../support/builders.js';
import { storeForEach, type OpenStore } from './open-store.js';

const byChannel: RocketQuery = { sort: 'channel', order: 'asc', limit: 1000 };
const minute = 60_000;

export const rocketListContract = (open: () => Promise<OpenStore>, runs: number): void => {
  const opened = storeForEach(open);
  const channels = async (query: Partial<RocketQuery>): Promise<string> => {
    const { rockets } = await opened.now.directory.list({ ...byChannel, ...query });
    return rockets.map(({ channel }) => channel).join(' ');
  };

  describe('sorted', () => {
    it('orders instants, not their spelling', async () => {
      const { store } = opened.now;
      const times = {
        a: '2026-10-01T12:00:00.1Z',
        b: '2026-10-01T13:00:00+02:00',
        c: '2026-10-01T12:00:00.100000001Z',
        d: '2026-10-01T12:00:00.10Z',
        e: '2026-10-01T12:00:00Z',
        f: '2026-10-01T11:00:00.000-01:00',
        g: '1969-12-31T23:59:59.9Z',
      };
      for (const [channel, time] of Object.entries(times)) {
        await write(store, channel, { events: [launched(time)] });
      }
      await write(store, 'never', { added: [received('never', 2)] });
      for (const sort of ['launchedAt', 'updatedAt'] as const) {
        expect(await channels({ sort })).toBe('g b e f a d c never');
        expect(await channels({ sort, order: 'desc' })).toBe('c a d e f b g never');
      }
    });

    it('orders texts by the bytes of UTF-8, not by the units of UTF-16', async () => {
      const { store } = opened.now;
      const texts = ['A', 'AA', 'a', '\u007f', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '🚀'];
      for (const [i, text] of texts.entries()) {
        await write(store, `r${i}`, { events: [launched(noon, { type: text, mission: text })] });
      }
      const inOrder = texts.map((_, i) => `r${i}`);
      for (const sort of ['type', 'mission'] as const) {
        expect(await channels({ sort })).toBe(inOrder.join(' '));
        expect(await channels({ sort, order: 'desc' })).toBe([...inOrder].reverse().join(' '));
        const { next } = await opened.now.directory.list({ ...byChannel, sort, limit: 8 });
        expect(next).toEqual({ key: '\uffff', channel: 'r7' });
        expect(await channels({ sort, after: next })).toBe('r8 r9');
      }
    });

    it('orders channels by their bytes', async () => {
      const names = ['-', '.', '0', '10', '9', ':', 'A', 'Z', '_', 'a', 'a-', 'a.b', 'aa', 'z'];
      for (const channel of [...names].reverse()) {
        await write(opened.now.store, channel, { events: [launched()] });
      }
      expect(await channels({})).toBe(names.join(' '));
      expect(await channels({ order: 'desc' })).toBe([...names].reverse().join(' '));
      expect(await channels({ sort: 'status' })).toBe(names.join(' '));
      expect(await channels({ sort: 'status', order: 'desc' })).toBe(names.join(' '));
    });

    it('puts what is unknown last in both orders', async () => {
      const { store } = opened.now;
      await write(store, 'fast', { events: [launched(), faster(1000)] });
      await write(store, 'waits', { added: [received('waits', 2)] });
      await write(store, 'also-waits', { added: [received('also-waits', 2)] });
      await write(store, 'slow', { events: [launched(), slower(1)] });
      await write(store, 'unheard', { events: [skipped(1, 3), faster(9_999)] });
      await write(store, 'below', { events: [launched(), skipped(2, 3), slower(9_999)] });
      const unknown = 'also-waits unheard waits';
      expect(await channels({ sort: 'speed' })).toBe(`below slow fast ${unknown}`);
      expect(await channels({ sort: 'speed', order: 'desc' })).toBe(`fast slow below ${unknown}`);
      expect(await channels({ sort: 'mission' })).toBe(`below fast slow ${unknown}`);
      expect(await channels({ sort: 'launchedAt', order: 'desc' })).toBe(`below fast slow ${unknown}`);
    });

    it('orders by when they were heard last, and by how much waits', async () => {
      const { store } = opened.now;
      const at = (ms: number) => ({ recordedAt: noonMillis + ms });
      await write(store, 'a', { events: [launched()], ...at(30) });
      await write(store, 'b', { events: [launched()], ...at(10) });
      await write(store, 'c', { events: [launched()], added: [received('c', 5)], ...at(20) });
      await write(store, 'd', { added: [received('d', 5), received('d', 7)], ...at(10) });
      expect(await channels({ sort: 'heardAt' })).toBe('b d c a');
      expect(await channels({ sort: 'heardAt', order: 'desc' })).toBe('a c b d');
      expect(await channels({ sort: 'waiting', order: 'desc' })).toBe('d c a b');
      await write(store, 'b', { events: [faster()], added: [received('b', 9)], ...at(40) });
      expect(await channels({ sort: 'heardAt', order: 'desc', limit: 2 })).toBe('b a');
      expect(await channels({ sort: 'waiting' })).toBe('a b c d');
    });

    it('follows a rocket whose place changes, page by page', async () => {
      const { store, directory } = opened.now;
      for (const channel of ['a', 'b', 'c', 'd']) await write(store, channel, { events: [launched()] });
      const fastest: RocketQuery = { ...byChannel, sort: 'speed', order: 'desc', limit: 2 };
      const flying: RocketQuery = { ...byChannel, status: ['flying'] };
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
  });

  describe('filtered', () => {
    it('by exact values', async () => {
      const { store } = opened.now;
      await write(store, 'a', { events: [launched(noon, { type: 'X', mission: 'm' })] });
      await write(store, 'b', { events: [launched(noon, { type: 'X', mission: 'M' })] });
      await write(store, 'c', { events: [launched(noon, { type: 'x', mission: 'm' })] });
      expect(await channels({ type: 'X' })).toBe('a b');
      expect(await channels({ mission: 'm' })).toBe('a c');
      expect(await channels({ type: 'X', mission: 'm', status: ['flying'] })).toBe('a');
      expect(await channels({ type: '%' })).toBe('');
      await write(store, 'a', { events: [newMission('M')] });
      expect(await channels({ mission: 'M' })).toBe('a b');
    });

    it('by any of several statuses', async () => {
      const { store } = opened.now;
      await write(store, 'a', { events: [launched(), exploded()] });
      await write(store, 'b', { events: [launched()] });
      await write(store, 'c', { added: [received('c', 2)] });
      expect(await channels({ status: ['flying'] })).toBe('b');
      expect(await channels({ status: ['exploded', 'awaiting-launch'] })).toBe('a c');
      expect(await channels({ status: ['awaiting-launch', 'exploded'], order: 'desc' })).toBe('c a');
      expect(await channels({ status: ['flying', 'exploded', 'awaiting-launch'] })).toBe('a b c');
    });

    it('by a part of channel, type or mission, whatever the case of A to Z', async () => {
      const { store } = opened.now;
      const put = (channel: string, type: string, mission: string) =>
        write(store, channel, { events: [launched(noon, { type, mission })] });
      await put('falcon-1', 'T', 'M');
      await put('b', 'The FALCON', 'M');
      await put('c', 'T', 'to falconry');
      await put('d', 'Élan 🚀', '100%_sure\\');
      await put('e', 'T', '\uffff');
      await write(store, 'unheard-falcon', { events: [skipped(1, 2)] });
      await write(store, 'waiting-FALCON', { added: [received('waiting-FALCON', 2)] });
      const falcons = 'b c falcon-1 unheard-falcon waiting-FALCON';
      for (const text of ['falcon', 'FALCON', 'fAlCoN']) expect(await channels({ text })).toBe(falcons);
      expect(await channels({ text: 'élan' })).toBe('');
      expect(await channels({ text: 'Élan' })).toBe('d');
      expect(await channels({ text: 'LAN 🚀' })).toBe('d');
      for (const text of ['%', '_', '\\', '0%_S', 'e\\']) expect(await channels({ text })).toBe('d');
      expect(await channels({ text: '%a' })).toBe('');
      expect(await channels({ text: '\ufffd' })).toBe('');
      expect(await channels({ text: '\uffff' })).toBe('e');
      expect(await channels({ text: 'falcon', status: ['flying'], limit: 2 })).toBe('b c');
      await write(store, 'c', { events: [newMission('elsewhere')] });
      expect(await channels({ text: 'falcon' })).toBe('b falcon-1 unheard-falcon waiting-FALCON');
    });

    it('by whether something is missing, now or ever', async () => {
      const { store } = opened.now;
      await write(store, 'whole', { events: [launched(), faster()] });
      await write(store, 'gap', { events: [launched()], added: [received('gap', 3)] });
      await write(store, 'due', { events: [launched()], added: [received('due', 2)] });
      await write(store, 'skipped', { events: [launched(), skipped(2, 3)] });
      await write(store, 'both', { events: [launched(), skipped(2, 3)], added: [received('both', 9)] });
      expect(await channels({ hasGaps: true })).toBe('both gap');
      expect(await channels({ hasGaps: false })).toBe('due skipped whole');
      expect(await channels({ complete: true })).toBe('due gap whole');
      expect(await channels({ complete: false })).toBe('both skipped');
      expect(await channels({ complete: false, hasGaps: false })).toBe('skipped');
      await write(store, 'gap', { events: [faster(), faster()], released: [3] });
      expect(await channels({ hasGaps: true })).toBe('both');
    });

    it('by silence, to the millisecond, and never those that exploded', async () => {
      const { store } = opened.now;
      const hear = (channel: string, ms: number, events = [launched()]) =>
        write(store, channel, { events, recordedAt: noonMillis + ms });
      await hear('a', 0);
      await hear('b', minute - 1);
      await hear('c', minute);
      await hear('d', minute + 1);
      await hear('e', 5 * minute);
      await hear('f', 0, [launched(), exploded()]);
      await write(store, 'g', { added: [received('g', 2)], recordedAt: noonMillis });
      const silent = (ms: number) => channels({ silentSince: noonMillis + ms });
      expect(await silent(0)).toBe('');
      expect(await silent(1)).toBe('a g');
      expect(await silent(minute)).toBe('a b g');
      expect(await silent(minute + 1)).toBe('a b c g');
      expect(await silent(10 * minute)).toBe('a b c d e g');
      await write(store, 'a', { events: [faster()], recordedAt: noonMillis + 9 * minute });
      expect(await silent(minute)).toBe('b g');
      expect(await channels({ silentSince: noonMillis + 10 * minute, sort: 'heardAt', order: 'desc' })).toBe(
        'a e d c b g',
      );
    });
  });

  it('equals a plain sort of a plain list, for every sort, order and filter', async () => {
    await fc.assert(
      fc.asyncProperty(anyFleet, anyLookups, async (fleet, lookups) => {
        const own = await open();
        try {
          for (const some of [fleet.slice(0, fleet.length / 2), fleet.slice(fleet.length / 2)]) {
            for (const [i, step] of some.entries()) await play(own, step, i);
            await compareLists(own.directory, fleet, lookups);
          }
        } finally {
          await own.close();
        }
      }),
      { numRuns: runs },
    );
  });
};

const anyTime = fc
  .tuple(
    fc.constantFrom('2026-10-01', '2022-02-02', '1969-07-20'),
    fc.constantFrom('', '.5', '.50', '.500000001', '.49'),
    fc.constantFrom('Z', '+01:00', '-01:00'),
  )
  .map(([date, fraction, offset]) => `${date}T12:00:00${fraction}${offset}`);
const anyText = fc.constantFrom('A', 'a', 'B', 'é', 'AA', '🚀', '\uffff', '\ue000a', '10', '9', 'a%_\\');
const anyEvent: fc.Arbitrary<RocketEvent | 'skip'> = fc.oneof(
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
  { weight: 1, arbitrary: fc.constant('skip' as const) },
);
/** One commit for one rocket: events, or a message that waits when there are none. */
interface FleetStep {
  readonly channel: string;
  readonly events: readonly (RocketEvent | 'skip')[];
}

const anyFleet: fc.Arbitrary<FleetStep[]> = fc.array(
  fc.record({
    channel: fc.constantFrom(...'AaBbcdefghij', 'a.b', 'a-b', 'a:b', 'a_b', '10', '9'),
    events: fc.array(anyEvent, { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 40 },
);

const play = async (
  { store, directory }: OpenStore,
  { channel, events }: FleetStep,
  i: number,
): Promise<void> => {
  const recordedAt = noonMillis + (i % 7) * 25_000;
  const { state, waiting } = await headOf(store, channel);
  const highestHeard = (await directory.find(channel))?.highestHeard ?? 0;
  let next = state.version + 1;
  const told = events.map((event) => {
    const number = next++;
    return event === 'skip' ? skipped(number, number) : event;
  });
  if (told.length > 0 && waiting.size === 0) return write(store, channel, { events: told, recordedAt });
  const number = Math.max(state.version, highestHeard) + 1000 + i;
  await write(store, channel, { added: [received(channel, number)], recordedAt });
};

interface Lookup {
  readonly filter: RocketFilter;
  readonly sort: RocketSort;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}

const anyFilter: fc.Arbitrary<RocketFilter> = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      status: fc.subarray(['awaiting-launch', 'flying', 'exploded'] as const, { minLength: 1 }),
      type: anyText,
      mission: anyText,
      text: fc.constantFrom('A', 'a', '0', 'é', '🚀', '%', '_', '.'),
      hasGaps: fc.boolean(),
      complete: fc.boolean(),
      silentSince: fc.constantFrom(0, 1, 75_000, 100_000, 999_999).map((ms) => noonMillis + ms),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
);

const anyLookups: fc.Arbitrary<Lookup[]> = fc.array(
  fc.record({
    filter: anyFilter,
    sort: fc.constantFrom(...rocketSorts),
    order: fc.constantFrom('asc' as const, 'desc' as const),
    limit: fc.integer({ min: 1, max: 7 }),
  }),
  { minLength: 20, maxLength: 30 },
);

const compareLists = async (
  directory: RocketDirectory,
  fleet: readonly FleetStep[],
  lookups: readonly Lookup[],
): Promise<void> => {
  const names = [...new Set(fleet.map(({ channel }) => channel))];
  const found = await Promise.all(names.map((channel) => directory.find(channel)));
  const rockets = found.filter((rocket) => rocket !== undefined);
  for (const { filter, sort, order, limit } of lookups) {
    const expected = rockets.filter(passes(filter)).sort(inOrder(sort, order));
    expect(await walk(directory, { ...filter, sort, order, limit })).toEqual(expected);
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

const nothingKnown = { type: null, mission: null, speed: null, launchedAt: null };

const passes =
  (filter: RocketFilter) =>
  ({ channel, rocket, heardAt, version, highestHeard, waiting }: RocketSummary): boolean => {
    const { type, mission } = rocket.status === 'awaiting-launch' ? nothingKnown : rocket;
    const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    const part = filter.text === undefined ? '' : lower(filter.text);
    const isSilent = rocket.status !== 'exploded' && heardAt < (filter.silentSince ?? Infinity);
    return [
      filter.status?.includes(rocket.status) ?? true,
      (filter.type ?? type) === type,
      (filter.mission ?? mission) === mission,
      [channel, type, mission].some((text) => text !== null && lower(text).includes(part)),
      (filter.complete ?? rocket.complete) === rocket.complete,
      filter.hasGaps === undefined || filter.hasGaps === highestHeard - version > waiting,
      filter.silentSince === undefined || isSilent,
    ].every(Boolean);
  };

const inOrder =
  (sort: RocketSort, order: 'asc' | 'desc') =>
  (a: RocketSummary, b: RocketSummary): number => {
    const [x, y] = [comparable(a, sort), comparable(b, sort)];
    if (x === null || y === null) {
      if (x !== y) return x === null ? 1 : -1;
    } else {
      const difference = compare(x, y);
      if (difference !== 0) return order === 'asc' ? difference : -difference;
    }
    return a.channel < b.channel ? -1 : 1;
  };

const compare = (x: Comparable, y: Comparable): number =>
  typeof x === 'string' && typeof y === 'string'
    ? Buffer.compare(Buffer.from(x), Buffer.from(y))
    : Number(x > y) - Number(x < y);

type Comparable = string | number | bigint;

/** Instants as nanoseconds. */
const comparable = (summary: RocketSummary, sort: RocketSort): Comparable | null => {
  const { channel, rocket, updatedAt, heardAt, waiting } = summary;
  const { type, mission, speed, launchedAt } = rocket.status === 'awaiting-launch' ? nothingKnown : rocket;
  const nanos = (time: string | null): bigint | null => {
    if (time === null) return null;
    const utc = toUtc(time);
    const fraction = utc.slice(19, -1).slice(1).padEnd(9, '0');
    return BigInt(Date.parse(`${utc.slice(0, 19)}Z`)) * 1_000_000n + BigInt(fraction);
  };
  const times = { launchedAt: nanos(launchedAt), updatedAt: nanos(updatedAt) };
  return { channel, type, mission, speed, status: rocket.status, heardAt, waiting, ...times }[sort];
};
