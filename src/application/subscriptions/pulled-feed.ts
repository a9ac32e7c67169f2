import type { EventFeed } from '../feed/event-feed.js';
import type { FeedMessage, FeedReader } from '../feed/feed-message.js';
import type { FeedSelection } from '../feed/feed-selection.js';
import type { Position, StoredEvent } from '../ports/event-store.js';

/** As long as more waits here, nothing is read ahead. */
const ENOUGH = 128;

/** The feed for one who takes from it what he can use: nothing piles up for him but what was read at once. */
export class PulledFeed implements FeedReader {
  readonly isOwn = true;
  readonly backlog = 0;
  readonly sent = 0;
  /** No more comes; who goes on reading opens another one. */
  hasEnded = false;
  private events: readonly StoredEvent[] = [];
  private taken = 0;
  private tellRoom: (() => void) | undefined;
  private readonly stop: () => void;

  constructor(
    feed: Pick<EventFeed, 'subscribe'>,
    private upTo: Position,
    selection: FeedSelection,
    private readonly onNews: () => void,
  ) {
    this.stop = feed.subscribe(this, { ...selection, after: upTo });
  }

  take(message: FeedMessage): void {
    // It comes with every burst of events that are not wanted, and can wait.
    if (message.kind === 'progress') return void (this.upTo = message.position);
    if (message.kind === 'news') this.add(message.events);
    else if (message.kind === 'caught-up') this.upTo = message.position;
    else if (message.kind === 'dropped' || message.kind === 'reset') this.hasEnded = true;
    else return;
    this.onNews();
  }

  room(): Promise<void> {
    if (this.waiting < ENOUGH || this.hasEnded) return Promise.resolve();
    return new Promise((resolve) => (this.tellRoom = resolve));
  }

  end(): void {
    this.hasEnded = true;
  }

  /** The next events, and up to where nothing else is wanted. */
  pull(limit: number): { readonly events: readonly StoredEvent[]; readonly upTo: Position | undefined } {
    const events = this.events.slice(this.taken, this.taken + limit);
    this.taken += events.length;
    if (this.waiting < ENOUGH) this.leaveRoom();
    return { events, upTo: this.waiting === 0 ? this.upTo : events.at(-1)?.position };
  }

  close(): void {
    this.hasEnded = true;
    this.stop();
    this.leaveRoom();
  }

  private get waiting(): number {
    return this.events.length - this.taken;
  }

  private add(events: readonly StoredEvent[]): void {
    this.events = this.waiting === 0 ? events : [...this.events.slice(this.taken), ...events];
    this.taken = 0;
    this.upTo = events.at(-1)!.position;
  }

  private leaveRoom(): void {
    const tell = this.tellRoom;
    this.tellRoom = undefined;
    tell?.();
  }
}
