import type { RefusalRule } from '../../src/domain/rocket-event.js';
import type { RefusedJson } from './wire.js';

/** The refused messages the page knows, newest first, bounded; older ones stay one request away. */
export class RefusedLog {
  #events: RefusedJson[] = [];
  #known = new Set<string>();

  constructor(private readonly capacity = 20_000) {}

  get events(): readonly RefusedJson[] {
    return this.#events;
  }

  load(oldestFirst: readonly RefusedJson[]): void {
    this.#events = [];
    this.#known.clear();
    for (const event of oldestFirst) this.add(event);
  }

  add(event: RefusedJson): void {
    const key = `${event.channel} ${String(event.number)}`;
    if (this.#known.has(key) || this.#events.length >= this.capacity) return;
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
}
