import fc from 'fast-check';
import { advance, skipFirstGap } from '../../src/application/advance.js';
import { EarlyList } from '../../src/application/early-messages.js';
import type { Change, EarlyMessage, Head, NumberedEvent } from '../../src/application/ports/event-store.js';
import { initialState } from '../../src/application/rocket-state.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import type { RocketMessage, RocketReport } from '../../src/domain/rocket-message.js';
import { exploded, faster, launched, missionChanged, slower } from './messages.js';

/** What is to be sent, in terms that always make sense: what has been heard so far gives them their meaning. */
export interface Sending {
  readonly rocket: number;
  /** From the next number: before it lies what is known, behind it what is early. */
  readonly ahead: number;
  readonly count: number;
  /** With 2 every other message is missing. */
  readonly step: 1 | 2;
  readonly then: 'nothing' | 'skip';
  /** Decided on what the rocket was before its last change, or meant to go on elsewhere. */
  readonly wrong?: 'stale' | 'contradiction';
}

/** What rockets say, whatever is asked about when. */
export interface Script {
  readonly reports: readonly RocketReport[];
  readonly texts: readonly string[];
  readonly explodesAt: number;
}

/** As whoever writes a name may write it; what is no text (NULL) and what separates fields elsewhere are among them. */
const awkward = ['null', '', 'a\nb', '"]', "it's", '\u0000\u0001\u0002', '\u2028', '😀', '\\', 'ARTEMIS'];

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
        { weight: 2, arbitrary: fc.integer({ min: -3, max: 6 }) },
        { weight: 1, arbitrary: fc.constantFrom(300, 1_000_000, Number.MAX_SAFE_INTEGER) },
      ),
      count: fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 1, max: 5 }) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }) },
      ),
      step: fc.constantFrom(1, 1, 1, 2),
      then: fc.constantFrom('nothing', 'nothing', 'nothing', 'skip'),
      wrong: fc.oneof(
        { weight: 12, arbitrary: fc.constant(undefined) },
        fc.constantFrom('stale' as const, 'contradiction' as const),
      ),
    },
    { requiredKeys: ['rocket', 'ahead', 'count', 'step', 'then'], noNullPrototype: true },
  );

/** One rocket as the changes that were written left it; never changed, so that a failed group is simply forgotten. */
interface Known {
  readonly revision: number;
  readonly state: Head['state'];
  readonly early: readonly EarlyMessage[];
  readonly events: readonly NumberedEvent[];
  readonly before: Known | undefined;
}

const unheard: Known = { revision: 0, state: initialState, early: [], events: [], before: undefined };

/** Channels that are alike as far as they can be. */
export const channelOf = (rocket: number): string => ['a', 'a.', 'a.b', 'A', 'b:-_0'][rocket]!;

/** What was written, told by folding it in memory. */
export class Histories {
  private known = new Map<string, Known>();
  private now = Date.UTC(2026, 9, 2);

  constructor(private readonly script: Script) {}

  /** A group of changes as many workers might make it, and what is known once it is written. */
  decide(sent: readonly Sending[]): { changes: Change[]; accept: () => void } {
    const known = new Map(this.known);
    const changes = sent.flatMap((sending) => this.change(sending, known));
    return { changes, accept: () => void (this.known = known) };
  }

  private change(sending: Sending, known: Map<string, Known>): Change[] {
    const channel = channelOf(sending.rocket);
    const current = known.get(channel) ?? unheard;
    const basis = sending.wrong === 'stale' ? (current.before ?? current) : current;
    const messages = this.messages(sending, channel, basis.state.version);
    const head = headOf(channel, basis, messages);
    const { change } =
      sending.then === 'skip'
        ? (skipFirstGap(head, ++this.now)?.step ?? { change: undefined })
        : advance(head, messages, ++this.now);
    if (change === undefined) return [];
    if (sending.wrong === 'contradiction' && change.events.length > 0) return [elsewhere(change)];
    if (change.revision === current.revision) known.set(channel, after(current, change));
    return [change];
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

const headOf = (channel: string, { revision, state, early, events }: Known, asked: RocketMessage[]): Head => {
  const list = new EarlyList();
  for (const each of early) list.add(each);
  const recorded = new Map<number, RocketEvent>();
  for (const { number } of asked) {
    if (number <= state.version) recorded.set(number, events.findLast(covers(number))!.event);
  }
  return { channel, revision, state, early: list, recorded };
};

const covers =
  (wanted: number) =>
  ({ number, event }: NumberedEvent): boolean =>
    event.type === 'MessagesSkipped' ? event.data.from <= wanted && wanted <= number : number === wanted;

const after = (known: Known, { state, events, added, released }: Change): Known => {
  const gone = new Set(released);
  const early = [...known.early.filter(({ message }) => !gone.has(message.number)), ...added];
  const all = [...known.events, ...events];
  // Of the one before only its own beginning is needed.
  const before = { ...known, before: undefined };
  return { revision: known.revision + 1, state, early, events: all, before };
};

/** The same change, as if one message more had come before. */
const elsewhere = (change: Change): Change => ({
  ...change,
  events: change.events.map(({ number, event }) =>
    event.type === 'MessagesSkipped'
      ? { number, event: { ...event, data: { from: event.data.from + 1, to: number } } }
      : { number: number + 1, event },
  ),
});
