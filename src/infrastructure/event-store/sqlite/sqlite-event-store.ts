import {
  StoreUnavailable,
  UnknownPosition,
  type Change,
  type Durability,
  type EventStore,
  type FeedPage,
  type FeedRequest,
  type Head,
  type HeadRequest,
  type Position,
  type Snapshot,
  type SnapshotBound,
  type StoredEvent,
} from '../../../application/ports/event-store.js';
import { noEarlyMessages } from '../../../application/early-messages.js';
import type { RocketEvent } from '../../../domain/rocket-event.js';
import type { DatabaseOptions } from './database.js';
import type { PlacedEvent, StoredHead } from './event-reader.js';
import { FileLock } from './file-lock.js';
import { refuseOtherFiles } from './known-file.js';
import { earlyListOf, HeadCache, type CachedHead } from './head-cache.js';
import { groupOf } from './log/log-line.js';
import { Reading } from './threads/reading.js';
import { StoreThread } from './threads/store-thread.js';
import type { GroupReply, ReaderMethods, WriterMethods } from './threads/thread-protocol.js';

const durabilities: Readonly<Record<DatabaseOptions['synchronous'], Durability>> = {
  full: {
    level: 'disk',
    description:
      'SQLite, synchronous=FULL: what was acknowledged is on the disk and survives kill -9 and power loss',
  },
  normal: {
    level: 'process',
    description:
      'SQLite, synchronous=NORMAL: what was acknowledged survives kill -9; a power loss can take the last moments',
  },
};

/**
 * One file on one machine. Two threads hold the connections, one that writes and one that reads; here is only what
 * must be quick: the heads of the rockets that are being heard.
 */
export class SqliteEventStore implements EventStore {
  private readonly cache = new HeadCache();
  readonly reading: Reading;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly lock: FileLock,
    private readonly writer: StoreThread<WriterMethods>,
    private readonly readerThread: StoreThread<ReaderMethods>,
    private readonly storeId: string,
    readonly durability: Durability,
  ) {
    this.reading = new Reading(writer, readerThread);
  }

  static async open(options: DatabaseOptions): Promise<SqliteEventStore> {
    refuseOtherFiles(options.file);
    const lock = FileLock.acquire(options.file);
    const writer = StoreThread.writer(options);
    try {
      const storeId = await writer.call('storeId');
      const reader = StoreThread.reader(options);
      return new SqliteEventStore(lock, writer, reader, storeId, durabilities[options.synchronous]);
    } catch (error) {
      await writer.stop();
      lock.release();
      throw error;
    }
  }

  load(requests: readonly HeadRequest[]): Promise<Head[]> {
    const heads: Head[] = [];
    for (const { channel, numbers } of requests) {
      const cached = this.cache.get(channel);
      if (cached === undefined || hasRecorded(cached, numbers)) return this.loadFromFile(requests);
      const { revision, state, early } = cached;
      heads.push({ channel, revision, state, early, recorded: nothingRecorded });
    }
    return Promise.resolve(heads);
  }

  /** One transaction, and one fsync, for all of them. */
  async commit(changes: readonly Change[]): Promise<Head[]> {
    if (this.closing !== undefined) throw new StoreUnavailable('The store is closed.');
    if (changes.length === 0) return noneMoved;
    this.reading.wrote();
    const { moved, contradictions } = await this.write(changes);
    if (moved.length === 0 && contradictions.length === 0) {
      for (const change of changes) this.cache.committed(change);
      return noneMoved;
    }
    const notWritten = new Set([...moved, ...contradictions.map(([place]) => place)]);
    changes.forEach((change, place) => notWritten.has(place) || this.cache.committed(change));
    if (contradictions[0] !== undefined) throw new Error(contradictions[0][1]);
    return this.readHeads(moved.map((place) => changes[place]!));
  }

  async read(channel: string, { after, limit }: { after: number; limit: number }): Promise<StoredEvent[]> {
    const events = await this.reading.ofRocket(channel, 'read', channel, after, limit);
    return events.map((event) => this.stored(event));
  }

  async readAll({ after, ...request }: FeedRequest): Promise<FeedPage> {
    const place = after === undefined ? 0 : this.placeOf(after);
    const { channel } = request;
    const page =
      channel === undefined
        ? await this.reading.ofLog('readAll', place, request)
        : await this.reading.ofAll('readAll', place, request);
    if (page === undefined) throw new UnknownPosition(after!);
    const { events, next, end } = page;
    return {
      events: events.map((event) => this.stored(event)),
      next: next === undefined ? undefined : this.position(next),
      end,
    };
  }

  async readAt(position: Position): Promise<StoredEvent | undefined> {
    const place = this.placeOf(position);
    const event = place < 1 ? undefined : await this.reading.ofLog('readAt', place);
    return event && this.stored(event);
  }

  async lastPosition(): Promise<Position | undefined> {
    const place = await this.reading.ofLog('lastPosition');
    return place === 0 ? undefined : this.position(place);
  }

  snapshot(channel: string, bound: SnapshotBound): Promise<Snapshot | undefined> {
    return this.reading.ofRocket(channel, 'snapshot', channel, bound);
  }

  unfinished(): Promise<string[]> {
    return this.reading.ofAll('unfinished');
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    // The writer last, behind all that it was asked to write: the connection that closes last moves the log into the file and removes it.
    await this.readerThread.stop();
    await this.writer.stop();
    this.lock.release();
  }

  private async write(changes: readonly Change[]): Promise<GroupReply> {
    try {
      return await this.writer.call('write', groupOf(changes));
    } catch (error) {
      // A transaction that failed at its very end may be in the file all the same.
      this.cache.clear();
      throw error;
    }
  }

  private async loadFromFile(requests: readonly HeadRequest[]): Promise<Head[]> {
    const cached = requests.map(({ channel }) => this.cache.get(channel));
    const [read, recorded] = await Promise.all([
      this.readHeads(requests.filter((_request, i) => cached[i] === undefined)),
      this.readRecorded(requests, cached),
    ]);
    let unknown = 0;
    return requests.map((_request, i) => {
      const head = cached[i];
      return head === undefined ? read[unknown++]! : { ...head, recorded: recorded[i]! };
    });
  }

  private async readHeads(requests: readonly HeadRequest[]): Promise<Head[]> {
    if (requests.length === 0) return [];
    const queries = requests.map(({ channel, numbers }) => ({ channel, numbers }));
    const stored = await this.writer.call('heads', queries, this.cache.room);
    return stored.map((head, i) => {
      const { channel } = requests[i]!;
      if (head.revision > 0) this.cache.put(channel, head);
      return readHead(channel, head);
    });
  }

  /** For each request with a head: the events that cover its numbers. Most ask for none, so most read nothing. */
  private async readRecorded(
    requests: readonly HeadRequest[],
    heads: readonly (CachedHead | undefined)[],
  ): Promise<ReadonlyMap<number, RocketEvent>[]> {
    const queries = requests.map(({ channel, numbers }, i) => {
      const version = heads[i]?.state.version ?? 0;
      return { channel, numbers: numbers.filter((number) => number <= version) };
    });
    const asked = queries.filter(({ numbers }) => numbers.length > 0);
    const found = asked.length === 0 ? [] : await this.writer.call('recorded', asked);
    let next = 0;
    return queries.map(({ numbers }) => (numbers.length === 0 ? nothingRecorded : new Map(found[next++])));
  }

  private stored(event: PlacedEvent): StoredEvent {
    return { ...event, position: this.position(event.position) };
  }

  private position(place: number): Position {
    return `${this.storeId}-${place}`;
  }

  private placeOf(position: Position): number {
    const place = Number(position.slice(this.storeId.length + 1));
    const isOurs = Number.isSafeInteger(place) && place >= 0 && position === this.position(place);
    if (!isOurs) throw new UnknownPosition(position);
    return place;
  }
}

const noneMoved: Head[] = [];

/** Whether some of these numbers may have an event: then it has to be read. */
const hasRecorded = ({ state }: CachedHead, numbers: readonly number[]): boolean => {
  for (const number of numbers) if (number <= state.version) return true;
  return false;
};

const nothingRecorded: ReadonlyMap<number, RocketEvent> = new Map();

const readHead = (channel: string, { revision, state, early, recorded }: StoredHead): Head => ({
  channel,
  revision,
  state,
  early: early.length === 0 ? noEarlyMessages : earlyListOf(early),
  recorded: new Map(recorded),
});
