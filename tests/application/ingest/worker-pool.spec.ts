import { EVENTS_PER_STEP } from '../../../src/application/ingest/advance.js';
import { laneOf } from '../../../src/application/ingest/lanes.js';
import { MESSAGES_PER_BATCH } from '../../../src/application/ingest/reorder-buffer.js';
import type { Clock } from '../../../src/application/ports/clock.js';
import {
  ChangeRefused,
  StoreUnavailable,
  type Change,
  type EventStore,
  type Head,
  type HeadRequest,
} from '../../../src/application/ports/event-store.js';
import type { RocketMessage } from '../../../src/domain/rocket-message.js';
import { InMemoryEventStore } from '../../../src/infrastructure/stores/memory/in-memory-event-store.js';
import { InMemoryRocketDirectory } from '../../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { turns } from '../../support/manual-clock.js';
import { memoryStore } from '../../support/memory-store.js';
import { faster, launched, message, messages, missionChanged } from '../../support/messages.js';
import { pipelineOver } from '../../support/pipeline.js';

type Commit = (changes: readonly Change[], write: () => Promise<Head[]>) => Promise<Head[]>;

/** The store in memory, with what happens around a commit in the hands of the test. */
class WatchedStore extends InMemoryEventStore {
  readonly commits: (readonly Change[])[] = [];

  constructor(private readonly around: Commit = (_changes, write) => write()) {
    super(new InMemoryRocketDirectory({ sleep: () => Promise.resolve() }), { storeId: 'watched' });
  }

  override commit(changes: readonly Change[]): Promise<Head[]> {
    this.commits.push(changes);
    return this.around(changes, () => super.commit(changes));
  }
}

/** Everything that promises alone, and a worker that is woken, lead to has happened. */
const settled = () => turns(3);

const gate = () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};

const clockOfTests = () => {
  const sleepers: { readonly ms: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    now: () => 1_790_000_000_000,
    elapsed: () => 0,
    sleep: (ms) => new Promise((wake) => (ms === 0 ? setImmediate(wake) : sleepers.push({ ms, wake }))),
  };
  const pass = (): void => {
    for (const { wake } of sleepers.splice(0)) wake();
  };
  return { clock, pass, sleepers };
};

const numbersIn = async (store: EventStore, channel = 'rocket-1'): Promise<number[]> =>
  (await store.read(channel, { after: 0, limit: 100_000 })).map(({ number }) => number);

const history = messages([launched(0), faster(1), faster(2), faster(3), faster(4)]);
const [one, two, three, four, five] = history as [
  RocketMessage,
  RocketMessage,
  RocketMessage,
  RocketMessage,
  RocketMessage,
];

const historyOf = (count: number, channel: string): RocketMessage[] =>
  messages([launched(), ...Array.from({ length: count - 1 }, () => faster(1))], channel);

const channelsOf = (sameLane: boolean, count: number): string[] => {
  const names = Array.from({ length: 2000 }, (_, i) => `rocket-${i + 1}`);
  const lane = laneOf('rocket-1');
  const others = names.slice(1).filter((name) => (laneOf(name) === lane) === sameLane);
  const lanes = new Map(others.map((name) => [laneOf(name), name]));
  return ['rocket-1', ...(sameLane ? others : lanes.values())].slice(0, count);
};

describe('a worker', () => {
  it('answers only after the commit', async () => {
    const disk = gate();
    const store = new WatchedStore((_changes, write) => disk.opened.then(write));
    const { pool, send } = pipelineOver(store);
    await pool.start();
    const answer = jest.fn();
    void send(one).then(answer);
    await settled();
    expect(store.commits).toHaveLength(1);
    expect(answer).not.toHaveBeenCalled();
    disk.open();
    await settled();
    expect(answer).toHaveBeenCalledWith(expect.objectContaining({ outcome: 'applied' }));
  });

  it('commits everything that waits in a lane at once', async () => {
    const channels = channelsOf(true, 3);
    const store = new WatchedStore();
    const { pool, sendAll } = pipelineOver(store);
    const sent = sendAll(channels.flatMap((channel) => messages([launched(), faster(1)], channel)));
    await pool.start();
    await sent;
    expect(store.commits.map((changes) => changes.map(({ channel }) => channel))).toEqual([channels]);
  });

  it('lets the next batch of a lane grow while one is committed', async () => {
    const disk = gate();
    const store = new WatchedStore((_changes, write) => disk.opened.then(write));
    const { pool, sendAll } = pipelineOver(store);
    await pool.start();
    const first = sendAll([one]);
    await settled();
    const rest = [three, five, two, four].map((each) => sendAll([each]));
    await settled();
    expect(store.commits).toHaveLength(1);
    disk.open();
    await Promise.all([first, ...rest]);
    expect(store.commits.map(([change]) => change!.events.map(({ number }) => number))).toEqual([
      [1],
      [2, 3, 4, 5],
    ]);
  });

  it('commits nothing for what changes nothing', async () => {
    const store = new WatchedStore();
    const { pool, sendAll } = pipelineOver(store);
    await pool.start();
    await sendAll([one]);
    expect(await sendAll([one, one])).toMatchObject([{ outcome: 'duplicate' }, { outcome: 'duplicate' }]);
    expect(store.commits).toHaveLength(1);
  });

  it('answers although a listener to its commits fails', async () => {
    const store = new WatchedStore();
    const { pool, sendAll } = pipelineOver(store);
    pool.onCommit(() => {
      throw new Error('nobody listens');
    });
    await pool.start();
    expect(await sendAll([one, two])).toMatchObject([{ outcome: 'applied' }, { outcome: 'applied' }]);
  });

  it('goes on with a long drain until it is over', async () => {
    const store = new WatchedStore();
    const { pool, ingest, sendAll } = pipelineOver(store, { workers: 1 });
    const long = messages([
      launched(0),
      ...Array.from({ length: 2 * EVENTS_PER_STEP + 10 }, () => faster(1)),
    ]);
    await pool.start();
    await sendAll(long.slice(1));
    expect(await sendAll([long[0]!])).toMatchObject([{ outcome: 'applied', version: EVENTS_PER_STEP }]);
    while ((await numbersIn(store)).length < long.length) await settled();
    expect(await numbersIn(store)).toEqual(long.map(({ number }) => number));
    await ingest.stop();
  });

  it('leaves the rest of a long drain to the next start when told to stop', async () => {
    const store = new WatchedStore();
    const { pool, ingest, sendAll } = pipelineOver(store, { workers: 1 });
    const long = messages([launched(0), ...Array.from({ length: 5 * EVENTS_PER_STEP }, () => faster(1))]);
    await pool.start();
    await sendAll(long.slice(1));
    const answered = sendAll([long[0]!]);
    await ingest.stop();
    expect(await answered).toMatchObject([{ outcome: 'applied' }]);
    expect((await numbersIn(store)).length).toBeLessThan(long.length);

    const next = pipelineOver(store, { workers: 1 });
    await next.pool.start();
    while ((await numbersIn(store)).length < long.length) await settled();
    await next.ingest.stop();
  });
});

describe('workers', () => {
  /** With so much waiting, the commit that is under way is not waited for. */
  const MUCH = 600;

  it.each([1, 3])('are %i at a time, each with lanes of its own', async (workers) => {
    let busy = 0;
    let busiest = 0;
    const store = new WatchedStore(async (_changes, write) => {
      busiest = Math.max(busiest, ++busy);
      await settled();
      busy--;
      return write();
    });
    const { pool, sendAll } = pipelineOver(store, { workers });
    await pool.start();
    await sendAll(channelsOf(false, 12).flatMap((channel) => historyOf(MUCH, channel)));
    expect(busiest).toBe(workers);
  });

  it('leave a little that comes during a commit to the next one, all of it together', async () => {
    const disk = gate();
    const store = new WatchedStore((_changes, write) => disk.opened.then(write));
    const { pool, sendAll } = pipelineOver(store, { workers: 3 });
    const [first, ...others] = channelsOf(false, 20);
    await pool.start();
    const sent = [sendAll([message(1, launched(), first)])];
    await settled();
    for (const channel of others) {
      sent.push(sendAll([message(1, launched(), channel)]));
      await turns(1);
    }
    await settled();
    disk.open();
    await Promise.all(sent);
    expect(store.commits.map((changes) => changes.map(({ channel }) => channel))).toEqual([[first], others]);
  });

  it('take what waits when the store says so, however long it gathers', async () => {
    const more = gate();
    const asked: (() => number)[] = [];
    const store = Object.assign(new WatchedStore(), {
      gather: (waiting: () => number) => (asked.push(waiting), more.opened),
    });
    const { pool, send } = pipelineOver(store);
    await pool.start();
    const answers: Promise<unknown>[] = [];
    for (const channel of channelsOf(false, 4)) {
      answers.push(send(message(1, launched(), channel)));
      await settled();
    }
    expect(asked.map((waiting) => waiting())).toEqual([4]);
    expect(store.commits).toHaveLength(0);
    more.open();
    await Promise.all(answers);
    expect(store.commits).toHaveLength(1);
  });

  it('do not let the store gather when much waits already', async () => {
    const store = Object.assign(new WatchedStore(), { gather: () => new Promise<void>(() => undefined) });
    const { pool, sendAll } = pipelineOver(store);
    const sent = sendAll(historyOf(MUCH, 'rocket-1'));
    await pool.start();
    await sent;
    expect(store.commits).toHaveLength(1);
  });

  it('commit in parts what would be very many events at once', async () => {
    const store = new WatchedStore();
    const { pool, ingest, sendAll } = pipelineOver(store);
    const channels = channelsOf(false, 10);
    const histories = channels.map((channel) => historyOf(1000, channel));
    await pool.start();
    await sendAll(histories.flatMap((each) => each.slice(1)));
    const before = store.commits.length;
    const outcomes = await sendAll(histories.map((each) => each[0]!));
    await ingest.stop();
    expect(outcomes).toMatchObject(
      channels.map((channel) => ({ channel, outcome: 'applied', version: 1000 })),
    );
    const sizes = store.commits
      .slice(before)
      .map((changes) => changes.reduce((sum, { events }) => sum + events.length, 0));
    expect(sizes).toEqual([5000, 5000]);
  });

  it('go on with the channels of which the store had no heads yet', async () => {
    class SparingStore extends WatchedStore {
      override load(requests: readonly HeadRequest[]): Promise<Head[]> {
        return super.load(requests.slice(0, 3));
      }
    }
    const store = new SparingStore();
    const { pool, ingest, sendAll } = pipelineOver(store);
    const channels = channelsOf(false, 10);
    await pool.start();
    const outcomes = await sendAll(channels.map((channel) => message(1, launched(), channel)));
    expect(outcomes).toMatchObject(channels.map((channel) => ({ channel, outcome: 'applied', version: 1 })));
    expect(store.commits.map(({ length }) => length)).toEqual([3, 3, 3, 1]);
    await sendAll(channels.map((channel) => message(3, faster(1), channel)));
    const by = { who: 'operator' } as const;
    const skips = channels.map((channel) => ingest.skip(channel, { upTo: 9, by }));
    expect(await Promise.all(skips)).toMatchObject(channels.map(() => ({ version: 3 })));
    await ingest.stop();
  });

  it('never work on one channel together', async () => {
    const busy = new Set<string>();
    const store = new WatchedStore(async (changes, write) => {
      for (const { channel } of changes) {
        expect(busy.has(channel)).toBe(false);
        busy.add(channel);
      }
      await settled();
      for (const { channel } of changes) busy.delete(channel);
      return write();
    });
    const { pool, send } = pipelineOver(store, { workers: 5 });
    await pool.start();
    const sent: Promise<unknown>[] = [];
    for (const each of [...history].reverse()) {
      sent.push(send(each), send({ ...each, channel: channelsOf(true, 2)[1]! }));
      await settled();
    }
    await Promise.all(sent);
    expect(await numbersIn(store)).toEqual([1, 2, 3, 4, 5]);
  });

  it('tell of every change after it is committed and before it is answered', async () => {
    const store = new WatchedStore();
    const { pool, send } = pipelineOver(store);
    const told: string[] = [];
    pool.onCommit(({ events }, before) => {
      told.push(`${before.state.version}: ${events.map(({ number }) => number).join()}`);
    });
    await pool.start();
    for (const each of [two, one, three]) {
      await send(each);
      told.push('answered');
    }
    expect(told).toEqual(['0: ', 'answered', '0: 1,2', 'answered', '2: 3', 'answered']);
  });
});

describe('a channel that moved', () => {
  it('is decided again on its fresh head', async () => {
    const { store } = memoryStore();
    const other = pipelineOver(store);
    await other.pool.start();
    let commits = 0;
    const behind: EventStore = Object.assign(Object.create(store) as EventStore, {
      commit: async (changes: readonly Change[]) => {
        if (commits++ === 0) await other.sendAll([one]);
        return store.commit(changes);
      },
    });
    const { pool, sendAll } = pipelineOver(behind);
    const sent = sendAll([one, two]);
    await pool.start();
    expect(await sent).toMatchObject([
      { outcome: 'duplicate', version: 2 },
      { outcome: 'applied', version: 2 },
    ]);
    expect(commits).toBe(2);
    expect(await numbersIn(store)).toEqual([1, 2]);
  });
});

describe('a change that the store refuses', () => {
  const refusing = (isRefused: (change: Change) => boolean) =>
    new WatchedStore((changes, write) =>
      changes.some(isRefused) ? Promise.reject(new ChangeRefused('never')) : write(),
    );
  const refused = { status: 'rejected', reason: { code: 'change-refused' } };

  it('fails alone, whoever shares its batch, and is found by halves', async () => {
    const store = refusing(({ channel }) => channel.startsWith('poison'));
    const { pool, send } = pipelineOver(store, { workers: 1 });
    const channels = Array.from({ length: 200 }, (_, i) => (i % 50 === 7 ? `poison-${i}` : `rocket-${i}`));
    const sent = Promise.allSettled(channels.map((channel) => send(messages([launched()], channel)[0]!)));
    await pool.start();
    for (const [i, answer] of (await sent).entries()) {
      const isPoison = channels[i]!.startsWith('poison');
      expect(answer).toMatchObject(
        isPoison ? refused : { status: 'fulfilled', value: { outcome: 'applied' } },
      );
    }
    // Four times the way down, and the other half at each step of it.
    expect(store.commits.length).toBeLessThan(4 * 2 * Math.ceil(Math.log2(200)));
    await pool.drain();
  });

  it('fails alone among the messages of its rocket: what was sent before it is taken, what comes behind it waits', async () => {
    const store = refusing(({ events, added }) =>
      [...events.map(({ event }) => event), ...added.map(({ message }) => message.report)].some(
        ({ type }) => type === 'RocketMissionChanged',
      ),
    );
    const { pool, send, buffer } = pipelineOver(store, { workers: 1 });
    const reports = Array.from({ length: 40 }, (_, i) => (i === 22 ? missionChanged('POISON') : faster(i)));
    const sent = messages([launched(0), ...reports]);
    const answers = Promise.allSettled(sent.map(send));
    await pool.start();
    for (const [i, answer] of (await answers).entries()) {
      const outcome = i < 23 ? 'applied' : 'buffered';
      expect(answer).toMatchObject(i === 23 ? refused : { status: 'fulfilled', value: { outcome } });
    }
    expect(store.commits.length).toBeLessThan(3 * Math.ceil(Math.log2(41)));
    expect(await send(message(24, faster(7)))).toMatchObject({ outcome: 'applied' });
    expect(buffer.messages).toBe(0);
    await pool.drain();
    expect(await numbersIn(store)).toEqual(sent.map(({ number }) => number));
  });

  it('fails alone among gaps that are skipped together', async () => {
    const store = refusing(
      ({ channel, events }) =>
        channel === 'rocket-3' && events.some(({ event }) => event.type === 'MessagesSkipped'),
    );
    const { pool, sendAll, ingest } = pipelineOver(store, { workers: 1 });
    await pool.start();
    const channels = Array.from({ length: 9 }, (_, i) => `rocket-${i}`);
    await sendAll(channels.map((channel) => historyOf(3, channel)[2]!));
    const skips = await Promise.allSettled(
      channels.map((channel) => ingest.skip(channel, { upTo: 2, by: { who: 'timeout' } })),
    );
    skips.forEach((skip, i) =>
      expect(skip).toMatchObject(i === 3 ? refused : { value: { skipped: { from: 1, to: 2 } } }),
    );
    await pool.drain();
  });

  it('fails alone among the messages of its rocket, and leaves its number free', async () => {
    const isPoison = (change: Change): boolean => JSON.stringify(change).includes('POISON');
    const store = new WatchedStore((changes, write) =>
      changes.some(isPoison) ? Promise.reject(new ChangeRefused('never')) : write(),
    );
    const { pool, send, buffer } = pipelineOver(store, { workers: 1 });
    const good = historyOf(50, 'rocket-1');
    const sent = good.map((one) =>
      one.number % 20 === 7 ? message(one.number, missionChanged('POISON')) : one,
    );
    const answers = Promise.allSettled([...sent, ...sent].map(send));
    await pool.start();
    for (const [i, answer] of (await answers).entries()) {
      const { number } = sent[i % 50]!;
      const expected = number % 20 === 7 ? { status: 'rejected' } : { status: 'fulfilled' };
      expect([number, answer]).toEqual([number, expect.objectContaining(expected)]);
    }
    expect(await numbersIn(store)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(buffer.messages).toBe(0);
    for (const one of good) await send(one);
    expect(await numbersIn(store)).toEqual(good.map(({ number }) => number));
    await pool.drain();
  });
});

describe('a commit that fails', () => {
  const failing = (times: number, first: 'write' | 'nothing' = 'nothing') => {
    let left = times;
    return new WatchedStore(async (_changes, write) => {
      if (left-- <= 0) return write();
      if (first === 'write') await write();
      throw new StoreUnavailable('disk full');
    });
  };

  it('is answered to everybody, and to nobody as done', async () => {
    const { pool, send, counters, buffer, log } = pipelineOver(failing(1));
    const answers = [one, three].map(send);
    await pool.start();
    expect(await Promise.allSettled(answers)).toMatchObject([
      { status: 'rejected', reason: { code: 'store-unavailable' } },
      { status: 'rejected', reason: { code: 'store-unavailable' } },
    ]);
    expect(counters.messages).toMatchObject({ received: 2, failed: 2 });
    expect(buffer).toMatchObject({ messages: 0, bytes: 0 });
    expect(log.lines).toMatchObject([{ level: 'error', fields: { error: 'disk full' } }]);
  });

  it('does not hold its lane', async () => {
    const store = failing(1);
    const { pool, send, sendAll } = pipelineOver(store);
    await pool.start();
    await expect(send(one)).rejects.toThrow('disk full');
    expect(await sendAll(history)).toMatchObject(history.map(() => ({ outcome: 'applied' })));
  });

  it('is a duplicate when it had been written and is sent again', async () => {
    const { pool, send } = pipelineOver(failing(1, 'write'));
    await pool.start();
    await expect(send(one)).rejects.toThrow('disk full');
    expect(await send(one)).toMatchObject({ outcome: 'duplicate' });
  });

  const long = messages([launched(0), ...Array.from({ length: EVENTS_PER_STEP + 10 }, () => faster(1))]);

  it.each([
    [
      'that nobody waits for',
      async (sendAll: (messages: RocketMessage[]) => Promise<unknown>) => void (await sendAll([])),
    ],
    [
      'though a message that shared its batch is given up',
      async (sendAll: (messages: RocketMessage[]) => Promise<unknown>) =>
        void (await sendAll([message(5, faster(1))])),
    ],
  ])('has its drain tried again, %s', async (_when, meanwhile) => {
    const { clock, pass, sleepers } = clockOfTests();
    let isBroken = false;
    const store = new WatchedStore((_changes, write) =>
      isBroken ? Promise.reject(new StoreUnavailable('disk full')) : write(),
    );
    const { pool, ingest, send, sendAll } = pipelineOver(store, { clock, workers: 1 });
    await pool.start();
    await sendAll(long.slice(1));
    await send(long[0]!).then(() => (isBroken = true));
    await meanwhile((some) => Promise.allSettled(some.map(send)));
    await settled();
    await settled();
    expect(sleepers).toHaveLength(1);
    isBroken = false;
    pass();
    await settled();
    await ingest.stop();
    expect(await numbersIn(store)).toHaveLength(long.length);
  });

  it('has its drain tried again when only the answer was lost', async () => {
    const { clock, pass } = clockOfTests();
    let isBroken = false;
    const store = new WatchedStore(async (_changes, write) => {
      const moved = await write();
      if (isBroken) throw new StoreUnavailable('no answer');
      return moved;
    });
    const { pool, ingest, send, sendAll } = pipelineOver(store, { clock });
    await pool.start();
    await sendAll(long.slice(1));
    isBroken = true;
    await expect(send(long[0]!)).rejects.toThrow('no answer');
    isBroken = false;
    pass();
    await settled();
    await ingest.stop();
    expect(await numbersIn(store)).toHaveLength(long.length);
  });
});

describe('a channel that cannot be read', () => {
  class DamagedStore extends InMemoryEventStore {
    constructor(private readonly isDamaged: (channel: string) => boolean) {
      super(new InMemoryRocketDirectory({ sleep: () => Promise.resolve() }), { storeId: 'damaged' });
    }

    override load(requests: readonly HeadRequest[]): Promise<Head[]> {
      const damaged = requests.find(({ channel }) => this.isDamaged(channel));
      return damaged === undefined
        ? super.load(requests)
        : Promise.reject(new StoreUnavailable(`damaged: ${damaged.channel}`));
    }
  }

  it('fails alone, whoever shares its batch', async () => {
    const { pool, send, log, buffer } = pipelineOver(new DamagedStore((channel) => channel === 'rocket-2'));
    await pool.start();
    const answers = ['rocket-1', 'rocket-2', 'rocket-3'].map((channel) =>
      send(message(1, launched(), channel)),
    );
    expect(await Promise.allSettled(answers)).toMatchObject([
      { value: { outcome: 'applied' } },
      { reason: { message: 'damaged: rocket-2' } },
      { value: { outcome: 'applied' } },
    ]);
    expect(log.lines).toHaveLength(1);
    expect(buffer).toMatchObject({ messages: 0, bytes: 0 });
  });

  it('is reported once for the whole batch when none can', async () => {
    const { pool, send, log } = pipelineOver(new DamagedStore(() => true));
    await pool.start();
    const answers = ['rocket-1', 'rocket-2'].map((channel) => send(message(1, launched(), channel)));
    expect(await Promise.allSettled(answers)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect(log.lines).toHaveLength(1);
  });
});

describe('a start', () => {
  it('finishes the drain that a crash cut short', async () => {
    const { store } = memoryStore();
    const long = messages([launched(0), ...Array.from({ length: EVENTS_PER_STEP + 10 }, () => faster(1))]);
    let commits = 0;
    const crashing: EventStore = Object.assign(Object.create(store) as EventStore, {
      commit: (changes: readonly Change[]) =>
        commits++ < 3 ? store.commit(changes) : new Promise<Head[]>(() => undefined),
    });
    const before = pipelineOver(crashing);
    await before.pool.start();
    await before.sendAll(long.slice(1));
    await before.sendAll([long[0]!]);
    expect(await store.unfinished()).toEqual(['rocket-1']);
    const after = pipelineOver(store);
    await after.pool.start();
    await after.ingest.stop();
    expect(await store.unfinished()).toEqual([]);
    expect(await numbersIn(store)).toHaveLength(long.length);
  });
});

describe('a skip', () => {
  const by = { who: 'operator' } as const;
  const all = { upTo: Number.MAX_SAFE_INTEGER, by };

  it('takes its turn behind the messages that came before it', async () => {
    const { pool, ingest, sendAll } = pipelineOver(new WatchedStore());
    const sent = sendAll([one, four]);
    const skipped = ingest.skip('rocket-1', { upTo: 3, by });
    await pool.start();
    await sent;
    expect(await skipped).toEqual({ skipped: { from: 2, to: 3, gaps: 1, numbers: 2 }, version: 4 });
  });

  it('skips all gaps up to its number in one commit', async () => {
    const store = new WatchedStore();
    const { pool, ingest, sendAll } = pipelineOver(store);
    await pool.start();
    await sendAll([2, 3, 6, 9, 20].map((number) => message(number, faster(1))));
    const before = store.commits.length;
    expect(await ingest.skip('rocket-1', { upTo: 8, by })).toEqual({
      skipped: { from: 1, to: 8, gaps: 3, numbers: 5 },
      version: 9,
    });
    expect(store.commits).toHaveLength(before + 1);
    expect(await numbersIn(store)).toEqual([1, 2, 3, 5, 6, 8, 9]);
  });

  it('skips nothing when there is no gap, or another one than expected, or none up to its number', async () => {
    const { pool, ingest, sendAll } = pipelineOver(new WatchedStore());
    await pool.start();
    expect(await ingest.skip('rocket-1', all)).toEqual({ skipped: undefined, reason: 'no-gap' });
    await sendAll([four]);
    const moved = { skipped: undefined, reason: 'gap-moved', first: { from: 1, to: 3 } };
    expect(await ingest.skip('rocket-1', { upTo: 4, by }, { from: 1, to: 4 })).toEqual(moved);
    expect(await ingest.skip('rocket-1', { upTo: 3, by }, { from: 2, to: 3 })).toEqual(moved);
    expect(await ingest.skip('rocket-1', { upTo: 0, by })).toEqual(moved);
    expect(await ingest.skip('rocket-1', { upTo: 3, by }, { from: 1, to: 3 })).toMatchObject({ version: 4 });
    expect(await ingest.skip('rocket-1', all)).toEqual({ skipped: undefined, reason: 'no-gap' });
  });

  it('waits for the end of a drain, where the first gap is', async () => {
    const { pool, ingest, sendAll } = pipelineOver(new WatchedStore(), { workers: 1 });
    const waiting = Array.from({ length: 2 * EVENTS_PER_STEP }, (_, i) => message(i + 2, faster(1)));
    const beyond = message(2 * EVENTS_PER_STEP + 5, faster(1));
    await pool.start();
    await sendAll([...waiting, beyond]);
    const closing = sendAll([one]);
    const skipped = ingest.skip('rocket-1', all);
    await closing;
    expect(await skipped).toEqual({
      skipped: { from: 2 * EVENTS_PER_STEP + 2, to: 2 * EVENTS_PER_STEP + 4, gaps: 1, numbers: 3 },
      version: 2 * EVENTS_PER_STEP + 5,
    });
  });

  it('takes as many turns as it needs, and answers for all of them', async () => {
    const store = new WatchedStore();
    const { pool, ingest, sendAll } = pipelineOver(store);
    const count = 3 * EVENTS_PER_STEP;
    await pool.start();
    await sendAll(Array.from({ length: count }, (_, i) => message(2 * i + 2, faster(1))));
    const before = store.commits.length;
    const result = await ingest.skip('rocket-1', all, { from: 1, to: 1 });
    expect(result).toEqual({
      skipped: { from: 1, to: 2 * count - 1, gaps: count, numbers: count },
      version: 2 * count,
    });
    const sizes = store.commits.slice(before).map(([change]) => change!.events.length);
    expect(Math.max(...sizes)).toBe(EVENTS_PER_STEP);
    expect((await numbersIn(store)).length).toBe(2 * count);
  });

  it('ends a long one between two turns when told to stop, and answers for what was done', async () => {
    const store = new WatchedStore();
    const { pool, ingest, sendAll } = pipelineOver(store, { workers: 1 });
    await pool.start();
    await sendAll(Array.from({ length: 3 * EVENTS_PER_STEP }, (_, i) => message(2 * i + 2, faster(1))));
    const skipped = ingest.skip('rocket-1', all);
    await ingest.stop();
    expect(await skipped).toMatchObject({ skipped: { from: 1, gaps: EVENTS_PER_STEP / 2 } });
  });

  it('is decided again when the channel moved meanwhile', async () => {
    const { store } = memoryStore();
    const other = pipelineOver(store);
    await other.pool.start();
    await other.sendAll([one, four]);
    let commits = 0;
    const behind: EventStore = Object.assign(Object.create(store) as EventStore, {
      commit: async (changes: readonly Change[]) => {
        if (commits++ === 0) await other.sendAll([two]);
        return store.commit(changes);
      },
    });
    const { pool, ingest } = pipelineOver(behind);
    await pool.start();
    expect(await ingest.skip('rocket-1', { upTo: 3, by })).toEqual({
      skipped: { from: 3, to: 3, gaps: 1, numbers: 1 },
      version: 4,
    });
    expect(commits).toBe(2);
    expect(await numbersIn(store)).toEqual([1, 2, 3, 4]);
  });

  it('tells who listens to commits what it did', async () => {
    const { pool, ingest, sendAll } = pipelineOver(new WatchedStore());
    await pool.start();
    await sendAll([two]);
    const told: number[][] = [];
    pool.onCommit(({ events }) => told.push(events.map(({ number }) => number)));
    await ingest.skip('rocket-1', all);
    expect(told).toEqual([[1, 2]]);
  });

  it('fails with the store, and is not done later', async () => {
    let isBroken = true;
    const store = new WatchedStore((changes, write) =>
      isBroken && changes[0]!.events.length > 0 ? Promise.reject(new StoreUnavailable('disk full')) : write(),
    );
    const { pool, ingest, sendAll } = pipelineOver(store);
    await pool.start();
    await sendAll([two]);
    await expect(ingest.skip('rocket-1', all)).rejects.toThrow('disk full');
    isBroken = false;
    await sendAll([three]);
    expect(await numbersIn(store)).toEqual([]);
  });
});

describe('a late message', () => {
  it('is stored before it is answered, and found again', async () => {
    const store = new WatchedStore();
    const { pool, ingest, send, counters } = pipelineOver(store);
    await pool.start();
    await send(three);
    await ingest.skip('rocket-1', { upTo: 2, by: { who: 'timeout' } });
    const late: (readonly number[])[] = [];
    pool.onCommit((change) => late.push(change.late.map(({ message: { number } }) => number)));
    expect(await send(two)).toMatchObject({ outcome: 'refused', rule: 'arrived-after-skip', version: 3 });
    expect(late).toEqual([[2]]);
    expect(await send(two)).toMatchObject({ outcome: 'duplicate' });
    expect(await send({ ...two, report: faster(99) })).toMatchObject({ outcome: 'conflict' });
    expect(late).toHaveLength(1);
    expect(counters.messages).toMatchObject({ refused: 1, duplicate: 1, conflict: 1, buffered: 1 });
  });
});

describe('a stop', () => {
  it('answers everything that was taken', async () => {
    const { pool, ingest, sendAll, buffer } = pipelineOver(new WatchedStore());
    await pool.start();
    const sent = sendAll(history);
    await ingest.stop();
    expect(await sent).toHaveLength(history.length);
    expect(buffer.messages).toBe(0);
  });
});

describe('workers that find much to do', () => {
  it('leave everybody else a turn after a bounded number of messages, however many they are', async () => {
    const { pool, ingest } = pipelineOver(memoryStore().store, { workers: 64 });
    await pool.start();
    const PER_CHANNEL = 600;
    let settled = 0;
    const all = channelsOf(false, 60).flatMap((channel) => historyOf(PER_CHANNEL, channel));
    for (const each of all) {
      ingest.submit(each, 100, (result) => {
        if (result instanceof Error) throw result;
        settled++;
      });
    }
    let most = 0;
    while (settled < all.length) {
      const before = settled;
      await turns(1);
      most = Math.max(most, settled - before);
    }
    // The batch that uses the turn up is finished in it.
    expect(most).toBeLessThanOrEqual(2048 + MESSAGES_PER_BATCH);
    await pool.drain();
  });
});
