import type { Outcome } from '../../src/application/outcome.js';
import type { Change, RocketState, StoredEvent } from '../../src/application/ports/event-store.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import type { ChannelRecord } from './disk.js';
import { equal, follow, saidBy, unseen, type Entry, type Said, type Sight, type Told } from './oracle.js';
import type { World } from './world.js';

interface Range {
  readonly from: number;
  readonly to: number;
}

/** An operator's request that may become one skipped gap, at any time once it was sent. */
export interface SkipIntent {
  readonly expected: Range | undefined;
  spent: boolean;
}

/** A channel as it was after one of its writes. */
interface Moment {
  readonly version: number;
  readonly gap: Range | undefined;
}

/** All that is known of one rocket from outside: what was sent, what was answered, what was seen to be stored. */
export class RocketLedger {
  readonly sent = new Map<number, { readonly said: Said; readonly times: Set<string> }[]>();
  /** What stands under each number, for ever. */
  readonly standing = new Map<number, Told>();
  readonly skipped: Range[] = [];
  readonly intents: SkipIntent[] = [];
  readonly answeredFirst = new Set<number>();
  readonly history: { readonly number: number; readonly expected: Told }[] = [];
  readonly sights: Sight[] = [unseen()];
  /** Every gap there ever was, as `from-to`. */
  readonly everGaps = new Set<string>();
  readonly moments: Moment[] = [{ version: 0, gap: undefined }];

  constructor(readonly channel: string) {}

  get sight(): Sight {
    return this.sights.at(-1)!;
  }

  wasSkipped(number: number): boolean {
    return this.skipped.some(({ from, to }) => number >= from && number <= to);
  }

  /** Every range below the highest number heard that was neither heard nor given up. */
  gaps(): Range[] {
    const heard = [...this.standing.keys()].sort((a, b) => a - b);
    const gaps: Range[] = [];
    let next = 1;
    for (const number of heard) {
      const skip = this.skipped.find(({ from }) => from === next);
      if (skip !== undefined) next = skip.to + 1;
      if (number > next) gaps.push({ from: next, to: number - 1 });
      next = number + 1;
    }
    return gaps;
  }
}

/** Compares everything that is stored and answered with the oracle, write by write and answer by answer. */
export class Ledger {
  readonly rockets = new Map<string, RocketLedger>();

  constructor(private readonly world: World) {}

  rocket(channel: string): RocketLedger {
    let rocket = this.rockets.get(channel);
    if (rocket === undefined) this.rockets.set(channel, (rocket = new RocketLedger(channel)));
    return rocket;
  }

  willSend({ channel, number, time, report }: RocketMessage): void {
    const { sent } = this.rocket(channel);
    const variants = sent.get(number) ?? [];
    sent.set(number, variants);
    const variant = variants.find(({ said }) => equal(said, report));
    if (variant === undefined) variants.push({ said: saidBy(report), times: new Set([time]) });
    else variant.times.add(time);
  }

  written(record: ChannelRecord, change: Change): void {
    const rocket = this.rocket(record.channel);
    for (const stored of record.events.slice(rocket.history.length)) this.recorded(rocket, stored);
    for (const { message } of change.added)
      this.stands(rocket, message.number, { ...saidBy(message.report), time: message.time });
    this.sameState(rocket, record);
    this.nothingLost(rocket, record);
    for (const { from, to } of rocket.gaps()) rocket.everGaps.add(`${from}-${to}`);
    rocket.moments.push({ version: record.state.version, gap: rocket.gaps()[0] });
    if (change.released.length > 0 && record.early.has(record.state.version + 1)) {
      this.world.meet('drain in several steps');
    }
    this.world.trace.add(record.channel, record.state.version);
  }

  answered(message: RocketMessage, outcome: Outcome): void {
    const { channel, number } = message;
    const rocket = this.rocket(channel);
    this.world.trace.add(outcome.outcome, number);
    const told = rocket.standing.get(number);
    const expect = (holds: boolean, what: string): void => {
      if (!holds)
        this.world.violated('the answer is true', `${channel} ${number} ${JSON.stringify(outcome)}: ${what}`);
    };
    if (outcome.refusal === 'arrived-after-skip') {
      this.world.meet('refused: arrived-after-skip');
      return expect(outcome.outcome === 'refused' && rocket.wasSkipped(number), 'its number was not skipped');
    }
    if (told === undefined) {
      return this.world.violated(
        'acknowledged is stored',
        `${channel} ${number} was answered ${outcome.outcome}`,
      );
    }
    expect(outcome.channel === channel && outcome.messageNumber === number, 'it is about another message');
    expect(
      rocket.moments.some(({ version }) => version === outcome.version),
      'there never was this version',
    );
    const same = equal({ type: told.type, data: told.data }, message.report);
    if (outcome.outcome === 'conflict') return expect(!same, 'nothing else stands there');
    expect(same, 'something else stands there');
    if (outcome.outcome !== 'duplicate') this.answeredFirst(rocket, message, outcome, expect);
  }

  private answeredFirst(
    rocket: RocketLedger,
    { number, time }: RocketMessage,
    { outcome, refusal, version, missing }: Outcome,
    expect: (holds: boolean, what: string) => void,
  ): void {
    if (rocket.answeredFirst.has(number)) {
      this.world.violated('every number at most once', `${rocket.channel} ${number} was new twice`);
    }
    rocket.answeredFirst.add(number);
    expect(rocket.standing.get(number)?.time === time, 'it was not this one that was taken');
    if (outcome === 'buffered') {
      this.world.meet('buffered');
      const was = rocket.moments.some((moment) => moment.version === version && equal(moment.gap, missing));
      return expect(missing === undefined || was, 'this gap was never the first');
    }
    const event = rocket.history.find((each) => each.number === number)?.expected;
    expect(event !== undefined && number <= version, 'it is not in the history');
    expect((event?.type === 'MessageRefused') === (outcome === 'refused'), 'the history says otherwise');
    if (refusal !== undefined) {
      expect(event?.data.rule === refusal, 'it broke another rule');
      this.world.meet(`refused: ${refusal}`);
    }
  }

  private recorded(rocket: RocketLedger, { number, event }: StoredEvent): void {
    const { channel } = rocket;
    const next = rocket.sight.version + 1;
    const entry = event.type === 'MessagesSkipped' ? this.skip(rocket, number, event.data) : undefined;
    if (entry === undefined) {
      if (number !== next) {
        this.world.violated('no event past a gap', `${channel}: ${number} follows ${next - 1}`);
      }
      const said = saidBy(event.type === 'MessageRefused' ? event.data.message : event);
      this.stands(rocket, number, { ...said, time: event.time });
    }
    const sight = { ...rocket.sight };
    const expected = follow(sight, entry ?? { number, told: rocket.standing.get(number)! });
    rocket.sights.push(sight);
    rocket.history.push({ number, expected });
    if (!equal(event, expected)) {
      this.world.violated(
        'one event per number, as the rules say',
        `${channel} ${number}: ${JSON.stringify(event)} instead of ${JSON.stringify(expected)}`,
      );
    }
  }

  private skip(rocket: RocketLedger, number: number, { from, to }: Range): Entry {
    const { channel, sight, standing, intents, skipped } = rocket;
    const gap = rocket.gaps()[0];
    const behind = standing.get(to + 1);
    // A range can be skipped once, so a request for just this one is as good as spent by it.
    const open = intents.filter(({ spent }) => !spent);
    const intent =
      open.find(({ expected }) => equal(expected, { from, to })) ??
      open.find(({ expected }) => expected === undefined);
    const isGap = number === to && from === sight.version + 1 && equal(gap, { from, to });
    if (!isGap || behind === undefined || intent === undefined) {
      this.world.violated('only gaps are skipped, on request', `${channel}: ${from} to ${to} at ${number}`);
    }
    if (intent !== undefined) intent.spent = true;
    if (sight.status === 'awaiting-launch') this.world.meet('launch in a skipped gap');
    skipped.push({ from, to });
    return { number, skippedFrom: from, time: behind?.time ?? '' };
  }

  /** The first message that was stored under a number stands there, word for word as it was sent. */
  private stands({ channel, sent, standing }: RocketLedger, number: number, told: Told): void {
    const before = standing.get(number);
    const { time, ...said } = told;
    const variant = sent.get(number)?.find((each) => equal(each.said, said));
    if (before === undefined ? !variant?.times.has(time) : !equal(before, told)) {
      this.world.violated(
        'what was stored first stands',
        `${channel} ${number}: ${JSON.stringify(told)} instead of ${JSON.stringify(before)}`,
      );
    }
    if (before === undefined) standing.set(number, told);
  }

  private sameState({ channel, sight }: RocketLedger, { state }: ChannelRecord): void {
    const stored = sightOf(state);
    if (equal(stored, sight)) return;
    this.world.violated(
      'the state is the fold of the history',
      `${channel}: ${JSON.stringify(stored)} instead of ${JSON.stringify(sight)}`,
    );
  }

  /** Everything ever stored is an event or still waits, and the gaps are exactly what is missing in between. */
  private nothingLost(rocket: RocketLedger, { channel, state, early, events }: ChannelRecord): void {
    const skips = rocket.skipped.length;
    if (rocket.standing.size !== events.length - skips + early.size) {
      this.world.violated('nothing stored is lost', `${channel} at version ${state.version}`);
    }
    const waiting = [...early.keys()].sort((a, b) => a - b);
    const gaps: Range[] = [];
    let next = state.version + 1;
    for (const number of waiting) {
      if (number > next) gaps.push({ from: next, to: number - 1 });
      next = number + 1;
    }
    if (!equal(gaps, rocket.gaps())) {
      this.world.violated('gaps are exactly what is missing', `${channel}: ${JSON.stringify(gaps)}`);
    }
  }
}

export const sightOf = ({ version, updatedAt, rocket }: RocketState): Sight => {
  const { status, complete } = rocket;
  const sight = { ...unseen(), version, updatedAt, status, complete };
  if (rocket.status === 'awaiting-launch') return sight;
  const { speed, type, mission, launchedAt } = rocket;
  const flown = { ...sight, speed, type, mission, launchedAt };
  if (rocket.status === 'flying') return flown;
  return { ...flown, reason: rocket.reason, explodedAt: rocket.explodedAt };
};
