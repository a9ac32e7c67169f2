import { reportOf, type RocketEvent, type Skipper } from '../../domain/rocket-event.js';
import { sameReport, type RocketMessage, type RocketReport } from '../../domain/rocket-message.js';
import { decide, record, type RocketState } from '../../domain/rocket.js';
import type { Change, Head, HeadRequest, NumberedEvent, ReceivedMessage } from '../ports/event-store.js';
import type { NumberRange, Outcome } from './outcome.js';

/** What one step means: what to write, if anything, and what to answer once it is written. */
export interface Step {
  readonly change: Change | undefined;
  /** One for each message, in the order given. */
  readonly outcomes: readonly Outcome[];
  /** The next number already waits: advance again, with nothing new. */
  readonly more: boolean;
}

/** Gaps to give up: those that begin at or below `upTo`, and of the last of them no more than up to there. */
export interface Skip {
  readonly upTo: number;
  readonly by: Skipper;
  readonly why?: string;
}

export interface SkippedGaps {
  readonly skipped: readonly NumberRange[];
  readonly step: Step;
}

/** A step ends after this many events, so that a long drain leaves room for everything else between two steps. */
export const EVENTS_PER_STEP = 1024;

/**
 * The heart of the system. Judges messages of one channel, sorted by number, against the channel's head: repeated,
 * ahead of a gap, late, or next in order; then drains the waiting ones whose turn has come. Pure: no I/O, no clock, no
 * chance.
 */
export const advance = (head: Head, messages: readonly RocketMessage[], now: number): Step => {
  const draft = new Draft(head, now);
  draft.drain();
  const verdicts = messages.map((message) => draft.judge(message));
  return draft.finish(messages, verdicts);
};

/**
 * Records gaps as skipped, as many as one step can, and drains what waited behind them. Whoever skips comes back until
 * nothing is left of the skip; undefined when there is nothing to begin with.
 */
export const skipGaps = (head: Head, skip: Skip, now: number): SkippedGaps | undefined => {
  const draft = new Draft(head, now);
  const skipped = draft.skip(skip);
  return skipped.length === 0 ? undefined : { skipped, step: draft.finish([], [], true) };
};

/** The first numbers that are missing below a waiting message. */
export const firstGap = ({ state, waiting }: Pick<Head, 'state' | 'waiting'>): NumberRange | undefined => {
  const from = state.version + 1;
  const next = waiting.after(state.version)?.message.number;
  return next === undefined || next === from ? undefined : { from, to: next - 1 };
};

/**
 * The waiting messages that one step can come across, given those of its channel from the lowest up: those whose turn may
 * come, and the one behind them. A store loads these and no more, beside those of the numbers asked.
 */
export const reachable = <Waiting>(
  version: number,
  { numbers, skips = false }: Omit<HeadRequest, 'channel'>,
  lowest: Iterable<Waiting>,
  numberOf: (waiting: Waiting) => number,
): Waiting[] => {
  const asked = new Set(numbers);
  const found: Waiting[] = [];
  let next = version + 1;
  for (const waiting of lowest) {
    const number = numberOf(waiting);
    while (next < number && asked.has(next)) next++;
    found.push(waiting);
    if ((number > next && !skips) || found.length > EVENTS_PER_STEP) break;
    next = number + 1;
  }
  return found;
};

type Verdict = Pick<Outcome, 'outcome' | 'rule'>;

const applied: Verdict = { outcome: 'applied' };
const buffered: Verdict = { outcome: 'buffered' };
const duplicate: Verdict = { outcome: 'duplicate' };
const conflict: Verdict = { outcome: 'conflict' };
const arrivedAfterSkip: Verdict = { outcome: 'refused', rule: 'arrived-after-skip' };

class Draft {
  private state: RocketState;
  private readonly events: NumberedEvent[] = [];
  private readonly added: ReceivedMessage[] = [];
  private readonly released: number[] = [];
  private readonly late: ReceivedMessage[] = [];
  private heard = false;
  /** The last message taken in this step; as messages come sorted, a repeat of it follows at once. */
  private last: RocketMessage | undefined;

  constructor(
    private readonly head: Head,
    private readonly now: number,
  ) {
    this.state = head.state;
  }

  judge(message: RocketMessage): Verdict {
    const standing = this.standing(message.number);
    if (standing === 'skipped') return this.keepLate(message);
    if (standing !== undefined) return sameReport(standing, message.report) ? duplicate : conflict;
    this.last = message;
    this.heard = true;
    if (message.number > this.state.version + 1) {
      this.added.push({ message, receivedAt: this.now });
      return buffered;
    }
    const verdict = this.apply(message);
    this.drain();
    return verdict;
  }

  /** Turns waiting messages whose turn has come into events. */
  drain(): void {
    if (this.head.waiting.size === 0) return;
    while (this.events.length < EVENTS_PER_STEP) {
      const next = this.head.waiting.get(this.state.version + 1);
      if (next === undefined) return;
      this.apply(next.message);
      this.released.push(next.message.number);
    }
  }

  skip({ upTo, by, why }: Skip): NumberRange[] {
    const skipped: NumberRange[] = [];
    for (this.drain(); this.events.length < EVENTS_PER_STEP; this.drain()) {
      const next = this.head.waiting.after(this.state.version);
      const from = this.state.version + 1;
      if (next === undefined || from > upTo || next.message.number === from) break;
      const range = { from, to: Math.min(next.message.number - 1, upTo) };
      // The rocket's own clock, not ours: a history that is replayed later must not depend on when it was skipped.
      const { time } = next.message;
      this.append(range.to, { type: 'MessagesSkipped', data: { ...range, by, ...(why && { why }) }, time });
      skipped.push(range);
    }
    return skipped;
  }

  finish(messages: readonly RocketMessage[], verdicts: readonly Verdict[], skips?: true): Step {
    const { version } = this.state;
    const next = this.nextWaiting();
    const missing =
      next !== undefined && next > version + 1 ? { from: version + 1, to: next - 1 } : undefined;
    const outcomes = new Array<Outcome>(messages.length);
    for (let i = 0; i < messages.length; i++) {
      const { channel, number } = messages[i]!;
      const { outcome, rule } = verdicts[i]!;
      const waitsFor = outcome === 'buffered' ? missing : undefined;
      // One shape for all, spelled out: this runs for every message.
      outcomes[i] = { outcome, channel, number, version, missing: waitsFor, rule };
    }
    return { change: this.change(messages, skips), outcomes, more: next === version + 1 };
  }

  private append(number: number, event: RocketEvent): void {
    this.events.push({ number, event });
    this.state = record(this.state, number, event);
  }

  private apply(message: RocketMessage): Verdict {
    const event = decide(message, this.state.rocket);
    this.append(message.number, event);
    return event.type === 'MessageRefused' ? { outcome: 'refused', rule: event.data.rule } : applied;
  }

  /** What was given up comes after all: it can't change the history any more, but nothing a rocket said is thrown away. */
  private keepLate(message: RocketMessage): Verdict {
    this.last = message;
    this.heard = true;
    this.late.push({ message, receivedAt: this.now });
    return arrivedAfterSkip;
  }

  /** What was reported under this number before, in this step or ever. */
  private standing(number: number): RocketReport | 'skipped' | undefined {
    const { head, last } = this;
    if (last?.number === number) return last.report;
    if (head.waiting.size > 0) {
      const waiting = head.waiting.get(number);
      if (waiting !== undefined) return waiting.message.report;
    }
    if (number > head.state.version) return undefined;
    const event = head.recorded.get(number);
    if (event === undefined) throw new Error(`No event covers number ${number} of ${head.channel}.`);
    return reportOf(event) ?? head.late.get(number)?.message.report ?? 'skipped';
  }

  private nextWaiting(): number | undefined {
    const { version } = this.state;
    const stored = this.head.waiting.size > 0 ? this.head.waiting.after(version)?.message.number : undefined;
    const fresh = this.added[0]?.message.number;
    return stored !== undefined && fresh !== undefined ? Math.min(stored, fresh) : (stored ?? fresh);
  }

  private change(messages: readonly RocketMessage[], skips: true | undefined): Change | undefined {
    if (this.events.length === 0 && this.added.length === 0 && this.late.length === 0) return undefined;
    return {
      channel: this.head.channel,
      numbers: messages.map((message) => message.number),
      skips,
      revision: this.head.revision,
      state: this.state,
      events: this.events,
      added: this.added,
      released: this.released,
      late: this.late,
      recordedAt: this.now,
      heard: this.heard,
    };
  }
}
