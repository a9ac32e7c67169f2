import {
  exploded,
  faster,
  launched,
  newMission,
  noon,
  noonMillis,
  received,
  skipped,
  slower,
  write,
} from '../support/builders.js';
import { rocketGapsContract } from './rocket-gaps-contract.js';
import { rocketListContract } from './rocket-list-contract.js';
import { instants, numbersOf, storeForEach, type OpenStore } from './open-store.js';

/** What every read model promises, moved by the store it belongs to. `open` makes an empty one each time; `runs` of random fleets. */
export const rocketDirectoryContract = (name: string, open: () => Promise<OpenStore>, runs: number): void => {
  describe(`${name} as a RocketDirectory`, () => {
    describe('with no rockets', () => emptyDirectoryContract(open));
    describe('find', () => findContract(open));
    describe('list', () => rocketListContract(open, runs));
    describe('gaps', () => rocketGapsContract(open, runs));
    describe('messages that are no events', () => messagesContract(open));
    describe('totals', () => totalsContract(open));
    describe('silent', () => silentContract(open));
    describe('frequent', () => frequentContract(open));
  });
};

const emptyDirectoryContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  it('finds and lists nothing', async () => {
    const { directory } = opened.now;
    expect(await directory.find('a')).toBeUndefined();
    expect(await directory.list({ sort: 'channel', order: 'asc', limit: 10 })).toEqual({
      rockets: [],
      next: undefined,
    });
    expect(await directory.gaps({ limit: 10 })).toEqual({ gaps: [], next: undefined });
    expect(await directory.gaps({ channel: 'a', limit: 10 })).toEqual({ gaps: [], next: undefined });
    expect(await directory.overdueGaps(Infinity, 10)).toEqual([]);
    expect(await directory.waiting('a', { limit: 10 })).toEqual([]);
    expect(await directory.late('a', { limit: 10 })).toEqual([]);
    expect(await directory.silent(Infinity)).toBe(0);
    expect(await directory.frequent(10)).toEqual({ types: [], missions: [] });
    expect(await directory.totals()).toEqual({
      rockets: 0,
      byStatus: { 'awaiting-launch': 0, flying: 0, exploded: 0 },
      incomplete: 0,
      withGaps: 0,
      gaps: 0,
      events: 0,
      rulesBroken: 0,
      waiting: 0,
      late: 0,
    });
  });
};

const findContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);
  const find = async (channel: string) => {
    const found = await opened.now.directory.find(channel);
    return found && instants(found);
  };

  it('tells the state of a rocket and what it waits for', async () => {
    await write(opened.now.store, 'a', {
      events: [launched(), faster(20, '2026-10-01T12:00:05.5+02:00')],
      added: [received('a', 5), received('a', 9)],
      recordedAt: noonMillis + 7,
    });
    expect(await find('a')).toEqual({
      channel: 'a',
      version: 2,
      rocket: {
        status: 'flying',
        complete: true,
        type: 'Falcon-9',
        mission: 'ARTEMIS',
        launchedAt: noon,
        speed: 520,
        speedChange: null,
      },
      updatedAt: '2026-10-01T10:00:05.5Z',
      highestHeard: 9,
      waiting: 2,
      late: 0,
      heardAt: noonMillis + 7,
    });
  });

  it('knows a rocket of which nothing came in order', async () => {
    await write(opened.now.store, 'a', { added: [received('a', 4)] });
    expect(await find('a')).toEqual({
      channel: 'a',
      version: 0,
      rocket: { status: 'awaiting-launch', complete: true },
      updatedAt: null,
      highestHeard: 4,
      waiting: 1,
      late: 0,
      heardAt: noonMillis,
    });
  });

  it('knows no speed of a rocket whose launch was never heard, but what changed', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [skipped(1, 3), slower(40)] });
    const launchedAt = null;
    const unheard = { type: null, mission: null, launchedAt, complete: false } as const;
    expect(await find('a')).toMatchObject({
      version: 4,
      highestHeard: 4,
      rocket: { status: 'flying', ...unheard, speed: null, speedChange: -40 },
    });
    await write(store, 'a', { events: [exploded()] });
    expect(await find('a')).toMatchObject({
      rocket: { status: 'exploded', reason: 'PRESSURE', ...unheard, speed: null, speedChange: -40 },
    });
    await write(store, 'b', { events: [skipped(1, 3), slower(40), launched()] });
    expect(await find('b')).toMatchObject({ rocket: { speed: 500, speedChange: null, complete: false } });
  });

  it('tells channels apart by case, and does not trim them', async () => {
    await write(opened.now.store, 'Rocket', { events: [launched()] });
    await write(opened.now.store, 'rocket', { events: [launched(), exploded()] });
    expect((await find('Rocket'))?.version).toBe(1);
    expect((await find('rocket'))?.version).toBe(2);
    expect(await find('ROCKET')).toBeUndefined();
    expect(await find('rocket ')).toBeUndefined();
  });

  it('is whatever its events say, also of a rocket that explodes twice', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched(), exploded('A', '2026-10-01T12:00:00Z')] });
    await write(store, 'a', { events: [launched(), exploded('B', '2026-10-01T13:00:00+02:00')] });
    expect((await find('a'))?.rocket).toMatchObject({ reason: 'B', explodedAt: '2026-10-01T11:00:00Z' });
  });

  it('moves with the commit', async () => {
    const { store } = opened.now;
    await write(store, 'a', { events: [launched()], added: [received('a', 3)] });
    await write(store, 'a', { events: [faster(), faster()], released: [3] });
    expect(await find('a')).toMatchObject({ version: 3, highestHeard: 3, waiting: 0 });
    await write(store, 'a', { events: [skipped(4, 6)], late: [] });
    await write(store, 'a', { late: [received('a', 5)] });
    expect(await find('a')).toMatchObject({
      version: 6,
      highestHeard: 6,
      late: 1,
      rocket: { complete: false },
    });
    await write(store, 'a', { events: [exploded()] });
    expect((await find('a'))?.rocket).toMatchObject({ status: 'exploded', reason: 'PRESSURE' });
  });

  it('tells when a rocket was heard last: with all that was new, and not by the turn of what waited', async () => {
    const { store } = opened.now;
    const heardAt = async () => (await find('a'))!.heardAt - noonMillis;
    await write(store, 'a', { events: [launched()], recordedAt: noonMillis + 1 });
    expect(await heardAt()).toBe(1);
    await write(store, 'a', { added: [received('a', 3)], recordedAt: noonMillis + 2 });
    expect(await heardAt()).toBe(2);
    const drained = [skipped(2, 2), faster()];
    await write(store, 'a', { events: drained, released: [3], recordedAt: noonMillis + 3, heard: false });
    expect(await heardAt()).toBe(2);
    await write(store, 'a', { late: [received('a', 2)], recordedAt: noonMillis + 4 });
    expect(await heardAt()).toBe(4);
    // Our clock may be set back; it is what it says that counts.
    await write(store, 'a', { events: [faster()], recordedAt: noonMillis - 60_000 });
    expect(await heardAt()).toBe(-60_000);
  });
};

const messagesContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  it('come by number, in pages, of one rocket', async () => {
    const { store, directory } = opened.now;
    const waiting = [20, 22, 23, 30].map((number) =>
      received('a', number, newMission(`M${number}`), noonMillis + number),
    );
    const late = [2, 4, 9].map((number) =>
      received('a', number, newMission(`M${number}`), noonMillis + number),
    );
    await write(store, 'a', { events: [launched(), skipped(2, 10)], added: waiting.slice(1, 3) });
    await write(store, 'a', { added: [waiting[0]!, waiting[3]!], late: [late[2]!] });
    await write(store, 'a', { late: late.slice(0, 2) });
    await write(store, 'b', { added: [received('b', 21)] });
    for (const [ask, all] of [
      [(page: { after?: number; limit: number }) => directory.waiting('a', page), waiting],
      [(page: { after?: number; limit: number }) => directory.late('a', page), late],
    ] as const) {
      expect(await ask({ limit: 10 })).toEqual(all);
      expect(await ask({ limit: 2 })).toEqual(all.slice(0, 2));
      const [, second, third] = numbersOf(all);
      expect(await ask({ after: second, limit: 10 })).toEqual(all.slice(2));
      expect(await ask({ after: third! - 1, limit: 1 })).toEqual([all[2]]);
      expect(await ask({ after: numbersOf(all).at(-1), limit: 10 })).toEqual([]);
      expect(await ask({ after: Number.MAX_SAFE_INTEGER, limit: 10 })).toEqual([]);
    }
    expect(numbersOf(await directory.waiting('b', { limit: 10 }))).toEqual([21]);
    expect(await directory.late('b', { limit: 10 })).toEqual([]);
  });

  it('wait until they are history', async () => {
    const { store, directory } = opened.now;
    await write(store, 'a', { added: [received('a', 2), received('a', 4)] });
    await write(store, 'a', { events: [launched(), faster()], released: [2] });
    expect(numbersOf(await directory.waiting('a', { limit: 10 }))).toEqual([4]);
    await write(store, 'a', { events: [skipped(3, 3), faster()], released: [4] });
    expect(await directory.waiting('a', { limit: 10 })).toEqual([]);
  });

  it('come in a page of very many as they come in a page of few', async () => {
    const { store, directory } = opened.now;
    const added = Array.from({ length: 5000 }, (_, i) => received('a', 2 * i + 2));
    await write(store, 'a', { added });
    const seen: number[] = [];
    for (let page = await directory.waiting('a', { limit: 700 }); page.length > 0;) {
      seen.push(...numbersOf(page));
      page = await directory.waiting('a', { after: seen.at(-1), limit: 700 });
    }
    expect(seen).toEqual(numbersOf(added));
  });
};

const totalsContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  it('count everything, as it is now', async () => {
    const { store, directory } = opened.now;
    await write(store, 'a', { events: [launched(), faster()] });
    await write(store, 'b', {
      events: [launched(), exploded()],
      added: [received('b', 4), received('b', 6)],
    });
    await write(store, 'c', { added: [received('c', 2)] });
    await write(store, 'd', { events: [launched(), skipped(2, 9)], late: [] });
    await write(store, 'd', { late: [received('d', 3), received('d', 7)] });
    const totals = {
      rockets: 4,
      byStatus: { 'awaiting-launch': 1, flying: 2, exploded: 1 },
      incomplete: 1,
      withGaps: 2,
      gaps: 3,
      events: 6,
      rulesBroken: 0,
      waiting: 3,
      late: 2,
    };
    expect(await directory.totals()).toEqual(totals);
    await write(store, 'a', { events: [exploded()] });
    await write(store, 'c', { events: [launched(), faster()], released: [2] });
    await write(store, 'b', { added: [received('b', 100), received('b', 101)] });
    await write(store, 'd', { late: [received('d', 9)] });
    const now = {
      ...totals,
      byStatus: { 'awaiting-launch': 0, flying: 2, exploded: 2 },
      withGaps: 1,
      gaps: 3,
      events: 9,
      waiting: 4,
      late: 3,
    };
    expect(await directory.totals()).toEqual(now);
    await write(store, 'b', { added: [received('b', 50)] });
    expect(await directory.totals()).toEqual({ ...now, gaps: 4, waiting: 5 });
    await write(store, 'b', {
      events: [skipped(3, 3), faster(), skipped(5, 5), faster(), skipped(7, 49), faster()],
      released: [4, 6, 50],
      heard: false,
    });
    const skippedAll = { ...now, incomplete: 2, gaps: 1, events: 15, waiting: 2 };
    expect(await directory.totals()).toEqual(skippedAll);
    await write(store, 'b', {
      events: [skipped(51, 99), faster(), faster()],
      released: [100, 101],
      heard: false,
    });
    expect(await directory.totals()).toEqual({ ...skippedAll, withGaps: 0, gaps: 0, events: 18, waiting: 0 });
  });
};

const silentContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  it('counts those not heard since a moment, to the millisecond, that have not exploded', async () => {
    const { store, directory } = opened.now;
    const minute = 60_000;
    const at = (millis: number) => ({ recordedAt: noonMillis + millis });
    await write(store, 'a', { events: [launched()], ...at(0) });
    await write(store, 'b', { events: [launched()], ...at(500) });
    await write(store, 'c', { added: [received('c', 2)], ...at(minute) });
    await write(store, 'd', { events: [launched(), exploded()], ...at(0) });
    const counts = [];
    for (const since of [0, 1, 500, 501, minute, minute + 1, 90 * minute])
      counts.push(await directory.silent(noonMillis + since));
    expect(counts).toEqual([0, 1, 1, 2, 2, 3, 3]);
    await write(store, 'a', { events: [faster()], ...at(2 * minute) });
    await write(store, 'c', { events: [exploded()], heard: false, ...at(2 * minute) });
    expect(await directory.silent(noonMillis + minute + 1)).toBe(2);
    const query = { sort: 'channel', order: 'asc', limit: 10, silentSince: noonMillis + minute + 1 } as const;
    expect((await directory.list(query)).rockets.map(({ channel }) => channel)).toEqual(['b', 'c']);
  });
};

const frequentContract = (open: () => Promise<OpenStore>): void => {
  const opened = storeForEach(open);

  it('names the types and missions that most rockets have now, by number and then by the bytes of their names', async () => {
    const { store, directory } = opened.now;
    const rockets = [
      ['a', 'Saturn', 'MOON'],
      ['b', 'Saturn', 'Mars'],
      ['c', 'Ariane', '\u{1F680}'],
      ['d', 'Ariane', '\uFFFD'],
      ['e', 'Zenit', 'MOON'],
    ] as const;
    for (const [channel, type, mission] of rockets)
      await write(store, channel, { events: [launched(noon, { type, mission })] });
    await write(store, 'f', { added: [received('f', 2)] });
    expect(await directory.frequent(3)).toEqual({
      types: [
        { name: 'Ariane', rockets: 2 },
        { name: 'Saturn', rockets: 2 },
        { name: 'Zenit', rockets: 1 },
      ],
      missions: [
        { name: 'MOON', rockets: 2 },
        { name: 'Mars', rockets: 1 },
        { name: '\uFFFD', rockets: 1 },
      ],
    });
    await write(store, 'a', { events: [newMission('Mars')] });
    await write(store, 'e', { events: [newMission('Mars')] });
    expect((await directory.frequent(1)).missions).toEqual([{ name: 'Mars', rockets: 3 }]);
    expect((await directory.frequent(9)).missions).not.toContainEqual(
      expect.objectContaining({ name: 'MOON' }),
    );
  });
};
