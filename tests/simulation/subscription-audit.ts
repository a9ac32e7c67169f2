import type { StoredEvent } from '../../src/application/ports/event-store.js';
import type {
  ParkedSequence,
  Selection,
  Subscription,
} from '../../src/application/ports/subscription-store.js';
import { epochOf, placeIn, type Disk } from './disk.js';
import type { Write } from './subscription-table.js';
import type { World } from './world.js';

/** What one process was told of a subscription, and when. */
export class Knowledge {
  readonly selections: { readonly at: number; readonly selection: Selection }[] = [];
  readonly replays: { readonly at: number; readonly place: number }[] = [];
  isPaused = false;
  position = '';
  parked: ReadonlyMap<string, number> = new Map();
  run: Run | undefined;
  audit: SubscriptionAudit | undefined;
  private replayed: number | undefined;

  constructor(private readonly now: () => number) {}

  found({ types, channels, isPaused, position, replays }: Subscription): void {
    this.selections.push({ at: this.now(), selection: { types, channels } });
    if (this.replayed !== undefined && replays !== this.replayed)
      this.replays.push({ at: this.now(), place: placeIn(position) });
    this.replayed = replays;
    Object.assign(this, { isPaused, position });
  }

  foundParked(rows: readonly ParkedSequence[], isMore: boolean): void {
    const before = isMore ? [...this.parked] : [];
    this.parked = new Map([...before, ...rows.map(({ channel, number }) => [channel, number] as const)]);
  }

  /** It begins to deliver by what it was told. */
  begin(process: string, now: number): Run {
    const { position, parked, run } = this;
    if (run !== undefined && run.lines > 0) {
      // The same one, over another line.
      run.lines++;
      return run;
    }
    const tried = new Map<string, Tries>();
    const began = { process, known: this, openedAt: now, place: placeIn(position), parked };
    this.run = { ...began, yesAt: -1, tried, isOver: false, lines: 1 };
    return this.run;
  }

  /** When it was told last what operators may have said. */
  get heardAt(): number {
    return this.selections.at(-1)!.at;
  }

  /** By which filters it may have judged an event that was written then. */
  judgedBy(writtenAt: number): Selection[] {
    return this.selections
      .filter((_, i) => (this.selections[i + 1]?.at ?? Infinity) >= writtenAt)
      .map(({ selection }) => selection);
  }
}

/** One loop of deliveries in one process. */
export interface Run {
  readonly process: string;
  readonly known: Knowledge;
  readonly openedAt: number;
  /** Where it began: told before, and nothing to be told again. */
  readonly place: number;
  readonly parked: ReadonlyMap<string, number>;
  /** When something was taken last. */
  yesAt: number;
  readonly tried: Map<string, Tries>;
  isOver: boolean;
  /** How many are open. */
  lines: number;
}

interface Tries {
  readonly at: number;
  /** Others were taken between the last two tries; or between any two. */
  readonly othersTaken: boolean;
  readonly wereTaken: boolean;
}

interface Yes {
  readonly at: number;
  readonly run: Run;
}

/** What a receiver was told of one subscription, and what is kept of it, write by write. */
export class SubscriptionAudit {
  isOver = false;
  /** When something was kept of it by whoever delivers. */
  private savedAt = -1;
  private readonly selections: Selection[];
  private start: number;
  /** The first place of all from which it was to be told. */
  private lowest: number;
  private readonly replays: { readonly at: number; readonly place: number }[] = [];
  /** Places that an operator had passed by. */
  private readonly passed: { readonly after: number; readonly upTo: number }[] = [];
  private readonly dropped = new Map<string, number>();
  private taken = new Set<string>();
  private yes = new Map<string, Yes>();
  private highest = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly disk: Disk,
    private readonly writtenAt: (event: StoredEvent) => number,
    { position, types, channels, name }: Subscription,
  ) {
    this.start = this.lowest = placeIn(position);
    this.selections = [{ types, channels }];
    this.name = name;
  }

  readonly name: string;
  /** Another history has begun, of which nothing was told that is known any more. */
  beginAnew(): void {
    this.taken = new Set();
    this.yes = new Map();
    this.highest = new Map();
    this.replays.length = 0;
    this.start = this.lowest = 0;
    // What had been passed there stands elsewhere now.
    this.passed.push({ after: 0, upTo: this.disk.lastPlace });
    this.dropped.clear();
  }

  take(batch: readonly StoredEvent[], run: Run, isLate: boolean): void {
    for (const event of batch) {
      if (this.isOver || epochOf(event.position) !== this.disk.epoch) continue;
      const key = keyOf(event);
      if (!this.isAmong(run.known.judgedBy(this.writtenAt(event)), event))
        this.violated('nobody is told what he does not want', key);
      if (placeIn(event.position) <= this.lowest) this.violated('nobody is told of before the start', key);
      this.inOrder(event, key);
      if (!isLate) this.repeats(event, key, run);
    }
  }

  took(batch: readonly StoredEvent[], run: Run): void {
    const at = this.world.scheduler.now;
    for (const event of batch) {
      if (epochOf(event.position) === this.disk.epoch) this.yes.set(keyOf(event), { at, run });
    }
    for (const { channel } of batch) {
      const { wereTaken = false } = run.tried.get(channel) ?? {};
      run.tried.set(channel, { at, othersTaken: false, wereTaken });
    }
    run.yesAt = at;
  }

  refused(batch: readonly StoredEvent[], run: Run): void {
    const { now } = this.world.scheduler;
    for (const channel of new Set(batch.map((event) => event.channel))) {
      const before = run.tried.get(channel);
      const othersTaken = run.yesAt > (before?.at ?? run.openedAt);
      const wereTaken = othersTaken || before?.wereTaken === true;
      run.tried.set(channel, { at: now, othersTaken, wereTaken });
    }
  }

  saved(write: Write, known: Knowledge | undefined): void {
    const rows = [...write.parked.values()].map(({ channel, number }) => `${channel}/${number}`).join(' ');
    this.world.trace.add(`${this.name} saved by ${write.by}, parked: ${rows}`, placeIn(write.after.position));
    if (write.by === undefined) this.savedByOperator(write);
    else this.savedByDelivery(write, known!);
  }

  /** A process has stopped, and everything it asked of its disk was done. */
  stopped({ yesAt, process }: Run): void {
    if (yesAt > this.savedAt) this.violated('what was told is kept when a process stops', process);
  }

  /** When all is over: nothing that was wanted by every filter is missing. */
  check(): void {
    for (const event of this.disk.log) {
      const key = keyOf(event);
      if (event.place <= this.start || this.isExempt(event) || this.yes.has(key)) continue;
      this.violated('what is wanted is told', key);
    }
  }

  private savedByDelivery(write: Write, known: Knowledge): void {
    const { before, after, parkedBefore, parked } = write;
    this.savedAt = this.world.scheduler.now;
    const isOther = before.replays !== after.replays || (before.isPaused && !after.isPaused);
    if (isOther) this.violated('what operators say holds', JSON.stringify(after));
    this.checkpointMoved(write, known);
    for (const [channel, row] of parked) {
      const rowBefore = parkedBefore.get(channel);
      if (rowBefore === undefined) this.parkedNow(row, known.run);
      else if (row.number < rowBefore.number)
        this.violated('a parked rocket never goes back', `${channel} ${row.number}`);
      if (row.nextTryAt === undefined && (rowBefore === undefined || rowBefore.nextTryAt !== undefined))
        this.givenUp(row, known.run);
    }
    for (const channel of parkedBefore.keys())
      if (!parked.has(channel)) this.world.meet('parked rocket caught up');
  }

  private checkpointMoved({ before, after, parkedBefore, parked }: Write, known: Knowledge): void {
    const from = placeIn(before.position);
    const to = placeIn(after.position);
    if (to < from) this.violated('a checkpoint never goes back', `${from} to ${to}`);
    for (const event of this.disk.log) {
      const { channel, number, place } = event;
      const firstParked = parked.get(channel)?.number ?? Infinity;
      const wasParked = number >= (parkedBefore.get(channel)?.number ?? Infinity);
      const isPassed = place <= to && number < firstParked && (place > from || wasParked);
      if (isPassed && !this.isDone(event, known))
        this.violated(
          'a checkpoint is behind what was told',
          `${keyOf(event)} at ${place}, ${from} to ${to}`,
        );
    }
  }

  private parkedNow({ channel, number }: ParkedSequence, run: Run | undefined): void {
    this.world.meet('rocket parked');
    const tries = run?.tried.get(channel);
    if (tries?.wereTaken !== true)
      this.violated('nobody is parked while nobody is taken', `${channel} ${number}`);
    else run!.tried.set(channel, { ...tries, wereTaken: false });
  }

  private givenUp({ channel, number, since }: ParkedSequence, run: Run | undefined): void {
    this.world.meet('parked rocket given up');
    if (run?.tried.get(channel)?.othersTaken !== true)
      this.violated('nobody is given up while nobody is taken', `${channel} ${number}`);
    const patience = EPOCH + this.world.scheduler.now - since;
    if (patience < this.world.plan.subscriptions!.patienceMs - CLOCKS_DIFFER_MS)
      this.violated('a rocket is given up after some patience only', `${channel} after ${patience} ms`);
  }

  private savedByOperator({ before, after, parkedBefore, parked }: Write): void {
    const { now } = this.world.scheduler;
    this.selections.push(after);
    const from = placeIn(before.position);
    const to = placeIn(after.position);
    if (before.replays !== after.replays) {
      this.replays.push({ at: now, place: to });
      this.lowest = Math.min(this.lowest, to);
      if (to > from) this.passed.push({ after: from, upTo: to });
    } else if (from !== to) this.violated('a checkpoint never goes back', `${from} to ${to} by an operator`);
    for (const [channel, { number }] of parkedBefore) {
      const { number: next = number } = parked.get(channel) ?? {};
      const last = this.disk.log.findLast((event) => event.channel === channel && event.place <= from);
      if (next < number || next > Math.max(last?.number ?? 0, number) + 1)
        this.violated('no more is dropped than waits', `${channel} from ${number} to ${next - 1}`);
      for (let each = number; each < next; each++) this.dropped.set(`${channel}/${each}`, now);
    }
  }

  /** Told since it was to be told; or nobody wants it, or an operator dropped it. */
  private isDone(event: StoredEvent, known: Knowledge): boolean {
    const key = keyOf(event);
    const place = placeIn(event.position);
    const since = Math.max(-1, ...this.replays.filter((one) => one.place < place).map(({ at }) => at));
    if ((this.yes.get(key)?.at ?? -Infinity) >= since || (this.dropped.get(key) ?? -Infinity) >= since)
      return true;
    return known.judgedBy(this.writtenAt(event)).some((selection) => !wants(selection, event));
  }

  private inOrder(event: StoredEvent, key: string): void {
    const highest = this.highest.get(event.channel) ?? 0;
    if (!this.taken.has(key) && event.number < highest && !this.isExempt(event))
      this.violated('each rocket is told in its order', `${key} after ${highest}`);
    this.taken.add(key);
    this.highest.set(event.channel, Math.max(highest, event.number));
  }

  /** Somebody had reasons to pass it by for some time. */
  private isExempt(event: StoredEvent): boolean {
    const place = placeIn(event.position);
    return (
      place <= this.start ||
      this.dropped.has(keyOf(event)) ||
      this.passed.some(({ after, upTo }) => place > after && place <= upTo) ||
      this.selections.some((selection) => !wants(selection, event))
    );
  }

  private repeats({ position, channel, number }: StoredEvent, key: string, run: Run): void {
    const yes = this.yes.get(key);
    if (yes === undefined) return;
    const place = placeIn(position);
    const since = yes.run === run ? yes.at : run.openedAt;
    // What is parked before it is tried from where it stands in the store, too.
    if (run.known.replays.some((replay) => replay.at >= since))
      return this.world.meet('event told again as an operator said');
    const wasBehind = place <= run.place && number < (run.parked.get(channel) ?? Infinity);
    if (yes.run === run || wasBehind) this.violated('nothing is told twice for no reason', key);
    else this.world.meet('event told again after its instance was lost');
  }

  private isAmong(selections: readonly Selection[], event: StoredEvent): boolean {
    return selections.some((selection) => wants(selection, event));
  }

  violated(check: string, detail: string): void {
    if (!this.isOver) this.world.violated(check, `${this.name}: ${detail}`);
  }
}

/** What the clocks of all processes show at first, give or take a second. */
const EPOCH = Date.UTC(2026, 0, 1);
const CLOCKS_DIFFER_MS = 2500;

const keyOf = ({ channel, number }: StoredEvent): string => `${channel}/${number}`;

const wants = ({ types, channels }: Selection, { channel, event }: StoredEvent): boolean =>
  (types?.includes(event.type) ?? true) && (channels?.includes(channel) ?? true);
