import type { FeedBatch } from '../../../../src/application/ports/event-store.js';
import type { WriteOrder } from '../../../../src/infrastructure/stores/sqlite/writer.js';
import { eventStoreContract } from '../../../contracts/event-store-contract.js';
import { walkFeed, writeAgain } from '../../../contracts/open-store.js';
import { faster, headOf, launched, received, skipped, write } from '../../../support/builders.js';
import { openSqliteStore, SqliteStores } from '../../../support/sqlite-stores.js';
import { runs } from '../../../support/thorough.js';

eventStoreContract('SqliteEventStore', openSqliteStore, runs(8, 100));

describe('a commit that is worth waiting for', () => {
  const stores = new SqliteStores();
  afterAll(() => stores.remove());

  /** How often it asks what waits before it begins, when `waiting` is what waits at each of these moments. */
  const asked = async (waiting: (time: number) => number): Promise<number> => {
    const store = await stores.open();
    let times = 0;
    await store.gather(() => waiting(times++));
    return times;
  };

  it('is waited for while turns bring more, and for two more, but not for long', async () => {
    const alone = await asked(() => 1);
    const growing = await asked((time) => Math.min(time, 6));
    const endless = await asked((time) => time);
    expect(alone).toBeLessThan(growing);
    expect(endless).toBeLessThanOrEqual(16);
    expect(await asked((time) => time + 200)).toBe(endless);
  });

  it('begins at once when much waits', async () => {
    expect(await asked(() => 256)).toBe(1);
    expect(await asked(() => 10_000)).toBe(1);
  });
});

describe('a commit of which only the answer was lost', () => {
  const stores = new SqliteStores();
  afterAll(() => stores.remove());

  it('is there like any other: in heads, figures and feed, and told to who follows', async () => {
    const { store, directory } = await stores.openBoth();
    await write(store, 'a', { events: [launched()] });
    const told: FeedBatch[] = [];
    const { from } = await store.follow((batch) => told.push(batch));
    const { writing } = store.parts;
    const written = writing.write.bind(writing);
    const unanswered = async (order: WriteOrder): Promise<never> => {
      await written(order);
      throw new Error('the disk did not answer');
    };
    Object.assign(writing, { write: unanswered });
    const lost = write(store, 'a', { events: [faster(), skipped(3, 4)], added: [received('a', 9)] });
    await expect(lost).rejects.toThrow('the disk did not answer');
    Object.assign(writing, { write: written });

    expect(await headOf(store, 'a')).toMatchObject({ revision: 2, state: { version: 4 } });
    expect(await directory.totals()).toMatchObject({ events: 3, waiting: 1, gaps: 1, incomplete: 1 });
    await writeAgain(store, 'b', { events: [launched()] });
    const events = await walkFeed(store, { after: from, limit: 100 });
    expect(events.map(({ channel, number }) => `${channel}${number}`)).toEqual(['a2', 'a4', 'b1']);
    expect(told.flatMap((batch) => batch.events)).toEqual(events);
    expect(told.map(({ after }) => after)).toEqual([from, told[0]?.next]);
  });
});
