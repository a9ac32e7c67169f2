import { RocketHistory } from '../model/history.js';
import type { EventJson, RocketJson } from '../model/wire.js';
import { ApiError, fetchHistory, fetchRocketAt, historyPageSize } from './api.js';
import type { Mission } from './mission.js';

export type LogState = 'loading' | 'ready' | 'unknown' | 'failed';

/** The history of one rocket, loaded page by page and then kept current by the feed. */
export class RocketLog {
  history = new RocketHistory();
  state: LogState = 'loading';
  /** Longer histories are loaded on demand; the slider asks the service for what is not loaded. */
  most = 20_000;

  #loading = false;
  /** Something happened that the page under way may not hold. */
  #again = false;
  #loadedTimes: number;
  readonly #stop: () => void;

  constructor(
    private readonly mission: Mission,
    readonly channel: string,
  ) {
    this.#loadedTimes = mission.loadedTimes;
    this.#stop = mission.watchEvents((event) => {
      if (event.channel === channel) this.#take(event);
    });
    void this.topUp();
  }

  dispose(): void {
    this.#stop();
  }

  get partial(): boolean {
    return this.history.steps.length >= this.most;
  }

  loadMore(): void {
    this.most += 20_000;
    void this.topUp();
  }

  /** After a reconnect the store may be another one, with less in it than this page had seen. */
  checkReload(): void {
    if (this.#loadedTimes === this.mission.loadedTimes) return;
    this.#loadedTimes = this.mission.loadedTimes;
    const version = this.mission.fleet.row(this.channel)?.version ?? 0;
    if (version < this.history.version) this.history = new RocketHistory();
    void this.topUp();
  }

  async topUp(): Promise<void> {
    this.#again = true;
    if (this.#loading) return;
    this.#loading = true;
    try {
      await this.mission.refetch(this.channel);
      let page: readonly EventJson[];
      do {
        this.#again = false;
        page = await fetchHistory(this.channel, this.history.version);
        this.history.append(page);
        this.mission.changed();
      } while ((this.#again || page.length === historyPageSize) && !this.partial);
      this.state = 'ready';
    } catch (error) {
      const unknown = error instanceof ApiError && error.status === 404;
      this.state = unknown ? 'unknown' : this.history.version > 0 ? 'ready' : 'failed';
    } finally {
      this.#loading = false;
      this.mission.changed();
    }
  }

  #take(event: EventJson): void {
    if (this.partial) return;
    this.history.append([event]);
    if (this.history.version < event.number) void this.topUp();
  }
}

/** Asks the service for the state as of a version; while one question is open only the newest next one is kept. */
export class AsOfQuestion {
  #asked: number | undefined;
  #next: number | undefined;

  constructor(
    private readonly channel: string,
    private readonly onAnswer: (version: number, rocket: RocketJson) => void,
  ) {}

  ask(version: number): void {
    this.#next = version;
    if (this.#asked === undefined) void this.#work();
  }

  async #work(): Promise<void> {
    while (this.#next !== undefined) {
      const version = this.#next;
      this.#asked = version;
      this.#next = undefined;
      try {
        this.onAnswer(version, await fetchRocketAt(this.channel, version));
      } catch {
        // The slider keeps the last answer; moving it asks again.
      }
    }
    this.#asked = undefined;
  }
}
