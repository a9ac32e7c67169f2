import { equal, follow, unseen, type Said, type Sight, type Told } from '../simulation/oracle.js';

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What an operator asks for: the first gap by its ends, or every gap up to a number. */
export type Wish = (Range | { readonly upTo: number }) & { readonly why?: string };

/** What the model expects of an answer; fields that are not listed may be anything. */
export interface Expected {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Recorded {
  readonly number: number;
  readonly told: Told;
}

/** One rocket as a client may expect it: everything heard, and what follows from it. */
export class RocketModel {
  readonly heard = new Map<number, Told>();
  readonly late = new Map<number, Told>();
  readonly history: Recorded[] = [];
  readonly sights: Sight[] = [unseen()];
  private readonly skipped: Range[] = [];

  get sight(): Sight {
    return this.sights.at(-1)!;
  }

  get highestHeard(): number {
    return Math.max(this.sight.version, ...this.heard.keys());
  }

  /** Numbers of the messages that wait. */
  get waiting(): number[] {
    return sorted(this.heard.keys()).filter((number) => number > this.sight.version);
  }

  get lateNumbers(): number[] {
    return sorted(this.late.keys());
  }

  gaps(): (Range & { readonly waiting: number })[] {
    const gaps: (Range & { waiting: number })[] = [];
    let next = this.sight.version + 1;
    for (const number of this.waiting) {
      if (number > next) gaps.push({ from: next, to: number - 1, waiting: 0 });
      const gap = gaps.at(-1);
      if (gap !== undefined) gap.waiting++;
      next = number + 1;
    }
    return gaps;
  }

  hear(channel: string, number: number, said: Said, time: string): Expected {
    const outcome = this.outcomeOf(number, said, time);
    if (outcome.outcome === 'conflict') return { status: 409, body: { type: '/problems/conflict' } };
    return { status: 202, body: { channel, number, version: this.sight.version, ...outcome } };
  }

  skip(channel: string, wish: Wish): Expected {
    const first = this.firstGap();
    if (first === undefined) return { status: 409, body: { type: '/problems/no-gap' } };
    const upTo = 'upTo' in wish ? wish.upTo : wish.to;
    const isAnother = 'upTo' in wish ? first.from > upTo : !equal({ from: wish.from, to: wish.to }, first);
    if (isAnother) return { status: 409, body: { type: '/problems/gap-moved' } };
    const skipped: Range[] = [];
    for (let gap = this.firstGap(); gap !== undefined && gap.from <= upTo; gap = this.firstGap()) {
      const range = { from: gap.from, to: Math.min(gap.to, upTo) };
      this.giveUp(range, gap, wish.why);
      skipped.push(range);
    }
    const numbers = skipped.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    const whole = { from: first.from, to: skipped.at(-1)!.to, gaps: skipped.length, numbers };
    return { status: 200, body: { channel, ...whole, version: this.sight.version } };
  }

  fate(channel: string, number: number): Expected {
    const recorded = this.history.find((each) => each.number >= number);
    if (recorded === undefined || number > this.sight.version) {
      const told = this.heard.get(number);
      if (told === undefined) return { status: 404, body: { type: '/problems/message-not-found' } };
      const message = messageOf(channel, number, told);
      return {
        status: 200,
        body: { channel, number, outcome: 'buffered', missing: this.firstGap(), message },
      };
    }
    const { type, data, time } = recorded.told;
    const event = { number: recorded.number, type, data, time };
    const late = this.late.get(number);
    if (late !== undefined) {
      const message = messageOf(channel, number, late);
      return { status: 200, body: { channel, number, outcome: 'late', message, event } };
    }
    const outcomes: Record<string, string> = { MessageRefused: 'refused', MessagesSkipped: 'skipped' };
    return { status: 200, body: { channel, number, outcome: outcomes[type] ?? 'applied', event } };
  }

  private firstGap(): Range | undefined {
    const [gap] = this.gaps();
    return gap && { from: gap.from, to: gap.to };
  }

  private outcomeOf(number: number, said: Said, time: string): Readonly<Record<string, unknown>> {
    const before = this.heard.get(number) ?? this.late.get(number);
    if (before !== undefined) {
      const same = before.type === said.type && equal(before.data, said.data);
      return { outcome: same ? 'duplicate' : 'conflict' };
    }
    if (this.skipped.some(({ from, to }) => number >= from && number <= to)) {
      this.late.set(number, { ...said, time });
      return { outcome: 'refused', rule: 'arrived-after-skip' };
    }
    this.heard.set(number, { ...said, time });
    this.drain();
    if (number > this.sight.version) return { outcome: 'buffered', missing: this.firstGap() };
    const { told } = this.history.find((each) => each.number === number)!;
    return told.type === 'MessageRefused'
      ? { outcome: 'refused', rule: told.data.rule }
      : { outcome: 'applied' };
  }

  private giveUp(range: Range, gap: Range, why: string | undefined): void {
    this.skipped.push(range);
    const { time } = this.heard.get(gap.to + 1)!;
    const entry = { number: range.to, skippedFrom: range.from, by: { who: 'operator' }, why, time };
    this.record(range.to, (sight) => follow(sight, entry));
    this.drain();
  }

  private drain(): void {
    for (;;) {
      const number = this.sight.version + 1;
      const told = this.heard.get(number);
      if (told === undefined) return;
      this.record(number, (sight) => follow(sight, { number, told }));
    }
  }

  private record(number: number, move: (sight: Sight) => Told): void {
    const sight = { ...this.sight };
    this.history.push({ number, told: move(sight) });
    this.sights.push(sight);
  }
}

const sorted = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b);

/** A message that is no event, as the service shows it. */
export const messageOf = (channel: string, number: number, { type, data, time }: Told) => ({
  channel,
  number,
  type,
  time,
  payload: data,
});

/** A rocket as the service shows it, at one of its versions. */
export const viewOf = (channel: string, sight: Sight) => {
  const isUnlaunched = sight.status === 'awaiting-launch';
  return {
    channel,
    version: sight.version,
    status: sight.status,
    complete: sight.complete,
    type: sight.type,
    mission: sight.mission,
    reason: sight.reason,
    speed: isUnlaunched ? null : sight.speed,
    speedChange: sight.speedChange,
    launchedAt: sight.launchedAt,
    updatedAt: sight.updatedAt,
  };
};
