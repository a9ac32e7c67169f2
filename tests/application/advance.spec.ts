import fc from 'fast-check';
import { advance, EVENTS_PER_STEP, skipFirstGap, type Step } from '../../src/application/advance.js';
import { EarlyList } from '../../src/application/early-messages.js';
import type { Change, EarlyMessage, Head } from '../../src/application/ports/event-store.js';
import { initialState } from '../../src/application/rocket-state.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import {
  anyHistory,
  exploded,
  faster,
  launched,
  message,
  messages,
  missionChanged,
  slower,
  timeOf,
} from '../support/messages.js';

const now = 1_790_000_000_000;

/** One channel of a store, as small as it can be: applies a change and gives out the head that follows. */
class Channel {
  readonly events = new Map<number, RocketEvent>();
  private readonly early = new Map<number, EarlyMessage>();
  private state = initialState;
  private revision = 0;

  head(numbers: readonly number[] = []): Head {
    const early = new EarlyList();
    for (const waiting of this.early.values()) early.add(waiting);
    const recorded = new Map<number, RocketEvent>();
    for (const number of numbers) {
      const covering = [...this.events].filter(([at]) => at >= number).sort(([a], [b]) => a - b)[0];
      if (number <= this.state.version && covering) recorded.set(number, covering[1]);
    }
    return { channel: 'rocket-1', revision: this.revision, state: this.state, early, recorded };
  }

  /** Advances over the messages, which are sorted first as the reorder buffer does. */
  receive(...received: RocketMessage[]): Step {
    const sorted = [...received].sort((a, b) => a.number - b.number);
    return this.write(advance(this.head(sorted.map(({ number }) => number)), sorted, now));
  }

  skip() {
    const skipped = skipFirstGap(this.head(), now);
    if (skipped) this.write(skipped.step);
    return skipped;
  }

  private write(step: Step): Step {
    if (step.change) this.apply(step.change);
    return step;
  }

  private apply({ revision, state, events, added, released }: Change): void {
    expect(revision).toBe(this.revision);
    for (const { number, event } of events) {
      expect(this.events.has(number)).toBe(false);
      this.events.set(number, event);
    }
    for (const waiting of added) this.early.set(waiting.message.number, waiting);
    for (const number of released) expect(this.early.delete(number)).toBe(true);
    this.state = state;
    this.revision++;
  }
}

const kinds = (step: Step) => step.outcomes.map(({ outcome }) => outcome);
const story = messages([launched(500), faster(3000), missionChanged('GEMINI'), slower(2500), exploded()]);
const [one, two, three, four, five] = story as [
  RocketMessage,
  RocketMessage,
  RocketMessage,
  RocketMessage,
  RocketMessage,
];

describe('messages in order', () => {
  it('are applied, each leaving one event', () => {
    const channel = new Channel();
    const step = channel.receive(one, two);
    expect(step.outcomes).toEqual([
      { outcome: 'applied', channel: 'rocket-1', messageNumber: 1, version: 2 },
      { outcome: 'applied', channel: 'rocket-1', messageNumber: 2, version: 2 },
    ]);
    expect(step.change).toEqual({
      channel: 'rocket-1',
      numbers: [1, 2],
      revision: 0,
      state: {
        version: 2,
        updatedAt: timeOf(2),
        rocket: {
          status: 'flying',
          complete: true,
          type: 'Falcon-9',
          mission: 'ARTEMIS',
          launchedAt: timeOf(1),
          speed: 3500,
        },
      },
      events: [
        { number: 1, event: { ...launched(500), time: timeOf(1) } },
        { number: 2, event: { ...faster(3000), time: timeOf(2) } },
      ],
      added: [],
      released: [],
      recordedAt: now,
    });
    expect(step.more).toBe(false);
  });

  it('carry the version of the whole batch', () => {
    const channel = new Channel();
    expect(channel.receive(one, two, three).outcomes.map(({ version }) => version)).toEqual([3, 3, 3]);
  });
});

describe('a refused message', () => {
  it('consumes its number and says which rule it broke', () => {
    const channel = new Channel();
    const step = channel.receive(message(1, faster(1)), message(2, launched()));
    expect(step.outcomes[0]).toEqual({
      outcome: 'refused',
      refusal: 'not-launched',
      channel: 'rocket-1',
      messageNumber: 1,
      version: 2,
    });
    expect(kinds(step)).toEqual(['refused', 'applied']);
    expect(channel.events.get(1)).toMatchObject({ type: 'MessageRefused', data: { rule: 'not-launched' } });
  });

  it('leaves updatedAt as it was', () => {
    const channel = new Channel();
    channel.receive(one, message(2, launched()));
    expect(channel.head().state).toMatchObject({ version: 2, updatedAt: timeOf(1) });
  });

  it('is a duplicate when it comes again, a conflict when another comes in its place', () => {
    const channel = new Channel();
    channel.receive(message(1, faster(1)));
    expect(kinds(channel.receive(message(1, faster(1))))).toEqual(['duplicate']);
    expect(kinds(channel.receive(message(1, launched())))).toEqual(['conflict']);
  });
});

describe('an early message', () => {
  it('waits and says for what', () => {
    const channel = new Channel();
    const step = channel.receive(four);
    expect(step.outcomes).toEqual([
      { outcome: 'buffered', channel: 'rocket-1', messageNumber: 4, version: 0, missing: { from: 1, to: 3 } },
    ]);
    expect(step.change).toMatchObject({
      events: [],
      added: [{ message: four, receivedAt: now }],
      released: [],
    });
  });

  it('waits for the first gap, also when its own is another one', () => {
    const channel = new Channel();
    channel.receive(three);
    expect(channel.receive(five).outcomes[0]).toMatchObject({
      outcome: 'buffered',
      missing: { from: 1, to: 2 },
    });
  });

  it('tells of the gap as it is after the batch', () => {
    const channel = new Channel();
    channel.receive(five);
    const step = channel.receive(one, three);
    expect(step.outcomes).toMatchObject([
      { outcome: 'applied', version: 1 },
      { outcome: 'buffered', version: 1, missing: { from: 2, to: 2 } },
    ]);
  });

  it('follows at once when its gap closes', () => {
    const channel = new Channel();
    channel.receive(two, three, five);
    const step = channel.receive(one);
    expect(kinds(step)).toEqual(['applied']);
    expect(step.change!.events.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(step.change!.released).toEqual([2, 3]);
    expect(step.outcomes[0]!.version).toBe(3);
  });

  it('is drained between two messages of one batch', () => {
    const channel = new Channel();
    channel.receive(two);
    expect(kinds(channel.receive(one, three))).toEqual(['applied', 'applied']);
    expect(channel.head().state.version).toBe(3);
  });

  it('is a duplicate when repeated while it waits, and a conflict when it says something else', () => {
    const channel = new Channel();
    channel.receive(three);
    const again = channel.receive({ ...three, time: timeOf(99) }, message(3, faster(1)));
    expect(kinds(again)).toEqual(['duplicate', 'conflict']);
    expect(again.change).toBeUndefined();
    channel.receive(one, two);
    expect(channel.events.get(3)).toEqual({ ...missionChanged('GEMINI'), time: timeOf(3) });
  });

  it('is judged by the rules when its turn comes, not when it arrives', () => {
    const channel = new Channel();
    expect(kinds(channel.receive(message(2, slower(501))))).toEqual(['buffered']);
    channel.receive(one);
    expect(channel.events.get(2)).toMatchObject({
      type: 'MessageRefused',
      data: { rule: 'speed-below-zero' },
    });
  });

  it('may have any number', () => {
    const channel = new Channel();
    const last = message(Number.MAX_SAFE_INTEGER, faster(1));
    expect(channel.receive(last).outcomes[0]).toMatchObject({
      outcome: 'buffered',
      missing: { from: 1, to: Number.MAX_SAFE_INTEGER - 1 },
    });
  });
});

describe('a repeated message', () => {
  it('is a duplicate, though its time differs', () => {
    const channel = new Channel();
    channel.receive(one, two);
    const step = channel.receive({ ...one, time: timeOf(77) });
    expect(step.outcomes).toEqual([
      { outcome: 'duplicate', channel: 'rocket-1', messageNumber: 1, version: 2 },
    ]);
    expect(step.change).toBeUndefined();
  });

  it('conflicts when it says something else; the first one stands', () => {
    const channel = new Channel();
    channel.receive(one);
    const step = channel.receive(message(1, launched(501)));
    expect(kinds(step)).toEqual(['conflict']);
    expect(step.change).toBeUndefined();
    expect(channel.events.get(1)).toMatchObject({ data: { launchSpeed: 500 } });
  });

  it('is recognised within one batch, applied or early, first come first', () => {
    const channel = new Channel();
    const other = message(1, launched(7));
    expect(kinds(channel.receive(one, other, one, other))).toEqual([
      'applied',
      'conflict',
      'duplicate',
      'conflict',
    ]);
    const early = message(5, faster(7));
    expect(kinds(channel.receive(five, early, five))).toEqual(['buffered', 'conflict', 'duplicate']);
  });

  it('is recognised when it was drained in the same step', () => {
    const channel = new Channel();
    channel.receive(two, three);
    expect(kinds(channel.receive(one, two, message(3, faster(7))))).toEqual([
      'applied',
      'duplicate',
      'conflict',
    ]);
  });
});

describe('a skipped gap', () => {
  it('becomes one event at its last number, with the time of the message behind it', () => {
    const channel = new Channel();
    channel.receive(one, four);
    const { gap, step } = channel.skip()!;
    expect(gap).toEqual({ from: 2, to: 3 });
    expect(step.change!.events).toEqual([
      { number: 3, event: { type: 'MessagesSkipped', data: { from: 2, to: 3 }, time: timeOf(4) } },
      { number: 4, event: { ...slower(2500), time: timeOf(4) } },
    ]);
    expect(step.change!.released).toEqual([4]);
    expect(channel.head().state).toMatchObject({ version: 4, rocket: { speed: -2000, complete: false } });
  });

  it('may hold the launch', () => {
    const channel = new Channel();
    channel.receive(two);
    channel.skip();
    expect(channel.head().state.rocket).toMatchObject({ status: 'flying', type: null, speed: 3000 });
  });

  it('refuses what arrives later, with no event, whatever it says and however often', () => {
    const channel = new Channel();
    channel.receive(one, four);
    channel.skip();
    const step = channel.receive(two, two, three, message(3, exploded()));
    expect(step.outcomes.map(({ outcome, refusal }) => [outcome, refusal])).toEqual(
      Array<unknown>(4).fill(['refused', 'arrived-after-skip']),
    );
    expect(step.change).toBeUndefined();
  });

  it('is the first one only', () => {
    const channel = new Channel();
    channel.receive(two, five);
    expect(channel.skip()!.gap).toEqual({ from: 1, to: 1 });
    expect(channel.skip()!.gap).toEqual({ from: 3, to: 4 });
    expect(channel.skip()).toBeUndefined();
  });

  it('does not exist where nothing waits', () => {
    const channel = new Channel();
    expect(channel.skip()).toBeUndefined();
    channel.receive(one);
    expect(channel.skip()).toBeUndefined();
  });
});

describe('a long drain', () => {
  const long = messages([launched(0), ...Array.from({ length: 3 * EVENTS_PER_STEP }, () => faster(1))]);

  it('ends its step after so many events and asks for another', () => {
    const channel = new Channel();
    channel.receive(...long.slice(1));
    const first = channel.receive(long[0]!);
    expect(first.change!.events).toHaveLength(EVENTS_PER_STEP);
    expect(first.more).toBe(true);
    const second = channel.receive();
    expect(second.change!.events).toHaveLength(EVENTS_PER_STEP);
    expect(second.more).toBe(true);
    channel.receive();
    const last = channel.receive();
    expect(last.more).toBe(false);
    expect(channel.head().state).toMatchObject({ version: long.length, rocket: { speed: long.length - 1 } });
    expect(channel.receive().change).toBeUndefined();
  });

  it('judges what arrives in its middle as if it were over', () => {
    const channel = new Channel();
    channel.receive(...long.slice(1));
    channel.receive(long[0]!);
    const drained = long[5]!;
    const waiting = long[2 * EVENTS_PER_STEP + 5]!;
    const beyond = message(long.length + 2, faster(1));
    const step = channel.receive(drained, waiting, { ...waiting, report: slower(9) }, beyond);
    expect(kinds(step)).toEqual(['duplicate', 'duplicate', 'conflict', 'buffered']);
  });

  it('offers no gap to skip before it is over', () => {
    const channel = new Channel();
    channel.receive(...long.slice(1), message(long.length + 5, faster(1)));
    channel.receive(long[0]!);
    expect(channel.skip()).toBeUndefined();
    while (channel.receive().more);
    expect(channel.skip()!.gap).toEqual({ from: long.length + 1, to: long.length + 4 });
  });
});

describe('any arrival of any history', () => {
  const arrival = anyHistory.chain((reports) => {
    const sent = messages(reports);
    const none = fc.constant<RocketMessage[]>([]);
    const repeats = sent.length === 0 ? none : fc.array(fc.constantFrom(...sent), { maxLength: 20 });
    return repeats
      .chain((more) => fc.shuffledSubarray([...sent, ...more], { minLength: sent.length + more.length }))
      .chain((order) => fc.array(fc.nat(6), { maxLength: 60 }).map((sizes) => ({ sent, order, sizes })));
  });

  const batches = (order: readonly RocketMessage[], sizes: readonly number[]): RocketMessage[][] => {
    const cut: RocketMessage[][] = [];
    let at = 0;
    for (const size of sizes) cut.push(order.slice(at, (at += size)));
    return [...cut, order.slice(at)];
  };

  it('ends in the state and the history of arrival in order, nothing left waiting', () => {
    fc.assert(
      fc.property(arrival, ({ sent, order, sizes }) => {
        const inOrder = new Channel();
        for (const each of sent) inOrder.receive(each);
        const shuffled = new Channel();
        for (const batch of batches(order, sizes)) shuffled.receive(...batch);
        expect(shuffled.head().state).toEqual(inOrder.head().state);
        expect([...shuffled.events]).toEqual([...inOrder.events]);
        expect(shuffled.head().early.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('answers each number once with applied, refused or buffered, and otherwise with duplicate', () => {
    fc.assert(
      fc.property(arrival, ({ sent, order, sizes }) => {
        const channel = new Channel();
        const outcomes = batches(order, sizes).flatMap((batch) => [...channel.receive(...batch).outcomes]);
        const firsts = outcomes.filter(({ outcome }) => outcome !== 'duplicate');
        expect(firsts.map(({ messageNumber }) => messageNumber).sort((a, b) => a - b)).toEqual(
          sent.map(({ number }) => number),
        );
        expect(firsts.some(({ outcome }) => outcome === 'conflict')).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('reports at each moment the first gap exactly', () => {
    fc.assert(
      fc.property(arrival, ({ order, sizes }) => {
        const channel = new Channel();
        const seen = new Set<number>();
        for (const batch of batches(order, sizes)) {
          const { outcomes } = channel.receive(...batch);
          for (const { number } of batch) seen.add(number);
          let from = 1;
          while (seen.has(from)) from++;
          const above = [...seen].filter((number) => number > from);
          for (const outcome of outcomes.filter((each) => each.outcome === 'buffered')) {
            expect(outcome.missing).toEqual({ from, to: Math.min(...above) - 1 });
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves the head it was given as it was', () => {
    const channel = new Channel();
    channel.receive(three);
    const head = channel.head([1]);
    const before = structuredClone({ ...head, early: [...head.early] });
    advance(head, [one, two], now);
    skipFirstGap(head, now);
    expect({ ...head, early: [...head.early] }).toEqual(before);
  });
});
