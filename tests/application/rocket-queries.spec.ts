import fc from 'fast-check';
import { RocketQueries } from '../../src/application/rocket-queries.js';
import { initialState, record } from '../../src/application/rocket-state.js';
import type { StoredEvent } from '../../src/application/ports/event-store.js';
import { utcMillis } from '../../src/domain/rocket-time.js';
import { memoryStore } from '../support/memory-store.js';
import { faster, launched, message, messages } from '../support/messages.js';
import { pipelineOver } from '../support/pipeline.js';

const channel = 'rocket-1';

/** A rocket of which numbers 4 to 6 were skipped. */
const rocketWithGap = async () => {
  const { store, directory } = memoryStore();
  const { pool, ingest, sendAll } = pipelineOver(store);
  await pool.start();
  await sendAll(messages([launched(0), faster(1), faster(2)], channel));
  await sendAll([message(7, faster(4), channel)]);
  await ingest.skipGap(channel, undefined);
  await sendAll([message(8, faster(8), channel)]);
  await sendAll([message(11, faster(16), channel)]);
  return new RocketQueries(store, directory);
};

describe('a past version', () => {
  it.each([
    [0, 0],
    [2, 2],
    [3, 3],
    [5, 3],
    [6, 6],
    [8, 8],
  ])('%i is the state at %i, the last event up to it', async (asked, version) => {
    const queries = await rocketWithGap();
    const events = await queries.history(channel, 0, 100);
    const expected = events
      .filter(({ number }) => number <= version)
      .reduce((state, { number, event }) => record(state, number, event), initialState);
    expect(await queries.asOf(channel, { version: asked })).toEqual(expected);
  });
});

describe('a past time', () => {
  it('is the prefix before the first event sent later', async () => {
    const queries = await rocketWithGap();
    const events = await queries.history(channel, 0, 100);
    const times = events.map(({ event }: StoredEvent) => utcMillis(event.time));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...times, 0, Math.max(...times) + 1), async (time) => {
        const later = events.findIndex((_, i) => times[i]! > time);
        const prefix = later === -1 ? events : events.slice(0, later);
        const state = await queries.asOf(channel, { time });
        expect(state.version).toBe(prefix.at(-1)?.number ?? 0);
      }),
    );
  });
});

describe('the fate of a message', () => {
  it.each([
    [2, 'applied'],
    [5, 'skipped'],
    [6, 'skipped'],
    [11, 'buffered'],
  ])('%i: %s', async (number, outcome) => {
    const queries = await rocketWithGap();
    expect(await queries.fate(channel, number)).toMatchObject({ outcome });
  });

  it('is unknown before it was heard', async () => {
    const queries = await rocketWithGap();
    expect(await queries.fate(channel, 9)).toBeUndefined();
    expect(await queries.fate('nobody', 1)).toBeUndefined();
  });
});
