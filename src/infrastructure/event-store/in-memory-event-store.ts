import { randomInt } from 'node:crypto';
import { EarlyList, noEarlyMessages } from '../../application/early-messages.js';
import {
  UnknownPosition,
  type Change,
  type Durability,
  type EventStore,
  type FeedPage,
  type FeedRequest,
  type Head,
  type HeadRequest,
  type Position,
  type RocketState,
  type Snapshot,
  type SnapshotBound,
  type StoredEvent,
} from '../../application/ports/event-store.js';
import { initialState } from '../../application/rocket-state.js';
import type { RocketEvent } from '../../domain/rocket-event.js';
import { evolve } from '../../domain/rocket.js';
import { ChannelRows } from './channel-rows.js';
import { EventLog, NONE } from './event-log.js';
import type { InMemoryRocketDirectory } from './in-memory-rocket-directory.js';
import { ownEarlyMessage, ownState } from './own-copies.js';
import { StringTable } from './string-table.js';

export interface InMemoryOptions {
  /** Part of every position; by chance when not given. */
  readonly storeId?: string;
  /** A state is kept each time so many events of a channel have come. */
  readonly snapshotEvery?: number;
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
  /** The latest time of sending so far, UTC milliseconds. */
  latest: number;
  eventsSinceSnapshot: number;
  early: EarlyList | undefined;
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
  private readonly storeId: string;
  private readonly snapshotEvery: number;
  private readonly strings = new StringTable();
  private readonly log = new EventLog(this.strings);
  private readonly byChannel = new Map<string, ChannelRecord>();
  private readonly byIndex: ChannelRecord[] = [];

  constructor(
    private readonly directory: InMemoryRocketDirectory,
    { storeId = randomStoreId(), snapshotEvery = SNAPSHOT_EVERY }: InMemoryOptions = {},
  ) {
    this.storeId = storeId;
    this.snapshotEvery = snapshotEvery;
  }

  async load(requests: readonly HeadRequest[]): Promise<Head[]> {
    return requests.map((request) => this.head(request));
  }

  async commit(changes: readonly Change[]): Promise<Head[]> {
    const moved: Head[] = [];
    for (const change of changes) {
      const record = this.byChannel.get(change.channel);
      if ((record?.revision ?? 0) !== change.revision) {
        moved.push(this.head(change));
      } else {
        refuseRepeats(change, record?.state.version ?? 0);
        this.write(record ?? this.open(change.channel), change);
      }
    }
    return moved;
  }

  async read(channel: string, page: { after: number; limit: number }): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    let row = this.byChannel.get(channel)?.rows.above(page.after) ?? NONE;
    for (; row !== NONE && events.length < page.limit; row = this.log.next(row))
      events.push(this.stored(row));
    return events;
  }

  async readAll({ after, limit, channel, type }: FeedRequest): Promise<FeedPage> {
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
    const next = end ? log.size : last;
    return { events, next: next === 0 ? undefined : this.position(next), end };
  }

  async readAt(position: Position): Promise<StoredEvent | undefined> {
    const row = this.rowOf(position);
    return row >= 1 && row <= this.log.size ? this.stored(row) : undefined;
  }

  async lastPosition(): Promise<Position | undefined> {
    return this.log.size === 0 ? undefined : this.position(this.log.size);
  }

  /** Exactly the state asked for: what is left to fold behind a kept state is too little to leave to the caller. */
  async snapshot(channel: string, bound: SnapshotBound): Promise<Snapshot | undefined> {
    const record = this.byChannel.get(channel);
    if (record === undefined) return undefined;
    const { version = Infinity, time = Infinity } = bound;
    const isWithin = ({ state, latest }: KeptState): boolean => state.version <= version && latest <= time;
    const near = isWithin(record) ? record : record.snapshots.findLast(isWithin);
    const state = this.fold(record.rows, near?.state ?? initialState, version, time);
    return state.version === 0 ? undefined : state;
  }

  async unfinished(): Promise<string[]> {
    return this.byIndex
      .filter(({ early, state }) => early?.get(state.version + 1) !== undefined)
      .map(({ channel }) => channel);
  }

  async close(): Promise<void> {
    // Nothing is held that the garbage collector does not know.
  }

  private head({ channel, numbers }: HeadRequest): Head {
    const record = this.byChannel.get(channel);
    if (record === undefined) return unheardHead(channel);
    const { revision, state, early = noEarlyMessages } = record;
    return { channel, revision, state, early, recorded: this.recorded(record, numbers) };
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
    this.moveEarly(record, change);
    record.state = ownState(change, this.strings);
    record.revision++;
    this.keepState(record, change.events.length);
    this.show(record, change.events.length);
  }

  private moveEarly(record: ChannelRecord, { released, added }: Change): void {
    if (added.length > 0) record.early ??= new EarlyList();
    for (const early of added) record.early!.add(ownEarlyMessage(record.channel, early, this.strings));
    if (released.length > 0) record.early?.releaseUpTo(released.at(-1)!);
    if (record.early?.size === 0) record.early = undefined;
  }

  private keepState(record: ChannelRecord, events: number): void {
    record.eventsSinceSnapshot += events;
    if (record.eventsSinceSnapshot < this.snapshotEvery) return;
    record.snapshots.push({ state: record.state, latest: record.latest });
    record.eventsSinceSnapshot = 0;
  }

  private show({ channel, state, early }: ChannelRecord, events: number): void {
    const { version, rocket, updatedAt } = state;
    const highestSeen = Math.max(version, early?.highest() ?? 0);
    const summary = { channel, version, rocket, updatedAt, highestSeen, pending: early?.size ?? 0 };
    this.directory.put(summary, early ?? noEarlyMessages, events);
  }

  private fold(rows: ChannelRows, from: RocketState, upTo: number, time: number): RocketState {
    const { log } = this;
    let { version, rocket } = from;
    let updated = NONE;
    for (let row = rows.above(version); row !== NONE; row = log.next(row)) {
      const number = log.numberAt(row);
      if (number > upTo || (time !== Infinity && log.millisAt(row) > time)) break;
      const event = log.unreadAt(row);
      rocket = evolve(rocket, event);
      version = number;
      if (event.type !== 'MessageRefused') updated = row;
    }
    return { version, rocket, updatedAt: updated === NONE ? from.updatedAt : log.timeAt(updated) };
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
      latest: -Infinity,
      eventsSinceSnapshot: 0,
      early: undefined,
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
    if (row < 1 || row > this.log.size) throw new UnknownPosition(position);
    return row;
  }
}

const nothingRecorded: ReadonlyMap<number, RocketEvent> = new Map();

const unheardHead = (channel: string): Head => ({
  channel,
  revision: 0,
  state: initialState,
  early: noEarlyMessages,
  recorded: nothingRecorded,
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
