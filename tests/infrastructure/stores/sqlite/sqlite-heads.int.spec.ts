import { advance, EVENTS_PER_STEP } from '../../../../src/application/ingest/advance.js';
import type { HeadRequest } from '../../../../src/application/ports/event-store.js';
import { openForReading } from '../../../../src/infrastructure/stores/sqlite/database.js';
import { HeadReader } from '../../../../src/infrastructure/stores/sqlite/head-reader.js';
import { asMessage, faster, headOf, launched, received, skipped, write } from '../../../support/builders.js';
import { SqliteStores } from '../../../support/sqlite-stores.js';

const stores = new SqliteStores();
afterAll(() => stores.remove());

/** A rocket of which every other number up to 20,001 waits, and many of its first 1,000 came late. */
const LAST = 20_001;
const waitingRocket = async () => {
  const file = stores.newFile();
  const store = await stores.open(file);
  const added = Array.from({ length: (LAST - 1001) / 2 + 1 }, (_, i) => received('a', 1001 + 2 * i));
  const late = Array.from({ length: 500 }, (_, i) => received('a', 2 * i + 1));
  await write(store, 'a', { events: [skipped(1, 999)], added });
  await write(store, 'a', { late });
  const database = openForReading(file);
  const rowsFor = ({ numbers = [], skips = false }: Partial<HeadRequest>) => {
    const [rows] = new HeadReader(database).heads([{ channel: 'a', numbers, skips, known: undefined }]);
    return rows!;
  };
  return { store, rowsFor, close: () => database.close() };
};

describe('the head of a rocket with very many messages that wait', () => {
  it('is read with those that a step can come across, and no more', async () => {
    const { rowsFor, close } = await waitingRocket();
    const waitingFor = (request: Partial<HeadRequest>) =>
      rowsFor(request).waiting.map(({ number }) => number);
    expect(waitingFor({})).toEqual([1001]);
    expect(waitingFor({ numbers: [1000] })).toEqual([1001, 1003]);
    expect(waitingFor({ numbers: [1000, 1002, 1004] })).toEqual([1001, 1003, 1005, 1007]);
    expect(waitingFor({ numbers: [1003, LAST] })).toEqual([1001, 1003, LAST]);
    expect(waitingFor({ skips: true })).toHaveLength(EVENTS_PER_STEP + 1);
    expect(rowsFor({ numbers: [3, 4] }).late.map(({ number }) => number)).toEqual([3]);
    close();
  });

  it('has every late message that was asked for, and the event that covers it', async () => {
    const { rowsFor, close } = await waitingRocket();
    const { late, events } = rowsFor({ numbers: [1, 2, 3, 999] });
    expect(late.map(({ number }) => number)).toEqual([1, 3, 999]);
    expect(events.map(({ number }) => number)).toEqual([999, 999, 999, 999]);
    close();
  });

  it('is enough to go on with, also from what is remembered of the rocket', async () => {
    const { store, close } = await waitingRocket();
    for (const number of [1000, 1002]) {
      const step = advance(await headOf(store, 'a', [number]), [asMessage('a', number, faster())], 7);
      expect(step.outcomes).toMatchObject([{ outcome: 'applied', version: number + 1 }]);
      expect(await store.commit([step.change!])).toEqual([]);
    }
    const repeats = [1000, 1001, 1500, 1501].map((number) => asMessage('a', number, faster()));
    const head = await headOf(
      store,
      'a',
      repeats.map(({ number }) => number),
    );
    expect(advance(head, repeats, 7).outcomes.map(({ outcome }) => outcome)).toEqual([
      'duplicate',
      'duplicate',
      'buffered',
      'duplicate',
    ]);
    close();
  });
});

describe('the heads of rockets that were heard just now', () => {
  it('are those in the file, whatever was committed at once and whatever failed', async () => {
    const store = await stores.open();
    await write(store, 'a', { events: [launched()] });
    await write(store, 'b', { events: [launched()] });
    const [a, b] = [await headOf(store, 'a'), await headOf(store, 'b')];
    const step = (head: typeof a, by: number) =>
      advance(head, [asMessage(head.channel, 2, faster(by))], 7).change!;
    const broken = { ...step(b, 1), events: [{ number: 1, event: launched() }] };
    await expect(store.commit([step(a, 1), broken])).rejects.toThrow();
    expect((await headOf(store, 'a')).state.version).toBe(1);
    expect((await headOf(store, 'b')).state.version).toBe(1);
    expect((await store.read('a', { limit: 9 })).map(({ number }) => number)).toEqual([1]);
  });
});

describe('the heads of many rockets with very many messages that wait', () => {
  it('are read a few at a time, and are all there for whoever has to decide again', async () => {
    const store = await stores.open(stores.newFile());
    const channels = Array.from({ length: 12 }, (_, i) => `rocket-${i}`);
    const numbers = Array.from({ length: EVENTS_PER_STEP }, (_, i) => i + 2);
    for (const channel of channels)
      await write(store, channel, { added: numbers.map((number) => received(channel, number)) });
    const requests = channels.map((channel) => ({ channel, numbers: [1] }));
    const heads = await store.load(requests);
    expect(heads.map(({ channel }) => channel)).toEqual(channels.slice(0, 4));
    expect(heads.map(({ waiting }) => waiting.size)).toEqual(heads.map(() => EVENTS_PER_STEP));
    // Decided on what none of them is any more.
    const stale = await Promise.all(channels.map((channel) => headOf(store, channel, [1])));
    const steps = stale.map((head) => advance(head, [asMessage(head.channel, 1, launched())], 7));
    const changes = steps.map(({ change }) => ({ ...change!, revision: 0 }));
    const moved = await store.commit(changes);
    expect(moved.map(({ channel }) => channel)).toEqual(channels);
    await store.close();
  });
});
