import type { RocketSummary, SortKey } from '../../application/ports/rocket-directory.js';
import { SortedList } from '../../application/sorted-list.js';

/** A rocket of the directory. Entries are numbered as they come and never leave. */
export interface Entry {
  readonly index: number;
  readonly summary: RocketSummary;
}

export interface Place {
  readonly key: SortKey;
  readonly channel: string;
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
export class SortedView {
  private readonly places: SortedList<Place>;
  private readonly changed = new Map<Entry, RocketSummary>();
  private built = 0;

  constructor(
    private readonly entries: readonly Entry[],
    private readonly rule: ViewRule,
  ) {
    this.places = new SortedList(placeOrder(rule.descending));
  }

  get size(): number {
    return this.places.size;
  }

  get unbuilt(): number {
    return this.entries.length - this.built;
  }

  get changes(): number {
    return this.changed.size;
  }

  has(summary: RocketSummary): boolean {
    return this.rule.has(summary);
  }

  /** The entry has changed; `before` is what it was. */
  note(entry: Entry, before: RocketSummary): void {
    if (entry.index >= this.built || this.changed.has(entry)) return;
    const { rule } = this;
    const isSame =
      rule.has(before) === rule.has(entry.summary) && rule.field(before) === rule.field(entry.summary);
    if (!isSame) this.changed.set(entry, before);
  }

  /** Takes in entries it has not seen, `limit` at most. */
  build(limit: number): void {
    const end = Math.min(this.entries.length, this.built + limit);
    while (this.built < end) this.add(this.entries[this.built++]!.summary);
  }

  /** Moves changed entries to where they belong now, the longest waiting first. */
  settle(limit: number): void {
    let left = limit;
    for (const [entry, before] of this.changed) {
      if (left-- === 0) return;
      this.changed.delete(entry);
      if (this.rule.has(before)) this.places.remove(this.placeOf(before));
      this.add(entry.summary);
    }
  }

  /** In order, from behind the given place. */
  *after(place: Place | undefined): Generator<Place> {
    const order = placeOrder(this.rule.descending);
    yield* this.places.from(place === undefined ? () => 0 : (other) => (order(other, place) > 0 ? 0 : -1));
  }

  private add(summary: RocketSummary): void {
    if (this.rule.has(summary)) this.places.insert(this.placeOf(summary));
  }

  private placeOf(summary: RocketSummary): Place {
    return { key: this.rule.key(summary), channel: summary.channel };
  }
}

/** Unknown values come last and ties go by channel, whichever way the keys run. */
const placeOrder =
  (descending: boolean) =>
  (a: Place, b: Place): number => {
    if (a.key === b.key) return compare(a.channel, b.channel);
    if (a.key === null) return 1;
    if (b.key === null) return -1;
    return descending ? compare(b.key, a.key) : compare(a.key, b.key);
  };

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);
