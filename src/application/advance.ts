import { reportOf, type RocketEvent } from '../domain/rocket-event.js';
import { sameReport, type RocketMessage, type RocketReport } from '../domain/rocket-message.js';
import { decide } from '../domain/rocket.js';
import type { NumberRange, Outcome } from './outcome.js';
import type { Change, EarlyMessage, Head, NumberedEvent, RocketState } from './ports/event-store.js';
import { record } from './rocket-state.js';

/** What one step means: what to write, if anything, and what to answer once it is written. */
export interface Step {
  readonly change: Change | undefined;
  /** One for each message, in the order given. */
  readonly outcomes: readonly Outcome[];
  /** The next number already waits among the early ones: advance again, with nothing new. */
  readonly more: boolean;
}

/** A step ends after this many events, so that a long drain leaves room for everything else between two steps. */
export const EVENTS_PER_STEP = 1024;

/**
 * The heart of the system. Judges messages of one channel, sorted by number, against the channel's head: repeated,
 * early, or next in order; then drains the early ones whose turn has come. Pure: no I/O, no clock, no chance.
 */
export const advance = (head: Head, messages: readonly RocketMessage[], now: number): Step => {
  const draft = new Draft(head, now);
  draft.drain();
  const verdicts = messages.map((message) => draft.judge(message));
  return draft.finish(messages, verdicts);
};

/** Records the first gap as skipped and drains what waited behind it; undefined when there is no gap. */
export const skipFirstGap = (head: Head, now: number): { gap: NumberRange; step: Step } | undefined => {
  const waiting = head.early.after(head.state.version);
  if (waiting === undefined || waiting.message.number === head.state.version + 1) return undefined;
  const gap = { from: head.state.version + 1, to: waiting.message.number - 1 };
  const draft = new Draft(head, now);
  // The rocket's own clock, not ours: a history that is replayed later must not depend on when it was skipped.
  draft.append(gap.to, { type: 'MessagesSkipped', data: gap, time: waiting.message.time });
  draft.drain();
  return { gap, step: draft.finish([], []) };
};

type Verdict = Pick<Outcome, 'outcome' | 'refusal'>;

const applied: Verdict = { outcome: 'applied' };
const buffered: Verdict = { outcome: 'buffered' };
const duplicate: Verdict = { outcome: 'duplicate' };
const conflict: Verdict = { outcome: 'conflict' };
const arrivedAfterSkip: Verdict = { outcome: 'refused', refusal: 'arrived-after-skip' };

class Draft {
  private state: RocketState;
  private readonly events: NumberedEvent[] = [];
  private readonly added: EarlyMessage[] = [];
  private readonly released: number[] = [];
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
    if (standing === 'skipped') return arrivedAfterSkip;
    if (standing !== undefined) return sameReport(standing, message.report) ? duplicate : conflict;
    this.last = message;
    if (message.number > this.state.version + 1) {
      this.added.push({ message, receivedAt: this.now });
      return buffered;
    }
    const verdict = this.apply(message);
    this.drain();
    return verdict;
  }

  /** Turns early messages whose turn has come into events. */
  drain(): void {
    if (this.head.early.size === 0) return;
    while (this.events.length < EVENTS_PER_STEP) {
      const next = this.head.early.get(this.state.version + 1);
      if (next === undefined) return;
      this.apply(next.message);
      this.released.push(next.message.number);
    }
  }

  append(number: number, event: RocketEvent): void {
    this.events.push({ number, event });
    this.state = record(this.state, number, event);
  }

  finish(messages: readonly RocketMessage[], verdicts: readonly Verdict[]): Step {
    const { version } = this.state;
    const next = this.nextWaiting();
    const missing =
      next !== undefined && next > version + 1 ? { from: version + 1, to: next - 1 } : undefined;
    const outcomes = new Array<Outcome>(messages.length);
    for (let i = 0; i < messages.length; i++) {
      const { channel, number } = messages[i]!;
      const { outcome, refusal } = verdicts[i]!;
      const waitsFor = outcome === 'buffered' ? missing : undefined;
      // One shape for all, spelled out: this runs for every message.
      outcomes[i] = { outcome, channel, messageNumber: number, version, missing: waitsFor, refusal };
    }
    return { change: this.change(messages), outcomes, more: next === version + 1 };
  }

  private apply(message: RocketMessage): Verdict {
    const event = decide(message, this.state.rocket);
    this.append(message.number, event);
    return event.type === 'MessageRefused' ? { outcome: 'refused', refusal: event.data.rule } : applied;
  }

  /** What was reported under this number before, in this step or ever. */
  private standing(number: number): RocketReport | 'skipped' | undefined {
    if (this.last?.number === number) return this.last.report;
    if (this.head.early.size > 0) {
      const early = this.head.early.get(number);
      if (early !== undefined) return early.message.report;
    }
    if (number > this.head.state.version) return undefined;
    const event = this.head.recorded.get(number);
    if (event === undefined) throw new Error(`No event covers number ${number} of ${this.head.channel}.`);
    return reportOf(event) ?? 'skipped';
  }

  private nextWaiting(): number | undefined {
    const { version } = this.state;
    const stored = this.head.early.size > 0 ? this.head.early.after(version)?.message.number : undefined;
    const fresh = this.added[0]?.message.number;
    return stored !== undefined && fresh !== undefined ? Math.min(stored, fresh) : (stored ?? fresh);
  }

  private change(messages: readonly RocketMessage[]): Change | undefined {
    if (this.events.length === 0 && this.added.length === 0) return undefined;
    return {
      channel: this.head.channel,
      numbers: messages.map((message) => message.number),
      revision: this.head.revision,
      state: this.state,
      events: this.events,
      added: this.added,
      released: this.released,
      recordedAt: this.now,
    };
  }
}
