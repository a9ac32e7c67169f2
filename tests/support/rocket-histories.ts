import fc from 'fast-check';
import { advance, skipGaps } from '../../src/application/ingest/advance.js';
import type {
  Change,
  Head,
  NumberedEvent,
  ReceivedMessage,
} from '../../src/application/ports/event-store.js';
import type { Gap, RocketSummary, RocketTotals } from '../../src/application/ports/rocket-directory.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import type { RocketMessage, RocketReport } from '../../src/domain/rocket-message.js';
import { initialState } from '../../src/domain/rocket.js';
import { WaitingList } from '../../src/infrastructure/stores/waiting-list.js';
import { exploded, faster, launched, missionChanged, slower } from './messages.js';

/** What is to be sent, in terms that always make sense: what has been heard so far gives them their meaning. */
export interface Sending {
  readonly rocket: number;
  /** From the next number: before it lies what is known, behind it what has to wait. */
  readonly ahead: number;
  readonly count: number;
  /** With 2 every other message is missing. */
  readonly step: 1 | 2;
  /** Skipped instead: one number of the first gap, or all gaps there are. */
  readonly then: 'nothing' | 'skip-one' | 'skip-all';
  /** Decided on what the rocket was before its last change. */
  readonly stale: boolean;
}

/** What rockets say, whatever is asked about when. */
export interface Script {
  readonly reports: readonly RocketReport[];
  readonly texts: readonly string[];
  readonly explodesAt: number;
}

/** As whoever writes a name may write it; what is no text elsewhere and what separates fields are among them. */
const awkward = ['null', 'a\nb', '"]', "it's", '\u0001\u0002', '\u2028', '😀', '\uffff', '\\', 'ARTEMIS'];

const text = fc.constantFrom(...awkward);

export const scripts: fc.Arbitrary<Script> = fc.record(
  {
    reports: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.nat(900).map(faster) },
        { weight: 2, arbitrary: fc.nat(900).map(slower) },
        { weight: 2, arbitrary: text.map(missionChanged) },
        { weight: 1, arbitrary: fc.constant(launched()) },
      ),
      { minLength: 1, maxLength: 6 },
    ),
    texts: fc.tuple(text, text, text),
    explodesAt: fc.oneof({ weight: 2, arbitrary: fc.constant(Infinity) }, fc.integer({ min: 2, max: 900 })),
  },
  { noNullPrototype: true },
);

export const sendings = (rockets: number): fc.Arbitrary<Sending> =>
  fc.record(
    {
      rocket: fc.nat(rockets - 1),
      ahead: fc.oneof(
        { weight: 6, arbitrary: fc.constant(0) },
        { weight: 5, arbitrary: fc.integer({ min: -8, max: 9 }) },
        { weight: 1, arbitrary: fc.constantFrom(300, 1_000_000, Number.MAX_SAFE_INTEGER) },
      ),
      count: fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 1, max: 5 }) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }) },
      ),
      step: fc.constantFrom(1, 1, 1, 2),
      then: fc.constantFrom('nothing', 'nothing', 'nothing', 'nothing', 'skip-one', 'skip-all'),
      stale: fc.oneof({ weight: 12, arbitrary: fc.constant(false) }, fc.constant(true)),
    },
    { noNullPrototype: true },
  );

/** Channels that are alike as far as they can be. */
export const channelOf = (rocket: number): string => ['a', 'a.', 'a.b', 'A', 'b:-_0'][rocket]!;

export interface KnownGap {
  readonly from: number;
  readonly to: number;
  readonly since: number;
  readonly listened: number;
}

/** One rocket as the changes that were written left it. */
export interface Known {
  readonly revision: number;
  readonly state: Head['state'];
  readonly waiting: readonly ReceivedMessage[];
  readonly late: readonly ReceivedMessage[];
  readonly events: readonly (NumberedEvent & { readonly recordedAt: number })[];
  readonly gaps: readonly KnownGap[];
  readonly highestHeard: number;
  readonly heardAt: number;
  readonly before: Known | undefined;
}

const unheard: Known = {
  revision: 0,
  state: initialState,
  waiting: [],
  late: [],
  events: [],
  gaps: [],
  highestHeard: 0,
  heardAt: 0,
  before: undefined,
};

/** What was written, told by folding it in memory, as plainly as can be. */
export class Histories {
  readonly feed: { readonly channel: string; readonly number: number; readonly event: RocketEvent }[] = [];
  private readonly known = new Map<string, Known>();
  private now = Date.UTC(2026, 9, 2);
  private listened = 0;

  constructor(private readonly script: Script) {}

  get channels(): string[] {
    return [...this.known.keys()];
  }

  rocket(channel: string): Known {
    return this.known.get(channel) ?? unheard;
  }

  /** A service has listened for so long. */
  listen(ms: number): void {
    this.listened += ms;
  }

  /** Changes as many workers might make them, and the channels of those that will not be written. */
  write(sent: readonly Sending[]): { readonly changes: Change[]; readonly moved: string[] } {
    const changes: Change[] = [];
    const moved: string[] = [];
    for (const sending of sent) {
      const change = this.change(sending);
      if (change === undefined) continue;
      changes.push(change);
      if (change.revision === this.rocket(change.channel).revision) this.accept(change);
      else moved.push(change.channel);
    }
    return { changes, moved };
  }

  /** What a step is to be decided on. */
  head(channel: string, numbers: readonly number[], known = this.rocket(channel)): Head {
    const { revision, state, waiting, events } = known;
    const recorded = new Map<number, RocketEvent>();
    const late = new Map<number, ReceivedMessage>();
    for (const number of numbers) {
      if (number <= state.version) recorded.set(number, events.findLast(covers(number))!.event);
      const one = known.late.find(({ message }) => message.number === number);
      if (one !== undefined) late.set(number, one);
    }
    return { channel, revision, state, waiting: WaitingList.of(waiting), recorded, late };
  }

  summary(channel: string): RocketSummary {
    const { state, waiting, late, highestHeard, heardAt } = this.rocket(channel);
    return { channel, ...state, highestHeard, waiting: waiting.length, late: late.length, heardAt };
  }

  gaps(channel: string): Gap[] {
    const { gaps, waiting } = this.rocket(channel);
    return gaps.map(({ from, to, since }, i) => {
      const end = gaps[i + 1]?.from ?? Infinity;
      const behind = waiting.filter(({ message }) => message.number > to && message.number < end);
      return { channel, from, to, since, waiting: behind.length };
    });
  }

  totals(): RocketTotals {
    const rockets = [...this.known.values()];
    const sum = (count: (rocket: Known) => number): number =>
      rockets.reduce((total, rocket) => total + count(rocket), 0);
    const withStatus = (status: string): number => sum(({ state }) => Number(state.rocket.status === status));
    return {
      rockets: rockets.length,
      byStatus: {
        'awaiting-launch': withStatus('awaiting-launch'),
        flying: withStatus('flying'),
        exploded: withStatus('exploded'),
      },
      incomplete: sum(({ state }) => Number(!state.rocket.complete)),
      withGaps: sum(({ gaps }) => Number(gaps.length > 0)),
      gaps: sum(({ gaps }) => gaps.length),
      events: this.feed.length,
      rulesBroken: this.feed.filter(({ event }) => event.type === 'MessageRefused').length,
      waiting: sum(({ waiting }) => waiting.length),
      late: sum(({ late }) => late.length),
    };
  }

  private change(sending: Sending): Change | undefined {
    const channel = channelOf(sending.rocket);
    const current = this.rocket(channel);
    const basis = sending.stale ? (current.before ?? current) : current;
    const messages = this.messages(sending, channel, basis.state.version);
    const head = this.head(
      channel,
      messages.map(({ number }) => number),
      basis,
    );
    const now = ++this.now;
    if (sending.then === 'nothing') return advance(head, messages, now).change;
    const upTo = sending.then === 'skip-one' ? head.state.version + 1 : Number.MAX_SAFE_INTEGER;
    return skipGaps(head, { upTo, by: { who: 'operator' }, why: 'because' }, now)?.step.change;
  }

  private accept(change: Change): void {
    const { channel, events, recordedAt } = change;
    this.known.set(channel, after(this.rocket(channel), change, this.listened));
    for (const { number, event } of events) this.feed.push({ channel, number, event });
    this.now = Math.max(this.now, recordedAt);
  }

  private messages(
    { rocket, ahead, count, step }: Sending,
    channel: string,
    version: number,
  ): RocketMessage[] {
    const messages: RocketMessage[] = [];
    const last = Number.MAX_SAFE_INTEGER;
    const first = Math.min(Math.max(1, version + 1 + ahead), last - step * count);
    for (let number = first; messages.length < count; number += step) {
      if (number > version - 8) messages.push({ channel, number, ...this.said(rocket, number) });
      else return messages;
    }
    return messages;
  }

  private said(rocket: number, number: number): { time: string; report: RocketReport } {
    const { reports, texts, explodesAt } = this.script;
    const time = times[number % times.length]!(number);
    // One rocket says something before its launch.
    if (number === (rocket === 1 ? 2 : 1)) return { time, report: launched(500, texts[0], texts[1]) };
    if (number === explodesAt + rocket) return { time, report: exploded(texts[2]) };
    return { time, report: reports[(number + rocket) % reports.length]! };
  }
}

/** Clocks run back, stand still, use other zones and finer decimals. */
const times: readonly ((number: number) => string)[] = [
  (number) => new Date(Date.UTC(2026, 9, 1) + (number % 100_000) * 1000).toISOString(),
  (number) => `2026-09-${10 + (number % 20)}T10:00:00.123456789+02:00`,
  () => '1969-12-31T23:59:59Z',
];

const covers =
  (wanted: number) =>
  ({ number, event }: NumberedEvent): boolean =>
    event.type === 'MessagesSkipped' ? event.data.from <= wanted && wanted <= number : number === wanted;

const after = (known: Known, change: Change, listened: number): Known => {
  const { state, events, added, released, late, recordedAt, heard } = change;
  const gone = new Set(released);
  return {
    revision: known.revision + 1,
    state,
    waiting: [...known.waiting.filter(({ message }) => !gone.has(message.number)), ...added].sort(byNumber),
    late: [...known.late, ...late].sort(byNumber),
    events: [...known.events, ...events.map((event) => ({ ...event, recordedAt }))],
    ...missingAfter(known, change, listened),
    heardAt: heard ? recordedAt : known.heardAt,
    // Of the one before only its own beginning is needed.
    before: { ...known, before: undefined },
  };
};

const missingAfter = (
  known: Known,
  { state, added, recordedAt: since }: Change,
  listened: number,
): Pick<Known, 'gaps' | 'highestHeard'> => {
  let highestHeard = Math.max(known.highestHeard, state.version);
  let gaps = known.gaps.map((gap) => ({ ...gap, from: Math.max(gap.from, state.version + 1) }));
  for (const { message } of added) {
    const { number } = message;
    if (number > highestHeard) {
      gaps.push({ from: highestHeard + 1, to: number - 1, since, listened });
      highestHeard = number;
    } else {
      gaps = gaps.flatMap((gap) => {
        if (number < gap.from || gap.to < number) return [gap];
        return [
          { ...gap, to: number - 1 },
          { ...gap, from: number + 1 },
        ];
      });
    }
  }
  return { gaps: gaps.filter(({ from, to }) => from <= to), highestHeard };
};

const byNumber = (a: ReceivedMessage, b: ReceivedMessage): number => a.message.number - b.message.number;
