import type { Ask } from '../relational/ask.js';

/** As `rocket_ids` in the schema goes on. */
const BLOCK = 1000;

/** Keys for new rockets, of which an instance takes many at a time: checksums have the key in them. */
export class RocketIds {
  private following = 0;
  private end = 0;
  private drawing: Promise<void> | undefined;

  constructor(private readonly ask: Ask) {}

  async next(): Promise<number> {
    while (this.following >= this.end) {
      this.drawing ??= this.draw().finally(() => (this.drawing = undefined));
      await this.drawing;
    }
    return this.following++;
  }

  /** Those that are left may be given to others, too. */
  forget(): void {
    this.following = this.end;
  }

  private async draw(): Promise<void> {
    const [row] = await this.ask<{ first: number }>("SELECT nextval('rocket_ids') AS first", []);
    this.following = row!.first;
    this.end = row!.first + BLOCK;
  }
}
