import {
  ChangeRefused,
  StoreUnavailable,
  type EventStore,
} from '../../../src/application/ports/event-store.js';
import type { RocketMessage } from '../../../src/domain/rocket-message.js';
import type { Assignment, TopicRecord } from '../../../src/infrastructure/kafka/assignment.js';
import { ConsumeMessages } from '../../../src/infrastructure/kafka/consume-messages.js';
import { jsonOf } from '../../../src/infrastructure/kafka/kafka-queue.js';
import { RejectedRecords } from '../../../src/infrastructure/kafka/rejected-records.js';
import type { WrittenRecord } from '../../../src/infrastructure/kafka/topic-writer.js';
import { breakable } from '../../support/breakable.js';
import { ManualClock, turns, until } from '../../support/manual-clock.js';
import { memoryStore } from '../../support/memory-store.js';
import { exploded, faster, launched, message } from '../../support/messages.js';
import { LogBook, pipelineOver } from '../../support/pipeline.js';

class FakeAssignment implements Assignment {
  isOver = false;
  isPaused = false;
  pauses = 0;
  readonly committed = new Map<number, bigint>();
  commitFailure: Error | undefined;
  /** By partition, what was committed, one after the other. */
  readonly commits: [number, bigint][] = [];

  pause(): void {
    this.isPaused = true;
    this.pauses++;
  }
  resume(): void {
    this.isPaused = false;
  }
  async commit(nexts: ReadonlyMap<number, bigint>): Promise<void> {
    if (this.commitFailure !== undefined) throw this.commitFailure;
    for (const [partition, next] of nexts) {
      this.committed.set(partition, next);
      this.commits.push([partition, next]);
    }
  }
}

const consuming = async (store: EventStore = memoryStore().store, messages = 100_000) => {
  const clock = new ManualClock();
  const pipeline = pipelineOver(store, { clock, limits: { messages, bytes: 1e9 } });
  const log = new LogBook();
  const rejects: WrittenRecord[] = [];
  const state = { rejectsFail: false };
  const writer = {
    write: async (some: readonly WrittenRecord[]) => {
      if (state.rejectsFail) throw new Error('no rights');
      rejects.push(...some);
    },
  };
  const rejected = new RejectedRecords(
    writer,
    'messages',
    () => 0,
    clock,
    () => undefined,
  );
  const consume = new ConsumeMessages(pipeline.ingest, rejected, { bytes: 1000 }, clock, log);
  const assignment = new FakeAssignment();
  const take = consume.begin(assignment);
  const problems = () =>
    rejects.map(({ headers }) => {
      const at = new Map([...(headers ?? [])].map(([name, value]) => [String(name), String(value)]));
      const { type, detail } = JSON.parse(at.get('problem')!) as { type: string; detail: string };
      return [at.get('place'), type, detail];
    });
  return { ...pipeline, clock, log, state, rejects, problems, consume, assignment, take };
};

const raw = (offset: number, value: Buffer | null, partition = 0): TopicRecord => ({
  partition,
  offset: BigInt(offset),
  key: Buffer.from('rocket-1'),
  value,
  headerEntries: [],
});

const recordOf = (sent: RocketMessage, offset = sent.number - 1, partition = 0): TopicRecord =>
  raw(offset, Buffer.from(jsonOf(sent)), partition);

describe('a record of a topic', () => {
  it('becomes a message, and is committed when it is stored', async () => {
    const { store } = memoryStore();
    const { pool, clock, take, assignment } = await consuming(store);
    take(recordOf(message(1, launched())));
    take(recordOf(message(2, faster(1))));
    await clock.pass(500);
    expect(assignment.commits).toEqual([]);
    await pool.start();
    await clock.pass(200);
    expect(assignment.commits).toEqual([[0, 2n]]);
    expect(await store.read('rocket-1', { limit: 10 })).toHaveLength(2);
  });

  it('may come again, ahead of others, or break a rule: it is committed all the same', async () => {
    const { pool, clock, take, assignment, rejects, counters } = await consuming();
    await pool.start();
    take(recordOf(message(1, launched()), 0));
    take(recordOf(message(1, launched()), 1));
    take(recordOf(message(2, exploded()), 2));
    take(recordOf(message(3, faster(1)), 3));
    take(recordOf(message(9, faster(1)), 4));
    await clock.pass(300);
    expect(assignment.committed).toEqual(new Map([[0, 5n]]));
    expect(counters.messages).toMatchObject({ applied: 2, duplicate: 1, refused: 1, buffered: 1 });
    expect(rejects).toEqual([]);
  });

  it('is committed no further than up to the first that is not settled, in its partition', async () => {
    const { pool, clock, take, assignment, state } = await consuming();
    await pool.start();
    state.rejectsFail = true;
    take(recordOf(message(1, launched()), 10, 1));
    take(raw(11, Buffer.from('nonsense'), 1));
    take(recordOf(message(2, faster(1)), 12, 1));
    take(recordOf(message(1, launched(), 'rocket-2'), 70, 2));
    await clock.pass(400);
    expect(assignment.committed).toEqual(
      new Map([
        [1, 11n],
        [2, 71n],
      ]),
    );
    state.rejectsFail = false;
    await clock.pass(6000);
    expect(assignment.committed.get(1)).toBe(13n);
  });

  it.each([
    ['nothing', null, 'invalid-message', /without a value/],
    ['no JSON', Buffer.from('nonsense'), 'malformed-json', /./],
    ['no bytes', Buffer.alloc(0), 'malformed-json', /./],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'malformed-json', /./],
    ['JSON that is no message', Buffer.from('{"metadata":{}}'), 'invalid-message', /./],
    ['more than BODY_BYTES', Buffer.alloc(1001, ' '), 'body-too-large', /1001 bytes; BODY_BYTES is 1000/],
  ])('that is %s is rejected, then committed', async (_, value, slug, detail) => {
    const { pool, clock, take, assignment, problems } = await consuming();
    await pool.start();
    take(raw(5, value));
    await clock.pass(300);
    const [[place, type, why] = []] = problems();
    expect([place, type]).toEqual(['messages/0/5', `/problems/${slug}`]);
    expect(why).toMatch(detail);
    expect(assignment.committed).toEqual(new Map([[0, 6n]]));
  });

  it('that contradicts what is stored is rejected, then committed', async () => {
    const { pool, clock, take, assignment, problems } = await consuming();
    await pool.start();
    take(recordOf(message(1, launched()), 0));
    take(recordOf(message(1, faster(7)), 1));
    await clock.pass(300);
    expect(problems()).toEqual([
      ['messages/0/1', '/problems/conflict', 'Another message stands under number 1 of rocket-1.'],
    ]);
    expect(assignment.committed).toEqual(new Map([[0, 2n]]));
  });

  it('that the store can never take is rejected', async () => {
    const failures: Error[] = [];
    const store = breakable(memoryStore().store, () => failures[0]);
    const { pool, clock, take, assignment, problems } = await consuming(store);
    await pool.start();
    failures.push(new ChangeRefused('a value out of range'));
    take(recordOf(message(1, launched())));
    await clock.pass(500);
    expect(problems()).toEqual([['messages/0/0', '/problems/change-refused', 'a value out of range']]);
    expect(assignment.committed).toEqual(new Map([[0, 1n]]));
  });
});

describe('a store that is away', () => {
  it('stops the topic where it is, and nothing of it is skipped', async () => {
    const failures: Error[] = [];
    const { store } = memoryStore();
    const consumer = await consuming(breakable(store, () => failures[0]));
    const { pool, clock, take, assignment, consume, rejects } = consumer;
    await pool.start();
    failures.push(new StoreUnavailable('no database'));
    for (let number = 1; number <= 3; number++) take(recordOf(message(number, faster(1))));
    await clock.pass(20_000);
    expect([assignment.isPaused, consume.waitsFor]).toEqual([true, 'no database']);
    expect([assignment.commits, rejects]).toEqual([[], []]);
    failures.pop();
    await clock.pass(6000);
    expect([assignment.isPaused, consume.waitsFor]).toEqual([false, undefined]);
    expect(assignment.committed).toEqual(new Map([[0, 3n]]));
    expect(await store.read('rocket-1', { limit: 10 })).toHaveLength(3);
  });
});

describe('a full buffer', () => {
  it('stops fetching until there is room for what waits', async () => {
    const { pool, clock, take, assignment, counters } = await consuming(memoryStore().store, 4);
    for (let number = 1; number <= 20; number++) take(recordOf(message(number, launched())));
    await clock.pass(50);
    expect(assignment.isPaused).toBe(true);
    await pool.start();
    await clock.until(() => assignment.committed.get(0) === 20n);
    expect(assignment.isPaused).toBe(false);
    // Nobody was turned away for good, so nobody counts as that.
    expect(counters.messages).toMatchObject({ received: 20, shed: 0, failed: 0 });
  });

  it('never holds more than it may: fetching stops', async () => {
    const { pool, clock, take, assignment } = await consuming();
    let taken = 0;
    while (!assignment.isPaused) take(recordOf(message(++taken, launched())));
    expect(taken).toBe(8192);
    await pool.start();
    await clock.until(() => assignment.committed.get(0) === 8192n);
    expect([assignment.isPaused, assignment.pauses]).toEqual([false, 1]);
  });
});

describe('records that cannot be taken', () => {
  it('are held in bounds, by their bytes, until they are put away', async () => {
    const { pool, clock, take, assignment, state } = await consuming();
    await pool.start();
    state.rejectsFail = true;
    let taken = 0;
    while (!assignment.isPaused) take(raw(taken++, Buffer.alloc(1024 * 1024)));
    expect(taken).toBe(16);
    state.rejectsFail = false;
    await clock.pass(6000);
    expect(assignment.committed).toEqual(new Map([[0, 16n]]));
    expect(assignment.isPaused).toBe(false);
  });
});

describe('an assignment that is over', () => {
  it('commits nothing more, and nothing more of it is taken', async () => {
    const { pool, clock, take, assignment, counters } = await consuming();
    take(recordOf(message(1, launched())));
    assignment.isOver = true;
    take(recordOf(message(2, faster(1))));
    await pool.start();
    await clock.pass(1000);
    expect([assignment.commits, counters.messages.received]).toEqual([[], 1]);
  });

  it('is followed by one that reads it again, and is no longer heard', async () => {
    const failures: Error[] = [new StoreUnavailable('no database')];
    const consumer = await consuming(breakable(memoryStore().store, () => failures[0]));
    const { pool, clock, take, assignment, consume, counters } = consumer;
    take(recordOf(message(1, launched())));
    failures.pop();
    await pool.start();
    failures.push(new StoreUnavailable('no database'));
    take(recordOf(message(2, faster(1))));
    await clock.pass(50);
    assignment.isOver = true;
    expect(consume.waitsFor).toBe('no database');
    const next = new FakeAssignment();
    const takeNext = consume.begin(next);
    expect(consume.waitsFor).toBeUndefined();
    failures.pop();
    takeNext(recordOf(message(1, launched())));
    takeNext(recordOf(message(2, faster(1))));
    await clock.pass(6000);
    expect(next.committed).toEqual(new Map([[0, 2n]]));
    expect(assignment.commits.filter(([, offset]) => offset > 1n)).toEqual([]);
    expect(counters.messages.conflict).toBe(0);
  });
});

describe('a commit of offsets', () => {
  it('that fails is made once more, with what was settled meanwhile', async () => {
    const { pool, clock, take, assignment, log } = await consuming();
    await pool.start();
    assignment.commitFailure = new Error('coordinator away');
    take(recordOf(message(1, launched()), 0, 1));
    await clock.pass(300);
    take(recordOf(message(2, faster(1)), 1, 1));
    take(recordOf(message(1, launched(), 'rocket-2'), 0, 2));
    await clock.pass(300);
    expect(log.lines).toContainEqual({
      level: 'warn',
      message: 'offsets could not be committed: once more',
      fields: { error: 'coordinator away' },
    });
    assignment.commitFailure = undefined;
    await clock.pass(200);
    expect(assignment.commits.sort()).toEqual([
      [1, 2n],
      [2, 1n],
    ]);
  });
});

describe('a consumer that stops', () => {
  it('takes nothing more, and is done when what it took is committed', async () => {
    const { pool, clock, take, assignment, consume, counters } = await consuming();
    take(recordOf(message(1, launched())));
    const stopped = jest.fn();
    void consume.stop().then(stopped);
    take(recordOf(message(2, faster(1))));
    await turns(5);
    expect([stopped.mock.calls.length, assignment.isPaused]).toEqual([0, true]);
    await pool.start();
    await clock.pass(300);
    expect(stopped).toHaveBeenCalled();
    expect(assignment.committed).toEqual(new Map([[0, 1n]]));
    expect(counters.messages.received).toBe(1);
  });

  it('waits for no store that is away', async () => {
    const store = breakable(memoryStore().store, () => new StoreUnavailable('no database'));
    const { pool, clock, take, assignment, consume } = await consuming(store);
    void pool.start().catch(() => undefined);
    take(recordOf(message(1, launched())));
    await clock.pass(100);
    const stopped = jest.fn();
    void consume.stop().then(stopped);
    await clock.pass(5000);
    expect(stopped).toHaveBeenCalled();
    expect(assignment.commits).toEqual([]);
  });

  it('waits for no rejected topic, and no commit, that takes nothing', async () => {
    const { pool, clock, take, assignment, consume, state } = await consuming();
    await pool.start();
    state.rejectsFail = true;
    assignment.commitFailure = new Error('coordinator away');
    take(recordOf(message(1, launched()), 0));
    take(raw(1, Buffer.from('nonsense')));
    await clock.pass(100);
    const stopped = jest.fn();
    void consume.stop().then(stopped);
    await clock.pass(5000);
    expect(stopped).toHaveBeenCalled();
    expect(assignment.commits).toEqual([]);
  });

  it('has nothing to wait for when it has no assignment', async () => {
    const { ingest } = await consuming();
    const clock = new ManualClock();
    const rejected = new RejectedRecords(
      { write: async () => undefined },
      'messages',
      () => 0,
      clock,
      () => undefined,
    );
    await new ConsumeMessages(ingest, rejected, { bytes: 1 }, clock, new LogBook()).stop();
  });

  it('leaves to others what a service that ends does not take', async () => {
    const { pool, clock, take, assignment, ingest, consume } = await consuming();
    await pool.start();
    const ended = ingest.stop();
    await until(() => true);
    take(recordOf(message(1, launched())));
    await clock.pass(300);
    await ended;
    await consume.stop();
    expect(assignment.commits).toEqual([]);
  });
});
