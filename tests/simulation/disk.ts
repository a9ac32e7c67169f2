import {
  UnknownPosition,
  type Change,
  type FeedBatch,
  type FeedPage,
  type FeedRequest,
  type Head,
  type HeadRequest,
  type HistoryPage,
  type NumberedEvent,
  type Position,
  type ReceivedMessage,
  type StoredEvent,
} from '../../src/application/ports/event-store.js';
import { reachable } from '../../src/application/ingest/advance.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import { initialState, type RocketState } from '../../src/domain/rocket.js';
import { GapList, type OpenGap } from '../../src/infrastructure/stores/memory/gap-list.js';
import { InMemoryRocketDirectory } from '../../src/infrastructure/stores/memory/in-memory-rocket-directory.js';
import { WaitingList } from '../../src/infrastructure/stores/waiting-list.js';
import { Listening } from './listening.js';
import type { World } from './world.js';

/** What survives every crash of one channel. */
export interface ChannelRecord {
  readonly channel: string;
  revision: number;
  state: RocketState;
  readonly events: StoredEvent[];
  readonly waiting: Map<number, ReceivedMessage>;
  readonly late: Map<number, ReceivedMessage>;
  readonly gaps: GapList;
  highestHeard: number;
  heardAt: number;
  /** All that waits, made anew with every write: a head that was handed out stays as it was. */
  list: WaitingList;
  lateList: WaitingList;
}

/** Who wrote something. */
export interface Writer {
  readonly process: string;
  /** The process is told that it was written. */
  readonly isAnswered: boolean;
  /** What was written was still on its way when the process died, or was told that it had failed. */
  readonly isGone: boolean;
}

/** An event and its place in the feed, by which the log is sorted. */
export interface LoggedEvent extends StoredEvent {
  readonly place: number;
  /** Which transaction wrote it, where there are some. */
  readonly transaction: number;
}

type Channels = ReadonlyMap<string, ChannelRecord>;

/** What a copy of the disk brings back. */
export interface DiskCopy {
  readonly channels: Channels;
  readonly log: readonly LoggedEvent[];
  readonly listened: Listening;
}

/** The durable part of the simulated store. Everything here happens at once; what takes time is the connection's. */
export class Disk {
  /** The real read model; it moves with every write. */
  directory = this.emptyDirectory();
  log: LoggedEvent[] = [];
  writes = 0;
  /** For how long a service has listened, as it was told to the disk. */
  listened = new Listening();
  private readonly histories = new Map<string, Map<string, ChannelRecord>>();
  private readonly listeners = new Set<(batch: FeedBatch) => void>();

  constructor(
    protected readonly world: World,
    private readonly onWrite: (record: ChannelRecord, change: Change, writer: Writer) => void,
  ) {
    this.histories.set(this.epoch, new Map());
  }

  /** Part of every position; a disk that was restored from a copy has another one. */
  get epoch(): string {
    return `sim${this.world.epoch}`;
  }

  get channels(): Map<string, ChannelRecord> {
    return this.histories.get(this.epoch)!;
  }

  /** Where what can be read now ends. */
  get end(): Position {
    return this.position(this.log.findLast((event) => this.isReadable(event))?.place ?? 0);
  }

  /** Whether something is under way that nobody need wait for. */
  get isBusy(): boolean {
    return false;
  }

  /** Whatever is under way is lost. */
  fail(): void {}

  /** The rockets as they were known in some epoch, to the end of it. */
  channelsOf(epoch: string): Channels {
    return this.histories.get(epoch) ?? new Map();
  }

  position(place: number): Position {
    return `${this.epoch}-${place}`;
  }

  /** Writes one change whole; false, and nothing written, when the channel has moved on. */
  write(change: Change, writer: Writer): boolean {
    const record = this.record(change.channel);
    if (record.revision !== change.revision) return false;
    for (const { number, event } of change.events) this.append(record, number, event, change.recordedAt);
    this.writes++;
    record.revision++;
    record.state = change.state;
    if (change.heard) record.heardAt = change.recordedAt;
    this.moveWaiting(record, change);
    this.keepLate(record, change);
    this.show(record, change.events);
    this.onWrite(record, change, writer);
    return true;
  }

  head({ channel, numbers, skips }: HeadRequest): Head {
    const { revision, state, waiting, late, list, events } = this.record(channel);
    const recorded = new Map<number, RocketEvent>();
    const lateAmong = new Map<number, ReceivedMessage>();
    for (const number of numbers) {
      const covering = number <= state.version && events.find((event) => event.number >= number);
      if (covering) recorded.set(number, covering.event);
      const afterSkip = late.get(number);
      if (afterSkip !== undefined) lateAmong.set(number, afterSkip);
    }
    const known = this.world.plan.partialHeads
      ? someOf(list, waiting, state.version, { numbers, skips })
      : list;
    return { channel, revision, state, waiting: known, recorded, late: lateAmong };
  }

  read(channel: string, { after, limit, order }: HistoryPage): StoredEvent[] {
    const { events } = this.record(channel);
    if (order === 'desc') {
      return events
        .filter(({ number }) => number < (after ?? Infinity))
        .reverse()
        .slice(0, limit);
    }
    return events.filter(({ number }) => number > (after ?? 0)).slice(0, limit);
  }

  readAll({ after, limit, channel, type, order }: FeedRequest): FeedPage {
    const isDescending = order === 'desc';
    const from = after === undefined ? (isDescending ? Infinity : 0) : this.placeOf(after);
    const ahead = this.log.filter(
      (event) => this.isReadable(event) && (isDescending ? event.place < from : event.place > from),
    );
    if (isDescending) ahead.reverse();
    const events: StoredEvent[] = [];
    let place = isDescending ? Math.min(from, this.lastPlace + 1) : from;
    let looked = 0;
    while (looked < ahead.length && events.length < limit) {
      const event = ahead[looked++]!;
      place = event.place;
      const wanted =
        (channel === undefined || event.channel === channel) &&
        (type === undefined || event.event.type === type);
      if (wanted) events.push(event);
    }
    return { events, next: this.position(place), end: looked === ahead.length };
  }

  /** From now on the listener is told what is appended; answers the end as it is now, and how to leave. */
  follow(listener: (batch: FeedBatch) => void): { readonly from: Position; readonly leave: () => void } {
    this.listeners.add(listener);
    return { from: this.end, leave: () => this.listeners.delete(listener) };
  }

  /** Tells what stands behind `place` now, if anything does. */
  announce(place: number): void {
    if (this.lastPlace === place) return;
    const events = this.log.filter((event) => event.place > place);
    const batch = { after: this.position(place), next: this.end, events };
    for (const listener of this.listeners) listener(batch);
  }

  unfinished(): string[] {
    return [...this.channels.values()]
      .filter(({ waiting, state }) => waiting.has(state.version + 1))
      .map(({ channel }) => channel);
  }

  record(channel: string): ChannelRecord {
    let record = this.channels.get(channel);
    if (record === undefined) {
      record = emptyRecord(channel);
      this.channels.set(channel, record);
    }
    return record;
  }

  copy(): DiskCopy {
    const channels = new Map([...this.channels].map(([name, record]) => [name, copyOf(record)]));
    return { channels, log: [...this.log], listened: this.listened.copy() };
  }

  /** Everything is as it was when the copy was made, and positions of the time since then are no positions any more. */
  restore({ channels, log, listened }: DiskCopy): void {
    this.listeners.clear();
    this.directory = this.emptyDirectory();
    this.listened = listened;
    this.log = log.map((event, i) => ({
      ...event,
      position: this.position(i + 1),
      place: i + 1,
      transaction: 0,
    }));
    const restored = new Map<string, ChannelRecord>();
    this.histories.set(this.epoch, restored);
    for (const [name, record] of channels) {
      const events = this.log.filter(({ channel }) => channel === name);
      restored.set(name, { ...record, events });
      this.show(restored.get(name)!, events);
    }
  }

  private append(record: ChannelRecord, number: number, event: RocketEvent, recordedAt: number): void {
    const last = record.events.at(-1)?.number ?? 0;
    if (number <= last) this.world.violated('every number at most once', `${record.channel} ${number} again`);
    const { place, transaction } = this.nextPlace();
    const position = this.position(place);
    const { channel } = record;
    const stored: LoggedEvent = { position, channel, number, event, recordedAt, place, transaction };
    record.events.push(stored);
    const behind = this.log.findLastIndex((each) => each.place < place);
    this.log.splice(behind + 1, 0, stored);
  }

  /** Where the next event stands in the feed. */
  protected nextPlace(): { readonly place: number; readonly transaction: number } {
    return { place: this.lastPlace + 1, transaction: 0 };
  }

  /** Whether nothing can come to stand before it any more. */
  protected isReadable({ place }: LoggedEvent): boolean {
    return place <= this.lastPlace;
  }

  get lastPlace(): number {
    return this.log.at(-1)?.place ?? 0;
  }

  private moveWaiting(record: ChannelRecord, change: Change): void {
    const { waiting, gaps } = record;
    const { version } = change.state;
    for (const number of change.released) {
      if (!waiting.delete(number)) this.broken(change, `released ${number}, which does not wait`);
    }
    gaps.passed(version);
    record.highestHeard = Math.max(record.highestHeard, version);
    for (const one of change.added) {
      const { number } = one.message;
      if (waiting.has(number)) this.broken(change, `${number} begins to wait twice`);
      waiting.set(number, one);
      gaps.heard(number, record.highestHeard, { since: one.receivedAt, listened: this.listened.total });
      record.highestHeard = Math.max(record.highestHeard, number);
    }
    for (const number of waiting.keys()) {
      if (number <= version) this.broken(change, `${number} still waits at version ${version}`);
    }
    if (change.added.length + change.released.length > 0) record.list = WaitingList.of(waiting.values());
  }

  private keepLate(record: ChannelRecord, change: Change): void {
    const { late } = record;
    for (const one of change.late) {
      const { number } = one.message;
      if (late.has(number)) this.broken(change, `${number} is late twice`);
      late.set(number, one);
    }
    if (change.late.length > 0) record.lateList = WaitingList.of(late.values());
  }

  private show(record: ChannelRecord, newEvents: readonly NumberedEvent[]): void {
    const { channel, state, waiting, late, gaps, list, lateList, highestHeard, heardAt } = record;
    this.directory.put(
      { ...state, channel, highestHeard, waiting: waiting.size, late: late.size, heardAt },
      { waiting: list, gaps, late: lateList },
      newEvents,
    );
  }

  private placeOf(position: Position): number {
    const place = Number(position.slice(this.epoch.length + 1));
    if (position !== this.position(place) || place > this.lastPlace) throw new UnknownPosition(position);
    return place;
  }

  private emptyDirectory(): InMemoryRocketDirectory {
    return new InMemoryRocketDirectory({ sleep: () => Promise.resolve() });
  }

  private broken(change: Change, what: string): void {
    this.world.violated('a change fits its head', `${change.channel} revision ${change.revision}: ${what}`);
  }
}

/** Where a position stands in its own history. */
export const placeIn = (position: Position): number => Number(position.slice(position.lastIndexOf('-') + 1));

export const epochOf = (position: Position): string => position.slice(0, position.lastIndexOf('-'));

const emptyRecord = (channel: string): ChannelRecord => ({
  channel,
  revision: 0,
  state: initialState,
  events: [],
  waiting: new Map(),
  late: new Map(),
  gaps: new GapList(),
  highestHeard: 0,
  heardAt: 0,
  list: new WaitingList(),
  lateList: new WaitingList(),
});

const copyOf = (record: ChannelRecord): ChannelRecord => ({
  ...record,
  events: [],
  waiting: new Map(record.waiting),
  late: new Map(record.late),
  gaps: copyOfGaps(record.gaps),
});

const copyOfGaps = (gaps: GapList): GapList => {
  const copy = new GapList();
  const all: OpenGap[] = [...gaps.page(0, 0)].map(([gap]) => gap);
  for (const gap of all) copy.heard(gap.to + 1, gap.from - 1, gap);
  return copy;
};

/** As little as a store may load of a channel's waiting messages. */
const someOf = (
  list: WaitingList,
  waiting: ReadonlyMap<number, ReceivedMessage>,
  version: number,
  request: Omit<HeadRequest, 'channel'>,
): WaitingList => {
  const some = WaitingList.of(reachable(version, request, list, ({ message }) => message.number));
  for (const number of request.numbers) {
    const asked = waiting.get(number);
    if (asked !== undefined) some.add(asked);
  }
  return some;
};
