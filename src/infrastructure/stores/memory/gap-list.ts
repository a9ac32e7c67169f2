import { SortedList } from '../sorted-list.js';

/** Numbers of a channel that were not heard, below one that was. */
export interface OpenGap {
  readonly from: number;
  readonly to: number;
  /** When the first message from beyond it came, by our clock. */
  readonly since: number;
  /** For how long a service had listened by then. */
  readonly listened: number;
}

/**
 * The gaps of one channel, the lowest first, which is also the oldest: a new one opens above all others, and what is left
 * of one that is split is as old as the whole. The beginning of the first may be history already.
 */
export class GapList {
  private readonly list = new SortedList<OpenGap>((a, b) => a.to - b.to);

  get size(): number {
    return this.list.size;
  }

  get oldest(): OpenGap | undefined {
    for (const gap of this.list) return gap;
    return undefined;
  }

  /** A message begins to wait; `highest` is the highest number that was heard before it. */
  heard(number: number, highest: number, now: Pick<OpenGap, 'since' | 'listened'>): void {
    if (number > highest) {
      if (number > highest + 1) this.list.insert({ ...now, from: highest + 1, to: number - 1 });
      return;
    }
    const gap = this.list.first(({ to }) => to - number);
    if (gap === undefined || gap.from > number) return;
    this.list.remove(gap);
    if (gap.from < number) this.list.insert({ ...gap, to: number - 1 });
    if (gap.to > number) this.list.insert({ ...gap, from: number + 1 });
  }

  /** Everything up to and including `version` is history. */
  passed(version: number): void {
    this.list.removeLowest(({ to }) => to <= version);
  }

  /** Those that begin above `after`, each with the one behind it. */
  *page(after: number, version: number): Generator<readonly [gap: OpenGap, next: OpenGap | undefined]> {
    let last: OpenGap | undefined;
    for (const gap of this.list.from(({ from }) => Math.max(from, version + 1) - after - 1)) {
      const open = { ...gap, from: Math.max(gap.from, version + 1) };
      if (last !== undefined) yield [last, open];
      last = open;
    }
    if (last !== undefined) yield [last, undefined];
  }
}
