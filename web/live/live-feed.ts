export interface FeedListener {
  /** Something happened, or may have happened while nobody listened. */
  changed(): void;
  lost(): void;
}

const retryMs = 2_000;
/** News that come together are one. */
const togetherMs = 20;
/** More events in a second than this are not worth being told of one by one: the page asks once a second anyway. */
const floodInASecond = 2_000;

/**
 * Says that something happened, never what: the page asks the service for that. EventSource reconnects by itself and
 * resumes where it was; what it does not survive is an HTTP error (it gives up) and a feed that starts anew (`reset`,
 * `dropped`): then a new one is opened at the end of the feed.
 */
export class LiveFeed {
  /** Whether everything that happens will be told. */
  isListening = false;
  #source: EventSource | undefined;
  #path: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isTelling = false;
  #heard = 0;
  #second = 0;

  constructor(private readonly listener: FeedListener) {}

  /** The address says whose news it tells; without one it is closed. */
  open(path: string | undefined): void {
    this.close();
    this.#path = path;
    if (path === undefined) return;
    const source = new EventSource(path);
    this.#source = source;
    const told = (): void => this.#told();
    for (const name of ['message', 'gaps-changed', 'message-late']) source.addEventListener(name, told);
    source.addEventListener('caught-up', () => {
      this.isListening = true;
      this.listener.changed();
    });
    for (const end of ['reset', 'dropped']) source.addEventListener(end, () => this.#reopenAfter(retryMs));
    source.addEventListener('error', () => {
      this.isListening = false;
      this.listener.lost();
      if (source.readyState === EventSource.CLOSED) this.#reopenAfter(retryMs);
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.isListening = false;
    this.#source?.close();
    this.#source = undefined;
  }

  #told(): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#heard = 0;
    }
    this.#heard += 1;
    if (!this.#isTelling) {
      this.#isTelling = true;
      setTimeout(() => {
        this.#isTelling = false;
        this.listener.changed();
      }, togetherMs);
    }
    if (this.#heard > floodInASecond) this.#reopenAfter(1_000);
  }

  /** What happens meanwhile is found by the `caught-up` of the new one. */
  #reopenAfter(ms: number): void {
    this.close();
    this.listener.changed();
    this.#timer = setTimeout(() => this.open(this.#path), ms);
  }
}
