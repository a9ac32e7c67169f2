import type { LateNotice, Position, StoredEvent } from '../ports/event-store.js';
import type { FeedSelection } from './feed-selection.js';

/** As many follow the feed as are allowed to. */
export class TooManyReaders extends Error {
  readonly code = 'too-many-readers';
  constructor(readers: number) {
    super(`${readers} readers follow the feed, as many as there may be.`);
  }
}

export type DropReason = 'too-slow' | 'shutting-down' | 'store-unavailable';

export type FeedMessage =
  | { readonly kind: 'news'; readonly events: readonly StoredEvent[] }
  /** What is missing has changed; of many rockets at once when no channel is named. */
  | { readonly kind: 'gaps-changed'; readonly channels: readonly string[] | undefined }
  | { readonly kind: 'message-late'; readonly messages: readonly LateNotice[] }
  /** From here on the reader is told what happens when it happens. */
  | { readonly kind: 'caught-up'; readonly position: Position }
  /** Nothing for this reader up to here; a reconnect need not look again. */
  | { readonly kind: 'progress'; readonly position: Position }
  | { readonly kind: 'ping' }
  /** The position given is not of this history: everything follows from its beginning. */
  | { readonly kind: 'reset'; readonly reason: 'unknown-position'; readonly position: Position }
  /** The last message. */
  | { readonly kind: 'dropped'; readonly position: Position; readonly reason: DropReason };

/** The far end of a connection, as the transport knows it. */
export interface FeedReader {
  /** A part of the service: it is not counted, never too slow, and told of everything that it passes. */
  readonly isOwn?: boolean;
  /** Takes a message without waiting; readers that get the same news get the same object. */
  take(message: FeedMessage): void;
  /** Bytes taken that wait to be sent. */
  readonly backlog: number;
  /** Bytes that have left. */
  readonly sent: number;
  /** Resolves when there is room for more, or nobody is there any longer. */
  room(): Promise<void>;
  /** Sends what was taken, then hangs up. */
  end(): void;
}

/** A type or a rule names the events that are wanted, and only those: notices are not told to who asks for one. */
export interface FeedStart extends FeedSelection {
  readonly after?: Position | 'latest';
}
