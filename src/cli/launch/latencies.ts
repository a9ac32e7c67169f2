/** Buckets grow by 1 %: quantiles are exact to that, in constant memory, whatever the number of messages. */
const GROWTH = Math.log(1.01);
const LEAST_MS = 0.001;

export class Latencies {
  private readonly buckets: number[] = [];
  private count = 0;
  private longest = 0;

  add(ms: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(ms / LEAST_MS) / GROWTH));
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
    this.count++;
    if (ms > this.longest) this.longest = ms;
  }

  get max(): number {
    return this.longest;
  }

  quantile(share: number): number {
    let left = Math.ceil(this.count * share);
    if (left === 0) return 0;
    const bucket = this.buckets.findIndex((count = 0) => (left -= count) <= 0);
    return Math.min(this.longest, LEAST_MS * Math.exp(bucket * GROWTH));
  }
}
