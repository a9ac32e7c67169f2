import type { StoredRocket } from './rows.js';

/** Some 40 MB. */
const CAPACITY = 100_000;

/**
 * The rockets that were heard last, as their rows are. It only saves reading; what counts is the revision in the store.
 * Without it SQLite takes 0.6 of the messages of 20 rockets, and 0.7 of 100,000 (`make bench ARGS=heads`).
 */
export class HeadCache {
  /** The least recently used first. */
  private readonly rockets = new Map<string, StoredRocket>();

  constructor(private readonly capacity = CAPACITY) {}

  get(channel: string): StoredRocket | undefined {
    const rocket = this.rockets.get(channel);
    // Who was heard last matters only when somebody may have to go.
    if (rocket !== undefined && this.rockets.size > this.capacity / 2) this.put(rocket);
    return rocket;
  }

  /** What was read a while ago never takes the place of what is known since. */
  put(rocket: StoredRocket): void {
    const { rockets } = this;
    if ((rockets.get(rocket.channel)?.revision ?? 0) > rocket.revision) return;
    if (rockets.size > this.capacity / 2) rockets.delete(rocket.channel);
    rockets.set(rocket.channel, rocket);
    if (rockets.size <= this.capacity) return;
    for (const channel of rockets.keys()) {
      rockets.delete(channel);
      return;
    }
  }

  clear(): void {
    this.rockets.clear();
  }
}
