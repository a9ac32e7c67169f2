export interface RateSample {
  readonly at: number;
  readonly received: number;
}

/** Messages per second from the service's own counter, over the last two minutes. */
export class RateHistory {
  #last: RateSample | undefined;
  #rates: number[] = [];

  constructor(private readonly capacity = 60) {}

  get rates(): readonly number[] {
    return this.#rates;
  }

  get now(): number | null {
    return this.#rates.at(-1) ?? null;
  }

  add(sample: RateSample): void {
    const last = this.#last;
    this.#last = sample;
    // A counter that went back belongs to a restarted service: its first sample starts a new count.
    if (last === undefined || sample.received < last.received || sample.at <= last.at) return;
    const rate = ((sample.received - last.received) * 1000) / (sample.at - last.at);
    this.#rates = [...this.#rates, rate].slice(-this.capacity);
  }
}
