import { Budget } from '../../../src/application/budget.js';
import { Counters } from '../../../src/application/ingest/counters.js';
import { Overloaded, ShuttingDown } from '../../../src/application/ingest/intake.js';
import { QueueMessages, type TraceQueuing } from '../../../src/application/ingest/queue-messages.js';
import { MessageTooLarge, QueueUnavailable } from '../../../src/application/ports/message-queue.js';
import { NOT_RECORDED, traceparentOf } from '../../../src/application/ports/tracing.js';
import type { RocketMessage } from '../../../src/domain/rocket-message.js';
import { FakeTracing } from '../../support/fake-tracing.js';
import { ManualClock, turns } from '../../support/manual-clock.js';
import { faster, message } from '../../support/messages.js';

/** Takes what it is given when the test says so. */
class HeldQueue {
  readonly puts: { readonly numbers: readonly number[]; take(): void; fail(error: Error): void }[] = [];
  /** Whether a put has to wait for `take` or `fail`. */
  holds = true;
  failure: Error | undefined;
  readonly taken: number[] = [];
  /** The queue takes no message with these numbers. */
  tooLarge: readonly number[] = [];

  laneOf({ channel }: RocketMessage): number {
    return Number(channel.slice(-1));
  }

  readonly traceparents: (readonly (string | undefined)[] | undefined)[] = [];

  async put(
    messages: readonly RocketMessage[],
    traceparents?: readonly (string | undefined)[],
  ): Promise<void> {
    this.traceparents.push(traceparents);
    const numbers = messages.map(({ number }) => number);
    const held = new Promise<void>((take, fail) => this.puts.push({ numbers, take, fail }));
    if (this.holds) await held;
    if (this.failure !== undefined) throw this.failure;
    if (numbers.some((number) => this.tooLarge.includes(number))) throw new MessageTooLarge('too large');
    this.taken.push(...numbers);
  }
}

const gateway = ({ messages = 1000, bytes = 1_000_000 } = {}) => {
  const queue = new HeldQueue();
  const clock = new ManualClock();
  const counters = new Counters();
  const budget = new Budget(bytes);
  const intake = new QueueMessages(queue, messages, budget, counters, clock);
  const told: string[] = [];
  const send = (number: number, channel = 'rocket-1', size = 100, ticket?: number) =>
    intake.submit(
      message(number, faster(1), channel),
      size,
      (result) => told.push(`${number} ${result instanceof Error ? result.message : result.outcome}`),
      ticket,
    );
  return { queue, clock, counters, budget, intake, told, send };
};

describe('a gateway that records', () => {
  it('shows how long the queue takes, and tells whoever works a message off whether it is recorded', async () => {
    const queue = new HeldQueue();
    const tracing = new FakeTracing();
    const trace: TraceQueuing = (_message, parent) => tracing.child(parent, 'send');
    const budget = new Budget(1_000_000);
    const intake = new QueueMessages(queue, 10, budget, new Counters(), new ManualClock(), trace);
    const request = tracing.request();
    intake.submit(message(1, faster(1)), 100, () => undefined, undefined, request);
    intake.submit(message(2, faster(1)), 100, () => undefined);
    await turns(3);
    const [span] = tracing.named('send');
    expect([span!.parent, span!.endedAt]).toEqual([request, undefined]);
    expect(queue.traceparents).toEqual([[traceparentOf(span!), NOT_RECORDED]]);
    queue.puts[0]!.take();
    await turns(2);
    expect([span!.endedAt !== undefined, span!.error]).toEqual([true, undefined]);
  });

  it('says of a message that the queue does not take why', async () => {
    const queue = new HeldQueue();
    queue.tooLarge = [1];
    queue.holds = false;
    const tracing = new FakeTracing();
    const trace: TraceQueuing = (_message, parent) => tracing.child(parent, 'send');
    const budget = new Budget(1_000_000);
    const intake = new QueueMessages(queue, 10, budget, new Counters(), new ManualClock(), trace);
    intake.submit(message(1, faster(1)), 100, () => undefined, undefined, tracing.request());
    await turns(3);
    expect(tracing.named('send')[0]!.error).toBe('too large');
  });
});

describe('a gateway', () => {
  it('tells of a message once the queue holds it, with the ticket it came with', async () => {
    const { queue, intake } = gateway();
    const told: unknown[] = [];
    intake.submit(message(7, faster(1)), 100, (result, ticket) => told.push([result, ticket]), 17);
    await turns(3);
    expect(told).toEqual([]);
    expect(intake.report).toEqual({ queued: 0, waiting: 1 });
    queue.puts[0]!.take();
    await turns(1);
    expect(told).toEqual([[{ outcome: 'queued', channel: 'rocket-1', number: 7 }, 17]]);
    expect(intake.report).toEqual({ queued: 1, waiting: 0 });
  });

  it('puts together what comes in a turn, and what gathers while others are under way', async () => {
    const { queue, send, told } = gateway();
    for (const number of [1, 2, 3]) send(number);
    await turns(2);
    for (const number of [4, 5]) send(number);
    await turns(2);
    expect(queue.puts.map(({ numbers }) => numbers)).toEqual([[1, 2, 3]]);
    queue.puts[0]!.take();
    await turns(2);
    expect(queue.puts.map(({ numbers }) => numbers)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    queue.puts[1]!.take();
    await turns(2);
    expect(told).toEqual([1, 2, 3, 4, 5].map((number) => `${number} queued`));
  });

  it('puts no more at once than a send bears', async () => {
    const { queue, send } = gateway({ messages: 10_000 });
    queue.holds = false;
    for (let number = 1; number <= 2500; number++) send(number, 'rocket-1', 1);
    for (let number = 1; number <= 4; number++) send(number, 'rocket-2', 200_000);
    await turns(10);
    expect(queue.puts.map(({ numbers }) => numbers.length).sort((a, b) => a - b)).toEqual([2, 2, 500, 2000]);
  });

  it('waits in no lane for another', async () => {
    const { queue, send, told } = gateway();
    send(1, 'rocket-1');
    send(2, 'rocket-2');
    await turns(2);
    queue.puts[1]!.take();
    await turns(1);
    expect(told).toEqual(['2 queued']);
    send(3, 'rocket-2');
    await turns(2);
    queue.puts[2]!.take();
    await turns(1);
    expect(told).toEqual(['2 queued', '3 queued']);
  });

  it('puts once more what the queue did not take, before what came later', async () => {
    const { queue, clock, send, told, intake } = gateway();
    queue.holds = false;
    queue.failure = new QueueUnavailable('broker away');
    send(1);
    await turns(3);
    send(2);
    expect(intake.report).toEqual({ queued: 0, waiting: 2, error: 'broker away' });
    queue.failure = undefined;
    await clock.pass(150);
    expect(queue.taken).toEqual([1, 2]);
    expect(told).toEqual(['1 queued', '2 queued']);
    expect(intake.report).toEqual({ queued: 2, waiting: 0 });
  });
});

describe('a message that the queue does not take in time', () => {
  const late = 'The queue did not take the message in time';

  it('is given back within a second, whether it waits or is under way', async () => {
    const { clock, send, told, counters, budget, intake } = gateway();
    send(1);
    await turns(2);
    await clock.pass(100);
    send(2);
    await clock.pass(649);
    expect(told).toEqual([]);
    await clock.pass(110);
    expect(told).toEqual([`1 ${late}`]);
    await clock.pass(100);
    expect(told).toEqual([`1 ${late}`, `2 ${late}`]);
    expect(counters.messages).toMatchObject({ received: 2, failed: 2 });
    expect([budget.used, intake.report.waiting]).toEqual([0, 0]);
  });

  it('is given back with the reason, and not put again', async () => {
    const { queue, clock, send, told } = gateway();
    queue.holds = false;
    queue.failure = new QueueUnavailable('broker away');
    send(1);
    await clock.pass(1000);
    expect(told).toEqual([`1 ${late}: broker away`]);
    queue.failure = undefined;
    const attempts = queue.puts.length;
    expect(attempts).toBeGreaterThan(5);
    await clock.pass(1000);
    expect([queue.puts.length, queue.taken]).toEqual([attempts, []]);
  });

  it('is told nothing more when the queue takes it after all', async () => {
    const { queue, clock, send, told, intake, counters } = gateway();
    send(1);
    await clock.pass(900);
    queue.puts[0]!.take();
    await turns(3);
    expect(told).toEqual([`1 ${late}`]);
    expect(counters.messages).toMatchObject({ received: 1, failed: 1 });
    expect(intake.report.queued).toBe(0);
    send(2);
    await turns(3);
    queue.puts[1]!.take();
    await turns(3);
    expect(told).toEqual([`1 ${late}`, '2 queued']);
  });

  it('keeps nobody else from being put once more', async () => {
    const { queue, clock, send, told } = gateway();
    send(1);
    await clock.pass(700);
    send(2);
    await clock.pass(200);
    expect(told).toEqual([`1 ${late}`]);
    queue.holds = false;
    queue.puts[0]!.fail(new QueueUnavailable('cut'));
    await clock.pass(150);
    expect(queue.taken).toEqual([2]);
    expect(told).toEqual([`1 ${late}`, '2 queued']);
  });
});

describe('a message too large for the queue', () => {
  it('is found among others, which are put', async () => {
    const { queue, send, told, counters } = gateway();
    queue.holds = false;
    queue.tooLarge = [3, 8];
    for (let number = 1; number <= 9; number++) send(number);
    await turns(10);
    expect(queue.taken).toEqual([1, 2, 4, 5, 6, 7, 9]);
    expect(new Set(told)).toEqual(
      new Set([1, 2, 4, 5, 6, 7, 9].map((n) => `${n} queued`).concat('3 too large', '8 too large')),
    );
    expect(told).toHaveLength(9);
    expect(counters.messages).toMatchObject({ received: 2, invalid: 2 });
  });

  it('is told of once when a half of them fails for another reason', async () => {
    const { queue, clock, send, told } = gateway();
    queue.tooLarge = [1];
    for (let number = 1; number <= 4; number++) send(number);
    await turns(2);
    // All, the first two, 1, 2, and then the last two.
    for (const i of [0, 1, 2, 3]) {
      queue.puts[i]!.take();
      await turns(2);
    }
    expect(told).toEqual(['1 too large', '2 queued']);
    queue.holds = false;
    queue.puts[4]!.fail(new QueueUnavailable('cut'));
    await clock.pass(150);
    expect(told).toEqual(['1 too large', '2 queued', '3 queued', '4 queued']);
    expect(queue.taken).toEqual([2, 3, 4]);
  });
});

describe('a full gateway', () => {
  it('takes no more messages than it may hold, and takes again what has gone', async () => {
    const { queue, send, intake, told } = gateway({ messages: 2 });
    expect([send(1), send(2)]).toEqual([undefined, undefined]);
    expect(intake.overloaded).toBeInstanceOf(Overloaded);
    expect(send(3)).toEqual(new Overloaded('BUFFER_MESSAGES is 2'));
    await turns(2);
    queue.puts[0]!.take();
    await turns(2);
    expect(intake.overloaded).toBeUndefined();
    expect(send(3)).toBeUndefined();
    expect(told).toEqual(['1 queued', '2 queued']);
  });

  it('takes no more bytes than it may hold, and gives them back', async () => {
    const { queue, clock, send, intake, budget } = gateway({ bytes: 1000 });
    // Alone it is as welcome as any.
    expect(send(1, 'rocket-1', 2000)).toBeUndefined();
    expect(intake.overloaded?.message).toContain('BUFFER_BYTES is 1000');
    expect(send(2, 'rocket-1', 1)?.message).toContain('BUFFER_BYTES is 1000');
    await clock.pass(900);
    expect(budget.used).toBe(0);
    queue.puts[0]!.take();
    await turns(2);
    expect([send(3, 'rocket-1', 600), send(4, 'rocket-1', 400)]).toEqual([undefined, undefined]);
    expect(budget.used).toBe(1000);
    await turns(2);
    queue.puts[1]!.take();
    await turns(2);
    expect(budget.used).toBe(0);
  });

  it('leaves room to single messages when streams fill it', () => {
    const { send } = gateway({ bytes: 1000 });
    const streamed = [1, 2, 3, 4].map((number) => send(number, 'rocket-1', 300, number));
    expect(streamed.map((refused) => refused instanceof Overloaded)).toEqual([false, false, true, true]);
    expect(send(5, 'rocket-1', 300)).toBeUndefined();
    const many = gateway({ messages: 100_000 });
    for (let number = 1; number <= 8192; number++)
      expect(many.send(number, 'rocket-1', 1, 1)).toBeUndefined();
    expect(many.send(8193, 'rocket-1', 1, 1)).toBeInstanceOf(Overloaded);
    expect(many.send(8193, 'rocket-1', 1)).toBeUndefined();
  });
});

describe('a gateway that stops', () => {
  it('takes nothing new, and is done when everything taken was told of', async () => {
    const { queue, clock, intake, send, told } = gateway();
    send(1, 'rocket-1');
    send(2, 'rocket-2');
    await turns(2);
    const stopped = jest.fn();
    void intake.stop().then(stopped);
    expect(send(3)).toBeInstanceOf(ShuttingDown);
    queue.puts[0]!.take();
    await turns(2);
    expect(stopped).not.toHaveBeenCalled();
    await clock.pass(900);
    expect(told).toEqual(['1 queued', expect.stringMatching(/^2 The queue did not take/)]);
    expect(stopped).toHaveBeenCalled();
  });

  it('tells streams of it once, also those that came afterwards, unless they have ended', async () => {
    const { intake } = gateway();
    const [open, ended, late] = [jest.fn(), jest.fn(), jest.fn()];
    intake.onStop(open);
    intake.onStop(ended)();
    await intake.stop();
    intake.onStop(late);
    expect([open, ended, late].map((tell) => tell.mock.calls.length)).toEqual([1, 0, 1]);
  });
});
