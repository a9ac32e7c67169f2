import { equal, follow, unseen, type Said, type Sight, type Told } from '../simulation/oracle.js';

export interface Range {
  readonly from: number;
  readonly to: number;
}

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
  readonly history: Recorded[] = [];
  readonly sights: Sight[] = [unseen()];
  private readonly skipped: Range[] = [];

  get sight(): Sight {
    return this.sights.at(-1)!;
  }

  get highestSeen(): number {
    return Math.max(this.sight.version, ...this.heard.keys());
  }

  get pending(): number {
    return [...this.heard.keys()].filter((number) => number > this.sight.version).length;
  }

  gaps(): Range[] {
    const gaps: Range[] = [];
    let next = this.sight.version + 1;
    for (const number of [...this.heard.keys()].sort((a, b) => a - b)) {
      if (number < next) continue;
      if (number > next) gaps.push({ from: next, to: number - 1 });
      next = number + 1;
    }
    return gaps;
  }

  hear(channel: string, messageNumber: number, said: Said, time: string): Expected {
    const outcome = this.outcomeOf(messageNumber, said, time);
    if (outcome.outcome === 'conflict') return { status: 409, body: { type: '/problems/conflict' } };
    return { status: 202, body: { channel, messageNumber, version: this.sight.version, ...outcome } };
  }

  skip(channel: string, expected: Range | undefined): Expected {
    const gap = this.gaps()[0];
    if (gap === undefined) return { status: 409, body: { type: '/problems/no-gap' } };
    if (expected !== undefined && !equal(expected, gap)) {
      return { status: 409, body: { type: '/problems/gap-moved' } };
    }
    this.skipped.push(gap);
    const { time } = this.heard.get(gap.to + 1)!;
    this.record(gap.to, (sight) => follow(sight, { number: gap.to, skippedFrom: gap.from, time }));
    this.drain();
    return { status: 200, body: { channel, ...gap, version: this.sight.version } };
  }

  fate(channel: string, number: number): Expected {
    const recorded = this.history.find((each) => each.number >= number);
    if (recorded === undefined || number > this.sight.version) {
      return this.heard.has(number)
        ? { status: 200, body: { channel, number, outcome: 'buffered', missing: this.gaps()[0] } }
        : { status: 404, body: { type: '/problems/message-not-found' } };
    }
    const { type, data, time } = recorded.told;
    const outcomes: Record<string, string> = { MessageRefused: 'refused', MessagesSkipped: 'skipped' };
    const outcome = outcomes[type] ?? 'applied';
    return {
      status: 200,
      body: { channel, number, outcome, event: { number: recorded.number, type, data, time } },
    };
  }

  private outcomeOf(number: number, said: Said, time: string): Readonly<Record<string, unknown>> {
    if (this.skipped.some(({ from, to }) => number >= from && number <= to)) {
      return { outcome: 'refused', refusal: 'arrived-after-skip' };
    }
    const before = this.heard.get(number);
    if (before !== undefined) {
      const same = before.type === said.type && equal(before.data, said.data);
      return { outcome: same ? 'duplicate' : 'conflict' };
    }
    this.heard.set(number, { ...said, time });
    this.drain();
    if (number > this.sight.version) return { outcome: 'buffered', missing: this.gaps()[0] };
    const { told } = this.history.find((each) => each.number === number)!;
    return told.type === 'MessageRefused'
      ? { outcome: 'refused', refusal: told.data.rule }
      : { outcome: 'applied' };
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
    launchedAt: sight.launchedAt,
    updatedAt: sight.updatedAt,
  };
};
