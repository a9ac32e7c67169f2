import { EarlyList } from '../../src/application/early-messages.js';
import {
  UnknownPosition,
  type Change,
  type EarlyMessage,
  type FeedPage,
  type FeedRequest,
  type Head,
  type HeadRequest,
  type RocketState,
  type StoredEvent,
} from '../../src/application/ports/event-store.js';
import { reachable } from '../../src/application/reachable.js';
import { initialState } from '../../src/application/rocket-state.js';
import type { RocketEvent } from '../../src/domain/rocket-event.js';
import { InMemoryRocketDirectory } from '../../src/infrastructure/event-store/in-memory-rocket-directory.js';
import type { World } from './world.js';

/** What survives every crash of one channel. */
export interface ChannelRecord {
  readonly channel: string;
  revision: number;
  state: RocketState;
  readonly events: StoredEvent[];
  readonly early: Map<number, EarlyMessage>;
}

/** The durable part of the simulated store. Everything here happens at once; what takes time is the connection's. */
export class Disk {
  readonly channels = new Map<string, ChannelRecord>();
  readonly log: StoredEvent[] = [];
  /** The real read model; it moves with every write. */
  readonly directory = new InMemoryRocketDirectory({ sleep: () => Promise.resolve() });

  constructor(
    private readonly world: World,
    private readonly onWrite: (record: ChannelRecord, change: Change) => void,
  ) {}

  /** Writes one change whole; false, and nothing written, when the channel has moved on. */
  write(change: Change): boolean {
    const record = this.record(change.channel);
    if (record.revision !== change.revision) return false;
    for (const { number, event } of change.events) this.append(record, number, event, change.recordedAt);
    for (const early of change.added) {
      if (record.early.has(early.message.number)) this.broken(change, `early ${early.message.number} twice`);
      record.early.set(early.message.number, early);
    }
    for (const number of change.released) {
      if (!record.early.delete(number)) this.broken(change, `released ${number}, which does not wait`);
    }
    record.revision++;
    record.state = change.state;
    this.show(record, change.events.length);
    this.onWrite(record, change);
    return true;
  }

  head({ channel, numbers }: HeadRequest): Head {
    const { revision, state, early: all, events } = this.record(channel);
    const early = new EarlyList();
    for (const waiting of this.world.plan.partialHeads ? someOf(all, state.version, numbers) : all.values()) {
      early.add(waiting);
    }
    const recorded = new Map<number, RocketEvent>();
    for (const number of numbers) {
      const covering = number <= state.version && events.find((event) => event.number >= number);
      if (covering) recorded.set(number, covering.event);
    }
    return { channel, revision, state, early, recorded };
  }

  read(channel: string, after: number, limit: number): StoredEvent[] {
    return this.record(channel)
      .events.filter(({ number }) => number > after)
      .slice(0, limit);
  }

  readAll({ after, limit, channel, type }: FeedRequest): FeedPage {
    const start = after === undefined ? 0 : this.indexOf(after) + 1;
    const events: StoredEvent[] = [];
    let at = start;
    for (; at < this.log.length && events.length < limit; at++) {
      const event = this.log[at]!;
      const wanted =
        (channel === undefined || event.channel === channel) &&
        (type === undefined || event.event.type === type);
      if (wanted) events.push(event);
    }
    return { events, next: this.log[at - 1]?.position, end: at === this.log.length };
  }

  unfinished(): string[] {
    return [...this.channels.values()]
      .filter(({ early, state }) => early.has(state.version + 1))
      .map(({ channel }) => channel);
  }

  record(channel: string): ChannelRecord {
    let record = this.channels.get(channel);
    if (record === undefined) {
      record = { channel, revision: 0, state: initialState, events: [], early: new Map() };
      this.channels.set(channel, record);
    }
    return record;
  }

  private append(record: ChannelRecord, number: number, event: RocketEvent, recordedAt: number): void {
    const last = record.events.at(-1)?.number ?? 0;
    if (number <= last) this.world.violated('every number at most once', `${record.channel} ${number} again`);
    const position = `sim-${this.log.length + 1}`;
    const stored: StoredEvent = { position, channel: record.channel, number, event, recordedAt };
    record.events.push(stored);
    this.log.push(stored);
  }

  private show({ channel, state, early }: ChannelRecord, newEvents: number): void {
    const waiting = new EarlyList();
    for (const each of early.values()) waiting.add(each);
    const highestSeen = Math.max(state.version, waiting.highest() ?? 0);
    this.directory.put({ ...state, channel, highestSeen, pending: waiting.size }, waiting, newEvents);
  }

  private indexOf(position: string): number {
    const index = Number(position.slice('sim-'.length)) - 1;
    if (this.log[index]?.position !== position) throw new UnknownPosition(position);
    return index;
  }

  private broken(change: Change, what: string): void {
    this.world.violated('a change fits its head', `${change.channel} revision ${change.revision}: ${what}`);
  }
}

/** As little as a store may load of a channel's early messages. */
const someOf = (
  early: ReadonlyMap<number, EarlyMessage>,
  version: number,
  numbers: readonly number[],
): EarlyMessage[] => {
  const sorted = [...early.values()].sort((a, b) => a.message.number - b.message.number);
  const numberOf = ({ message }: EarlyMessage): number => message.number;
  const around = numbers.flatMap((number) => [
    sorted.findLast((each) => numberOf(each) < number),
    sorted.find((each) => numberOf(each) === number),
    sorted.find((each) => numberOf(each) > number),
  ]);
  return [...reachable(version, numbers, sorted, numberOf), ...around.filter((each) => each !== undefined)];
};
