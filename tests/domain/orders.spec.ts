import type { EventStore } from '../../src/application/ports/event-store.js';
import type { RocketDirectory } from '../../src/application/ports/rocket-directory.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { Random } from '../simulation/random.js';
import { turns } from '../support/manual-clock.js';
import { memoryStore } from '../support/memory-store.js';
import { drawReports } from '../support/drawn-reports.js';
import { exploded, faster, launched, messages, missionChanged, slower } from '../support/messages.js';
import { pipelineOver } from '../support/pipeline.js';

/** A shared machine may need long for so many. */
const PATIENCE_MS = 180_000;
const PAGE = 10_000;

const startService = async () => {
  const { store, directory } = memoryStore();
  const { pool, ingest, counters } = pipelineOver(store);
  await pool.start();
  /** Sends the messages in the order given, some of them together. */
  const send = async (sent: readonly RocketMessage[], random?: Random): Promise<void> => {
    for (let at = 0; at < sent.length;) {
      const together = random?.between(1, 9) ?? 1;
      await Promise.all(sent.slice(at, at + together).map((each) => ingest.ingest(each, 100)));
      at += together;
    }
  };
  return { store, directory, counters, send };
};

/** All that is known of a rocket, as canonical text: its state and its history, but not when and where it was stored. */
const knownOf = async (store: EventStore, directory: RocketDirectory, channel: string): Promise<string> => {
  const history: unknown[] = [];
  for (let after = 0; ;) {
    const page = await store.read(channel, { after, limit: PAGE });
    for (const { number, event } of page) history.push({ number, event });
    if (page.length < PAGE) break;
    after = page.at(-1)!.number;
  }
  return JSON.stringify({ ...(await directory.find(channel)), channel: 'the rocket', history }, null, 1);
};

const on = (channel: string, sent: readonly RocketMessage[]): RocketMessage[] =>
  sent.map((each) => ({ ...each, channel }));

const shuffle = <T>(values: readonly T[], random: Random): T[] => {
  const shuffled = [...values];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = random.between(0, i);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
};

const permutations = function* <T>(values: readonly T[]): Generator<T[]> {
  if (values.length === 0) yield [];
  for (let i = 0; i < values.length; i++) {
    const rest = values.filter((_, j) => j !== i);
    for (const order of permutations(rest)) yield [values[i]!, ...order];
  }
};

describe('seven messages', () => {
  it(
    'lead to the same state and the same history in each of their 5,040 orders',
    async () => {
      const sent = messages([
        launched(500),
        faster(3000),
        slower(4000),
        missionChanged('SHUTTLE_MIR'),
        slower(2500),
        exploded(),
        faster(1),
      ]);
      const { store, directory, send } = await startService();
      await send(sent);
      const expected = await knownOf(store, directory, 'rocket-1');
      let orders = 0;
      for (const order of permutations(sent)) {
        const channel = `order-${orders++}`;
        await send(on(channel, order));
        expect(await knownOf(store, directory, channel)).toBe(expected);
      }
      expect(orders).toBe(5040);
    },
    PATIENCE_MS,
  );
});

describe('a thousand random histories', () => {
  it(
    'lead to the same state and the same history however they are shuffled and repeated',
    async () => {
      const random = new Random(1000);
      const { store, directory, send } = await startService();
      for (let i = 0; i < 1000; i++) {
        const sent = messages(drawReports(random, random.between(1, 30)));
        await send(on(`in-order-${i}`, sent));
        const expected = await knownOf(store, directory, `in-order-${i}`);
        for (let shuffles = 0; shuffles < 10; shuffles++) {
          const channel = `shuffled-${i}-${shuffles}`;
          const repeated = sent.filter(() => random.chance(0.3));
          await send(on(channel, shuffle([...sent, ...repeated], random)), random);
          expect(await knownOf(store, directory, channel)).toBe(expected);
        }
      }
    },
    PATIENCE_MS,
  );
});

describe('100,000 messages of 20 rockets, shuffled and repeated', () => {
  it(
    'leave all 20 exact, and nothing waiting',
    async () => {
      const random = new Random(20);
      const rockets = Array.from({ length: 20 }, (_, i) =>
        messages(drawReports(random, 4000), `00000000-0000-5000-8000-0000000000${String(i + 10)}`),
      );
      const once = rockets.flat();
      const order = shuffle([...once, ...once.slice(0, 20_000)], random);
      expect(order).toHaveLength(100_000);

      const inOrder = await startService();
      await inOrder.send(once, random);
      const shuffled = await startService();
      await shuffled.send(order, random);
      // The last answer does not wait for the drain it starts.
      while ((await shuffled.store.unfinished()).length > 0) await turns(1);

      let exact = 0;
      for (const [{ channel }] of rockets as [RocketMessage][]) {
        expect(await inOrder.directory.find(channel)).toMatchObject({
          version: 4000,
          pending: 0,
          highestSeen: 4000,
        });
        const expected = await knownOf(inOrder.store, inOrder.directory, channel);
        if ((await knownOf(shuffled.store, shuffled.directory, channel)) === expected) exact++;
      }
      expect(exact).toBe(20);
      const totals = await shuffled.directory.totals();
      expect(totals).toMatchObject({ rockets: 20, events: 80_000, buffered: 0, withGaps: 0 });
      expect(shuffled.counters.messages).toMatchObject({ received: 100_000, duplicate: 20_000, conflict: 0 });
    },
    PATIENCE_MS,
  );
});
