import { StoreDamaged } from '../relational/store-errors.js';

/** In words, what is stored of a rocket and is not as it should be. */
export class Findings {
  readonly differences: string[] = [];
  /** Of these what can't be made anew, because everything else is made of it. */
  readonly lost: string[] = [];

  constructor(private readonly channel: string) {}

  differs(what: string): void {
    this.differences.push(`damaged: ${what}`);
  }

  isLost(what: string): void {
    this.differs(what);
    this.lost.push(`damaged: ${what}`);
  }

  /** A row that does not match its checksum says nothing. */
  read<T>(row: () => T, isMadeAnew = false): T | undefined {
    try {
      return row();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const what =
        error instanceof StoreDamaged
          ? reason
          : `damaged: a row of ${this.channel} is not what it should be: ${reason}`;
      this.differences.push(what);
      if (!isMadeAnew) this.lost.push(what);
      return undefined;
    }
  }
}
