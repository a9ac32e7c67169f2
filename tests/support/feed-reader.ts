import type { EventFeed } from '../../src/application/event-feed.js';
import type { FeedMessage, FeedReader, FeedStart } from '../../src/application/feed-subscription.js';
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

  take(message: FeedMessage): void {
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

  of<K extends FeedMessage['kind']>(kind: K): Extract<FeedMessage, { kind: K }>[] {
    return this.messages.filter(
      (message): message is Extract<FeedMessage, { kind: K }> => message.kind === kind,
    );
  }

  get isLive(): boolean {
    return this.kinds.includes('caught-up');
  }
}

export const connect = (feed: EventFeed, start: FeedStart = {}) => {
  const reader = new RecordingReader();
  return Object.assign(reader, { leave: feed.subscribe(reader, start) });
};

/** What a browser remembers after these messages: the last id, which the transport gives to all but these. */
export const lastIdOf = (
  messages: readonly FeedMessage[],
  before: Position | undefined,
): Position | undefined =>
  messages.reduce<Position | undefined>((id, message) => {
    if (message.kind === 'news') return message.events.at(-1)?.position ?? id;
    if (message.kind === 'reset') return undefined;
    return message.kind === 'ping' ? id : message.position;
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
