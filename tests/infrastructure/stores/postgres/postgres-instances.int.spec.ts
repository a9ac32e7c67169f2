import type { EventStore } from '../../../../src/application/ports/event-store.js';
import { RocketQueries } from '../../../../src/application/rocket-queries.js';
import { PostgresEventStore } from '../../../../src/infrastructure/stores/postgres/postgres-event-store.js';
import { changeOn, faster, headOf, launched, write } from '../../../support/builders.js';
import { faster as fasterBy, launched as launch, messages } from '../../../support/messages.js';
import { pipelineOver } from '../../../support/pipeline.js';
import { runIn } from '../../../support/postgres-server.js';
import { openBoth, postgresForAll } from '../../../support/postgres-stores.js';

const postgres = postgresForAll();

const withInstances = async (count: number, work: (stores: EventStore[], url: string) => Promise<void>) => {
  const url = await postgres.newSchema();
  const stores = await Promise.all(Array.from({ length: count }, async () => (await openBoth(url, 4)).store));
  try {
    await work(stores, url);
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
};

describe('an instance that always comes second', () => {
  /** Moves the rocket before each commit of the one until it is given its heads under the locks. */
  const untilHeld = async (one: EventStore, other: EventStore) => {
    let head = await headOf(one, 'hot');
    for (let misses = 1; misses <= 3; misses++) {
      await write(other, 'hot', { events: [faster()] });
      const [fresh] = await one.commit([changeOn(head, { events: [faster(misses)] })]);
      expect(fresh).toMatchObject({ revision: misses + 1 });
      head = fresh!;
    }
    return head;
  };

  it('decides under the locks in the end, and nobody comes between', () =>
    withInstances(2, async ([one, other]) => {
      await write(one!, 'hot', { events: [launched()] });
      const head = await untilHeld(one!, other!);
      const between = headOf(other!, 'hot').then((seen) =>
        other!.commit([changeOn(seen, { events: [faster()] })]),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await one!.commit([changeOn(head, { events: [faster(77)] })])).toEqual([]);
      expect((await between).map(({ revision }) => revision)).toEqual([5]);
      expect((await headOf(one!, 'hot')).revision).toBe(5);
    }));

  it('lets go of the locks when it decides nothing', () =>
    withInstances(2, async ([one, other]) => {
      await write(one!, 'hot', { events: [launched()] });
      await untilHeld(one!, other!);
      await write(other!, 'hot', { events: [faster()] });
      expect((await headOf(other!, 'hot')).revision).toBe(5);
    }));

  it('keeps nobody waiting with what it was told already', async () => {
    const url = await postgres.newSchema();
    const [{ store: one }, { store: other }] = [await openBoth(url), await openBoth(url)];
    const [second, first] = [one, other].map((store) => pipelineOver(store));
    await Promise.all([first!.pool.start(), second!.pool.start()]);
    const sent = messages([launch(), fasterBy(1), fasterBy(2), fasterBy(3)], 'hot');
    const readUnder = jest.spyOn(one.parts.held, 'readUnder');
    for (const message of sent) {
      await first!.send(message);
      expect(await second!.send(message)).toMatchObject({ outcome: 'duplicate' });
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(readUnder).toHaveBeenCalled();
    expect(one.parts.held.isFree).toBe(true);
    await Promise.all([first!.pool.drain(), second!.pool.drain()]);
    await Promise.all([one.close(), other.close()]);
  });

  it('writes without the locks when their time is up before it is known what to write', () =>
    withInstances(1, async ([other], url) => {
      await write(other!, 'hot', { events: [launched()] });
      // It remembers nothing, so it reads the rocket once more before it writes.
      const one = await PostgresEventStore.open({ url, connections: 4, heads: 0 });
      const head = await untilHeld(one, other!);
      // Waits for the end of the hold, and whoever reads waits for it.
      const blocked = runIn(url, 'BEGIN; LOCK TABLE rockets; SELECT pg_sleep(0.2); COMMIT');
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await one.commit([changeOn(head, { events: [faster(77)] })])).toEqual([]);
      await blocked;
      expect((await headOf(one, 'hot')).revision).toBe(5);
      await one.close();
    }));
});

it('four instances take a hot rocket’s messages, each some of them, in any order, once', () =>
  withInstances(4, async (stores) => {
    const lines = stores.map((store) => pipelineOver(store));
    await Promise.all(lines.map(({ pool }) => pool.start()));
    const sent = messages([launch(), ...Array.from({ length: 99 }, () => fasterBy(1))], 'hot');
    const shuffled = [...sent, ...sent].map((message, i) => ({ message, at: (i * 7919) % 211 }));
    shuffled.sort((a, b) => a.at - b.at);
    const outcomes = await Promise.all(shuffled.map(({ message }, i) => lines[i % 4]!.send(message)));
    await Promise.all(lines.map(({ pool }) => pool.drain()));
    expect(outcomes.filter(({ outcome }) => outcome === 'duplicate')).toHaveLength(100);
    const events = await stores[0]!.read('hot', { limit: 1000 });
    expect(events.map(({ number }) => number)).toEqual(sent.map((_, i) => i + 1));
  }));

it('an instance that remembers a rocket knows what another has stored, of a message and of what there is to skip', () =>
  withInstances(2, async (stores, url) => {
    const [one, other] = stores.map((store) => pipelineOver(store));
    await Promise.all([one!.pool.start(), other!.pool.start()]);
    const history = messages([launch(500), fasterBy(1), fasterBy(2), fasterBy(3)], 'r1');
    await one!.send(history[0]!);
    await other!.send(history[1]!);
    expect(await other!.send(history[3]!)).toMatchObject({ outcome: 'buffered' });

    const reading = await openBoth(url);
    const queries = new RocketQueries(stores[0]!, reading.directory, { now: () => 0 });
    expect(await queries.fate('r1', 2)).toMatchObject({ outcome: 'applied' });
    expect(await queries.fate('r1', 4)).toMatchObject({ outcome: 'buffered' });
    const skip = { upTo: 3, by: { who: 'operator' } } as const;
    expect(await one!.ingest.skip('r1', skip)).toMatchObject({ skipped: { from: 3, to: 3 }, version: 4 });
    await Promise.all([one!.pool.drain(), other!.pool.drain()]);
    await reading.store.close();
  }));

it('what only the database refuses fails alone', () =>
  withInstances(1, async ([store], url) => {
    await runIn(url, "ALTER TABLE rockets ADD CHECK (mission <> 'POISON')");
    const { pool, send } = pipelineOver(store!);
    await pool.start();
    const channels = Array.from({ length: 60 }, (_, i) => `r${i}`);
    const answers = await Promise.allSettled(
      channels.map((channel, i) => {
        const mission = i % 20 === 3 ? 'POISON' : 'ARTEMIS';
        return send(messages([launch(500, 'Falcon-9', mission)], channel)[0]!);
      }),
    );
    answers.forEach((answer, i) =>
      expect(answer).toMatchObject(
        i % 20 === 3
          ? { status: 'rejected', reason: { code: 'change-refused' } }
          : { status: 'fulfilled', value: { outcome: 'applied' } },
      ),
    );
    await pool.drain();
  }));
