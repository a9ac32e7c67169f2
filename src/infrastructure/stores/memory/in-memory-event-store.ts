import { randomInt } from 'node:crypto';
import {
  UnknownPosition,
  type Change,
  type Durability,
  type EventStore,
  type FeedBatch,
  type FeedPage,
  type FeedRequest,
  type Fullness,
  type Following,
  type Head,
  type HeadRequest,
  type HistoryPage,
  type NumberedEvent,
  type Position,
  type ReceivedMessage,
  type SnapshotBound,
  type StoredEvent,
} from '../../../application/ports/event-store.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import { utcKey, utcMillis } from '../../../domain/rocket-time.js';
import { evolve, initialState, type RocketState } from '../../../domain/rocket.js';
import { ownMessage, ownState } from '../own-copies.js';
import { nothingWaits, WaitingList } from '../waiting-list.js';
import { ChannelRows } from './channel-rows.js';
import { EventLog, NONE } from './event-log.js';
import { GapList } from './gap-list.js';
import type { InMemoryRocketDirectory } from './in-memory-rocket-directory.js';
import { StringTable } from './string-table.js';
import { Weight } from './weight.js';

export interface InMemoryOptions {
  /** Part of every position; by chance when not given. */
  readonly storeId?: string;
  /** A state is kept each time so many events of a channel have come. */
  readonly snapshotEvery?: number;
  /** So much may be kept, by estimate. */
  readonly bytes?: number;
}

/** At most so many events are looked at in one call while a filter finds nothing: about a millisecond. */
const SCAN = 1 << 16;
const SNAPSHOT_EVERY = 256;

interface ChannelRecord {
  readonly index: number;
  readonly channel: string;
  readonly rows: ChannelRows;
  readonly snapshots: KeptState[];
  revision: number;
  state: RocketState;
  highestHeard: number;
  heardAt: number;
  /** The latest time of sending so far, UTC milliseconds. */
  latest: number;
  eventsSinceSnapshot: number;
  /** Most rockets never have any of these. */
  waiting: WaitingList | undefined;
  gaps: GapList | undefined;
  late: WaitingList | undefined;
}

interface KeptState {
  readonly state: RocketState;
  readonly latest: number;
}

/** Keeps everything in this process. One call runs to its end before the next one starts, so nothing is ever half done. */
export class InMemoryEventStore implements EventStore {
  readonly durability: Durability = {
    level: 'none',
    description: 'in memory: everything is lost when the process ends',
  };
  readonly beginning: Position;
  readonly storeId: string;
  private readonly snapshotEvery: number;
  private readonly strings = new StringTable();
  private readonly log = new EventLog(this.strings);
  private readonly byChannel = new Map<string, ChannelRecord>();
  private readonly byIndex: ChannelRecord[] = [];
  private readonly weight: Weight;
  private listenedMs = 0;
  private listener: ((batch: FeedBatch) => void) | undefined;

  constructor(
    private readonly directory: InMemoryRocketDirectory,
    { storeId = randomStoreId(), snapshotEvery = SNAPSHOT_EVERY, bytes = Infinity }: InMemoryOptions = {},
  ) {
    this.storeId = storeId;
    this.snapshotEvery = snapshotEvery;
    this.weight = new Weight(this.strings, bytes);
    this.beginning = this.position(0);
  }

  /**
   * What else arrives in this turn of the event loop shares the commit, and the answers leave together: with 64
   * connections a POST costs a third less than taken at once (measured). More than that is not worth waiting for.
   */
  gather(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  async load(requests: readonly HeadRequest[]): Promise<Head[]> {
    return requests.map((request) => this.head(request));
  }

  get fullness(): Fullness | undefined {
    return this.weight.limit === Infinity ? undefined : this.weight;
  }

  async commit(changes: readonly Change[]): Promise<Head[]> {
    this.weight.refuseMore();
    const moved: Change[] = [];
    const before = this.log.size;
    try {
      for (const change of changes) {
        const record = this.byChannel.get(change.channel);
        if ((record?.revision ?? 0) !== change.revision) {
          moved.push(change);
        } else {
          refuseRepeats(change, record?.state.version ?? 0);
          this.write(record ?? this.open(change.channel), change);
          this.weight.add(change);
        }
      }
    } finally {
      // What was written before a change that is refused is there.
      this.announce(before);
    }
    return moved.map((change) => this.head(change));
  }

  async read(channel: string, { after, limit, order }: HistoryPage): Promise<StoredEvent[]> {
    const rows = this.byChannel.get(channel)?.rows;
    if (rows === undefined) return [];
    const { log } = this;
    const events: StoredEvent[] = [];
    if (order === 'desc') {
      for (const row of rows.before((one) => log.numberAt(one) >= (after ?? Infinity))) {
        if (events.length === limit) break;
        events.push(this.stored(row));
      }
      return events;
    }
    let row = rows.above(after ?? 0);
    for (; row !== NONE && events.length < limit; row = log.next(row)) events.push(this.stored(row));
    return events;
  }

  async readAll({ after, limit, channel, type, order }: FeedRequest): Promise<FeedPage> {
    if (order === 'desc') return this.readBack({ after, limit, channel, type });
    const { log } = this;
    const events: StoredEvent[] = [];
    let last = after === undefined ? 0 : this.existingRow(after);
    let left = SCAN;
    let row = channel === undefined ? log.following(last) : this.rowOfChannel(channel, last);
    while (row !== NONE && events.length < limit && left-- > 0) {
      if (type === undefined || log.typeAt(row) === type) events.push(this.stored(row));
      last = row;
      row = channel === undefined ? log.following(row) : log.next(row);
    }
    // At the end, what the filter left out is read as well.
    const end = row === NONE;
    return { events, next: this.position(end ? log.size : last), end };
  }

  async readAt(position: Position): Promise<StoredEvent | undefined> {
    const row = this.rowOf(position);
    return row >= 1 && row <= this.log.size ? this.stored(row) : undefined;
  }

  async lastPosition(): Promise<Position> {
    return this.position(this.log.size);
  }

  compare(one: Position, other: Position): number {
    return this.rowOf(one) - this.rowOf(other);
  }

  async follow(listener: (batch: FeedBatch) => void): Promise<Following> {
    this.listener = listener;
    const stop = (): void => {
      if (this.listener === listener) this.listener = undefined;
    };
    return { from: this.position(this.log.size), stop };
  }

  /** Exactly the state asked for: what is left to fold behind a kept state is too little to leave to the caller. */
  async snapshot(channel: string, bound: SnapshotBound): Promise<RocketState | undefined> {
    const record = this.byChannel.get(channel);
    if (record === undefined) return undefined;
    const { version = Infinity, time } = bound;
    const millis = time === undefined ? Infinity : utcMillis(`${time}Z`);
    // Within the same millisecond only the fold can tell.
    const isWithin = ({ state, latest }: KeptState): boolean => state.version <= version && latest < millis;
    const near = isWithin(record) ? record : record.snapshots.findLast(isWithin);
    const state = this.fold(record.rows, near?.state ?? initialState, version, time, millis);
    return state.version === 0 ? undefined : state;
  }

  async unfinished(): Promise<string[]> {
    return this.byIndex
      .filter(({ waiting, state }) => waiting?.get(state.version + 1) !== undefined)
      .map(({ channel }) => channel);
  }

  async listened(ms: number): Promise<number> {
    return (this.listenedMs += ms);
  }

  async close(): Promise<void> {
    // Nothing is held that the garbage collector does not know.
  }

  private head({ channel, numbers }: Pick<HeadRequest, 'channel' | 'numbers'>): Head {
    const record = this.byChannel.get(channel);
    if (record === undefined) return unheardHead(channel);
    const { revision, state, waiting = nothingWaits } = record;
    const recorded = this.recorded(record, numbers);
    return { channel, revision, state, waiting, recorded, late: lateAmong(record, numbers) };
  }

  private rowOfChannel(channel: string, behind: number): number {
    return this.byChannel.get(channel)?.rows.behind(behind) ?? NONE;
  }

  private recorded(
    { rows, state }: ChannelRecord,
    numbers: readonly number[],
  ): ReadonlyMap<number, RocketEvent> {
    let found: Map<number, RocketEvent> | undefined;
    for (const number of numbers) {
      if (number > state.version) continue;
      found ??= new Map();
      found.set(number, this.log.eventAt(rows.above(number - 1)));
    }
    return found ?? nothingRecorded;
  }

  private write(record: ChannelRecord, change: Change): void {
    for (const { number, event } of change.events) {
      const row = this.log.append(record.index, number, event, change.recordedAt);
      record.rows.append(row);
      record.latest = Math.max(record.latest, this.log.millisAt(row));
    }
    record.state = ownState(change, this.strings);
    record.revision++;
    if (change.heard) record.heardAt = change.recordedAt;
    this.moveWaiting(record, change);
    this.keepState(record, change.events.length);
    this.show(record, change.events);
  }

  private moveWaiting(record: ChannelRecord, { state, released, added, late }: Change): void {
    const { strings } = this;
    if (released.length > 0) record.waiting?.releaseUpTo(state.version);
    record.gaps?.passed(state.version);
    record.highestHeard = Math.max(record.highestHeard, state.version);
    for (const one of added) {
      const waiting = ownMessage(one, strings);
      const { number } = waiting.message;
      (record.waiting ??= new WaitingList()).add(waiting);
      const now = { since: waiting.receivedAt, listened: this.listenedMs };
      (record.gaps ??= new GapList()).heard(number, record.highestHeard, now);
      record.highestHeard = Math.max(record.highestHeard, number);
    }
    for (const one of late) (record.late ??= new WaitingList()).add(ownMessage(one, strings));
    if (record.waiting?.size === 0) record.waiting = undefined;
    if (record.gaps?.size === 0) record.gaps = undefined;
  }

  private keepState(record: ChannelRecord, events: number): void {
    record.eventsSinceSnapshot += events;
    if (record.eventsSinceSnapshot < this.snapshotEvery) return;
    record.snapshots.push({ state: record.state, latest: record.latest });
    record.eventsSinceSnapshot = 0;
  }

  private show(record: ChannelRecord, newEvents: readonly NumberedEvent[]): void {
    const { channel, state, highestHeard, heardAt, waiting, gaps, late } = record;
    const { version, rocket, updatedAt } = state;
    const counts = { waiting: waiting?.size ?? 0, late: late?.size ?? 0 };
    const summary = { channel, version, rocket, updatedAt, highestHeard, ...counts, heardAt };
    this.directory.put(summary, { waiting, gaps, late }, newEvents);
  }

  /** Tells who follows what was appended; made anew from the log, for what came in may hold on to whole requests. */
  private announce(before: number): void {
    const { listener, log } = this;
    if (listener === undefined || log.size === before) return;
    const events = Array.from({ length: log.size - before }, (_, i) => this.stored(before + 1 + i));
    listener({ after: this.position(before), next: this.position(log.size), events });
  }

  private fold(
    rows: ChannelRows,
    from: RocketState,
    upTo: number,
    time: string | undefined,
    millis: number,
  ): RocketState {
    const { log } = this;
    let { version, rocket } = from;
    let updated = NONE;
    for (let row = rows.above(version); row !== NONE; row = log.next(row)) {
      const number = log.numberAt(row);
      if (number > upTo) break;
      if (time !== undefined && log.millisAt(row) >= millis && utcKey(log.timeAt(row)) > time) break;
      const event = log.unreadAt(row);
      rocket = evolve(rocket, event);
      version = number;
      if (event.type !== 'MessageRefused') updated = row;
    }
    return { version, rocket, updatedAt: updated === NONE ? from.updatedAt : log.timeAt(updated) };
  }

  private readBack({ after, limit, channel, type }: Omit<FeedRequest, 'order'>): FeedPage {
    const { log } = this;
    const events: StoredEvent[] = [];
    let last = after === undefined ? log.size + 1 : this.existingRow(after);
    let left = SCAN;
    for (const row of this.rowsBefore(last, channel)) {
      if (events.length === limit || left-- === 0) return { events, next: this.position(last), end: false };
      if (type === undefined || log.typeAt(row) === type) events.push(this.stored(row));
      last = row;
    }
    return { events, next: this.beginning, end: true };
  }

  private *rowsBefore(place: number, channel: string | undefined): Generator<number> {
    if (channel === undefined) for (let row = place - 1; row >= 1; row--) yield row;
    else yield* this.byChannel.get(channel)?.rows.before((row) => row >= place) ?? [];
  }

  private open(name: string): ChannelRecord {
    const channel = this.strings.keep(name);
    const record: ChannelRecord = {
      index: this.byIndex.length,
      channel,
      rows: new ChannelRows(this.log),
      snapshots: [],
      revision: 0,
      state: initialState,
      highestHeard: 0,
      heardAt: 0,
      latest: -Infinity,
      eventsSinceSnapshot: 0,
      waiting: undefined,
      gaps: undefined,
      late: undefined,
    };
    this.byIndex.push(record);
    this.byChannel.set(channel, record);
    return record;
  }

  private stored(row: number): StoredEvent {
    return {
      position: this.position(row),
      channel: this.byIndex[this.log.channelAt(row)]!.channel,
      number: this.log.numberAt(row),
      event: this.log.eventAt(row),
      recordedAt: this.log.recordedAt(row),
    };
  }

  private position(row: number): Position {
    return `${this.storeId}-${row}`;
  }

  private rowOf(position: Position): number {
    const row = Number(position.slice(this.storeId.length + 1));
    if (!Number.isSafeInteger(row) || position !== this.position(row)) throw new UnknownPosition(position);
    return row;
  }

  /** A position ahead of the log was never given out: to read on from there would skip what comes next. */
  private existingRow(position: Position): number {
    const row = this.rowOf(position);
    if (row < 0 || row > this.log.size) throw new UnknownPosition(position);
    return row;
  }
}

const nothingRecorded: ReadonlyMap<number, RocketEvent> = new Map();
const nothingLate: ReadonlyMap<number, ReceivedMessage> = new Map();

const lateAmong = (
  { late }: ChannelRecord,
  numbers: readonly number[],
): ReadonlyMap<number, ReceivedMessage> => {
  if (late === undefined) return nothingLate;
  const found = new Map<number, ReceivedMessage>();
  for (const number of numbers) {
    const message = late.get(number);
    if (message !== undefined) found.set(number, message);
  }
  return found;
};

const unheardHead = (channel: string): Head => ({
  channel,
  revision: 0,
  state: initialState,
  waiting: nothingWaits,
  recorded: nothingRecorded,
  late: nothingLate,
});

const randomStoreId = (): string =>
  randomInt(36 ** 6)
    .toString(36)
    .padStart(6, '0');

/** The last guard, as a unique key would be: a number leaves one event, whatever the caller believes. */
const refuseRepeats = ({ channel, events }: Change, version: number): void => {
  let last = version;
  for (const { number } of events) {
    if (number <= last) throw new Error(`Number ${number} of ${channel} is recorded already.`);
    last = number;
  }
};
