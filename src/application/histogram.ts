/** How often values up to each of some bounds were seen. On the way of every message: nothing is made for a value. */
export class Histogram {
  /** One more than there are bounds: the last counts what is above all of them. */
  readonly counts: number[];
  sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let i = 0;
    while (i < bounds.length && value > bounds[i]!) i++;
    counts[i]!++;
    this.sum += value;
  }
}
