import { advance, EVENTS_PER_STEP, firstGap, skipGaps, type SkippedGaps, type Step } from './advance.js';
import { Measures } from './measures.js';
import type { TracedCommit } from './message-trace.js';
import type { MessageTraces } from './message-traces.js';
import type { NumberRange } from './outcome.js';
import type { Clock } from '../ports/clock.js';
import {
  ChangeRefused,
  StoreUnavailable,
  type Change,
  type EventStore,
  type Head,
  type HeadRequest,
} from '../ports/event-store.js';
import type { Logger } from '../ports/logger.js';
import type { Arrival, ChannelWork, ReorderBuffer, Skipped, SkipRequest } from './reorder-buffer.js';

export type CommitListener = (change: Change, before: Head) => void;

interface Turn {
  readonly work: ChannelWork;
  readonly head: Head;
  /** Of the arrivals only these, which follow on one another, where it is to be found out which the store refuses. */
  readonly some?: readonly Arrival[];
}

/** With a store that never waits for a disk, nothing else would run while there is work: give way this often. */
const MESSAGES_PER_EVENT_LOOP_TURN = 2048;
/** So many messages are worth a commit beside one that is under way, and worth no waiting for more. */
const ENOUGH = 256;
/** Drains can make very much of a few messages: what one commit holds ends after so many events. */
const EVENTS_PER_COMMIT = 4096;
/** So many rockets have their gaps skipped at a time: what waits behind the gaps of each has to be read. */
const SKIPS_TOGETHER = 64;
const RETRY_DRAIN_AFTER_MS = 1000;

/**
 * N workers over one reorder buffer. A worker takes what waits, advances the channels, commits them together, and only
 * then answers. While a commit is under way the next batch grows by itself: everybody shares the next commit.
 *
 *   idle ──wake──► gather ──► take lanes ──► load ──► advance ──► commit ──► settle ──► release the lanes ──► gather …
 *                                                      ▲             │
 *                                                      └── moved ────┘
 */
export class WorkerPool {
  /** Workers without work: they are told whether to gather. */
  private readonly sleeping: ((gather: boolean) => void)[] = [];
  private readonly listeners: CommitListener[] = [];
  /** Channels of failed batches: they get another turn in a moment. */
  private readonly interrupted = new Set<string>();
  private running: Promise<void>[] = [];
  private stopping = false;
  /** One worker is about to take what waits. */
  private gathering = false;
  /** Workers with a batch. */
  private busy = 0;
  private sinceYield = 0;
  /** Set while the turn is used up. */
  private nextTurn: Promise<void> | undefined;

  constructor(
    private readonly buffer: ReorderBuffer,
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly workers: number,
    private readonly measures = new Measures(),
    /** Only where what happens is recorded. */
    private readonly traces?: MessageTraces,
  ) {}

  /**
   * Told of every change after it is committed, in commit order per channel. Of one that failed, too, but for what was
   * late in it: it may be written all the same, and whoever keeps up with what is stored has to look.
   */
  onCommit(listener: CommitListener): void {
    this.listeners.push(listener);
  }

  /** Starts the workers; first of all they finish the drains that a crash cut short. */
  async start(): Promise<void> {
    for (const channel of await this.store.unfinished()) this.buffer.resume(channel);
    this.running = Array.from({ length: this.workers }, () => this.work());
  }

  /** There is something new in the buffer. */
  wake(): void {
    if (!this.isTimeToTake || this.sleeping.length === 0) return;
    this.gathering = true;
    this.sleeping.pop()!(true);
  }

  /** Finishes everything that was taken, then stops. */
  async drain(): Promise<void> {
    this.stopping = true;
    for (const wake of this.sleeping.splice(0)) wake(false);
    await Promise.all(this.running);
  }

  private async work(): Promise<void> {
    for (;;) {
      if (!(await this.isMyTurn())) {
        if (this.stopping) return;
        continue;
      }
      if (this.buffer.waiting < ENOUGH) await this.store.gather(() => this.buffer.waiting);
      while (this.isTurnUsedUp) await this.turnOver();
      const batch = this.buffer.take();
      this.gathering = false;
      if (batch === undefined) continue;
      this.busy++;
      this.wake();
      this.traces?.taken(batch.work);
      for (const { arrivals } of batch.work) this.sinceYield += arrivals.length;
      await this.process(batch.work);
      this.store.letGo?.(batch.work);
      this.busy--;
      this.buffer.release(batch);
    }
  }

  /** Beside a commit that is under way only much is worth another: what is less shares the next one. */
  private get isTimeToTake(): boolean {
    const { buffer } = this;
    return !this.gathering && buffer.isReady && (this.busy === 0 || buffer.waiting >= ENOUGH);
  }

  /** Waits until there is something to gather, or nothing will ever be again. */
  private isMyTurn(): boolean | Promise<boolean> {
    if (this.isTimeToTake) return (this.gathering = true);
    // What waits or is still to be released is for whoever gathers or has a batch.
    if (this.stopping) return false;
    return new Promise((wake) => this.sleeping.push(wake));
  }

  private async process(work: readonly ChannelWork[]): Promise<void> {
    try {
      for (let left = work; left.length > 0;) {
        const { turns, loaded } = await this.load(left);
        await this.takeTurns(turns, (some) => this.processTurns(some));
        left = left.slice(loaded);
      }
      for (let asked = work.filter(isAskedToSkip); asked.length > 0; asked = asked.filter(isAskedToSkip)) {
        const { turns } = await this.load(asked.slice(0, SKIPS_TOGETHER), true);
        await this.takeTurns(turns, (left) => this.skipTurns(left));
      }
    } catch (error) {
      this.failUnsettled(work, asError(error));
    }
  }

  private async takeTurns(turns: Turn[], take: (turns: readonly Turn[]) => Promise<Turn[]>): Promise<void> {
    for (let left = turns; left.length > 0;) {
      left = await take(left);
      while (this.isTurnUsedUp) await this.turnOver();
    }
  }

  /**
   * Answers of how many channels, too: the store may have heads of the first ones only. A channel that can't be read, because
   * what is stored of it is damaged, is nobody else's trouble.
   */
  private async load(
    work: readonly ChannelWork[],
    skips = false,
  ): Promise<{ readonly turns: Turn[]; readonly loaded: number }> {
    try {
      const heads = await this.store.load(work.map((one) => headRequest(one, skips)));
      return { turns: heads.map((head, i) => ({ work: work[i]!, head })), loaded: heads.length };
    } catch (error) {
      if (work.length === 1) throw error;
      const results = await Promise.allSettled(work.map((one) => this.load([one], skips)));
      if (results.every(({ status }) => status === 'rejected')) throw error;
      const turns = results.flatMap((result, i) => {
        if (result.status === 'fulfilled') return result.value.turns;
        this.failUnsettled([work[i]!], asError(result.reason));
        return [];
      });
      return { turns, loaded: work.length };
    }
  }

  /** Decides and commits what fits into one commit; answers what is left, with the channels that have moved. */
  private async processTurns(turns: readonly Turn[]): Promise<Turn[]> {
    const now = this.clock.now();
    const steps: Step[] = [];
    let messages = 0;
    for (let events = 0; steps.length < turns.length && events < EVENTS_PER_COMMIT;) {
      const turn = turns[steps.length]!;
      const arrivals = arrivalsOf(turn);
      const step = advance(turn.head, arrivals.map(messageOf), now);
      events += step.change?.events.length ?? 0;
      if (step.change !== undefined) messages += arrivals.length;
      steps.push(step);
    }
    const changes = steps.flatMap(({ change }) => change ?? []);
    if (messages > 0) this.measures.commitMessages.observe(messages);
    const traced = this.traces?.committing(changes);
    let moved: readonly Head[] = [];
    try {
      if (changes.length > 0) moved = await this.commit(changes, turns);
    } catch (error) {
      if (error instanceof ChangeRefused) return this.apart(turns, error);
      throw error;
    }
    const again = turns.slice(steps.length);
    steps.forEach((step, i) => {
      const turn = turns[i]!;
      const { channel } = turn.work;
      const head = moved.length === 0 ? undefined : moved.find((fresh) => fresh.channel === channel);
      if (head === undefined) this.settle(turn, step, traced);
      else again.push({ ...turn, head });
    });
    return again;
  }

  /** What the store refuses is found by halves, so that no other message goes with it. */
  private async apart(turns: readonly Turn[], refused: ChangeRefused): Promise<Turn[]> {
    if (turns.length === 1) return this.messagesApart(turns[0]!, refused);
    const [some, others] = halvesOf(turns);
    return [...(await this.processTurns(some)), ...(await this.processTurns(others))];
  }

  /** The second half finds out from its commit that the first one was written, or what of it. */
  private async messagesApart(turn: Turn, refused: ChangeRefused): Promise<Turn[]> {
    const arrivals = arrivalsOf(turn);
    if (arrivals.length < 2) {
      this.failUnsettled([{ ...turn.work, arrivals: takeFrom(turn), skips: [] }], refused);
      return [];
    }
    for (const some of halvesOf(arrivals)) {
      await this.takeTurns([{ ...turn, some }], (left) => this.processTurns(left));
    }
    return [];
  }

  private async commit(changes: readonly Change[], turns: readonly Pick<Turn, 'head'>[]): Promise<Head[]> {
    const { measures } = this;
    const begun = measures.now();
    try {
      return await this.store.commit(changes);
    } catch (error) {
      for (const change of changes) {
        const turn = turns.find(({ head }) => head.channel === change.channel)!;
        this.announce({ ...change, late: [] }, turn.head);
      }
      throw error;
    } finally {
      measures.commitMs.observe(measures.now() - begun);
    }
  }

  private settle(turn: Turn, { change, outcomes, more }: Step, traced?: TracedCommit): void {
    const { work, head } = turn;
    const arrivals = takeFrom(turn);
    // A drain: what comes out is more than what came in.
    if (change !== undefined) this.sinceYield += Math.max(0, change.events.length - arrivals.length);
    this.buffer.settled(arrivals);
    if (change !== undefined) this.announce(change, head);
    this.traces?.settled(change, arrivals, traced);
    arrivals.forEach((arrival, i) => arrival.settle(outcomes[i]!));
    if (more) this.goOnDraining(work.channel);
  }

  /** Decides what is asked first of each rocket, and commits what fits into one commit; answers what is left. */
  private async skipTurns(turns: readonly Turn[]): Promise<Turn[]> {
    const now = this.clock.now();
    const skipping: { turn: Turn; result: SkippedGaps }[] = [];
    let taken = 0;
    for (let events = 0; taken < turns.length && events < EVENTS_PER_COMMIT; taken++) {
      const turn = turns[taken]!;
      const result = this.decideSkip(turn, now);
      if (result === undefined) continue;
      events += result.step.change!.events.length;
      skipping.push({ turn, result });
    }
    const changes = skipping.map(({ result }) => result.step.change!);
    const again = turns.slice(taken);
    let moved: readonly Head[];
    try {
      moved = changes.length > 0 ? await this.commit(changes, turns) : [];
    } catch (error) {
      if (!(error instanceof ChangeRefused)) throw error;
      return [...(await this.skipsApart(skipping, error)), ...again];
    }
    for (const { turn, result } of skipping) {
      const head = moved.find((fresh) => fresh.channel === turn.work.channel);
      if (head === undefined) this.settleSkipped(turn, result);
      else again.push({ work: turn.work, head });
    }
    return again;
  }

  private async skipsApart(skipping: readonly { turn: Turn }[], refused: ChangeRefused): Promise<Turn[]> {
    const turns = skipping.map(({ turn }) => turn);
    if (turns.length === 1) {
      turns[0]!.work.skips.shift()!.fail(refused);
      return [];
    }
    const [some, others] = halvesOf(turns);
    return [...(await this.skipTurns(some)), ...(await this.skipTurns(others))];
  }

  /** Undefined when there is nothing to commit: what was asked for is answered, or takes its turn again. */
  private decideSkip({ work: { channel, skips }, head }: Turn, now: number): SkippedGaps | undefined {
    const request = skips[0]!;
    const { skip, expected, done } = request;
    // What the first gap is shows only after the drain: the skip takes its turn again behind the next step of it.
    if (isDraining(head)) this.buffer.offerSkip(channel, request);
    else {
      const first = firstGap(head);
      const isAnother = first !== undefined && done === undefined && expected !== undefined;
      if (isAnother && !isSame(first, expected)) {
        request.settle({ skipped: undefined, reason: 'gap-moved', first });
      } else {
        const result = skipGaps(head, skip, now);
        if (result !== undefined) return result;
        settleSkip(request, head, first);
      }
    }
    skips.shift();
    return undefined;
  }

  private settleSkipped({ work: { channel, skips }, head }: Turn, { step, skipped }: SkippedGaps): void {
    const request = skips.shift()!;
    const change = step.change!;
    this.sinceYield += change.events.length;
    this.announce(change, head);
    this.traces?.settled(change, []);
    if (step.more) this.goOnDraining(channel);
    request.done = together(request.done, skipped);
    // As much as one step can: there may be more to skip, behind what can be drained now.
    const isDone = change.events.length < EVENTS_PER_STEP || this.stopping;
    if (isDone) request.settle({ skipped: request.done, version: change.state.version });
    else this.buffer.offerSkip(channel, request);
  }

  /** Nobody waits for a drain: what is left of it when the service stops is done at the next start. */
  private goOnDraining(channel: string): void {
    if (!this.stopping) this.buffer.resume(channel);
  }

  private announce(change: Change, before: Head): void {
    for (const listener of this.listeners) {
      try {
        listener(change, before);
      } catch (error) {
        // Whoever only listens must not keep a stored message from its answer.
        this.logger.error('a commit listener failed', { error: asError(error).message });
      }
    }
  }

  private failUnsettled(work: readonly ChannelWork[], error: Error): void {
    this.logger.error('a batch was not stored; nothing of it was acknowledged', {
      error: error.message,
      ...this.traces?.fieldsOf(work),
    });
    for (const { arrivals, skips } of work) {
      const failed = arrivals.splice(0);
      this.buffer.settled(failed);
      for (const waiter of [...failed, ...skips.splice(0)]) waiter.fail(error);
    }
    void this.resumeLater(work);
  }

  /**
   * A drain may be left over: the one that failed, or one that began with a commit of which only the answer was
   * lost. Nobody waits for it, so nobody would ask for it again.
   */
  private async resumeLater(work: readonly ChannelWork[]): Promise<void> {
    const isWaiting = this.interrupted.size > 0;
    for (const { channel } of work) this.interrupted.add(channel);
    if (isWaiting) return;
    await this.clock.sleep(RETRY_DRAIN_AFTER_MS);
    const channels = [...this.interrupted];
    this.interrupted.clear();
    if (this.stopping) return;
    for (const channel of channels) {
      this.buffer.resume(channel);
      this.wake();
    }
  }

  private get isTurnUsedUp(): boolean {
    return this.sinceYield >= MESSAGES_PER_EVENT_LOOP_TURN;
  }

  /** All workers have one turn together: who finds it used up waits with the others for the next. */
  private turnOver(): Promise<void> {
    return (this.nextTurn ??= this.beginTurn());
  }

  private async beginTurn(): Promise<void> {
    await this.clock.sleep(0);
    this.sinceYield = 0;
    this.nextTurn = undefined;
  }
}

const arrivalsOf = ({ work, some }: Turn): readonly Arrival[] => some ?? work.arrivals;

/** What is answered now is no longer among what waits for an answer. */
const takeFrom = ({ work: { arrivals }, some }: Turn): Arrival[] =>
  some === undefined ? arrivals.splice(0) : arrivals.splice(arrivals.indexOf(some[0]!), some.length);

const halvesOf = <T>(all: readonly T[]): readonly [readonly T[], readonly T[]] => {
  const half = Math.ceil(all.length / 2);
  return [all.slice(0, half), all.slice(half)];
};

const isDraining = ({ state, waiting }: Head): boolean => waiting.get(state.version + 1) !== undefined;

const isSame = (one: NumberRange, other: NumberRange): boolean =>
  one.from === other.from && one.to === other.to;

/** Nothing is left to skip: of a wish that took several turns, or because there was nothing from the beginning. */
const settleSkip = ({ done, settle }: SkipRequest, { state }: Head, first: NumberRange | undefined): void => {
  if (done !== undefined) return settle({ skipped: done, version: state.version });
  if (first === undefined) return settle({ skipped: undefined, reason: 'no-gap' });
  settle({ skipped: undefined, reason: 'gap-moved', first });
};

const together = (before: Skipped | undefined, skipped: readonly NumberRange[]): Skipped => ({
  from: before?.from ?? skipped[0]!.from,
  to: skipped.at(-1)!.to,
  gaps: (before?.gaps ?? 0) + skipped.length,
  numbers: skipped.reduce((sum, { from, to }) => sum + to - from + 1, before?.numbers ?? 0),
});

const isAskedToSkip = ({ skips }: ChannelWork): boolean => skips.length > 0;

const headRequest = ({ channel, arrivals }: ChannelWork, skips: boolean): HeadRequest => ({
  channel,
  numbers: arrivals.map(({ message }) => message.number),
  skips,
  fresh: skips,
});

const messageOf = ({ message }: Arrival) => message;

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new StoreUnavailable(String(error));
