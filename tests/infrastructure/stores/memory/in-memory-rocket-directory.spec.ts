import type { RocketQuery } from '../../../../src/application/ports/rocket-directory.js';
import type { Rocket } from '../../../../src/domain/rocket.js';
import { InMemoryEventStore } from '../../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { SystemClock } from '../../../../src/infrastructure/system-clock.js';
import { rocketDirectoryContract } from '../../../contracts/rocket-directory-contract.js';
import { faster, noon, noonMillis } from '../../../support/builders.js';
import { runs } from '../../../support/thorough.js';

rocketDirectoryContract(
  'InMemoryRocketDirectory',
  async () => {
    const directory = new InMemoryRocketDirectory(new SystemClock());
    const store = new InMemoryEventStore(directory);
    return { store, directory, close: () => store.close() };
  },
  runs(20, 400),
);

/** So many that one turn of the event loop is not enough to sort them. */
const FLEET = 5000;
const fastest: RocketQuery = { sort: 'speed', order: 'desc', limit: FLEET };

const flightAt = (speed: number) =>
  ({
    status: 'flying',
    complete: true,
    type: 'X',
    mission: 'M',
    launchedAt: noon,
    speed,
    speedChange: null,
  }) as const;

const putRocket = (directory: InMemoryRocketDirectory, i: number, rocket: Rocket): void => {
  const channel = `r${String(i).padStart(5, '0')}`;
  const counts = { version: 1, highestHeard: 1, waiting: 0, late: 0, heardAt: noonMillis };
  const nothing = { waiting: undefined, gaps: undefined, late: undefined };
  directory.put({ channel, rocket, updatedAt: noon, ...counts }, nothing, [{ number: 1, event: faster() }]);
};

const put = (directory: InMemoryRocketDirectory, i: number, speed: number): void =>
  putRocket(directory, i, flightAt(speed));

const explode = (directory: InMemoryRocketDirectory, i: number): void =>
  putRocket(directory, i, { ...flightAt(0), status: 'exploded', reason: 'PRESSURE', explodedAt: noon });

const speeds = async (directory: InMemoryRocketDirectory, query = fastest): Promise<number[]> => {
  const { rockets } = await directory.list(query);
  return rockets.map(({ rocket }) => (rocket.status === 'awaiting-launch' ? NaN : (rocket.speed ?? NaN)));
};

describe('a large fleet', () => {
  let turns: number;
  let onTurn: () => void;
  let directory: InMemoryRocketDirectory;

  beforeEach(() => {
    turns = 0;
    onTurn = () => undefined;
    directory = new InMemoryRocketDirectory({
      sleep: async () => {
        turns++;
        onTurn();
      },
    });
    for (let i = 0; i < FLEET; i++) put(directory, i, (i * 7919) % FLEET);
  });

  const descending = Array.from({ length: FLEET }, (_, i) => FLEET - 1 - i);

  it('is sorted in turns, once', async () => {
    expect(await speeds(directory)).toEqual(descending);
    expect(turns).toBeGreaterThan(2);
    turns = 0;
    expect(await speeds(directory, { ...fastest, limit: 3 })).toEqual(descending.slice(0, 3));
    expect(turns).toBe(0);
  });

  it('takes in many changes in turns', async () => {
    await speeds(directory);
    for (let i = 0; i < FLEET; i++) put(directory, i, i);
    turns = 0;
    expect(await speeds(directory)).toEqual(descending);
    expect(turns).toBeGreaterThan(2);
  });

  it('shows in the next listing what changed while it was being sorted', async () => {
    let next = 0;
    onTurn = () => {
      for (let i = 0; i < 50; i++) put(directory, next++ % FLEET, FLEET + next);
    };
    const [first, second] = await Promise.all([speeds(directory), speeds(directory)]);
    expect(first).toHaveLength(FLEET);
    expect(second).toHaveLength(FLEET);
    onTurn = () => undefined;
    const last = await speeds(directory);
    expect(last).toEqual([...last].sort((a, b) => b - a));
    expect(last.filter((speed) => speed > FLEET)).toHaveLength(next);
    expect(last).toHaveLength(FLEET);
  });

  it('never lists a rocket that no longer passes the filter, however much changes meanwhile', async () => {
    const flying: RocketQuery = { ...fastest, status: ['flying'] };
    await directory.list(flying);
    for (let i = 0; i < FLEET; i++) put(directory, i, i);
    let next = 0;
    onTurn = () => {
      for (let i = 0; i < 400 && next < FLEET; i++) explode(directory, next++);
    };
    const { rockets } = await directory.list(flying);
    expect(next).toBeGreaterThan(0);
    expect(rockets.filter(({ rocket }) => rocket.status !== 'flying')).toEqual([]);
    expect(new Set(rockets.map(({ channel }) => channel)).size).toBe(rockets.length);
  });

  it('keeps few orders, and sorts again when one that was dropped is asked for', async () => {
    await speeds(directory);
    for (let i = 0; i < 20; i++) await directory.list({ ...fastest, mission: `M${i}` });
    turns = 0;
    expect(await speeds(directory)).toEqual(descending);
    expect(turns).toBeGreaterThan(2);
  });
});

describe('the orders of a large fleet', () => {
  const rockets = 3000;
  const queries = (['speed', 'mission', 'type', 'updatedAt', 'heardAt'] as const).flatMap((sort) =>
    (['asc', 'desc'] as const).map((order): RocketQuery => ({ sort, order, limit: 10 })),
  );
  const filled = (maxPlaces: number): InMemoryRocketDirectory => {
    const directory = new InMemoryRocketDirectory(new SystemClock(), maxPlaces);
    for (let i = 0; i < rockets; i++) put(directory, i, i);
    return directory;
  };
  const placesOf = (directory: InMemoryRocketDirectory): number =>
    [...directory['views'].values()].reduce((sum, view) => sum + view.size + view.unbuilt, 0);

  it('together take no more room than they may, however many are asked for at once', async () => {
    const directory = filled(3 * rockets);
    let most = 0;
    const look = setInterval(() => (most = Math.max(most, placesOf(directory))), 0);
    const pages = await Promise.all(queries.map((query) => directory.list(query)));
    clearInterval(look);
    expect(pages.map((page) => page.rockets.length)).toEqual(queries.map(() => 10));
    expect(Math.max(most, placesOf(directory))).toBeLessThanOrEqual(3 * rockets);
    expect(most).toBeGreaterThan(rockets);
  });

  it('are made one after the other where there is room for none, but not for who has gone', async () => {
    const directory = filled(1);
    const asker = new AbortController();
    const [first, second, third] = [0, 1, 2].map((i) =>
      directory.list(queries[i]!, i === 1 ? asker.signal : undefined),
    );
    const refused = expect(second).rejects.toThrow('gone');
    asker.abort(new Error('gone'));
    await refused;
    expect((await first)!.rockets).toHaveLength(10);
    expect((await third)!.rockets).toHaveLength(10);
  });

  it('are forgotten when nobody asks and most of it has changed', async () => {
    const directory = filled(100 * rockets);
    await directory.list(fastest);
    for (let round = 0; round < 2; round++) for (let i = 0; i < rockets; i++) put(directory, i, -i);
    expect(directory['views'].size).toBe(1);
    for (let i = rockets; i < 3 * rockets; i++) put(directory, i, i);
    await directory.list(fastest);
    for (let i = 0; i < 3 * rockets; i++) put(directory, i, 7 * i + 1);
    expect(directory['views'].size).toBe(0);
  });
});
