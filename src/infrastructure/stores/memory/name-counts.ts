import type { NameCount } from '../../../application/ports/rocket-directory.js';
import { mostFrequent } from '../most-frequent.js';

/** How many rockets have each name. */
export class NameCounts {
  private readonly counts = new Map<string, number>();

  /** One rocket has another name now. */
  move(from: string | null | undefined, to: string | null | undefined): void {
    if (from === to) return;
    if (from != null) this.add(from, -1);
    if (to != null) this.add(to, 1);
  }

  most(limit: number): NameCount[] {
    return mostFrequent(this.counts, limit);
  }

  private add(name: string, by: number): void {
    const count = (this.counts.get(name) ?? 0) + by;
    if (count === 0) this.counts.delete(name);
    else this.counts.set(name, count);
  }
}
