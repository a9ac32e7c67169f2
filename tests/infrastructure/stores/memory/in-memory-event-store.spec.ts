import fc from 'fast-check';
import type { RocketEvent } from '../../../../src/domain/rocket-event.js';
import { initialRocket, decide, replay } from '../../../../src/domain/rocket.js';
import { InMemoryEventStore } from '../../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { SystemClock } from '../../../../src/infrastructure/system-clock.js';
import { eventStoreContract } from '../../../contracts/event-store-contract.js';
import { exploded, faster, launched, slower, write } from '../../../support/builders.js';
import { turns } from '../../../support/manual-clock.js';
import { anyHistory, messages } from '../../../support/messages.js';
import { runs } from '../../../support/thorough.js';

const openStore = (): InMemoryEventStore =>
  new InMemoryEventStore(new InMemoryRocketDirectory(new SystemClock()));

eventStoreContract(
  'InMemoryEventStore',
  async () => {
    const directory = new InMemoryRocketDirectory(new SystemClock());
    const store = new InMemoryEventStore(directory);
    return { store, directory, close: () => store.close() };
  },
  runs(8, 300),
);

describe('the in-memory event store', () => {
  it('folds to any version what plain replay gives', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, async (reports) => {
        const store = openStore();
        const events: RocketEvent[] = [];
        for (const message of messages(reports, 'a')) events.push(decide(message, replay(events)));
        await write(store, 'a', { events });
        for (let version = 0; version <= events.length; version++) {
          const past = events.slice(0, version);
          const snapshot = await store.snapshot('a', { version });
          expect(snapshot?.rocket ?? initialRocket).toEqual(replay(past));
          expect(snapshot?.updatedAt ?? null).toBe(
            past.findLast(({ type }) => type !== 'MessageRefused')?.time ?? null,
          );
        }
      }),
      { numRuns: runs(20, 300) },
    );
  });

  it('looks for a rare event a bounded way at a time', async () => {
    const store = openStore();
    const step = 10_000;
    await write(store, 'a', { events: [launched()] });
    for (let i = 0; i < 15; i++)
      await write(store, 'a', { events: Array(step).fill(i % 2 ? slower(1) : faster(1)) });
    await write(store, 'a', { events: [exploded()] });
    const first = await store.readAll({ type: 'RocketExploded', limit: 10 });
    expect(first).toMatchObject({ events: [], end: false });
    let page = first;
    while (!page.end) page = await store.readAll({ type: 'RocketExploded', limit: 10, after: page.next });
    expect(page.events.map(({ number }) => number)).toEqual([15 * step + 2]);
    expect((await store.read('a', { after: 15 * step, limit: 10 })).map(({ event }) => event)).toEqual([
      faster(1),
      exploded(),
    ]);
  });

  it('puts its id into every position', async () => {
    const store = new InMemoryEventStore(new InMemoryRocketDirectory(new SystemClock()), {
      storeId: 'abc123',
    });
    await write(store, 'a', { events: [launched(), faster()] });
    expect((await store.readAll({ limit: 2 })).events.map(({ position }) => position)).toEqual([
      'abc123-1',
      'abc123-2',
    ]);
    expect(store.beginning).toBe('abc123-0');
    expect(openStore().beginning).not.toBe(openStore().beginning);
  });

  it('lets work begin in the next turn of the event loop, so that what comes in this one shares a commit', async () => {
    let begun = false;
    const beginning = openStore()
      .gather()
      .then(() => (begun = true));
    for (let i = 0; i < 100; i++) await Promise.resolve();
    expect(begun).toBe(false);
    await turns(1);
    expect(begun).toBe(true);
    await beginning;
  });

  it('says that nothing it acknowledges outlives the process', () => {
    expect(openStore().durability.level).toBe('none');
  });
});
