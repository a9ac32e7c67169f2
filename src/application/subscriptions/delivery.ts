import type { EventFeed } from '../feed/event-feed.js';
import type { Clock } from '../ports/clock.js';
import type { EventStore, Position, StoredEvent } from '../ports/event-store.js';
import type { Logger } from '../ports/logger.js';
import type { Delivered, Sink, Sinks } from '../ports/sink.js';
import type {
  BatchBounds,
  Lease,
  ParkedSequence,
  Subscription,
  SubscriptionStore,
} from '../ports/subscription-store.js';
import { Bell } from './bell.js';
import { Progress, type Refused } from './progress.js';
import { PulledFeed } from './pulled-feed.js';
import { asFeed, isOtherFeed, isWanted } from './selection.js';
import { leastTried, Sequences, type Sequence } from './sequences.js';
import type { Share } from './share.js';
import { readWhole } from './subscriptions.js';

/** Where nothing was told but what is not wanted, the checkpoint is no hurry. */
const SAVE_PASSED_AFTER_MS = 5000;
/** Where the store can't be asked. */
const AGAIN_AFTER_MS = 500;
const IDLE_MS = 1000;
/** So many rockets are tried one by one where nothing is taken; then the same ones again. */
const MOST_SUSPECTS = 8;
/** A receiver that refuses more rockets than that has to be looked at: nothing more is parked. */
const MOST_PARKED = 10_000;
/** What was begun when the service stops may end by itself for so long. */
const GRACE_MS = 2000;
const SECRETS_FOR_MS = 1000;
const CATCH_UP_PAGE = 128;
const KAFKA_BATCH = 256;
/** What a webhook is sent at once where nothing else is said. */
export const defaultBatch: BatchBounds = { events: 100, ms: 20 };

const notOurs: Delivered = { kind: 'gone', what: 'another instance may deliver by now' };

export interface DeliveryParts {
  readonly store: SubscriptionStore;
  readonly events: Pick<EventStore, 'read' | 'compare'>;
  readonly feed: Pick<EventFeed, 'subscribe' | 'turn'>;
  readonly share: Share;
  readonly sinks: Sinks;
  readonly signingSecrets: (name: string) => Promise<readonly string[]>;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly logger: Logger;
  /** For so long the sequence of a rocket is tried again by itself. */
  readonly patienceMs: number;
  /** A checkpoint is written no more often: what was told since is told again after a crash. */
  readonly saveEveryMs: () => number;
}

/** The right to deliver, by our own steady clock, which also counts while the process is stopped. */
export interface Right {
  readonly number: number;
  readonly until: number;
}

/** An event that waits to be told, and where the checkpoint is as long as it does. */
interface Pending {
  readonly event: StoredEvent;
  readonly before: Position;
}

/**
 * Tells one receiver what one subscription wants, batch after batch, and keeps how far it has come.
 *
 * - What a receiver does not take is tried again in smaller batches, down to a single event. Its rocket is then a *suspect*,
 *   which holds back the checkpoint, and events of other rockets are tried. Once one of them is taken, the suspect has its
 *   next turn; failing again, it is *parked*: stored with the checkpoint, tried again for some time, and passed by.
 * - As long as nothing is taken nobody is parked: the receiver fails for everybody, and is tried again for ever.
 * - The checkpoint is behind everything that was taken or is parked, and is only ever saved with what it relies on.
 */
export class Delivery {
  private feed: PulledFeed | undefined;
  /** A feed that could not be read is not opened again before. */
  private readAgainAt = -Infinity;
  private sink: Sink;
  private pending: Pending[] = [];
  private pendingSince = 0;
  /** Everything up to here was taken from the feed. */
  private seen: Position;
  private readonly progress: Progress;
  /** Something was told, or refused, since the last save; or at least passed. */
  private isDirty = false;
  private hasPassed = false;
  private savedAt = -Infinity;
  private size: number;
  private wasSequence = false;
  private isOld = false;
  private isRemoved = false;
  private stopping = false;
  /** Of the batch that is under way. */
  private underWay = new AbortController();
  private readonly bell: Bell;
  private secrets: { readonly at: number; readonly texts: Promise<readonly string[]> } | undefined;

  private constructor(
    private readonly parts: DeliveryParts,
    private right: Right,
    private saved: Subscription,
    private sequences: Sequences,
  ) {
    this.progress = new Progress(saved, parts.clock, parts.random);
    this.seen = saved.position;
    this.bell = new Bell(parts.clock);
    this.sink = this.openSink();
    this.size = this.most;
  }

  /** Undefined when there is nothing to deliver any more of what the lease is for. */
  static async open(parts: DeliveryParts, lease: Lease, right: Right): Promise<Delivery | undefined> {
    const now = await readWhole(parts.store, lease.name);
    if (now?.subscription.createdAt !== lease.createdAt || now.subscription.isPaused) return undefined;
    return new Delivery(parts, right, now.subscription, new Sequences(now.rows));
  }

  /** Whether nobody has written anything of it that is not known here. */
  isUpToDate({ revision, createdAt }: Lease): boolean {
    return this.saved.revision === revision && this.saved.createdAt === createdAt;
  }

  get number(): number {
    return this.right.number;
  }

  /** Until when it may go on, as it was said last. */
  renew(right: Right): void {
    this.right = right;
  }

  /** Somebody has written something of it. */
  lookAgain(): void {
    this.isOld = true;
    this.secrets = undefined;
    this.bell.ring();
  }

  stop(): void {
    this.stopping = true;
    this.bell.ring();
    void this.parts.clock.sleep(GRACE_MS).then(() => this.underWay.abort());
  }

  /** Resolves when it was stopped, paused, removed, or the right has gone to another instance. */
  async run(): Promise<void> {
    try {
      while (this.goesOn) await this.step().catch((error: unknown) => this.rest(error));
      await this.saveAtLast();
    } finally {
      this.closeFeed();
      await this.sink.close();
    }
  }

  private get goesOn(): boolean {
    return !this.stopping && !this.isRemoved && !this.progress.isPaused && this.isOurs;
  }

  private get isOurs(): boolean {
    return this.parts.clock.elapsed() < this.right.until;
  }

  private async step(): Promise<void> {
    if (this.isOld) return this.lookUp();
    const elapsed = this.parts.clock.elapsed();
    if (elapsed >= this.saveAt) return this.save();
    this.fill(elapsed);
    const sequence = this.nextSequence(elapsed);
    const isReady = this.isReady(elapsed);
    // In turns, so that neither keeps the other waiting.
    if (sequence !== undefined && !(isReady && this.wasSequence)) {
      this.wasSequence = true;
      return this.catchUp(sequence);
    }
    this.wasSequence = false;
    if (isReady) return this.tellPending();
    await this.bell.wait(this.pause(elapsed));
  }

  private async rest(error: unknown): Promise<void> {
    const { logger, clock } = this.parts;
    logger.warn('a subscription could not go on', { subscription: this.saved.name, error: String(error) });
    await clock.sleep(AGAIN_AFTER_MS);
  }

  /** For how long there is nothing to do but what rings. */
  private pause(elapsed: number): number {
    const due = [IDLE_MS, this.saveAt - elapsed];
    if (this.feed === undefined) due.push(this.readAgainAt - elapsed);
    const { isIdle } = this;
    if (this.progress.failures > 0 && !isIdle) due.push(this.progress.notBefore - elapsed);
    else if (this.pending.length > 0) due.push(this.pendingSince + this.gatherMs - elapsed);
    if (this.progress.failures === 0 || isIdle) due.push(this.sequences.nextDueAt - this.parts.clock.now());
    return Math.max(1, Math.min(...due));
  }

  /** Nothing is at hand but what is parked. */
  private get isIdle(): boolean {
    return this.pending.length + this.sequences.suspects.size === 0;
  }

  private get most(): number {
    const { sink } = this.saved;
    return sink.type === 'webhook' ? (sink.batch?.events ?? defaultBatch.events) : KAFKA_BATCH;
  }

  private get gatherMs(): number {
    const { sink } = this.saved;
    return sink.type === 'webhook' ? (sink.batch?.ms ?? defaultBatch.ms) : 0;
  }

  /** Takes events from the feed until there are two batches of those that are wanted. */
  private fill(elapsed: number): void {
    if (this.feed?.hasEnded) {
      this.closeFeed();
      this.readAgainAt = elapsed + AGAIN_AFTER_MS;
    }
    if (this.feed === undefined && elapsed < this.readAgainAt) return;
    this.feed ??= new PulledFeed(this.parts.feed, this.seen, asFeed(this.saved), () => this.bell.ring());
    const before = this.seen;
    // Two batches: while one is under way, the next one is made ready.
    const most = 2 * this.most;
    for (let isMore = true; isMore && this.pending.length < most;) {
      const { events, upTo } = this.feed.pull(most - this.pending.length);
      for (const event of events) this.see(event);
      if (upTo !== undefined) this.seen = upTo;
      isMore = events.length > 0;
    }
    if (this.seen !== before) this.hasPassed = true;
  }

  private see(event: StoredEvent): void {
    if (isWanted(this.saved, event) && !this.sequences.has(event.channel)) {
      if (this.pending.length === 0) this.pendingSince = this.parts.clock.elapsed();
      this.pending.push({ event, before: this.seen });
    }
    this.seen = event.position;
  }

  private isReady(elapsed: number): boolean {
    if (this.pending.length === 0) return false;
    if (this.progress.failures > 0)
      return elapsed >= this.progress.notBefore && this.sequences.suspects.size < MOST_SUSPECTS;
    return this.pending.length >= this.most || elapsed >= this.pendingSince + this.gatherMs;
  }

  /** The one whose turn it is of those that do not go with the others. */
  private nextSequence(elapsed: number): Sequence | undefined {
    const { suspects } = this.sequences;
    const now = this.parts.clock.now();
    if (this.progress.failures === 0) return leastTried(suspects.values()) ?? this.sequences.due(now);
    if (this.isIdle) return this.sequences.due(now);
    if (elapsed < this.progress.notBefore || this.isReady(elapsed)) return undefined;
    return leastTried(suspects.values());
  }

  private async tellPending(): Promise<void> {
    const batch = this.pending.slice(0, this.size);
    const next = this.pending.slice(batch.length, 2 * batch.length);
    const told = await this.tell(eventsOf(batch), eventsOf(next));
    if (told.kind === 'yes') {
      this.pending.splice(0, batch.length);
      this.pendingSince = this.parts.clock.elapsed();
      this.size = Math.min(this.size * 2, this.most);
    } else if (told.kind !== 'gone') this.refusedPending(batch, told);
  }

  private refusedPending(batch: readonly Pending[], told: Refused): void {
    // Who stumbles once may well take it as it is.
    const hasStumbled = told.kind === 'again' && this.progress.failures === 0;
    if (!hasStumbled) this.size = Math.ceil(batch.length / 2);
    if (batch.length > 1) return this.progress.putOff(told, batch.length);
    const [{ event, before }] = batch as [Pending];
    const { channel, number, position } = event;
    const now = this.parts.clock.now();
    const tried = { since: now, tries: 1, nextTryAt: now, what: told.what, takenBefore: this.progress.taken };
    this.pending = this.pending.filter((one) => one.event.channel !== channel);
    this.sequences.suspect({ channel, number, position, before, size: 1, stored: undefined, ...tried });
    this.progress.putOff(told, 1);
  }

  /** Tells the next events of a rocket that does not go with the others; behind the last of them it does again. */
  private async catchUp(sequence: Sequence): Promise<void> {
    const { events } = this.parts;
    const { channel, number } = sequence;
    const found = await events.read(channel, { after: number - 1, limit: CATCH_UP_PAGE });
    const here = found.filter(({ position }) => events.compare(position, this.seen) <= 0);
    const batch = here
      .filter((event) => isWanted(this.saved, event))
      .slice(0, Math.min(sequence.size, this.most));
    if (batch.length > 0) return this.tellSequence(sequence, batch);
    this.isDirty = true;
    if (here.length === CATCH_UP_PAGE) this.moveOn(sequence, here.at(-1)!);
    else this.sequences.remove(sequence);
  }

  private async tellSequence(sequence: Sequence, batch: readonly StoredEvent[]): Promise<void> {
    const told = await this.tell(batch);
    if (told.kind === 'gone') return;
    if (told.kind !== 'yes') return this.refusedAgain(sequence, batch, told);
    const now = this.parts.clock.now();
    sequence.size = Math.min(sequence.size * 2, this.most);
    Object.assign(sequence, { tries: 0, since: now, nextTryAt: now, takenBefore: this.progress.taken });
    this.moveOn(sequence, batch.at(-1)!);
  }

  /** A suspect's checkpoint moves with it: what was told need not be told again. */
  private moveOn(sequence: Sequence, { number, position }: StoredEvent): void {
    sequence.number = number + 1;
    sequence.position = position;
    if (sequence.before !== undefined) sequence.before = position;
    this.sequences.note(sequence);
  }

  private refusedAgain(sequence: Sequence, batch: readonly StoredEvent[], told: Refused): void {
    const { clock, patienceMs } = this.parts;
    const now = clock.now();
    // Others were taken since it failed last: it is not the receiver that fails.
    const isAlone = this.progress.taken > sequence.takenBefore;
    const isOver = isAlone && now - sequence.since >= patienceMs;
    const [{ number, position }] = batch as [StoredEvent];
    const size = Math.ceil(batch.length / 2);
    const tries = sequence.tries + 1;
    const first = { number, position, what: told.what };
    Object.assign(sequence, { ...first, size, tries, takenBefore: this.progress.taken });
    const isSuspect = sequence.before !== undefined;
    if (isSuspect && (!isAlone || this.sequences.parked.size >= MOST_PARKED)) {
      return this.progress.putOff(told, batch.length);
    }
    const isGivenUp = isOver && !isSuspect;
    sequence.nextTryAt = isGivenUp ? undefined : Math.ceil(now + this.progress.pauseBefore(tries, told));
    if (isSuspect) this.sequences.park(sequence);
    else this.sequences.note(sequence);
    if (isSuspect) this.say('a rocket is parked: its events are not taken', sequence);
    if (isGivenUp) this.say('a parked rocket waits for an operator: its events are not taken', sequence);
  }

  private say(message: string, { channel, number, what }: Sequence): void {
    this.parts.logger.warn(message, { subscription: this.saved.name, channel, number, what });
  }

  private async tell(batch: readonly StoredEvent[], next: readonly StoredEvent[] = []): Promise<Delivered> {
    const { feed, share } = this.parts;
    const lack = await this.lackOfSecret();
    await share.turn(batch.length);
    this.underWay = new AbortController();
    const told =
      lack ??
      (await feed
        .turn(() => (this.isOurs ? this.handOver(batch, next) : notOurs))
        .catch((error: unknown): Delivered => ({ kind: 'again', what: String(error) })));
    if (told !== notOurs) this.note(told, batch.length);
    return told;
  }

  private handOver(batch: readonly StoredEvent[], next: readonly StoredEvent[]): Promise<Delivered> {
    const { sink } = this;
    const told = sink.deliver(batch, this.underWay.signal);
    // In the next turn of the event loop, when the batch has left.
    if (next.length > 0 && sink.prepare) void this.parts.clock.sleep(0).then(() => sink.prepare?.(next));
    return told;
  }

  private note(told: Delivered, events: number): void {
    const { logger } = this.parts;
    const { name: subscription } = this.saved;
    const wasFailing = this.progress.isFailing;
    this.isDirty = true;
    this.progress.note(told, events);
    if (told.kind === 'yes' && wasFailing) logger.info('a receiver takes events again', { subscription });
    if (told.kind === 'gone') logger.warn('a subscription is paused', { subscription, what: told.what });
  }

  /** All that stands up to here was taken, or is parked, or was not wanted. */
  private get checkpoint(): Position {
    const { events } = this.parts;
    let first = this.pending[0]?.before ?? this.seen;
    for (const { before } of this.sequences.suspects.values()) {
      if (events.compare(before!, first) < 0) first = before!;
    }
    return first;
  }

  private get needsSaving(): boolean {
    return this.isDirty || this.hasPassed || this.sequences.hasChanged;
  }

  private get saveAt(): number {
    if (this.isDirty || this.sequences.hasChanged) return this.savedAt + this.parts.saveEveryMs();
    return this.hasPassed ? this.savedAt + SAVE_PASSED_AFTER_MS : Infinity;
  }

  private async save(): Promise<void> {
    const { store, clock } = this.parts;
    const { changes, stored } = this.sequences.takeChanges();
    const subscription = { ...this.progress.in(this.saved), position: this.checkpoint };
    this.savedAt = clock.elapsed();
    this.isDirty = this.hasPassed = false;
    let saved: Subscription | undefined;
    try {
      saved = await store.save(subscription, { ...changes, lease: this.right.number });
    } finally {
      if (saved === undefined) this.isDirty = true;
    }
    if (saved === undefined) return this.lookUp();
    this.saved = saved;
    stored();
  }

  private async saveAtLast(): Promise<void> {
    for (let tries = 0; tries < 3 && this.needsSaving && !this.isRemoved; tries++) {
      await this.save().catch((error: unknown) => this.rest(error));
    }
  }

  /** Somebody may have changed it, or taken it over: nothing more is told before that is known. */
  private async lookUp(): Promise<void> {
    this.isOld = false;
    try {
      await this.heed();
    } catch (error) {
      this.isOld = true;
      throw error;
    }
  }

  private async heed(): Promise<void> {
    const before = this.saved;
    const { subscription: found, rows = [] } = (await readWhole(this.parts.store, before.name)) ?? {};
    // One that was made anew under the same name is another.
    if (found?.createdAt !== before.createdAt) return void (this.isRemoved = true);
    if (found.revision === before.revision) return;
    this.saved = found;
    this.progress.heed(found);
    const isOther = JSON.stringify(found.sink) !== JSON.stringify(before.sink);
    if (isOther) await this.changeSink();
    if (found.replays !== before.replays) return this.beginAt(found, rows);
    this.sequences.merge(rows);
    if (isOtherFeed(found, before)) this.closeFeed();
    if (isOther || (before.failing !== undefined && found.failing === undefined)) this.forgive();
  }

  /** An operator has said from where on all is to be told. */
  private beginAt({ position }: Subscription, rows: readonly ParkedSequence[]): void {
    this.sequences = new Sequences(rows, this.progress.taken);
    this.pending = [];
    this.seen = position;
    this.closeFeed();
    this.forgive();
  }

  /** As if nothing had failed. */
  private forgive(): void {
    this.progress.forgive();
    this.size = this.most;
  }

  private closeFeed(): void {
    this.feed?.close();
    this.feed = undefined;
  }

  private async changeSink(): Promise<void> {
    const before = this.sink;
    this.sink = this.openSink();
    await before.close();
  }

  private openSink(): Sink {
    const { name, sink } = this.saved;
    return this.parts.sinks.open(name, sink, () => this.secretTexts());
  }

  private async lackOfSecret(): Promise<Delivered | undefined> {
    if (this.saved.sink.type !== 'webhook' || (await this.secretTexts()).length > 0) return undefined;
    return { kind: 'gone', what: 'it has no secret to sign with' };
  }

  /** Others may change them. */
  private secretTexts(): Promise<readonly string[]> {
    const { clock, signingSecrets } = this.parts;
    const now = clock.elapsed();
    if (this.secrets === undefined || now >= this.secrets.at + SECRETS_FOR_MS) {
      const texts = signingSecrets(this.saved.name);
      texts.catch(() => (this.secrets = undefined));
      this.secrets = { at: now, texts };
    }
    return this.secrets.texts;
  }
}

const eventsOf = (pending: readonly Pending[]): StoredEvent[] => pending.map(({ event }) => event);
