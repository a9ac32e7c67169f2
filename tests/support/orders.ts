import type { EventStore } from '../../src/application/ports/event-store.js';
import type { RocketDirectory } from '../../src/application/ports/rocket-directory.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import { Random } from '../simulation/random.js';
import { turns } from './manual-clock.js';
import { memoryStore } from './memory-store.js';
import { drawReports } from './drawn-reports.js';
import { exploded, faster, launched, messages, missionChanged, slower } from './messages.js';
import { pipelineOver } from './pipeline.js';

/** A shared machine may need long for so many. */
const PATIENCE_MS = 180_000;
const PAGE = 10_000;

export interface Orders {
  /** So many messages of one rocket in each of their orders. */
  readonly permuted: 5 | 7;
  readonly histories: number;
  /** How often each of them is shuffled. */
  readonly shuffles: number;
  /** Messages of each of 20 rockets. */
  readonly perRocket: number;
}

const startService = async () => {
  const { store, directory } = memoryStore();
  const { pool, send: sendOne, counters } = pipelineOver(store);
  await pool.start();
  /** Sends the messages in the order given, some of them together. */
  const send = async (sent: readonly RocketMessage[], random?: Random): Promise<void> => {
    for (let at = 0; at < sent.length;) {
      const together = random?.between(1, 9) ?? 1;
      await Promise.all(sent.slice(at, at + together).map(sendOne));
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
  const { heardAt, ...summary } = (await directory.find(channel))!;
  expect(heardAt).toBeGreaterThan(0);
  return JSON.stringify({ ...summary, channel: 'the rocket', history }, null, 1);
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

const factorial = (count: number): number => (count < 2 ? 1 : count * factorial(count - 1));

/** Whatever order messages come in, and however often: what is known in the end is the same. */
export const provesOrders = ({ permuted, histories, shuffles, perRocket }: Orders): void => {
  it(
    `${permuted} messages lead to the same state and history in each of their ${factorial(permuted)} orders`,
    async () => {
      const sent = messages([
        launched(500),
        faster(3000),
        slower(4000),
        missionChanged('SHUTTLE_MIR'),
        exploded(),
        slower(2500),
        faster(1),
      ]).slice(0, permuted);
      const { store, directory, send } = await startService();
      await send(sent);
      const expected = await knownOf(store, directory, 'rocket-1');
      let orders = 0;
      for (const order of permutations(sent)) {
        const channel = `order-${orders++}`;
        await send(on(channel, order));
        expect(await knownOf(store, directory, channel)).toBe(expected);
      }
      expect(orders).toBe(factorial(permuted));
    },
    PATIENCE_MS,
  );

  it(
    `${histories} random histories lead to the same state and history however they are shuffled and repeated`,
    async () => {
      const random = new Random(1000);
      const { store, directory, send } = await startService();
      for (let i = 0; i < histories; i++) {
        const sent = messages(drawReports(random, random.between(1, 30)));
        await send(on(`in-order-${i}`, sent));
        const expected = await knownOf(store, directory, `in-order-${i}`);
        for (let shuffled = 0; shuffled < shuffles; shuffled++) {
          const channel = `shuffled-${i}-${shuffled}`;
          const repeated = sent.filter(() => random.chance(0.3));
          await send(on(channel, shuffle([...sent, ...repeated], random)), random);
          expect(await knownOf(store, directory, channel)).toBe(expected);
        }
      }
    },
    PATIENCE_MS,
  );

  it(
    `${perRocket} messages of each of 20 rockets, shuffled and repeated, leave all 20 exact and nothing waiting`,
    async () => {
      const random = new Random(20);
      const rockets = Array.from({ length: 20 }, (_, i) =>
        messages(drawReports(random, perRocket), `00000000-0000-5000-8000-0000000000${String(i + 10)}`),
      );
      const once = rockets.flat();
      const repeats = once.slice(0, 5 * perRocket);
      const order = shuffle([...once, ...repeats], random);

      const inOrder = await startService();
      await inOrder.send(once, random);
      const shuffled = await startService();
      await shuffled.send(order, random);
      // The last answer does not wait for the drain it starts.
      while ((await shuffled.store.unfinished()).length > 0) await turns(1);

      let exact = 0;
      for (const [{ channel }] of rockets as [RocketMessage][]) {
        expect(await inOrder.directory.find(channel)).toMatchObject({
          version: perRocket,
          waiting: 0,
          highestHeard: perRocket,
        });
        const expected = await knownOf(inOrder.store, inOrder.directory, channel);
        if ((await knownOf(shuffled.store, shuffled.directory, channel)) === expected) exact++;
      }
      expect(exact).toBe(20);
      expect(await shuffled.directory.totals()).toMatchObject({
        rockets: 20,
        events: once.length,
        waiting: 0,
        late: 0,
        gaps: 0,
        withGaps: 0,
      });
      expect(shuffled.counters.messages).toMatchObject({
        received: order.length,
        duplicate: repeats.length,
        conflict: 0,
      });
    },
    PATIENCE_MS,
  );
};
