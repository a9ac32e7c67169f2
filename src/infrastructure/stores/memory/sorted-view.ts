import type { RocketPlace, RocketSummary, SortKey } from '../../../application/ports/rocket-directory.js';
import { placeOrder } from '../sort-key.js';
import { SortedList } from '../sorted-list.js';

/** A rocket of the directory. Entries are numbered as they come and never leave. */
export interface Entry {
  readonly index: number;
  readonly summary: RocketSummary;
}

/** A place with its rocket at hand: a look-up by channel for each rocket of a page costs more than all the rest. */
interface Stand<E> extends RocketPlace {
  readonly entry: E;
}

export interface ViewRule {
  has(summary: RocketSummary): boolean;
  /** Cheap: only asked whether it has changed. */
  field(summary: RocketSummary): SortKey;
  /** What the order is made of. */
  key(summary: RocketSummary): SortKey;
  readonly descending: boolean;
}

/**
 * The rockets that pass one filter, in one order. A change costs one look-up when it happens and is sorted in when
 * somebody asks, however often the rocket has changed by then.
 *
 * Invariant: an entry below `built` that is not in `changed` stands under the key it has now, or not at all if the
 * filter leaves it out; one in `changed` stands as the summary kept there says.
 */
export class SortedView<E extends Entry> {
  private readonly stands: SortedList<Stand<E>>;
  private readonly changed = new Map<E, RocketSummary>();
  private built = 0;
  /** Who is reading it. */
  readers = 0;

  constructor(
    private readonly entries: readonly E[],
    private readonly rule: ViewRule,
  ) {
    this.stands = new SortedList<Stand<E>>(placeOrder(rule.descending));
  }

  get size(): number {
    return this.stands.size;
  }

  get unbuilt(): number {
    return this.entries.length - this.built;
  }

  get changes(): number {
    return this.changed.size;
  }

  /** Whether it still passes the filter; only while changes wait can it have left. */
  holds({ summary }: E): boolean {
    return this.changed.size === 0 || this.rule.has(summary);
  }

  /** The entry has changed; `before` is what it was. */
  note(entry: E, before: RocketSummary): void {
    if (entry.index >= this.built) return;
    const { rule } = this;
    const { summary } = entry;
    // Most views order by what hardly ever changes: they are done here.
    if (rule.field(before) === rule.field(summary) && rule.has(before) === rule.has(summary)) return;
    if (!this.changed.has(entry)) this.changed.set(entry, before);
  }

  /** Takes in entries it has not seen, `limit` at most. */
  build(limit: number): void {
    const end = Math.min(this.entries.length, this.built + limit);
    while (this.built < end) this.add(this.entries[this.built++]!);
  }

  /** Moves changed entries to where they belong now, the longest waiting first. */
  settle(limit: number): void {
    let left = limit;
    for (const [entry, before] of this.changed) {
      if (left-- === 0) return;
      this.changed.delete(entry);
      if (this.rule.has(before)) this.stands.remove(this.stand(entry, before));
      this.add(entry);
    }
  }

  /** In order, from behind the given place. */
  *after(place: RocketPlace | undefined): Generator<Stand<E>> {
    const order = placeOrder(this.rule.descending);
    yield* this.stands.from(place === undefined ? () => 0 : (other) => (order(other, place) > 0 ? 0 : -1));
  }

  /** How many stand before the place. */
  countBefore(place: RocketPlace): number {
    const order = placeOrder(this.rule.descending);
    return this.stands.count((other) => order(other, place));
  }

  private add(entry: E): void {
    if (this.rule.has(entry.summary)) this.stands.insert(this.stand(entry, entry.summary));
  }

  private stand(entry: E, summary: RocketSummary): Stand<E> {
    return { key: this.rule.key(summary), channel: summary.channel, entry };
  }
}
