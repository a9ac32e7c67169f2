import { MessageTooLarge, QueueUnavailable } from '../../../src/application/ports/message-queue.js';
import type { TopicRecord } from '../../../src/infrastructure/kafka/assignment.js';
import { RejectedRecords } from '../../../src/infrastructure/kafka/rejected-records.js';
import type { WrittenRecord } from '../../../src/infrastructure/kafka/topic-writer.js';
import { ManualClock, turns } from '../../support/manual-clock.js';

const problem = { type: '/problems/invalid-message', title: 'No message', detail: 'It is no JSON.' };

const recordOf = (offset: number, more: Partial<TopicRecord> = {}): TopicRecord => ({
  partition: 3,
  offset: BigInt(offset),
  key: Buffer.from('rocket-1'),
  value: Buffer.from('nonsense'),
  headerEntries: [],
  ...more,
});

const headersOf = ({ headers }: WrittenRecord) =>
  [...(headers ?? [])].map(([name, value]) => [String(name), String(value)]);

const rejecting = () => {
  const calls: (readonly WrittenRecord[])[] = [];
  const state: { failure(some: readonly WrittenRecord[]): Error | undefined } = { failure: () => undefined };
  const writer = {
    write: async (some: readonly WrittenRecord[]) => {
      await turns(1);
      const failure = state.failure(some);
      if (failure !== undefined) throw failure;
      calls.push(some);
    },
  };
  const clock = new ManualClock();
  const warned: [string, Readonly<Record<string, unknown>>][] = [];
  const warn = (message: string, fields: Readonly<Record<string, unknown>>): void =>
    void warned.push([message, fields]);
  const rejected = new RejectedRecords(writer, 'messages', (key) => key.length, clock, warn);
  const written: number[] = [];
  const reject = (offset: number, more: Partial<TopicRecord> = {}) =>
    rejected.reject(recordOf(offset, more), problem, () => written.push(offset));
  return { calls, state, clock, warned, rejected, written, reject };
};

describe('a record of which no message can be made', () => {
  it('is put away with its own key, bytes and headers, the problem and its place', async () => {
    const { calls, rejected, written, warned, reject } = rejecting();
    const trace = [Buffer.from('trace'), Buffer.from('7')] as const;
    reject(42, { headerEntries: [trace] });
    expect(written).toEqual([]);
    await turns(5);
    const [record] = calls.flat();
    expect(record).toMatchObject({
      partition: 8,
      key: Buffer.from('rocket-1'),
      value: Buffer.from('nonsense'),
    });
    expect(headersOf(record!)).toEqual([
      ['trace', '7'],
      ['problem', JSON.stringify(problem)],
      ['place', 'messages/3/42'],
    ]);
    expect([written, rejected.count, rejected.error]).toEqual([[42], 1, undefined]);
    expect(warned).toEqual([
      ['a record cannot be taken', { place: 'messages/3/42', problem: problem.type, detail: problem.detail }],
    ]);
  });

  it('may have neither key nor value', async () => {
    const { calls, reject } = rejecting();
    reject(1, { key: null, value: null });
    await turns(5);
    const [record] = calls.flat();
    expect(record).not.toHaveProperty('key');
    expect(record?.value).toBeUndefined();
    // By its place, as it has no key.
    expect(record?.partition).toBe('messages/3/1'.length);
  });

  it('keeps bytes of its own, however long it waits', async () => {
    const { calls, reject } = rejecting();
    const fetched = Buffer.from('nonsense and what was fetched with it');
    reject(1, { value: fetched.subarray(0, 8) });
    fetched.fill(0);
    await turns(5);
    expect(String(calls[0]![0]!.value)).toBe('nonsense');
  });

  it('goes with the next ones that come meanwhile, at most a hundred at once', async () => {
    const { calls, written, reject } = rejecting();
    for (let offset = 0; offset < 250; offset++) reject(offset);
    await turns(20);
    expect(calls.map((some) => some.length)).toEqual([1, 100, 100, 49]);
    expect(written).toEqual(Array.from({ length: 250 }, (_, i) => i));
  });

  it('waits until it can be put away, and is never dropped', async () => {
    const { calls, state, clock, rejected, written, warned, reject } = rejecting();
    state.failure = () => new QueueUnavailable('no rights');
    reject(1);
    reject(2);
    await clock.pass(20_000);
    expect([calls, written]).toEqual([[], []]);
    expect([rejected.error, rejected.count]).toEqual(['no rights', 0]);
    expect(warned.map(([message]) => message)).toContain(
      'what cannot be taken cannot be put away either: waiting',
    );
    state.failure = () => undefined;
    await clock.pass(6000);
    expect(written).toEqual([1, 2]);
    expect([rejected.error, rejected.count]).toEqual([undefined, 2]);
  });

  it('goes without its bytes when the topic does not take so many, and the others with theirs', async () => {
    const { calls, state, rejected, written, reject } = rejecting();
    state.failure = (some) =>
      some.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) > 1000
        ? new MessageTooLarge('too large')
        : undefined;
    reject(0);
    const trace = [Buffer.from('trace'), Buffer.from('7')] as const;
    for (let offset = 1; offset < 8; offset++) {
      reject(offset, offset === 5 ? { value: Buffer.alloc(5000), headerEntries: [trace] } : {});
    }
    await turns(30);
    expect(new Set(written)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
    expect([rejected.count, rejected.error]).toEqual([8, undefined]);
    const at = (offset: number) =>
      calls.flat().filter((one) => headersOf(one).some(([, value]) => value === `messages/3/${offset}`));
    expect(at(4)).toMatchObject([{ value: Buffer.from('nonsense') }]);
    expect(at(5)).toHaveLength(1);
    expect(at(5)[0]).toMatchObject({ key: Buffer.from('rocket-1') });
    expect(at(5)[0]).not.toHaveProperty('value');
    expect(headersOf(at(5)[0]!)).toEqual([
      ['problem', JSON.stringify(problem)],
      ['place', 'messages/3/5'],
      ['left-out', '5008 bytes'],
    ]);
  });

  it('loses a key that is as long as that, too', async () => {
    const { calls, state, reject } = rejecting();
    state.failure = ([one]) =>
      (one!.key?.length ?? 0) > 2000 ? new MessageTooLarge('too large') : undefined;
    reject(1, { key: Buffer.alloc(5000) });
    await turns(10);
    expect(calls.flat()).toHaveLength(1);
    expect(calls[0]![0]).not.toHaveProperty('key');
  });

  it('waits no longer than its assignment lasts: it is read again', async () => {
    const { calls, state, clock, rejected, written, reject } = rejecting();
    state.failure = () => new QueueUnavailable('no rights');
    for (let offset = 1; offset <= 3; offset++) reject(offset);
    await turns(5);
    expect(rejected.held).toBe(3);
    rejected.forget();
    reject(2);
    expect(rejected.held).toBe(1);
    state.failure = () => undefined;
    await clock.pass(6000);
    expect([calls.flat().length, written, rejected.held]).toEqual([1, [2], 0]);
  });

  it('is nothing to complain of any more when its assignment is over', async () => {
    const { state, clock, rejected, reject } = rejecting();
    state.failure = () => new QueueUnavailable('no rights');
    reject(1);
    await turns(5);
    expect(rejected.error).toBe('no rights');
    rejected.forget();
    await clock.pass(6000);
    expect(rejected.error).toBeUndefined();
  });

  it('is not lost when the one under way is of an assignment that is over', async () => {
    const { calls, rejected, written, reject } = rejecting();
    reject(1);
    rejected.forget();
    reject(1);
    await turns(10);
    expect([calls.flat().length, written, rejected.held]).toEqual([2, [1, 1], 0]);
  });
});
