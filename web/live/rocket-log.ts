import { RocketHistory, rocketFrom } from '../model/history.js';
import type { EventJson, RocketJson } from '../model/wire.js';
import { get, rocketPath } from './api.js';

const pageSize = 1000;
const moreAtATime = 10_000;

/** The history of one rocket, for its chart and its list: the newest part of a long one, more of it on demand. */
export class RocketLog {
  history = new RocketHistory();
  #most = moreAtATime;
  #isBegun = false;

  constructor(
    private readonly channel: string,
    private readonly onChange: () => void,
  ) {}

  /** How many events before the first one loaded are not. */
  get left(): number {
    return this.history.after;
  }

  /** Asks from where it stands when it is topped up next. */
  wantMore(): void {
    this.#most += moreAtATime;
    this.#isBegun = false;
  }

  async topUp(signal: AbortSignal): Promise<void> {
    if (!this.#isBegun) await this.#begin(signal);
    let page = await this.#next(signal);
    if (!this.#continues(page)) {
      // Another store, or the same one restored from a copy: its past may be another one, too.
      await this.#begin(signal);
      page = await this.#next(signal);
    }
    for (;;) {
      this.history.append(page);
      this.onChange();
      if (page.length < pageSize) return;
      page = await this.#next(signal);
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { version } = await get<RocketJson>(rocketPath(this.channel), signal);
    const after = Math.max(0, version - this.#most);
    const before =
      after === 0
        ? undefined
        : rocketFrom(await get<RocketJson>(`${rocketPath(this.channel)}?version=${String(after)}`, signal));
    this.history = new RocketHistory(after, before);
    this.#isBegun = true;
  }

  /** Begins with the last event that is known, so that a history that is not ours any more is noticed. */
  #next(signal: AbortSignal): Promise<EventJson[]> {
    const { version, after, steps } = this.history;
    const from = steps.length === 0 ? after : version - 1;
    return get(`${rocketPath(this.channel)}/events?after=${String(from)}&limit=${String(pageSize)}`, signal);
  }

  #continues([first]: readonly EventJson[]): boolean {
    const { lastPosition } = this.history;
    return lastPosition === undefined || first?.position === lastPosition;
  }
}
