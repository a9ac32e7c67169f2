import type { EventJson } from '../model/wire.js';

export interface FeedListener {
  opened(): void;
  /** Everything stored before this moment can now be loaded; everything after it will be told. */
  caughtUp(): void;
  event(event: EventJson): void;
  /** What is missing has changed; of many rockets when none is named. */
  gapsChanged(channel: string | undefined): void;
  messageLate(channel: string): void;
  lost(): void;
}

const retryMs = 2_000;

/**
 * The feed of all rockets from now on. EventSource reconnects by itself and resumes where it was; what it does not
 * survive is an HTTP error (it gives up) and a feed that starts anew (`reset`, `dropped`): then a new one is opened
 * at the end of the feed, because the page loads the whole state anyway.
 */
export class LiveFeed {
  #source: EventSource | undefined;

  constructor(private readonly listener: FeedListener) {}

  open(): void {
    this.#source?.close();
    const source = new EventSource('/events?after=latest');
    this.#source = source;
    source.addEventListener('open', () => {
      this.listener.opened();
    });
    source.addEventListener('message', (message) => {
      this.listener.event(parsed<EventJson>(message));
    });
    source.addEventListener('gaps-changed', (message) => {
      this.listener.gapsChanged(parsed<{ channel?: string }>(message).channel);
    });
    source.addEventListener('message-late', (message) => {
      this.listener.messageLate(parsed<{ channel: string }>(message).channel);
    });
    source.addEventListener('caught-up', () => {
      this.listener.caughtUp();
    });
    for (const end of ['reset', 'dropped']) source.addEventListener(end, () => this.reopen());
    source.addEventListener('error', () => {
      this.listener.lost();
      if (source.readyState === EventSource.CLOSED) this.reopen();
    });
  }

  reopen(): void {
    const source = this.#source;
    source?.close();
    this.listener.lost();
    setTimeout(() => {
      if (this.#source === source) this.open();
    }, retryMs);
  }
}

const parsed = <T>(message: MessageEvent<string>): T => JSON.parse(message.data) as T;
