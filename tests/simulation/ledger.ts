import type { Outcome } from '../../src/application/ingest/outcome.js';
import type { Change, ReceivedMessage, StoredEvent } from '../../src/application/ports/event-store.js';
import type { SkippedRange } from '../../src/domain/rocket-event.js';
import type { RocketMessage } from '../../src/domain/rocket-message.js';
import type { RocketState } from '../../src/domain/rocket.js';
import type { ChannelRecord, Writer } from './disk.js';
import { ListeningTime } from './listening.js';
import { equal, follow, saidBy, unseen, type Entry, type Sight, type Skipped, type Told } from './oracle.js';
import { RocketLedger, type Range, type SkipIntent } from './rocket-ledger.js';
import type { World } from './world.js';

/** Compares everything that is stored and answered with the oracle, write by write and answer by answer. */
export class Ledger {
  readonly rockets = new Map<string, RocketLedger>();
  readonly listening: ListeningTime;

  constructor(
    private readonly world: World,
    /** For how long a service has listened, as the disk knows it. */
    private readonly counted: () => number,
  ) {
    this.listening = new ListeningTime(() => world.scheduler.now);
  }

  rocket(channel: string): RocketLedger {
    let rocket = this.rockets.get(channel);
    if (rocket === undefined) this.rockets.set(channel, (rocket = new RocketLedger(channel)));
    return rocket;
  }

  /** Answers how to bring back what is known now. */
  copy(): () => void {
    const copies = [...this.rockets.values()].map((rocket) => [rocket, rocket.copy()] as const);
    return () => {
      for (const [rocket, copy] of copies) Object.assign(rocket, copy);
    };
  }

  willSend({ channel, number, time, report }: RocketMessage): void {
    const { sent } = this.rocket(channel);
    const variants = sent.get(number) ?? [];
    sent.set(number, variants);
    const variant = variants.find(({ said }) => equal(said, report));
    if (variant === undefined) variants.push({ said: saidBy(report), times: new Set([time]) });
    else variant.times.add(time);
  }

  written(record: ChannelRecord, change: Change, writer: Writer): void {
    const rocket = this.rocket(record.channel);
    const before = rocket.gaps();
    for (const stored of record.events.slice(rocket.history.length)) {
      this.recorded(rocket, stored, writer);
      this.heard(rocket, stored.number, change);
    }
    for (const added of change.added) {
      this.stands(rocket, rocket.standing, added.message.number, toldBy(added));
      this.heard(rocket, added.message.number, change);
    }
    for (const late of change.late) this.keptLate(rocket, late, writer);
    this.sameState(rocket, record);
    const gaps = rocket.gaps();
    this.nothingLost(rocket, record, gaps);
    rocket.writtenBy = writer;
    if (!equal(before, gaps)) rocket.gapsBy = writer;
    rocket.moments.push({ version: record.state.version, gap: gaps[0] });
    if (change.released.length > 0 && record.waiting.has(record.state.version + 1)) {
      this.world.meet('drain in several steps');
    }
    this.world.trace.add(record.channel, record.state.version);
  }

  answered(message: RocketMessage, outcome: Outcome): void {
    const { channel, number } = message;
    const rocket = this.rocket(channel);
    this.world.trace.add(outcome.outcome, number);
    const told = rocket.standing.get(number) ?? rocket.late.get(number);
    const expect = (holds: boolean, what: string): void => {
      if (!holds)
        this.world.violated('the answer is true', `${channel} ${number} ${JSON.stringify(outcome)}: ${what}`);
    };
    if (told === undefined) {
      return this.world.violated(
        'acknowledged is stored',
        `${channel} ${number} was answered ${outcome.outcome}`,
      );
    }
    expect(outcome.channel === channel && outcome.number === number, 'it is about another message');
    expect(
      rocket.moments.some(({ version }) => version === outcome.version),
      'there never was this version',
    );
    const same = equal({ type: told.type, data: told.data }, message.report);
    if (outcome.outcome === 'conflict') {
      this.world.meet(conflictWith(rocket, outcome));
      return expect(!same, 'nothing else stands there');
    }
    expect(same, 'something else stands there');
    if (outcome.outcome === 'duplicate') this.world.meet(duplicateOf(rocket, outcome));
    else this.answeredFirst(rocket, message, outcome, expect);
  }

  private answeredFirst(
    rocket: RocketLedger,
    { number, time }: RocketMessage,
    { outcome, rule, version, missing }: Outcome,
    expect: (holds: boolean, what: string) => void,
  ): void {
    if (rocket.answeredFirst.has(number)) {
      this.world.violated('every number at most once', `${rocket.channel} ${number} was new twice`);
    }
    rocket.answeredFirst.add(number);
    const late = rocket.late.get(number);
    const told = late ?? rocket.standing.get(number);
    expect(told?.time === time, 'it was not this one that was taken');
    expect((rule !== undefined) === (outcome === 'refused'), 'who is refused is told the rule');
    expect((late !== undefined) === (rule === 'arrived-after-skip'), 'it is late or it is not');
    if (rule !== undefined) this.world.meet(`refused: ${rule}`);
    if (late !== undefined) return;
    if (outcome === 'buffered') {
      this.world.meet('buffered');
      const was = rocket.moments.some((moment) => moment.version === version && equal(moment.gap, missing));
      return expect(missing === undefined || was, 'this gap was never the first');
    }
    expect(missing === undefined, 'it waits for nothing');
    const event = rocket.history.find((each) => each.number === number)?.expected;
    expect(event !== undefined && number <= version, 'it is not in the history');
    expect((event?.type === 'MessageRefused') === (outcome === 'refused'), 'the history says otherwise');
    expect(rule === undefined || event?.data.rule === rule, 'it broke another rule');
  }

  private heard({ highs }: RocketLedger, number: number, { recordedAt }: Change): void {
    if (number <= (highs.at(-1)?.number ?? 0)) return;
    const { total: listened, services } = this.listening;
    highs.push({ number, at: recordedAt, listened, counted: this.counted(), services });
  }

  private recorded(rocket: RocketLedger, { number, event }: StoredEvent, writer: Writer): void {
    const { channel } = rocket;
    const next = rocket.sight.version + 1;
    const entry: Entry | undefined =
      event.type === 'MessagesSkipped' ? this.skip(rocket, number, event.data, writer) : undefined;
    if (entry === undefined) {
      if (number !== next) {
        this.world.violated('no event past a gap', `${channel}: ${number} follows ${next - 1}`);
      }
      const said = saidBy(event.type === 'MessageRefused' ? event.data.message : event);
      this.stands(rocket, rocket.standing, number, { ...said, time: event.time });
    }
    const sight = { ...rocket.sight };
    if (event.type === 'RocketLaunched' && sight.speed === null)
      this.world.meet('launch heard after a skipped gap');
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

  /** A gap was given up, or the beginning of one: it was the first, and somebody had asked for just that. */
  private skip(
    rocket: RocketLedger,
    number: number,
    { from, to, by, why }: SkippedRange,
    writer: Writer,
  ): Skipped {
    const { channel, sight } = rocket;
    const gap = rocket.gaps()[0];
    const intent = rocket.intents.find(
      (each) =>
        each.isOpen &&
        each.process === writer.process &&
        equal([each.by, each.why], [by, why]) &&
        asksFor(each, { from, to }, gap),
    );
    if (number !== to || from !== sight.version + 1 || intent === undefined) {
      this.world.violated('only gaps are skipped, on request', `${channel}: ${from} to ${to} at ${number}`);
    }
    intent?.done.push({ from, to });
    if (by.who === 'timeout') this.wasOverdue(rocket, to);
    if (sight.status === 'awaiting-launch') this.world.meet('launch in a skipped gap');
    if (gap !== undefined && to < gap.to) this.world.meet('part of a gap skipped');
    rocket.skipped = [...rocket.skipped, { from, to }];
    const time = rocket.behind(to)?.time ?? '';
    return { number, skippedFrom: from, by: intent?.by ?? by, why: intent?.why, time };
  }

  /** Whatever the clocks of services say: a gap was heard of for as long as it takes before it is given up. */
  private wasOverdue(rocket: RocketLedger, number: number): void {
    const { gapTimeout, instances } = this.world.plan;
    const opening = rocket.opening(number);
    if (opening.services < this.listening.services) this.world.meet('gap overdue over a restart');
    const listened = this.listening.total - opening.listened;
    // What another service has to count yet may be from before the gap.
    const uncertain = (instances - 1) * pauseOf(gapTimeout);
    if (listened > gapTimeout - uncertain - 0.01) return;
    this.world.violated(
      'no gap is overdue before its time',
      `${rocket.channel}: ${number} was waited for only ${listened} ms`,
    );
  }

  private keptLate(rocket: RocketLedger, late: ReceivedMessage, writer: Writer): void {
    const { number } = late.message;
    if (rocket.standing.has(number) || !rocket.wasSkipped(number)) {
      this.world.violated('only what was skipped is late', `${rocket.channel} ${number}`);
    }
    this.stands(rocket, rocket.late, number, toldBy(late));
    rocket.lateBy.set(number, writer);
  }

  /** The first message that was stored under a number stands there, word for word as it was sent. */
  private stands(
    { channel, sent }: RocketLedger,
    standing: Map<number, Told>,
    number: number,
    told: Told,
  ): void {
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

  /** Everything ever stored is an event, waits or is late, and the gaps are exactly what is missing in between. */
  private nothingLost(rocket: RocketLedger, record: ChannelRecord, known: readonly Range[]): void {
    const { channel, state, waiting, late, events } = record;
    const skips = rocket.skipped.length;
    if (rocket.standing.size !== events.length - skips + waiting.size || rocket.late.size !== late.size) {
      this.world.violated('nothing stored is lost', `${channel} at version ${state.version}`);
    }
    const gaps: Range[] = [];
    let next = state.version + 1;
    for (const number of [...waiting.keys()].sort((a, b) => a - b)) {
      if (number > next) gaps.push({ from: next, to: number - 1 });
      next = number + 1;
    }
    if (!equal(gaps, known)) {
      this.world.violated('gaps are exactly what is missing', `${channel}: ${JSON.stringify(gaps)}`);
    }
  }
}

/** How often a service counts the time it has listened. */
export const pauseOf = (timeout: number): number => Math.min(Math.max(timeout / 10, 50), 10_000);

export const sightOf = ({ version, updatedAt, rocket }: RocketState): Sight => {
  const { status, complete } = rocket;
  const sight = { ...unseen(), version, updatedAt, status, complete };
  if (rocket.status === 'awaiting-launch') return sight;
  const { speed, speedChange, type, mission, launchedAt } = rocket;
  const flown = { ...sight, speed, speedChange, type, mission, launchedAt };
  if (rocket.status === 'flying') return flown;
  return { ...flown, reason: rocket.reason, explodedAt: rocket.explodedAt };
};

export const toldBy = ({ message: { report, time } }: ReceivedMessage): Told => ({ ...saidBy(report), time });

/** Whether this range is what is to be skipped next of the first gap. */
const asksFor = ({ upTo, expected }: SkipIntent, { from, to }: Range, gap: Range | undefined): boolean =>
  gap !== undefined &&
  from === gap.from &&
  from <= upTo &&
  to === Math.min(upTo, gap.to) &&
  (expected === undefined || equal(expected, gap));

const duplicateOf = ({ late }: RocketLedger, { number, version }: Outcome) => {
  if (late.has(number)) return 'duplicate of a late message';
  return number > version ? 'duplicate of a buffered message' : 'duplicate of an applied message';
};

const conflictWith = ({ late }: RocketLedger, { number, version }: Outcome) => {
  if (late.has(number)) return 'conflict with a late message';
  return number > version ? 'conflict with a buffered message' : 'conflict with an event';
};
