import {
  UnknownPosition,
  type EventStore,
  type FeedRequest,
  type Head,
  type StoredEvent,
} from '../../src/application/ports/event-store.js';
import type { RocketDirectory } from '../../src/application/ports/rocket-directory.js';
import { initialState, record } from '../../src/application/rocket-state.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import { utcMillis } from '../../src/domain/rocket-time.js';
import {
  changeOn,
  earlyMessage,
  exploded,
  faster,
  headOf,
  launched,
  newMission,
  noonMillis,
  slower,
  write,
} from '../support/builders.js';

export interface OpenStore {
  readonly store: EventStore;
  readonly directory: RocketDirectory;
  /** Only of a store that outlives its process: closes it and opens the same data again. */
  readonly reopen?: () => Promise<Pick<OpenStore, 'store' | 'directory'>>;
  /** Closes whatever is open and removes the data. */
  readonly close: () => Promise<void>;
}

/** What every event store promises. `open` makes an empty one each time. */
export const eventStoreContract = (name: string, open: () => Promise<OpenStore>): void => {
  describe(`${name} as an EventStore`, () => {
    let opened: OpenStore;
    let store: EventStore;

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });

    afterEach(() => opened.close());

    describe('with nothing in it', () => {
      it('answers initial heads, in the order asked', async () => {
        const heads = await store.load([
          { channel: 'b', numbers: [1] },
          { channel: 'a', numbers: [] },
        ]);
        expect(heads.map(plainHead)).toEqual([initialHead('b'), initialHead('a')]);
      });

      it('reads nothing', async () => {
        expect(await store.read('a', { after: 0, limit: 10 })).toEqual([]);
        expect(await store.readAll({ limit: 10 })).toEqual({ events: [], next: undefined, end: true });
        expect(await store.lastPosition()).toBeUndefined();
        expect(await store.snapshot('a', {})).toBeUndefined();
        expect(await store.unfinished()).toEqual([]);
      });

      it('commits nothing when given nothing', async () => {
        expect(await store.commit([])).toEqual([]);
        expect(await store.load([])).toEqual([]);
      });
    });

    describe('commit', () => {
      it('writes the events of a change, in order, and the state they lead to', async () => {
        const events = [launched(), faster(10), slower(5)];
        await write(store, 'a', { events, recordedAt: noonMillis + 7 });
        const stored = await store.read('a', { after: 0, limit: 10 });
        expect(stored.map(({ number, event }) => ({ number, event }))).toEqual(
          events.map((event, i) => ({ number: i + 1, event })),
        );
        expect(stored.map(({ channel, recordedAt }) => [channel, recordedAt])).toEqual(
          events.map(() => ['a', noonMillis + 7]),
        );
        const { state, revision } = await headOf(store, 'a');
        expect(state).toEqual(foldOf(stored));
        expect(revision).toBe(1);
      });

      it('counts each change in the revision, whether it has events or not', async () => {
        await write(store, 'a', { added: [earlyMessage('a', 3)] });
        await write(store, 'a', { events: [launched(), faster()], added: [earlyMessage('a', 5)] });
        expect((await headOf(store, 'a')).revision).toBe(2);
      });

      it('writes many channels at once and keeps them apart', async () => {
        const heads = await store.load(['a', 'b', 'c'].map((channel) => ({ channel, numbers: [] })));
        const moved = await store.commit(
          heads.map((head, i) => changeOn(head, { events: [launched(), ...Array(i).fill(faster(i + 1))] })),
        );
        expect(moved).toEqual([]);
        for (const [i, channel] of ['a', 'b', 'c'].entries()) {
          const stored = await store.read(channel, { after: 0, limit: 10 });
          expect(stored).toHaveLength(i + 1);
          expect(stored.every((event) => event.channel === channel)).toBe(true);
          expect((await headOf(store, channel)).state).toEqual(foldOf(stored));
        }
      });

      it.each([
        ['stale', -1],
        ['future', 1],
      ])('does not write a change of a %s revision', async (_, by) => {
        await write(store, 'a', { events: [launched()], added: [earlyMessage('a', 5)] });
        const head = await headOf(store, 'a');
        const change = changeOn(
          { ...head, revision: head.revision + by },
          { events: [faster()], added: [earlyMessage('a', 7)], numbers: [1, 2, 5, 7] },
        );
        const moved = await store.commit([change]);
        expect(moved).toHaveLength(1);
        expect(plainHead(moved[0]!)).toEqual(plainHead(await headOf(store, 'a', [1, 2, 5, 7])));
        expect(await store.read('a', { after: 0, limit: 10 })).toHaveLength(1);
        expect((await headOf(store, 'a')).early.size).toBe(1);
        expect((await opened.directory.totals()).events).toBe(1);
      });

      it('answers the initial head when a channel never heard of is said to have moved', async () => {
        const moved = await store.commit([
          changeOn({ ...(await headOf(store, 'a')), revision: 3 }, { events: [launched()] }),
        ]);
        expect(moved.map(plainHead)).toEqual([initialHead('a')]);
        expect(await opened.directory.find('a')).toBeUndefined();
      });

      it('writes what has not moved beside what has', async () => {
        const [a, b] = await store.load([
          { channel: 'a', numbers: [] },
          { channel: 'b', numbers: [] },
        ]);
        await write(store, 'a', { events: [launched()] });
        const moved = await store.commit([
          changeOn(a!, { events: [faster()] }),
          changeOn(b!, { events: [launched(), faster()] }),
        ]);
        expect(moved.map(({ channel, state }) => [channel, state.version])).toEqual([['a', 1]]);
        expect((await headOf(store, 'b')).state.version).toBe(2);
      });

      it('lets one of two concurrent changes win, and tells the other the fresh head', async () => {
        const head = await headOf(store, 'a');
        const change = changeOn(head, { events: [launched()], numbers: [1] });
        const other = changeOn(head, { events: [launched('2026-10-01T12:00:01Z')], numbers: [1] });
        const answers = await Promise.all([store.commit([change]), store.commit([other])]);
        expect(answers.map((moved) => moved.length).sort()).toEqual([0, 1]);
        const stored = await store.read('a', { after: 0, limit: 10 });
        expect(stored).toHaveLength(1);
        const [fresh] = answers.flat();
        expect(fresh!.state).toEqual(foldOf(stored));
        expect(fresh!.recorded.get(1)).toEqual(stored[0]!.event);
      });

      it('never records a number twice, and leaves the channel as it was', async () => {
        await write(store, 'a', { events: [launched(), faster()] });
        const head = await headOf(store, 'a');
        const behind = { ...head, state: { ...head.state, version: 1 } };
        const change = changeOn(behind, { events: [faster(1), faster(2)], added: [earlyMessage('a', 9)] });
        await expect(store.commit([change])).rejects.toThrow();
        expect(plainHead(await headOf(store, 'a'))).toEqual(plainHead(head));
        expect(await store.read('a', { after: 0, limit: 10 })).toHaveLength(2);
        await write(store, 'a', { events: [faster(3)] });
        expect((await headOf(store, 'a')).state.version).toBe(3);
      });
    });

    describe('load', () => {
      it('gives the recorded event of each number asked, none above the version', async () => {
        await write(store, 'a', { events: [launched(), faster(1), exploded()] });
        const { recorded } = await headOf(store, 'a', [1, 3, 4]);
        expect(recorded.get(1)).toEqual(launched());
        expect(recorded.get(3)).toEqual(exploded());
        expect(recorded.has(4)).toBe(false);
      });

      it('gives a skipped range for every number in it', async () => {
        const skipped: RocketEvent = {
          type: 'MessagesSkipped',
          data: { from: 2, to: 4 },
          time: launched().time,
        };
        await write(store, 'a', { events: [launched(), skipped, faster(5)] });
        const { recorded, state } = await headOf(store, 'a', [1, 2, 3, 4, 5]);
        expect([...recorded].sort(([a], [b]) => a - b)).toEqual([
          [1, launched()],
          [2, skipped],
          [3, skipped],
          [4, skipped],
          [5, faster(5)],
        ]);
        expect(state.version).toBe(5);
        expect(state.rocket.complete).toBe(false);
      });

      it('finds any number of a long history', async () => {
        const events = [launched(), ...Array.from({ length: 299 }, (_, i) => faster(i + 2))];
        await write(store, 'a', { events });
        await write(store, 'b', { events: [launched()] });
        await write(store, 'a', { events: [faster(301)] });
        const numbers = Array.from({ length: 301 }, (_, i) => i + 1);
        const { recorded } = await headOf(store, 'a', numbers);
        expect(numbers.slice(1).map((number) => recorded.get(number))).toEqual(
          numbers.slice(1).map((number) => faster(number)),
        );
      });

      it('answers the same channel with different numbers', async () => {
        await write(store, 'a', { events: [launched(), faster()] });
        const heads = await store.load([
          { channel: 'a', numbers: [1] },
          { channel: 'a', numbers: [2] },
        ]);
        expect(heads.map(({ recorded }) => [...recorded.keys()])).toEqual([[1], [2]]);
      });
    });

    describe('early messages', () => {
      it('are kept until they are released', async () => {
        const four = earlyMessage('a', 4, newMission('MARS'), noonMillis + 4);
        const three = earlyMessage('a', 3, faster(3), noonMillis + 9);
        await write(store, 'a', { added: [four] });
        await write(store, 'a', { events: [launched()], added: [three, earlyMessage('a', 9)] });
        const { early } = await headOf(store, 'a', [3, 4]);
        expect(early.size).toBe(3);
        expect([...early].map(({ message }) => message.number)).toEqual([3, 4, 9]);
        expect(early.get(3)).toEqual(three);
        expect(early.get(4)).toEqual(four);
        expect(early.get(5)).toBeUndefined();
        expect(early.after(1)).toEqual(three);
        expect(early.after(4)?.message.number).toBe(9);
        expect(early.after(9)).toBeUndefined();

        await write(store, 'a', { events: [faster(2), faster(3), newMission('MARS')], released: [3, 4] });
        const fresh = await headOf(store, 'a', [3, 4, 9]);
        expect([...fresh.early].map(({ message }) => message.number)).toEqual([9]);
        expect([...fresh.recorded.keys()].sort()).toEqual([3, 4]);
      });

      it('come with a head that has moved', async () => {
        const head = await headOf(store, 'a');
        await write(store, 'a', { events: [launched()], added: [earlyMessage('a', 5)] });
        const [fresh] = await store.commit([changeOn(head, { events: [launched()], numbers: [1, 5] })]);
        expect(fresh!.early.get(5)).toEqual(earlyMessage('a', 5));
        expect(fresh!.recorded.get(1)).toEqual(launched());
      });

      it('are always there where they are asked for and at the low end, however many there are', async () => {
        const numbers = Array.from({ length: 5000 }, (_, i) => 2 * i + 3);
        await write(store, 'a', { added: numbers.map((number) => earlyMessage('a', number)) });
        const { early } = await headOf(store, 'a', [3, 4, 5003, 9999, 10_001]);
        expect([3, 4, 5003, 9999, 10_001].map((n) => early.get(n)?.message.number)).toEqual([
          3,
          undefined,
          5003,
          9999,
          10_001,
        ]);
        expect(early.after(0)?.message.number).toBe(3);
        expect((await opened.directory.find('a'))?.pending).toBe(5000);
      });

      it('whose turn has come are named as unfinished', async () => {
        await write(store, 'waits', { added: [earlyMessage('waits', 3)] });
        await write(store, 'due', { events: [launched()], added: [earlyMessage('due', 2)] });
        await write(store, 'first', { added: [earlyMessage('first', 1)] });
        await write(store, 'done', { events: [launched()] });
        expect((await store.unfinished()).sort()).toEqual(['due', 'first']);
        await write(store, 'due', { events: [faster()], released: [2] });
        expect(await store.unfinished()).toEqual(['first']);
      });
    });

    describe('read', () => {
      beforeEach(async () => {
        const skipped: RocketEvent = {
          type: 'MessagesSkipped',
          data: { from: 101, to: 150 },
          time: launched().time,
        };
        await write(store, 'a', { events: [launched(), ...Array(99).fill(faster())] });
        await write(store, 'b', { events: [launched()] });
        await write(store, 'a', { events: [skipped, ...Array(50).fill(slower(1))] });
      });

      const numbers = async (after: number, limit: number): Promise<number[]> =>
        (await store.read('a', { after, limit })).map(({ number }) => number);

      it('begins behind `after`, which need not stand there itself', async () => {
        expect(await numbers(198, 10)).toEqual([199, 200]);
        expect(await numbers(99, 3)).toEqual([100, 150, 151]);
        expect(await numbers(120, 2)).toEqual([150, 151]);
        expect(await numbers(200, 10)).toEqual([]);
        expect(await numbers(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
      });

      it('answers `limit` events at most', async () => {
        expect(await numbers(0, 2)).toEqual([1, 2]);
        expect(await numbers(0, 1000)).toHaveLength(151);
      });

      it('pages through the whole history', async () => {
        const seen: number[] = [];
        for (let page = await numbers(0, 7); page.length > 0; page = await numbers(seen.at(-1)!, 7))
          seen.push(...page);
        expect(seen).toEqual(await numbers(0, 1000));
      });
    });

    describe('readAll', () => {
      const total = 60;
      beforeEach(async () => {
        for (let i = 0; i < total / 6; i++) {
          const [a, b, c] = await store.load(['a', 'b', 'c'].map((channel) => ({ channel, numbers: [] })));
          const first = i === 0;
          await store.commit([
            changeOn(a!, { events: [first ? launched() : faster(i), slower(1), faster(1)] }),
            changeOn(b!, { events: [first ? launched() : newMission(`M${i}`), faster(i)] }),
          ]);
          await store.commit([changeOn(c!, { events: [first ? launched() : slower(0)] })]);
        }
      });

      const walk = async (request: FeedRequest): Promise<StoredEvent[]> => {
        const events: StoredEvent[] = [];
        let after = request.after;
        for (let calls = 0; calls < 1000; calls++) {
          const page = await store.readAll({ ...request, after });
          expect(page.events.length).toBeLessThanOrEqual(request.limit);
          events.push(...page.events);
          if (page.end) return events;
          expect(page.next).not.toBe(after);
          after = page.next;
        }
        throw new Error('The feed does not end.');
      };

      it('gives every event once, those of one channel in order', async () => {
        const all = await walk({ limit: 1000 });
        expect(all).toHaveLength(total);
        expect(new Set(all.map(({ position }) => position)).size).toBe(total);
        for (const channel of ['a', 'b', 'c']) {
          const ofChannel = all.filter((event) => event.channel === channel);
          expect(ofChannel).toEqual(await store.read(channel, { after: 0, limit: 1000 }));
        }
      });

      it('shows what was committed later later', async () => {
        const before = await walk({ limit: 1000 });
        await write(store, 'd', { events: [launched()] });
        const after = await walk({ limit: 1000 });
        expect(after.slice(0, total)).toEqual(before);
        expect(after.at(-1)?.channel).toBe('d');
      });

      it.each([1, 7, 60, 61])('gives the same in pages of %i', async (limit) => {
        expect(await walk({ limit })).toEqual(await walk({ limit: 1000 }));
      });

      it('begins behind any position it gave out', async () => {
        const all = await walk({ limit: 1000 });
        for (const [i, { position }] of all.entries()) {
          expect(await walk({ after: position, limit: 1000 })).toEqual(all.slice(i + 1));
        }
      });

      it('says where to go on when there is nothing more', async () => {
        const page = await store.readAll({ limit: 1000 });
        expect(page.end).toBe(true);
        expect(page.next).toBe(await store.lastPosition());
        const empty = await store.readAll({ after: page.next, limit: 10 });
        expect(empty).toEqual({ events: [], next: page.next, end: true });
        await write(store, 'a', { events: [faster(77)] });
        const [fresh] = (await store.readAll({ after: page.next, limit: 10 })).events;
        expect(fresh?.event).toEqual(faster(77));
        expect(await store.lastPosition()).toBe(fresh?.position);
      });

      it.each<Pick<FeedRequest, 'channel' | 'type'>>([
        { channel: 'b' },
        { channel: 'nobody' },
        { type: 'RocketMissionChanged' },
        { type: 'RocketExploded' },
        { channel: 'a', type: 'RocketSpeedDecreased' },
        { channel: 'c', type: 'RocketMissionChanged' },
      ])('leaves out what the filter %j leaves out', async (filter) => {
        const all = await walk({ limit: 1000 });
        const expected = all.filter(
          ({ channel, event }) =>
            (filter.channel ?? channel) === channel && (filter.type ?? event.type) === event.type,
        );
        expect(await walk({ ...filter, limit: 1000 })).toEqual(expected);
        expect(await walk({ ...filter, limit: 1 })).toEqual(expected);
        expect(await walk({ ...filter, limit: 4, after: all[20]!.position })).toEqual(
          expected.filter((event) => all.indexOf(event) > 20),
        );
        const { next } = await store.readAll({ ...filter, limit: 1000 });
        expect(await walk({ after: next, limit: 1000 })).toEqual([]);
      });

      it('gives the event at a position', async () => {
        for (const event of await walk({ limit: 1000 })) {
          expect(await store.readAt(event.position)).toEqual(event);
        }
      });

      it('gives out positions that fit into a URL', async () => {
        for (const { position } of await walk({ limit: 1000 }))
          expect(position).toMatch(/^[a-z0-9]+-[a-z0-9.-]+$/);
      });

      it.each(['', '0', '7', 'x', 'nostore-1', '-', '-1', '../..', 'é'])(
        'does not know %j',
        async (position) => {
          await expect(store.readAll({ after: position, limit: 1 })).rejects.toThrow(UnknownPosition);
          await expect(store.readAt(position)).rejects.toThrow(UnknownPosition);
        },
      );

      it('does not know a position it has not reached, nor one spelled in another way', async () => {
        const last = (await store.lastPosition())!;
        for (const position of [
          `${last}0`,
          ` ${last}`,
          `${last} `,
          `${last}.0`,
          `${last}e0`,
          last.replace('-', '-0'),
        ]) {
          await expect(store.readAll({ after: position, limit: 1 })).rejects.toThrow(UnknownPosition);
        }
      });

      it('does not know a position of another store', async () => {
        const other = await open();
        try {
          await write(other.store, 'a', { events: [launched(), faster()] });
          const position = (await other.store.lastPosition())!;
          await expect(store.readAll({ after: position, limit: 1 })).rejects.toThrow(UnknownPosition);
        } finally {
          await other.close();
        }
      });
    });

    describe('what is written', () => {
      it.each(exoticEvents.map((event) => [JSON.stringify(event).slice(0, 90), event] as const))(
        'comes back as it was: %s',
        async (_, event) => {
          await write(store, 'a', { events: [launched(), event], recordedAt: noonMillis + 1 });
          const [stored] = await store.read('a', { after: 1, limit: 1 });
          expect(stored).toEqual({ ...stored, event, recordedAt: noonMillis + 1 });
          expect(JSON.parse(JSON.stringify(stored))).toEqual(stored);
          expect((await store.readAll({ limit: 10 })).events[1]).toEqual(stored);
          const { recorded, state } = await headOf(store, 'a', [2]);
          expect(recorded.get(2)).toEqual(event);
          expect(state).toEqual(foldOf(await store.read('a', { after: 0, limit: 10 })));
        },
      );

      it.each(
        exoticEvents.filter(isReport).map((event) => [JSON.stringify(event).slice(0, 90), event] as const),
      )('comes back as it was after waiting: %s', async (_, event) => {
        const early = earlyMessage('a', 5, event, noonMillis + 3);
        await write(store, 'a', { added: [early] });
        expect((await headOf(store, 'a', [5])).early.get(5)).toEqual(early);
      });

      it.each(['2022-02-02T19:39:05+01:00', '1969-07-20T20:17:40Z', '9999-12-31T23:59:59.999999999Z'])(
        'keeps when it was recorded, whatever came before: %s',
        async (time) => {
          const recordedAt = utcMillis(time);
          await write(store, 'a', { events: [launched()] });
          await write(store, 'a', { events: [faster()], recordedAt });
          const stored = await store.read('a', { after: 0, limit: 2 });
          expect(stored.map((event) => event.recordedAt)).toEqual([noonMillis, recordedAt]);
        },
      );

      it('takes numbers up to 2^53 − 1', async () => {
        const highest = Number.MAX_SAFE_INTEGER;
        const skipped: RocketEvent = {
          type: 'MessagesSkipped',
          data: { from: 2, to: highest - 2 },
          time: launched().time,
        };
        await write(store, 'a', { added: [earlyMessage('a', highest)] });
        await write(store, 'a', { events: [launched(), skipped, faster(1)] });
        expect((await store.read('a', { after: 1, limit: 10 })).map(({ number }) => number)).toEqual([
          highest - 2,
          highest - 1,
        ]);
        await write(store, 'a', { events: [faster()], released: [highest] });
        expect((await store.read('a', { after: highest - 2, limit: 1 })).map(({ number }) => number)).toEqual(
          [highest - 1],
        );
        const { state, recorded } = await headOf(store, 'a', [2 ** 32, highest]);
        expect(state.version).toBe(highest);
        expect(recorded.get(2 ** 32)).toEqual(skipped);
        expect(recorded.get(highest)).toEqual(faster());
      });

      it('cannot be changed through what was read', async () => {
        await write(store, 'a', { events: [launched(), faster()] });
        const [stored] = await store.read('a', { after: 0, limit: 1 });
        deface(stored);
        deface((await headOf(store, 'a', [1])).recorded.get(1));
        deface((await store.readAll({ limit: 1 })).events[0]);
        expect((await store.read('a', { after: 0, limit: 1 }))[0]).toMatchObject({
          channel: 'a',
          number: 1,
          event: launched(),
        });
        expect((await headOf(store, 'a', [1])).recorded.get(1)).toEqual(launched());
      });

      it('cannot be changed through what was handed over', async () => {
        const event = launched();
        const early = earlyMessage('a', 5, newMission('MARS'));
        await write(store, 'a', { events: [event], added: [early] });
        deface(event);
        deface(early);
        expect((await store.read('a', { after: 0, limit: 1 }))[0]!.event).toEqual(launched());
        expect((await headOf(store, 'a')).early.get(5)).toEqual(earlyMessage('a', 5, newMission('MARS')));
      });
    });

    describe('snapshot', () => {
      const length = 2600;
      /** Times go back and forth: every 500th event claims to be an hour ahead. */
      const timeOf = (i: number): string =>
        new Date(noonMillis + i * 1000 + (i % 500 === 499 ? 3_600_000 : 0)).toISOString();
      let history: StoredEvent[];

      beforeEach(async () => {
        const events = Array.from({ length }, (_, i) =>
          i === 0 ? launched(timeOf(0)) : faster(1, timeOf(i)),
        );
        for (let i = 0; i < length; i += 130) await write(store, 'a', { events: events.slice(i, i + 130) });
        history = await store.read('a', { after: 0, limit: length });
      });

      it('is a state of the past within the version given, near enough to fold on from', async () => {
        for (const version of [0, 1, 2, 129, 130, 1023, 1024, 1025, 2048, 2599, 2600, 9999]) {
          const snapshot = (await store.snapshot('a', { version })) ?? initialState;
          expect(snapshot.version).toBeLessThanOrEqual(version);
          expect(Math.min(version, length) - snapshot.version).toBeLessThanOrEqual(2048);
          expect(snapshot).toEqual(foldOf(history.slice(0, snapshot.version)));
        }
      });

      it('holds nothing that was sent after the time given', async () => {
        for (const i of [-1, 0, 1, 498, 499, 500, 999, 1600, 2598, 2599, 9999]) {
          const time = i < 0 ? noonMillis - 1 : noonMillis + i * 1000;
          const snapshot = (await store.snapshot('a', { time })) ?? initialState;
          const before = history.slice(0, snapshot.version);
          expect(before.filter(({ event }) => utcMillis(event.time) > time)).toEqual([]);
          expect(snapshot).toEqual(foldOf(before));
        }
      });

      it('keeps to both bounds, and to none', async () => {
        const both =
          (await store.snapshot('a', { version: 2000, time: noonMillis + 300_000 })) ?? initialState;
        expect(both.version).toBeLessThanOrEqual(301);
        const newest = (await store.snapshot('a', {})) ?? initialState;
        expect(newest).toEqual(foldOf(history.slice(0, newest.version)));
        expect(length - newest.version).toBeLessThanOrEqual(2048);
      });

      it('cuts decimals behind the millisecond, as the bound does', async () => {
        await write(store, 'b', { events: [launched('2026-10-01T12:00:00.0009999Z')] });
        expect(await store.snapshot('b', { time: noonMillis - 1 })).toBeUndefined();
        const snapshot = await store.snapshot('b', { time: noonMillis });
        expect(snapshot?.version ?? 0).toBeLessThanOrEqual(1);
      });
    });

    it('says in words what an acknowledgement is worth', () => {
      expect(['none', 'process', 'disk']).toContain(store.durability.level);
      expect(store.durability.description).toMatch(/\w+ \w+/);
    });

    it('can be closed twice', async () => {
      await write(store, 'a', { events: [launched()] });
      await store.close();
      await store.close();
    });

    it('has everything again after it was opened anew, if it outlives its process', async () => {
      if (opened.reopen === undefined) {
        expect(store.durability.level).toBe('none');
        return;
      }
      await write(store, 'a', {
        events: [launched(), faster(7)],
        added: [earlyMessage('a', 5), earlyMessage('a', 7)],
      });
      await write(store, 'b', { events: [launched()], added: [earlyMessage('b', 2)] });
      const head = plainHead(await headOf(store, 'a', [1, 2, 5]));
      const feed = await store.readAll({ limit: 100 });
      const totals = await opened.directory.totals();
      const summary = await opened.directory.find('a');

      const again = await opened.reopen();
      expect(plainHead(await headOf(again.store, 'a', [1, 2, 5]))).toEqual(head);
      expect(await again.store.readAll({ limit: 100 })).toEqual(feed);
      expect(await again.store.unfinished()).toEqual(['b']);
      expect(await again.directory.totals()).toEqual(totals);
      expect(await again.directory.find('a')).toEqual(summary);
      await write(again.store, 'a', { events: [faster(3)] });
      const rest = await again.store.readAll({ after: feed.next, limit: 100 });
      expect(rest.events.map(({ channel, number, event }) => ({ channel, number, event }))).toEqual([
        { channel: 'a', number: 3, event: faster(3) },
      ]);
    });
  });
};

const exoticTimes = [
  '2022-02-02T19:39:05Z',
  '2022-02-02t19:39:05z',
  '2022-02-02T19:39:05.8Z',
  '2022-02-02T19:39:05.80Z',
  '2022-02-02T19:39:05.000000000Z',
  '2022-02-02T19:39:05.86337+01:00',
  '2022-02-02T19:39:05.999999999-23:59',
  '2024-02-29T23:59:59.001-00:00',
  '2016-12-31T23:59:60Z',
  '2017-01-01T00:59:60.5+01:00',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00+00:01',
  '0001-01-01T00:00:00Z',
  '2106-02-07T06:28:15Z',
  '2106-02-07T06:28:16Z',
  '9999-12-31T23:59:59.999999999Z',
];

const exoticTexts = [
  'A',
  ' ',
  '"quoted" \\ back',
  "Robert'); DROP TABLE events;--",
  'line\nfeed\ttab\u0000null',
  'naïve café, сокол, 火箭',
  '🚀'.repeat(128),
  '__proto__',
  'null',
  '%_*',
  'x'.repeat(256),
];

const exoticFigures = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];

const exoticEvents: readonly RocketEvent[] = [
  ...exoticTimes.map((time) => faster(3, time)),
  ...exoticTexts.flatMap((text): RocketEvent[] => [newMission(text), exploded(text)]),
  ...exoticTexts.map((text) => launched(undefined, { type: text, mission: text })),
  ...exoticFigures.flatMap((by): RocketEvent[] => [
    faster(by),
    slower(by),
    launched(undefined, { launchSpeed: by }),
  ]),
  { type: 'MessagesSkipped', data: { from: 2, to: 2 }, time: '2022-02-02T19:39:05.86337+01:00' },
  ...(
    ['already-launched', 'not-launched', 'speed-out-of-range', 'speed-below-zero', 'rocket-exploded'] as const
  ).flatMap((rule): RocketEvent[] =>
    [launched(), faster(2 ** 53 - 1), slower(7), newMission('MARS'), exploded('🚀')].map(
      ({ time, ...message }) => ({
        type: 'MessageRefused',
        data: { rule, message },
        time,
      }),
    ),
  ),
];

const isReport = (
  event: RocketEvent,
): event is Exclude<RocketEvent, { type: 'MessageRefused' | 'MessagesSkipped' }> =>
  event.type !== 'MessageRefused' && event.type !== 'MessagesSkipped';

const foldOf = (events: readonly StoredEvent[]) =>
  events.reduce((state, { number, event }) => record(state, number, event), initialState);

/** A head as plain data; the early messages of all heads here are few enough to be there as a whole. */
const plainHead = ({ channel, revision, state, early, recorded }: Head) => ({
  channel,
  revision,
  state,
  early: [...early],
  recorded: Object.fromEntries(recorded),
});

const initialHead = (channel: string) => ({
  channel,
  revision: 0,
  state: initialState,
  early: [],
  recorded: {},
});

/** Overwrites whatever can be overwritten. */
const deface = (value: unknown): void => {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    deface(inner);
    if (typeof inner !== 'object') Reflect.set(value, key, 'defaced');
  }
};
