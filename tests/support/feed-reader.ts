import type { EventFeed } from '../../src/application/feed/event-feed.js';
import type { FeedMessage, FeedReader, FeedStart } from '../../src/application/feed/feed-message.js';
import type { Change, EventStore, Position, StoredEvent } from '../../src/application/ports/event-store.js';
import { changeOn, headOf, type ChangeParts } from './builders.js';

/** A reader that remembers everything and is as slow as it is told to be. */
export class RecordingReader implements FeedReader {
  readonly messages: FeedMessage[] = [];
  backlog = 0;
  sent = 0;
  hungUp = false;
  private blocked = false;
  private unblock: (() => void) | undefined;

  /** What a message costs is told to whoever wants to know. */
  constructor(private readonly taking: (message: FeedMessage) => void = () => undefined) {}

  take(message: FeedMessage): void {
    this.taking(message);
    this.messages.push(message);
    if (!this.blocked) this.sent++;
  }

  async room(): Promise<void> {
    if (this.blocked) await new Promise<void>((resolve) => (this.unblock = resolve));
  }

  end(): void {
    this.hungUp = true;
  }

  /** From now on nothing leaves. */
  block(backlog: number): void {
    this.blocked = true;
    this.backlog = backlog;
  }

  flow(): void {
    this.blocked = false;
    this.backlog = 0;
    this.sent++;
    this.unblock?.();
  }

  get kinds(): FeedMessage['kind'][] {
    return this.messages.map(({ kind }) => kind);
  }

  get events(): StoredEvent[] {
    return this.messages.flatMap((message) => (message.kind === 'news' ? message.events : []));
  }

  get eventCount(): number {
    return this.messages.reduce(
      (count, message) => count + (message.kind === 'news' ? message.events.length : 0),
      0,
    );
  }

  of<K extends FeedMessage['kind']>(kind: K): Extract<FeedMessage, { kind: K }>[] {
    return this.messages.filter(
      (message): message is Extract<FeedMessage, { kind: K }> => message.kind === kind,
    );
  }

  get isLive(): boolean {
    return this.kinds.includes('caught-up');
  }
}

export const connect = (feed: EventFeed, start: FeedStart = {}, taking?: (message: FeedMessage) => void) => {
  const reader = new RecordingReader(taking);
  const unsubscribe = feed.subscribe(reader, start);
  const leave = (): void => {
    unsubscribe();
    reader.flow();
  };
  return Object.assign(reader, { leave });
};

/** What a browser remembers after these messages: the last id, which the transport gives to all that have a position. */
export const lastIdOf = (
  messages: readonly FeedMessage[],
  before: Position | undefined,
): Position | undefined =>
  messages.reduce<Position | undefined>((id, message) => {
    if (message.kind === 'news') return message.events.at(-1)?.position ?? id;
    return 'position' in message ? message.position : id;
  }, before);

/** Commits a change and tells the feed, as the worker pool does. */
export const commit = async (
  store: EventStore,
  feed: EventFeed,
  channel: string,
  parts: ChangeParts,
): Promise<Change> => {
  const head = await headOf(store, channel);
  const change = changeOn(head, parts);
  if ((await store.commit([change])).length > 0) throw new Error(`${channel} moved.`);
  feed.committed(change, head);
  return change;
};
