import fc from 'fast-check';
import {
  advance,
  EVENTS_PER_STEP,
  firstGap,
  reachable,
  skipGaps,
  type Skip,
  type Step,
} from '../../../src/application/ingest/advance.js';
import type { Change, Head, ReceivedMessage } from '../../../src/application/ports/event-store.js';
import type { RocketEvent } from '../../../src/domain/rocket-event.js';
import type { RocketMessage } from '../../../src/domain/rocket-message.js';
import { initialState } from '../../../src/domain/rocket.js';
import { WaitingList } from '../../../src/infrastructure/stores/waiting-list.js';
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
} from '../../support/messages.js';
import { runs } from '../../support/thorough.js';

const now = 1_790_000_000_000;

/** One channel of a store, as small as it can be: applies a change and gives out the head that follows. */
class Channel {
  readonly events = new Map<number, RocketEvent>();
  readonly waiting = new Map<number, ReceivedMessage>();
  readonly late = new Map<number, ReceivedMessage>();
  private state = initialState;
  private revision = 0;

  /** With no more of what waits than a store has to load. */
  head(numbers: readonly number[] = [], skips = false): Head {
    const { version } = this.state;
    const sorted = [...this.waiting.values()].sort((a, b) => a.message.number - b.message.number);
    const lowest = reachable(version, { numbers, skips }, sorted, ({ message }) => message.number);
    const asked = numbers.flatMap((number) => this.waiting.get(number) ?? []);
    const recorded = new Map<number, RocketEvent>();
    const late = new Map<number, ReceivedMessage>();
    for (const number of numbers) {
      const covering = [...this.events].filter(([at]) => at >= number).sort(([a], [b]) => a - b)[0];
      if (number <= version && covering) recorded.set(number, covering[1]);
      const one = this.late.get(number);
      if (one) late.set(number, one);
    }
    const waiting = WaitingList.of([...lowest, ...asked]);
    return { channel: 'rocket-1', revision: this.revision, state: this.state, waiting, recorded, late };
  }

  get version(): number {
    return this.state.version;
  }

  /** Advances over the messages, which are sorted first as the reorder buffer does. */
  receive(...received: RocketMessage[]): Step {
    const sorted = [...received].sort((a, b) => a.number - b.number);
    return this.write(advance(this.head(sorted.map(({ number }) => number)), sorted, now));
  }

  skip(upTo = Infinity, more: Partial<Skip> = {}) {
    const done = skipGaps(this.head([], true), { upTo, by: { who: 'timeout' }, ...more }, now);
    if (done) this.write(done.step);
    return done;
  }

  private write(step: Step): Step {
    if (step.change) this.apply(step.change);
    return step;
  }

  private apply({ revision, state, events, added, released, late }: Change): void {
    expect(revision).toBe(this.revision);
    for (const { number, event } of events) {
      expect(this.events.has(number)).toBe(false);
      this.events.set(number, event);
    }
    expect(added.map(({ message }) => message.number)).toEqual(
      added.map(({ message }) => message.number).sort((a, b) => a - b),
    );
    for (const one of added) this.waiting.set(one.message.number, one);
    for (const number of released) expect(this.waiting.delete(number)).toBe(true);
    for (const one of late) {
      expect(this.late.has(one.message.number)).toBe(false);
      this.late.set(one.message.number, one);
    }
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
      { outcome: 'applied', channel: 'rocket-1', number: 1, version: 2 },
      { outcome: 'applied', channel: 'rocket-1', number: 2, version: 2 },
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
          speedChange: null,
        },
      },
      events: [
        { number: 1, event: { ...launched(500), time: timeOf(1) } },
        { number: 2, event: { ...faster(3000), time: timeOf(2) } },
      ],
      added: [],
      released: [],
      late: [],
      recordedAt: now,
      heard: true,
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
      rule: 'not-launched',
      channel: 'rocket-1',
      number: 1,
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

describe('a message ahead of a gap', () => {
  it('waits and says for what', () => {
    const channel = new Channel();
    const step = channel.receive(four);
    expect(step.outcomes).toEqual([
      { outcome: 'buffered', channel: 'rocket-1', number: 4, version: 0, missing: { from: 1, to: 3 } },
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
    expect(step.outcomes).toEqual([{ outcome: 'duplicate', channel: 'rocket-1', number: 1, version: 2 }]);
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

  it('is recognised within one batch, applied or waiting, first come first', () => {
    const channel = new Channel();
    const other = message(1, launched(7));
    expect(kinds(channel.receive(one, other, one, other))).toEqual([
      'applied',
      'conflict',
      'duplicate',
      'conflict',
    ]);
    const another = message(5, faster(7));
    expect(kinds(channel.receive(five, another, five))).toEqual(['buffered', 'conflict', 'duplicate']);
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
    const { skipped, step } = channel.skip(3)!;
    expect(skipped).toEqual([{ from: 2, to: 3 }]);
    const data = { from: 2, to: 3, by: { who: 'timeout' } };
    expect(step.change).toMatchObject({
      events: [
        { number: 3, event: { type: 'MessagesSkipped', data, time: timeOf(4) } },
        { number: 4, event: { ...slower(2500), time: timeOf(4) } },
      ],
      released: [4],
      added: [],
      late: [],
      skips: true,
      heard: false,
    });
    expect(step.change!.events[0]!.event.data).toEqual(data);
    expect(step.outcomes).toEqual([]);
    expect(channel.head().state).toMatchObject({ version: 4, rocket: { speed: -2000, complete: false } });
  });

  it('tells who skipped it, and why if anything was said', () => {
    const by = { who: 'operator', key: 'houston' } as const;
    const channel = new Channel();
    channel.receive(two, five);
    channel.skip(1, { by, why: 'solar storm' });
    channel.skip(4, { by, why: '' });
    expect(channel.events.get(1)!.data).toEqual({ from: 1, to: 1, by, why: 'solar storm' });
    expect(channel.events.get(4)!.data).toEqual({ from: 3, to: 4, by });
  });

  it('may hold the launch: then only the change of the speed is known', () => {
    const channel = new Channel();
    channel.receive(two);
    channel.skip();
    const rocket = { status: 'flying', type: null, speed: null, speedChange: 3000 };
    expect(channel.head().state.rocket).toMatchObject(rocket);
  });

  it('does not count for hearing the rocket, nor does the drain behind it', () => {
    const channel = new Channel();
    channel.receive(two, three);
    expect(channel.skip()!.step.change).toMatchObject({ heard: false, released: [2, 3] });
  });

  it('is skipped together with all others up to a number', () => {
    const channel = new Channel();
    channel.receive(two, four, five, message(9, faster(9)), message(12, faster(12)));
    const { skipped, step } = channel.skip(8)!;
    expect(skipped).toEqual([
      { from: 1, to: 1 },
      { from: 3, to: 3 },
      { from: 6, to: 8 },
    ]);
    expect(step.change!.events.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 8, 9]);
    expect(step.change!.released).toEqual([2, 4, 5, 9]);
    expect(channel.version).toBe(9);
    expect(firstGap(channel.head())).toEqual({ from: 10, to: 11 });
  });

  it('is skipped in part when the number lies in its midst, and the rest stays a gap', () => {
    const channel = new Channel();
    channel.receive(two, message(9, faster(9)));
    expect(channel.skip(5)!.skipped).toEqual([
      { from: 1, to: 1 },
      { from: 3, to: 5 },
    ]);
    expect(channel.version).toBe(5);
    expect(channel.events.get(5)!.time).toBe(timeOf(9));
    expect(firstGap(channel.head())).toEqual({ from: 6, to: 8 });
    const six = message(6, faster(6));
    expect(channel.receive(six).outcomes[0]).toMatchObject({ outcome: 'applied', version: 6 });
  });

  it('is not one behind the last message that was heard', () => {
    const channel = new Channel();
    channel.receive(one, three);
    expect(channel.skip(Number.MAX_SAFE_INTEGER)!.skipped).toEqual([{ from: 2, to: 2 }]);
    expect(channel.version).toBe(3);
    expect(channel.skip(Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  it('does not exist where nothing waits, nor below the number where it would begin', () => {
    const channel = new Channel();
    expect(channel.skip()).toBeUndefined();
    channel.receive(one);
    expect(channel.skip()).toBeUndefined();
    channel.receive(message(9, faster(1)));
    expect(channel.skip(1)).toBeUndefined();
    expect(channel.skip(2)!.skipped).toEqual([{ from: 2, to: 2 }]);
  });

  it('may reach up to 2^53 − 2', () => {
    const channel = new Channel();
    const highest = Number.MAX_SAFE_INTEGER;
    channel.receive(message(highest, faster(1)));
    expect(channel.skip()!.skipped).toEqual([{ from: 1, to: highest - 1 }]);
    expect(channel.version).toBe(highest);
    const [outcome] = channel.receive(message(2 ** 40, faster(1))).outcomes;
    expect(outcome).toMatchObject({ outcome: 'refused', rule: 'arrived-after-skip', version: highest });
  });

  it('takes no more events at a time than a step has; whoever skips comes back for the rest', () => {
    const channel = new Channel();
    channel.receive(...Array.from({ length: 2 * EVENTS_PER_STEP }, (_, i) => message(2 * i + 2, faster(1))));
    const steps: number[] = [];
    const skipped = new Set<number>();
    for (let done = channel.skip(); done !== undefined; done = channel.skip()) {
      steps.push(done.step.change!.events.length);
      for (const { from, to } of done.skipped) {
        expect(from).toBe(to);
        skipped.add(from);
      }
      while (channel.receive().more);
    }
    expect(Math.max(...steps)).toBe(EVENTS_PER_STEP);
    expect(skipped.size).toBe(2 * EVENTS_PER_STEP);
    expect(channel.version).toBe(4 * EVENTS_PER_STEP);
    expect(channel.waiting.size).toBe(0);
  });

  it('does not end in the midst of a drain without saying so', () => {
    const channel = new Channel();
    channel.receive(...Array.from({ length: 2 * EVENTS_PER_STEP }, (_, i) => message(i + 2, faster(1))));
    const { step, skipped } = channel.skip()!;
    expect(skipped).toEqual([{ from: 1, to: 1 }]);
    expect(step.change!.events).toHaveLength(EVENTS_PER_STEP);
    expect(step.more).toBe(true);
  });
});

describe('a late message', () => {
  const afterSkip = (): Channel => {
    const channel = new Channel();
    channel.receive(one, five);
    channel.skip();
    return channel;
  };

  it('is refused, kept, and changes nothing of the history', () => {
    const channel = afterSkip();
    const before = channel.head().state;
    const step = channel.receive(two);
    expect(step.outcomes).toEqual([
      { outcome: 'refused', rule: 'arrived-after-skip', channel: 'rocket-1', number: 2, version: 5 },
    ]);
    expect(step.change).toMatchObject({
      events: [],
      added: [],
      released: [],
      late: [{ message: two, receivedAt: now }],
      heard: true,
    });
    expect(channel.head().state).toEqual(before);
  });

  it('is a duplicate when it comes again, though its time differs, and a conflict when it says something else', () => {
    const channel = afterSkip();
    channel.receive(two);
    const again = channel.receive(
      { ...two, time: timeOf(99) },
      message(2, faster(1)),
      message(2, launched()),
    );
    expect(kinds(again)).toEqual(['duplicate', 'conflict', 'conflict']);
    expect(again.change).toBeUndefined();
    expect([...channel.late.values()]).toEqual([{ message: two, receivedAt: now }]);
  });

  it('is recognised within one batch, first come first', () => {
    const channel = afterSkip();
    const other = message(3, exploded());
    const step = channel.receive(two, other, two, three, other);
    expect(step.outcomes.map(({ number, outcome }) => [number, outcome])).toEqual([
      [2, 'refused'],
      [2, 'duplicate'],
      [3, 'refused'],
      [3, 'conflict'],
      [3, 'duplicate'],
    ]);
    expect([...channel.late.values()].map(({ message: kept }) => kept)).toEqual([two, other]);
  });

  it('may come in a batch with what is applied, waits or is repeated', () => {
    const channel = afterSkip();
    const step = channel.receive(one, four, message(6, faster(6)), message(9, faster(9)));
    expect(kinds(step)).toEqual(['duplicate', 'refused', 'refused', 'buffered']);
    expect(step.outcomes.map(({ rule }) => rule)).toEqual([
      undefined,
      'arrived-after-skip',
      'rocket-exploded',
      undefined,
    ]);
    expect(step.change).toMatchObject({
      events: [{ number: 6 }],
      added: [{ message: { number: 9 } }],
      late: [{ message: four }],
    });
  });

  it('of the launch does not launch the rocket, under another number it does', () => {
    const channel = new Channel();
    channel.receive(three);
    channel.skip();
    channel.receive(one);
    const rocket = { speed: null, speedChange: 0, mission: 'GEMINI', type: null };
    expect(channel.head().state.rocket).toMatchObject(rocket);
    channel.receive(message(4, launched(700)));
    expect(channel.head().state.rocket).toMatchObject({ speed: 700, speedChange: null, complete: false });
  });

  it('is one too when only part of its gap was skipped', () => {
    const channel = new Channel();
    channel.receive(one, five);
    channel.skip(2);
    expect(channel.receive(two, three).outcomes.map(({ outcome }) => outcome)).toEqual([
      'refused',
      'applied',
    ]);
    expect([...channel.late.keys()]).toEqual([2]);
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
    expect(channel.skip()!.skipped).toEqual([{ from: long.length + 1, to: long.length + 4 }]);
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
        expect(shuffled.waiting.size).toBe(0);
      }),
      { numRuns: runs(80, 1000) },
    );
  });

  it('answers each number once with applied, refused or buffered, and otherwise with duplicate', () => {
    fc.assert(
      fc.property(arrival, ({ sent, order, sizes }) => {
        const channel = new Channel();
        const outcomes = batches(order, sizes).flatMap((batch) => [...channel.receive(...batch).outcomes]);
        const firsts = outcomes.filter(({ outcome }) => outcome !== 'duplicate');
        expect(firsts.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
          sent.map(({ number }) => number),
        );
        expect(firsts.some(({ outcome }) => outcome === 'conflict')).toBe(false);
      }),
      { numRuns: runs(80, 1000) },
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
      { numRuns: runs(80, 1000) },
    );
  });

  it('leaves the head it was given as it was', () => {
    const channel = new Channel();
    channel.receive(three);
    const head = channel.head([1, 3], true);
    const plain = () => structuredClone({ ...head, waiting: head.waiting.get(3), size: head.waiting.size });
    const before = plain();
    advance(head, [one, two], now);
    skipGaps(head, { upTo: 9, by: { who: 'timeout' } }, now);
    expect(plain()).toEqual(before);
  });

  it('loses nothing a rocket said, whatever is skipped in between: each number stands once', () => {
    const upTo = fc.oneof(fc.constant(Infinity), fc.nat(30));
    fc.assert(
      fc.property(arrival, fc.array(upTo, { maxLength: 8 }), ({ sent, order, sizes }, skips) => {
        const channel = new Channel();
        const all = batches(order, sizes);
        all.forEach((batch, i) => {
          channel.receive(...batch);
          const skip = skips[i];
          if (skip !== undefined) channel.skip(skip);
        });
        const said = new Map<number, unknown>();
        for (const [number, event] of channel.events) {
          if (event.type === 'MessagesSkipped') continue;
          said.set(number, event.type === 'MessageRefused' ? event.data.message : reportIn(event));
        }
        for (const { message: kept } of [...channel.waiting.values(), ...channel.late.values()]) {
          expect(said.has(kept.number)).toBe(false);
          said.set(kept.number, kept.report);
        }
        expect([...said].sort(([a], [b]) => a - b)).toEqual(
          sent.map(({ number, report }) => [number, report]),
        );
        const covered = [...channel.events].flatMap(([number, event]) => {
          const from = event.type === 'MessagesSkipped' ? event.data.from : number;
          return Array.from({ length: number - from + 1 }, (_, i) => from + i);
        });
        expect(covered.sort((a, b) => a - b)).toEqual(
          Array.from({ length: channel.version }, (_, i) => i + 1),
        );
      }),
      { numRuns: runs(80, 1000) },
    );
  });
});

const reportIn = ({ type, data }: RocketEvent): unknown => ({ type, data });

describe('what a head needs of the messages that wait', () => {
  const needed = (version: number, numbers: number[], waiting: number[], skips = false): number[] =>
    reachable(version, { numbers, skips }, waiting, (number) => number);

  it('is the one behind the first gap, which tells where it ends', () => {
    expect(needed(2, [], [5, 6, 9])).toEqual([5]);
    expect(needed(2, [9], [5, 6, 9])).toEqual([5]);
  });

  it('is what can be drained, and the one behind it', () => {
    expect(needed(2, [], [3, 4, 8, 9])).toEqual([3, 4, 8]);
    expect(needed(2, [3, 4], [5, 6, 9, 10])).toEqual([5, 6, 9]);
    expect(needed(2, [3, 4, 7, 8], [5, 6, 9, 10, 12, 13])).toEqual([5, 6, 9, 10, 12]);
  });

  it('is what waits behind every gap when gaps are skipped', () => {
    expect(needed(2, [], [5, 6, 9, 20], true)).toEqual([5, 6, 9, 20]);
  });

  it('is no more than a step can turn into events, and the one behind that', () => {
    const many = Array.from({ length: 5000 }, (_, i) => i + 3);
    const sparse = Array.from({ length: 5000 }, (_, i) => 2 * i + 4);
    expect(needed(2, [], many)).toHaveLength(EVENTS_PER_STEP + 1);
    expect(needed(2, [], sparse, true)).toHaveLength(EVENTS_PER_STEP + 1);
  });

  it('is looked for from the lowest up, and no further than that', () => {
    let looked = 0;
    const counted = function* (): Generator<number> {
      for (let number = 4; ; number += 2) {
        looked++;
        yield number;
      }
    };
    expect(reachable(2, { numbers: [] }, counted(), (number) => number)).toEqual([4]);
    expect(looked).toBe(1);
  });
});
