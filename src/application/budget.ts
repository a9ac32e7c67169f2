/**
 * The memory that may be held on the way: by messages that are taken and not yet stored, and by whatever else a client
 * can make the service hold for it. One for the whole service (`BUFFER_BYTES`); each of its users has a share of it that
 * leaves some to those that matter more.
 */
export class Budget {
  /** In bytes. */
  used = 0;

  constructor(readonly limit: number) {}

  /** False, and nothing taken, when there is no room. What comes alone is always taken: it would be refused for ever. */
  tryTake(bytes: number, share = 1): boolean {
    if (this.used > 0 && this.used + bytes > share * this.limit) return false;
    this.take(bytes);
    return true;
  }

  take(bytes: number): void {
    this.used += bytes;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }

  /** Whether so large a share of it is used. */
  isUsed(share: number): boolean {
    return this.used >= share * this.limit;
  }

  get described(): string {
    return `BUFFER_BYTES is ${this.limit}`;
  }
}

/** What streams and bodies that are under way leave to messages that are whole. */
export const SHARE_OF_ARRIVING = 3 / 4;
/** What answers that nobody takes leave to all that arrives. */
export const SHARE_OF_ANSWERS = 1 / 2;

/** What one user of the budget holds of it, as a whole. */
export class Loan {
  private held = 0;

  constructor(
    private readonly budget: Budget,
    private readonly share: number,
  ) {}

  /** Holds so many bytes from now on; false, and as many as before, when there is no room for more. */
  hold(bytes: number): boolean {
    if (bytes > this.held && !this.budget.tryTake(bytes - this.held, this.share)) return false;
    if (bytes < this.held) this.budget.give(this.held - bytes);
    this.held = bytes;
    return true;
  }

  end(): void {
    this.hold(0);
  }
}
