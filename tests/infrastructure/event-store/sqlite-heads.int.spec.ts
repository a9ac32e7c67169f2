import fc from 'fast-check';
import { advance, skipFirstGap, type Step } from '../../../src/application/advance.js';
import { EarlyList } from '../../../src/application/early-messages.js';
import { gapTransitions } from '../../../src/application/gap-transitions.js';
import type { Head } from '../../../src/application/ports/event-store.js';
import { openForReading } from '../../../src/infrastructure/event-store/sqlite/database.js';
import { EventReader, type StoredHead } from '../../../src/infrastructure/event-store/sqlite/event-reader.js';
import { asMessage, earlyMessage, faster, launched, write } from '../../support/builders.js';
import { SqliteStores } from '../../support/sqlite-stores.js';

const stores = new SqliteStores();
afterAll(() => stores.remove());

const history = [launched(), faster(1), faster(2), faster(3), faster(4)];
const VERSION = history.length;
const numbers = fc.integer({ min: VERSION + 1, max: 400 });
/** Much of it lies in a row, so that there is something to drain. */
const runs = fc.array(fc.tuple(numbers, fc.integer({ min: 1, max: 40 })), { minLength: 10, maxLength: 20 });

const headOf = (channel: string, { revision, state, early, recorded }: StoredHead): Head => {
  const list = new EarlyList();
  for (const each of early) list.add(each);
  return { channel, revision, state, early: list, recorded: new Map(recorded) };
};

const told = (head: Head, step: Step | undefined) =>
  step && { ...step, gaps: step.change && gapTransitions(head, step.change) };

it('a head with some of the early messages leads where the whole one leads', async () => {
  const file = stores.newFile();
  const store = await stores.open(file);
  let rockets = 0;
  let partial = 0;
  await fc.assert(
    fc.asyncProperty(runs, fc.uniqueArray(numbers, { maxLength: 30 }), async (waiting, asked) => {
      const channel = `rocket-${rockets++}`;
      const early = new Set(
        waiting.flatMap(([from, count]) => Array.from({ length: count }, (_, i) => from + i)),
      );
      const added = [...early].sort((a, b) => a - b).map((number) => earlyMessage(channel, number));
      await write(store, channel, { events: history, added });
      // What was asked last folds what was written.
      await store.load([{ channel, numbers: [] }]);
      await store.read(channel, { after: 0, limit: 1 });

      const database = openForReading(file);
      try {
        const reader = new EventReader(database);
        const sorted = asked.sort((a, b) => a - b);
        const messages = sorted.map((number) => asMessage(channel, number, faster()));
        const [whole, some] = [Infinity, 0].map((room) => {
          const [head] = reader.heads([{ channel, numbers: sorted }], room);
          if (!head!.earlyComplete) partial++;
          return headOf(channel, head!);
        }) as [Head, Head];
        expect(told(some, advance(some, messages, 7))).toEqual(told(whole, advance(whole, messages, 7)));
        if (sorted.length > 0) return;
        const [skipWhole, skipSome] = [skipFirstGap(whole, 7), skipFirstGap(some, 7)];
        expect(skipSome?.gap).toEqual(skipWhole?.gap);
        expect(told(some, skipSome?.step)).toEqual(told(whole, skipWhole?.step));
      } finally {
        database.close();
      }
    }),
    { numRuns: 150 },
  );
  expect(partial).toBeGreaterThan(50);
});
