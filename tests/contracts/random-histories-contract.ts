import fc from 'fast-check';
import type { FeedBatch } from '../../src/application/ports/event-store.js';
import { RocketQueries } from '../../src/application/rocket-queries.js';
import { utcKey } from '../../src/domain/rocket-time.js';
import { initialState, record } from '../../src/domain/rocket.js';
import { ManualClock, until } from '../support/manual-clock.js';
import { channelOf, Histories, scripts, sendings } from '../support/rocket-histories.js';
import { instants, plainHead, walkFeed, type OpenStore } from './open-store.js';

const ROCKETS = 5;
const ALL = Number.MAX_SAFE_INTEGER;

const groups = fc.array(fc.array(sendings(ROCKETS), { minLength: 1, maxLength: 4 }), {
  minLength: 3,
  maxLength: 25,
});

/** Whatever rockets say in whatever order, and whatever is skipped: a store knows what a plain fold of it knows. */
export const randomHistoriesContract = (open: () => Promise<OpenStore>, runs: number): void => {
  it('is what a plain fold of it is: heads, histories, feed and read model', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, groups, fc.nat(), async (script, sent, pick) => {
        const opened = await open();
        try {
          const { store } = opened;
          const histories = new Histories(script);
          const told: FeedBatch[] = [];
          await store.follow((batch) => told.push(batch));
          for (const [i, group] of sent.entries()) {
            histories.listen(i);
            await store.listened(i);
            const { changes, moved } = histories.write(group);
            expect((await store.commit(changes)).map(({ channel }) => channel)).toEqual(moved);
            if (i % 8 === 0) await expectKnown(opened, histories, pick + i);
          }
          await expectKnown(opened, histories, pick);
          const feed = await walkFeed(store, { limit: 1000 });
          await until(() => told.flatMap(({ events }) => events).length >= feed.length);
          expect(told.flatMap(({ events }) => events)).toEqual(feed);
        } finally {
          await opened.close();
        }
      }),
      { numRuns: runs },
    );
  });
};

const expectKnown = async (
  { store, directory }: OpenStore,
  histories: Histories,
  pick: number,
): Promise<void> => {
  const { channels } = histories;
  const feed = await walkFeed(store, { limit: 1000 });
  expect(feed.map(({ channel, number, event }) => ({ channel, number, event }))).toEqual(histories.feed);
  expect(await directory.totals()).toEqual(histories.totals());
  const sorted = [...channels].sort();
  expect((await directory.gaps({ limit: ALL })).gaps).toEqual(sorted.flatMap((one) => histories.gaps(one)));
  await expectOverdue({ directory }, histories, pick % 100);
  for (const channel of channels) {
    const { state, waiting, late, events } = histories.rocket(channel);
    const summary = await directory.find(channel);
    expect(instants(summary!)).toEqual(instants(histories.summary(channel)));
    expect(await directory.waiting(channel, { limit: ALL })).toEqual(waiting);
    expect(await directory.late(channel, { limit: ALL })).toEqual(late);
    const stored = await store.read(channel, { limit: ALL });
    expect(stored.map(({ number, event, recordedAt }) => ({ number, event, recordedAt }))).toEqual(events);
    expect(await store.read(channel, { limit: ALL, order: 'desc' })).toEqual([...stored].reverse());
    await expectHead({ store }, histories, channel, pick);
    await expectPast({ store, directory }, histories, channel, pick % (state.version + 2));
  }
};

const expectHead = async (
  { store }: Pick<OpenStore, 'store'>,
  histories: Histories,
  channel: string,
  pick: number,
): Promise<void> => {
  const { version } = histories.rocket(channel).state;
  const numbers = [version - 7, version - 1, version, version + 1, version + 3, 1 + (pick % (version + 9))];
  const asked = [...new Set(numbers)].filter((number) => number >= 1 && number <= ALL).sort((a, b) => a - b);
  const [head] = await store.load([{ channel, numbers: asked }]);
  const { waiting, ...expected } = plainHead(histories.head(channel, asked));
  expect(plainHead(head!)).toMatchObject(expected);
  for (const number of asked) {
    expect(head!.waiting.get(number)).toEqual(waiting.find(({ message }) => message.number === number));
  }
  expect(head!.waiting.after(version)).toEqual(waiting[0]);
};

/** Any version and any time lead to what was known then. */
const expectPast = async (
  { store, directory }: Pick<OpenStore, 'store' | 'directory'>,
  histories: Histories,
  channel: string,
  version: number,
): Promise<void> => {
  const queries = new RocketQueries(store, directory, new ManualClock());
  const { events } = histories.rocket(channel);
  const fold = (upTo: number) =>
    instants(
      events.slice(0, upTo).reduce((state, { number, event }) => record(state, number, event), initialState),
    );
  const within = events.filter(({ number }) => number <= version).length;
  expect(instants(await queries.asOf(channel, { version }))).toEqual(fold(within));
  const time = utcKey(events[within]?.event.time ?? '2026-09-15T08:00:00Z');
  const later = events.findIndex(({ event }) => utcKey(event.time) > time);
  expect(instants(await queries.asOf(channel, { time }))).toEqual(fold(later === -1 ? events.length : later));
};

const expectOverdue = async (
  { directory }: Pick<OpenStore, 'directory'>,
  histories: Histories,
  listened: number,
): Promise<void> => {
  const open = Array.from({ length: ROCKETS }, (_, i) => channelOf(i)).flatMap((channel) =>
    histories.rocket(channel).gaps.map(({ to, listened: since }) => ({ channel, to, since })),
  );
  const overdue = open.filter(({ since }) => since <= listened);
  const told = await directory.overdueGaps(listened, 1000);
  const key = ({ channel, to }: { channel: string; to: number }): string => `${channel} ${to}`;
  expect(told.map(key).sort()).toEqual(overdue.map(key).sort());
};
