import fc from 'fast-check';
import type { StoredEvent } from '../../src/application/ports/event-store.js';
import { RocketQueries } from '../../src/application/rocket-queries.js';
import { utcKey } from '../../src/domain/rocket-time.js';
import { initialState, record, type RocketState } from '../../src/domain/rocket.js';
import { numbersOf } from '../contracts/open-store.js';
import { ManualClock } from '../support/manual-clock.js';
import { memoryStore } from '../support/memory-store.js';
import { faster, launched, message, messages, slower } from '../support/messages.js';
import { pipelineOver } from '../support/pipeline.js';

const channel = 'rocket-1';
const by = { who: 'operator' } as const;

/** A rocket of which numbers 4 to 6 were skipped, 5 came late, and 11 and 13 wait. */
const rocketWithGap = async () => {
  const { store, directory } = memoryStore();
  const { pool, ingest, send, sendAll } = pipelineOver(store);
  await pool.start();
  await sendAll(messages([launched(0), faster(1), faster(2)], channel));
  await send(message(7, faster(4), channel));
  await ingest.skip(channel, { upTo: 6, by, why: 'solar storm' });
  await sendAll([message(8, slower(80), channel), message(9, launched(), channel)]);
  await sendAll([message(11, faster(16), channel), message(13, faster(16), channel)]);
  await send(message(5, faster(3), channel));
  return new RocketQueries(store, directory, new ManualClock());
};

const foldOf = (events: readonly StoredEvent[]): RocketState =>
  events.reduce((state, { number, event }) => record(state, number, event), initialState);

describe('a past version', () => {
  it.each([
    [0, 0],
    [2, 2],
    [3, 3],
    [5, 3],
    [6, 6],
    [8, 8],
    [9, 9],
    [99, 9],
  ])('%i is the state at %i, the last event up to it', async (asked, version) => {
    const queries = await rocketWithGap();
    const events = await queries.history(channel, { limit: 100 });
    const state = await queries.asOf(channel, { version: asked });
    expect(state.version).toBe(version);
    expect(state).toEqual(foldOf(events.filter(({ number }) => number <= version)));
  });

  it('of a rocket that was never heard of is that of nothing', async () => {
    const queries = await rocketWithGap();
    expect(await queries.asOf('nobody', { version: 7 })).toEqual(initialState);
    expect(await queries.asOf('nobody', { time: '9999-12-31T23:59:59' })).toEqual(initialState);
  });
});

describe('a past time', () => {
  it('is the prefix before the first event sent later', async () => {
    const queries = await rocketWithGap();
    const events = await queries.history(channel, { limit: 100 });
    const times = events.map(({ event }) => utcKey(event.time));
    const around = times.flatMap((time) => [time, `${time}.000000001`]);
    const any = fc.constantFrom(...around, '0001-01-01T00:00:00', '9999-12-31T23:59:59.999999999');
    await fc.assert(
      fc.asyncProperty(any, async (time) => {
        const later = times.findIndex((other) => other > time);
        expect(await queries.asOf(channel, { time })).toEqual(
          foldOf(later === -1 ? events : events.slice(0, later)),
        );
      }),
    );
  });
});

describe('the fate of a message', () => {
  it.each([
    [2, 'applied'],
    [4, 'skipped'],
    [6, 'skipped'],
    [9, 'refused'],
  ])('%i: %s', async (number, outcome) => {
    const queries = await rocketWithGap();
    const fate = await queries.fate(channel, number);
    expect(fate).toMatchObject({ outcome });
    const [event] = await queries.history(channel, { after: number - 1, limit: 1 });
    expect(fate).toEqual({ outcome, event });
  });

  it('is to wait, for what is missing first', async () => {
    const queries = await rocketWithGap();
    for (const number of [11, 13]) {
      expect(await queries.fate(channel, number)).toMatchObject({
        outcome: 'buffered',
        missing: { from: 10, to: 10 },
        message: { message: { number, report: faster(16) } },
      });
    }
  });

  it('is to be late, beside the skip that says why', async () => {
    const queries = await rocketWithGap();
    expect(await queries.fate(channel, 5)).toMatchObject({
      outcome: 'late',
      message: { message: { number: 5, report: faster(3) } },
      event: {
        number: 6,
        event: { type: 'MessagesSkipped', data: { from: 4, to: 6, by, why: 'solar storm' } },
      },
    });
  });

  it('is unknown before it was heard', async () => {
    const queries = await rocketWithGap();
    expect(await queries.fate(channel, 10)).toBeUndefined();
    expect(await queries.fate(channel, 12)).toBeUndefined();
    expect(await queries.fate('nobody', 1)).toBeUndefined();
  });
});

describe('what is asked of the read model and the store', () => {
  it('is answered by them', async () => {
    const queries = await rocketWithGap();
    expect(numbersOf(await queries.waiting(channel, { limit: 1 }))).toEqual([11]);
    expect(numbersOf(await queries.waiting(channel, { after: 11, limit: 9 }))).toEqual([13]);
    expect(numbersOf(await queries.late(channel, { limit: 9 }))).toEqual([5]);
    expect((await queries.gaps({ limit: 9 })).gaps).toMatchObject([
      { from: 10, to: 10, waiting: 1 },
      { from: 12, to: 12, waiting: 1 },
    ]);
    expect(await queries.find(channel)).toMatchObject({ version: 9, late: 1, waiting: 2, highestHeard: 13 });
    expect((await queries.list({ sort: 'channel', order: 'asc', limit: 9 })).rockets).toHaveLength(1);
    const [newest] = (await queries.feed({ limit: 1, order: 'desc' })).events;
    expect(newest?.number).toBe(9);
    expect(await queries.eventAt(newest!.position)).toEqual(newest);
  });
});
