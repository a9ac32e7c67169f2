import type { RocketTotals } from '../../../application/ports/rocket-directory.js';
import { figuresOf, type Deltas } from '../relational/totals.js';
import type { StoreEnds } from './write-host.js';

/** What stands at the end of the file, and its figures: known here, as only this process writes it. */
export class Ends {
  /** The last position and the last id of a rocket. */
  last = 0;
  lastRocket = 0;
  private figures = new Map<string, number>();

  /** What the file says. */
  read({ position, rocket, totals }: StoreEnds): void {
    this.last = position;
    this.lastRocket = rocket;
    this.figures = new Map(totals);
  }

  wrote({ last, lastRocket, deltas }: { last: number; lastRocket: number; deltas: Deltas }): void {
    this.last = last;
    this.lastRocket = lastRocket;
    for (const [name, by] of deltas) this.figures.set(name, this.figure(name) + by);
  }

  totals(): RocketTotals {
    return figuresOf((name) => this.figure(name), this.last);
  }

  private figure(name: string): number {
    return this.figures.get(name) ?? 0;
  }
}
