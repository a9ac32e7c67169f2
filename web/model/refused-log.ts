import type { RefusalRule } from '../../src/domain/rocket-event.js';
import type { RefusedJson } from './wire.js';

/** The refused messages the page knows, bounded: the newest push the oldest out, which stay one request away. */
export class RefusedLog {
  #events: RefusedJson[] = [];
  #known = new Set<string>();
  #dropped = 0;

  constructor(private readonly capacity = 20_000) {}

  get events(): readonly RefusedJson[] {
    return this.#events;
  }

  /** All that were heard of, listed or not. It outlives the counters of a service that restarts. */
  get total(): number {
    return this.#events.length + this.#dropped;
  }

  load(oldestFirst: readonly RefusedJson[]): void {
    this.#events = [];
    this.#known.clear();
    this.#dropped = 0;
    for (const event of oldestFirst) this.add(event);
  }

  add(event: RefusedJson): void {
    const key = keyOf(event);
    if (this.#known.has(key)) return;
    if (this.#events.length >= this.capacity) this.#dropOldest();
    this.#known.add(key);
    this.#events.push(event);
  }

  latest(count: number): RefusedJson[] {
    return this.#events.slice(-count).reverse();
  }

  matching(rule: RefusalRule | null, search: string): RefusedJson[] {
    const needle = search.trim().toLowerCase();
    return this.#events
      .filter((event) => rule === null || event.data.rule === rule)
      .filter((event) => event.channel.toLowerCase().includes(needle))
      .reverse();
  }

  countByRule(): Map<RefusalRule, number> {
    const counts = new Map<RefusalRule, number>();
    for (const { data } of this.#events) counts.set(data.rule, (counts.get(data.rule) ?? 0) + 1);
    return counts;
  }

  /** A tenth at a time: moving a long array by one for each message would be felt. */
  #dropOldest(): void {
    const oldest = this.#events.splice(0, Math.ceil(this.capacity / 10));
    for (const event of oldest) this.#known.delete(keyOf(event));
    this.#dropped += oldest.length;
  }
}

const keyOf = ({ channel, number }: RefusedJson): string => `${channel} ${String(number)}`;
