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
