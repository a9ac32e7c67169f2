/** Splicing a block of this size costs about as much as finding the place by binary search. */
const BLOCK = 512;

/**
 * Values kept in order in blocks: O(log n) to find, insert and remove among millions, cheap to walk from anywhere.
 * `compare` must be a total order; two values that compare equal are the same value.
 */
export class SortedList<T> {
  private readonly blocks: T[][] = [];
  size = 0;

  constructor(private readonly compare: (a: T, b: T) => number) {}

  /** False, and nothing changed, when an equal value is there already. */
  insert(value: T): boolean {
    const at = this.blockFor(value);
    const block = this.blocks[at];
    if (block === undefined) {
      this.blocks.push([value]);
    } else {
      const place = lowerBound(block, (other) => this.compare(other, value));
      if (place < block.length && this.compare(block[place]!, value) === 0) return false;
      if (place === block.length) block.push(value);
      else block.splice(place, 0, value);
      if (block.length > BLOCK)
        this.blocks.splice(at + 1, 0, block.splice(splitPoint(at, this.blocks, place)));
    }
    this.size++;
    return true;
  }

  remove(value: T): boolean {
    const at = this.blockFor(value);
    const block = this.blocks[at];
    if (block === undefined) return false;
    const place = lowerBound(block, (other) => this.compare(other, value));
    if (place === block.length || this.compare(block[place]!, value) !== 0) return false;
    block.splice(place, 1);
    if (block.length === 0) this.blocks.splice(at, 1);
    this.size--;
    return true;
  }

  /** Drops the lowest values as long as `while` holds; a whole block at a time where it can. */
  removeLowest(condition: (value: T) => boolean): void {
    let whole = 0;
    while (whole < this.blocks.length && condition(this.blocks[whole]!.at(-1)!)) {
      this.size -= this.blocks[whole]!.length;
      whole++;
    }
    if (whole > 0) this.blocks.splice(0, whole);
    const first = this.blocks[0];
    if (first === undefined) return;
    const keep = lowerBound(first, (value) => (condition(value) ? -1 : 1));
    if (keep > 0) this.size -= first.splice(0, keep).length;
  }

  /** The first value for which `position` is not negative; `position` must rise with the order. */
  first(position: (value: T) => number): T | undefined {
    for (const value of this.from(position)) return value;
    return undefined;
  }

  /** Ascending, from the first value for which `position` is not negative. */
  *from(position: (value: T) => number): Generator<T> {
    const start = lowerBound(this.blocks, (block) => position(block.at(-1)!));
    for (let b = start; b < this.blocks.length; b++) {
      const block = this.blocks[b]!;
      for (let i = b === start ? lowerBound(block, position) : 0; i < block.length; i++) yield block[i]!;
    }
  }

  *[Symbol.iterator](): Generator<T> {
    for (const block of this.blocks) yield* block;
  }

  /** How many values there are for which `position` is negative; a whole block at a time. */
  count(position: (value: T) => number): number {
    const block = lowerBound(this.blocks, (one) => position(one.at(-1)!));
    let count = 0;
    for (let b = 0; b < block; b++) count += this.blocks[b]!.length;
    return count + lowerBound(this.blocks[block] ?? [], position);
  }

  /** The block that holds the value, or the one it would be put into. */
  private blockFor(value: T): number {
    const at = lowerBound(this.blocks, (block) => this.compare(block.at(-1)!, value));
    return at === this.blocks.length && at > 0 ? at - 1 : at;
  }
}

/** A list that only grows at its end leaves full blocks behind instead of half-full ones. */
const splitPoint = (at: number, blocks: readonly unknown[], place: number): number =>
  at === blocks.length - 1 && place === BLOCK ? BLOCK : BLOCK >> 1;

const lowerBound = <V>(values: readonly V[], position: (value: V) => number): number => {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (position(values[middle]!) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};
